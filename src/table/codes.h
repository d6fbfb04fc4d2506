// Codes of what only the build of the table finds; all others are in config/codes.h. Their texts stand there, too.
#pragma once

#include "config/codes.h"

namespace gh::table::code {

using namespace config::code;
inline constexpr std::string_view cannot_open_log = "E0407", no_servers = "E0408", uri_not_possible = "E0507",
    bad_server_name = "E0317", bad_url = "E0318";
inline constexpr std::string_view nothing_to_serve = "W118", upstream_unused = "W404", zone_unused = "W501",
    no_user_file = "W318";

}  // namespace gh::table::code
