// Codes of what only the build of the table finds; all others are in config/codes.h. Their texts stand there, too.
#pragma once

#include "config/codes.h"

namespace gh::table::code {

using namespace config::code;
inline constexpr std::string_view cannot_open_log = "E0407", no_servers = "E0408", uri_not_possible = "E0507",
    bad_server_name = "E0317", bad_url = "E0318", tls_file = "E0421", tls_content = "E0422", key_mismatch = "E0423",
    no_certificate = "E0424", tls_value = "E0425", no_such_user = "E0411", plain_secret = "E0340",
    bad_route_path = "E0330", late_value = "E0331", duplicate_route = "E0510",
    bad_keys = "E0341", no_token_keys = "E0342", unknown_plan = "E0416", no_keys = "E0417";
inline constexpr std::string_view nothing_to_serve = "W118", upstream_unused = "W404", zone_unused = "W501",
    no_user_file = "W318", certificate_time = "W421", certificate_name = "W422", not_stapled = "W423",
    plain_credentials = "W424", nobody_trusted = "W310", no_user_here = "W323", certificate_unused = "W609",
    early_data_unused = "W610", early_data_untold = "W611", grpc_without_http2 = "W612", no_proxy_line = "W613",
    plain_secret_text = "W314", only_presence = "W321", locked_login = "W320", chosen_key = "W503",
    plan_unused = "W508", proxy_key = "W509", late_key = "W510", route_words = "W511", unusable_keys = "W341",
    open_keys = "W342", early_answer = "W307", exempt_routes = "N903", open_fallback = "N904";

}  // namespace gh::table::code
