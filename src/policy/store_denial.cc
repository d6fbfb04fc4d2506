#include "policy/store_denial.h"

#include <fmt/format.h>

#include <algorithm>

#include "proxy/join.h"
#include "proxy/worker.h"
#include "upstream/store_client.h"
#include "upstream/stores.h"

namespace gh::policy {

std::string_view note_denial(proxy::Exchange& x, const std::shared_ptr<const table::StorePlan>& store) {
  const std::int64_t retry_ms = std::max<std::int64_t>(x.worker.stores.client(store).retry_ms(), 1000);
  char* const text = x.arena.chars(20);
  const auto* const end = fmt::format_to(text, "{}", (retry_ms + 999) / 1000);
  x.reply.fields.add(x.arena, "Retry-After", {text, static_cast<std::size_t>(end - text)}, http::HeaderId::other);
  return proxy::join(x.arena, "without store ", store->name);
}

table::Verdict deny_without_store(proxy::Exchange& x, const std::shared_ptr<const table::StorePlan>& store,
                                  const table::Origin& by) {
  const std::string_view reason = note_denial(x, store);
  return x.error(503, by, reason);
}

}  // namespace gh::policy
