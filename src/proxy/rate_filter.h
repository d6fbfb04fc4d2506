// A rate for an answer's body, in nginx's arithmetic: whole seconds since the start give a budget of bytes; what goes
// out at once is paid for by a pause. What cannot go yet is held, and the source stops (BodyFilter::held_bytes).
#pragma once

#include <memory>

#include "proxy/body_filter.h"

namespace gh::proxy {

/// limit_rate, limit_rate_after: towards the client, counted from the start of the request with all that was sent for
/// it. The exchange's fields say how much.
std::unique_ptr<BodyFilter> make_rate_filter(Exchange& exchange);
/// proxy_limit_rate: body bytes from upstream, counted from now on.
std::unique_ptr<BodyFilter> make_source_rate_filter(Exchange& exchange, std::int64_t bytes_per_second);

}  // namespace gh::proxy
