// The path of a file that a request names: root or alias with $uri. For static content and $request_filename.
#pragma once

#include <string_view>

namespace gh::proxy {

class Exchange;

/// root + uri, or what `alias` says. A zero byte follows the text, so that data() is a C string. Lives in the arena.
std::string_view map_to_file(Exchange& exchange, std::string_view uri);

}  // namespace gh::proxy
