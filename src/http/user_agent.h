// What nginx reads from User-Agent: browsers of old that need to be spared something. Pure.
#pragma once

#include <string_view>

namespace gh::http {

/// "MSIE 4." to "MSIE 6.", the last one only without the service pack that mended it.
bool is_msie6(std::string_view agent);
/// Safari on macOS, not one of those that only say so.
bool is_mac_safari(std::string_view agent);

}  // namespace gh::http
