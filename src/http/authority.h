// host[:port] as text: the one judge of Host fields, absolute-form authorities and CONNECT targets. RFC 3986 3.2.
#pragma once

#include <string_view>

namespace gh::http {

/// "name", "name:port", "[v6]:port" split without a copy; `port` -1 when absent or empty. False when invalid. Users and
/// passwords are invalid (RFC 9110 4.2.4), so are an empty name and "..".
bool split_authority(std::string_view text, std::string_view& name, int& port);

/// http://authority/path or https://..., scheme in any case: `rest` begins with "/" or "?" or is empty. False for all
/// other texts. The authority is not judged.
bool split_absolute(std::string_view target, std::string_view& authority, std::string_view& rest);

}  // namespace gh::http
