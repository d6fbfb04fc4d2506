// Codes of what only these policies find; all others are in table/codes.h. Their texts stand in config/codes.cc.
#pragma once

#include <string_view>

namespace gh::policy::code {

inline constexpr std::string_view cors_credentials = "E0350", bad_origin = "E0351", bad_schema = "E0352",
                                  bad_openapi = "E0353", unasked_tokens = "E0343";
inline constexpr std::string_view start_key = "W322", never_asked = "W324", claimed_name = "W325";

}  // namespace gh::policy::code
