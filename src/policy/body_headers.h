// What a change of the body means for the fields of an answer.
#pragma once

#include <string_view>

#include "http/message.h"

namespace gh::proxy {
class Exchange;
}

namespace gh::policy {

/// First field of the answer with this id; null: none.
const http::Field* reply_field(const proxy::Exchange& x, http::HeaderId id);

/// The body will have another length: Content-Length and Accept-Ranges go, a strong ETag becomes a weak one (RFC 9110
/// 8.8.1), one that is no ETag goes.
void body_changes(proxy::Exchange& x);
void weaken_etag(proxy::Exchange& x);

}  // namespace gh::policy
