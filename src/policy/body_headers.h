// The fields of an answer that tell of its body (RFC 9110 8), whoever made them (a file, an upstream, add_header), and
// what a change of the body means for them.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/message.h"

namespace gh::proxy {
class Exchange;
struct Reply;
}

namespace gh::policy {

/// First field of the answer with this id; null: none.
const http::Field* reply_field(const proxy::Exchange& x, http::HeaderId id);

/// Unix seconds of Last-Modified; -1: there is none, or it is no date.
std::int64_t last_modified_of(const proxy::Reply& reply);
/// The value of ETag; empty: none.
std::string_view etag_of(const proxy::Reply& reply);

/// The body will have another length: Content-Length and Accept-Ranges go, a strong ETag becomes a weak one (RFC 9110
/// 8.8.1), one that is no ETag goes.
void body_changes(proxy::Exchange& x);

}  // namespace gh::policy
