// A request that is refused because a store is not to be had (`on_error deny`).
#pragma once

#include <memory>

#include "proxy/exchange.h"
#include "table/origin.h"
#include "table/store_plan.h"

namespace gh::policy {

/// 503 with Retry-After: when the store is tried again.
table::Verdict deny_without_store(proxy::Exchange& x, const std::shared_ptr<const table::StorePlan>& store,
                                  const table::Origin& by);

}  // namespace gh::policy
