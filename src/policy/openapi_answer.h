// The answers of services, held to an OpenAPI document while they pass: a fault is told in the log, and changes nothing
// of the answer.
#pragma once

#include <cstddef>

#include "policy/openapi_document.h"

namespace gh::proxy {
class Exchange;
}

namespace gh::policy {

/// From a step: the answer of a service to this request is looked at, up to `most_bytes` of its body. The operation
/// belongs to the exchange's table. Again: the newest operation counts.
void watch_answer(proxy::Exchange& exchange, const ApiOperation& operation, std::size_t most_bytes);

}  // namespace gh::policy
