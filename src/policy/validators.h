// What a reply's own fields say of the body's version (RFC 9110 8.8), whoever made them: a file, an upstream or
// add_header.
#pragma once

#include <cstdint>
#include <string_view>

namespace gh::proxy {
struct Reply;
}

namespace gh::policy {

/// Unix seconds of Last-Modified; -1: there is none, or it is no date.
std::int64_t last_modified_of(const proxy::Reply& reply);
/// The value of ETag; empty: none.
std::string_view etag_of(const proxy::Reply& reply);

}  // namespace gh::policy
