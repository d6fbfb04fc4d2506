// A request that is refused because a store is not to be had (`on_error deny`).
#pragma once

#include <memory>
#include <string_view>

#include "proxy/exchange.h"
#include "table/origin.h"
#include "table/store_plan.h"

namespace gh::policy {

/// Adds Retry-After, when the store is tried again, to the answer, which the caller makes 503; gives its reason.
std::string_view note_denial(proxy::Exchange& x, const std::shared_ptr<const table::StorePlan>& store);
/// That answer.
table::Verdict deny_without_store(proxy::Exchange& x, const std::shared_ptr<const table::StorePlan>& store,
                                  const table::Origin& by);

}  // namespace gh::policy
