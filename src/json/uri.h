// References between schemas: RFC 3986 5, as far as names need it. Nothing is fetched. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gh::json {

/// `reference` seen from `base`, dots resolved (5.2). A base without scheme works as a relative one.
std::string resolve_uri(std::string_view base, std::string_view reference);
/// Takes "#..." off `uri`; the fragment without its '#', empty when there is none.
std::string_view split_fragment(std::string_view& uri);
/// "%41" is "A"; nothing when an escape is broken.
std::optional<std::string> decode_percent(std::string_view text);

}  // namespace gh::json
