// Every diagnostic code: names for the program, texts for `gatehouse explain CODE`. A code never changes its meaning
// and is never used again after it has gone.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gh::config {

struct Code {
  std::string_view id;
  std::string_view title;    // one line
  std::string_view cause;    // why it is a fault, and what it does
  std::string_view bad;      // an example that fires
  std::string_view good;     // the same, put right
  std::string_view silence;  // how to silence it; empty: it cannot be silenced
};

std::span<const Code> codes();
const Code* find_code(std::string_view id);
/// The long text of `explain`: title, cause, both examples, how to silence.
std::string explain(const Code& code);

namespace code {
inline constexpr std::string_view missing_semicolon = "E0101", missing_close = "E0102", unclosed_quote = "E0103",
                                  glued_quote = "E0104", stray_close = "E0105", missing_open = "E0106",
                                  unquoted_regex = "E0107", nameless = "E0108", unclosed_raw = "E0109",
                                  too_deep = "E0110", too_many_directives = "E0111", long_word = "E0112",
                                  large_file = "E0113", too_many_files = "E0114", include_cycle = "E0115",
                                  unreadable = "E0116";
inline constexpr std::string_view unknown_directive = "E0201", not_allowed_here = "E0202", duplicate = "E0203",
    argument_count = "E0204", unknown_parameter = "E0205", needs_block = "E0206", takes_no_block = "E0207",
    block_in_data = "E0208", parameter_twice = "E0209", missing_parameter = "E0210", foreign_syntax = "E0211";
inline constexpr std::string_view bad_number = "E0301", out_of_bounds = "E0302", bad_variable = "E0303",
                                  bad_size = "E0304", bad_time = "E0305", bad_rate = "E0306", bad_ratio = "E0307",
                                  bad_status = "E0308", bad_on_off = "E0309", bad_choice = "E0310",
                                  bad_address = "E0311", bad_regex = "E0312", not_a_variable = "E0313",
                                  unset_environment = "E0314", bad_expression = "E0315", empty_value = "E0316",
                                  bad_key = "E0319", wrong_operand = "E0320", wrong_arguments = "E0321",
                                  large_expression = "E0322";
inline constexpr std::string_view unknown_variable = "E0401", unknown_upstream = "E0402", unknown_zone = "E0403",
    unknown_named_location = "E0404", unknown_log_format = "E0405", file_missing = "E0406",
    unknown_function = "E0409", unknown_name = "E0410";
inline constexpr std::string_view duplicate_default_server = "E0501", duplicate_listen = "E0502",
    duplicate_location = "E0503", location_outside_parent = "E0504", port_in_use = "E0505", duplicate_name = "E0506",
    key_twice = "E0508", overlapping_ranges = "E0509";
inline constexpr std::string_view refused = "E0601", not_served = "E0602";
inline constexpr std::string_view suspicious_server_name = "W119", nothing_to_delete = "W120", network_twice = "W121",
                                  computed_twice = "W122", taken_as_host = "W416", listen_http2 = "W701",
                                  ssl_on = "W702";
inline constexpr std::string_view nothing_to_listen_on = "E0603";
inline constexpr std::string_view duplicate_server_name = "W103", does_not_resolve = "W401",
                                  listen_default = "W703", odd_blank = "W705", escape_in_regex = "W706",
                                  low_bits = "W707", not_served_yet = "W901", no_effect = "N901";
}  // namespace code

}  // namespace gh::config
