// The variables of LANGUAGE.md 4: fixed names and families, each a getter that reads the exchange. Joined here into the
// rows that table/build looks names up in. Getters run on the worker's thread; what they give lives as long as the
// exchange: a slice of it where possible, else a text in its arena.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/address.h"
#include "base/arena.h"
#include "http/message.h"
#include "table/variable.h"

namespace gh::proxy {

class Exchange;

/// All rows. Build thread; lives as long as the program.
std::span<const table::VariableRow> variable_rows();
/// Variables that the configuration defines (`set`, named captures): empty where nothing was set (LANGUAGE 4.5).
std::string_view slot_value(Exchange&, const table::VariableParam&);
/// Variables that an object of the table computes (table::Computed): map, geo, split_clients.
std::string_view computed_value(Exchange&, const table::VariableParam&);
/// $1 ... $9 of the last regex that matched.
std::string_view capture_value(Exchange&, const table::VariableParam&);

// Getters that the access log knows, so that it can write their values without a copy in the arena.
namespace variable {
std::string_view remote_addr(Exchange&, const table::VariableParam&);
std::string_view request(Exchange&, const table::VariableParam&);
std::string_view request_uri(Exchange&, const table::VariableParam&);
std::string_view args(Exchange&, const table::VariableParam&);
std::string_view request_length(Exchange&, const table::VariableParam&);
std::string_view request_time(Exchange&, const table::VariableParam&);
std::string_view http(Exchange&, const table::VariableParam&);
std::string_view msec(Exchange&, const table::VariableParam&);
std::string_view time_local(Exchange&, const table::VariableParam&);
std::string_view time_iso8601(Exchange&, const table::VariableParam&);
std::string_view status(Exchange&, const table::VariableParam&);
std::string_view bytes_sent(Exchange&, const table::VariableParam&);
std::string_view body_bytes_sent(Exchange&, const table::VariableParam&);
std::string_view connection(Exchange&, const table::VariableParam&);
std::string_view connection_requests(Exchange&, const table::VariableParam&);
std::string_view connection_time(Exchange&, const table::VariableParam&);
std::string_view upstream_response_time(Exchange&, const table::VariableParam&);
std::string_view upstream_bytes_received(Exchange&, const table::VariableParam&);
std::string_view upstream_bytes_sent(Exchange&, const table::VariableParam&);
}  // namespace variable

// What the files of variables share.
std::span<const table::VariableRow> request_variables();
std::span<const table::VariableRow> connection_variables();
std::span<const table::VariableRow> reply_variables();
std::span<const table::VariableRow> upstream_variables();
std::span<const table::VariableRow> file_variables();
std::span<const table::VariableRow> link_variables();
std::span<const table::VariableRow> tls_variables();
std::span<const table::VariableRow> caller_variables();
std::span<const table::VariableRow> token_variables();

inline constexpr std::size_t ip_text_bytes = 64;
/// "127.0.0.1", "::1", "unix:"; returns the end. `to` has ip_text_bytes.
char* write_ip(const Address& address, char* to);
inline constexpr std::size_t seconds_text_bytes = 24;
/// Seconds with three decimals: 1234 is "1.234"; negative times are "0.000".
char* write_seconds(std::int64_t ms, char* to);
std::string_view number_text(Arena& arena, std::uint64_t number);
std::string_view seconds_text(Arena& arena, std::int64_t ms);

/// True when `field_name` is the field that a variable's name part stands for: any case, "_" for "-".
bool names_field(std::string_view variable_part, std::string_view field_name);
/// Values of all fields that a variable's name part stands for, joined by `separator`; not_found when there is none.
std::string_view joined_fields(Arena& arena, std::span<const http::Field> fields, std::string_view variable_part,
                               std::string_view separator);

/// A cookie of the request; names are compared without case. not_found when there is none.
std::string_view request_cookie(const Exchange&, std::string_view name);
/// `text` behind the blanks it begins with.
inline std::string_view without_blanks(std::string_view text) {
  const std::size_t at = text.find_first_not_of(' ');
  return at == std::string_view::npos ? std::string_view("") : text.substr(at);
}

/// $request_time in ms.
std::int64_t request_ms(Exchange&);

}  // namespace gh::proxy
