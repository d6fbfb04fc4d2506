// limit_rate, limit_rate_after: the exchange's own values, unless something else has set them (`set $limit_rate`). The
// stage that paces the body is proxy/rate_filter.
#include "policy/response/limit_rate.h"

#include <fmt/format.h>

#include "config/values.h"
#include "proxy/exchange.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;

namespace {

std::int64_t size_of(Exchange& x, const table::Template& value) {
  const std::string_view text = value.render(x, x.arena);
  if (text.empty()) return 0;
  if (const auto bytes = config::parse_size(text, false)) return *bytes;
  x.log(LogLevel::error, fmt::format("invalid size \"{}\"", text));
  return 0;
}

Verdict limit_rate(Exchange& x, const void* params) {
  const auto& settings = *static_cast<const RateSettings*>(params);
  if (x.limit_rate < 0) x.limit_rate = size_of(x, settings.rate);
  if (x.limit_rate > 0 && x.limit_rate_after < 0) x.limit_rate_after = size_of(x, settings.after);
  return Verdict::next;
}

}  // namespace

void finish_limit_rate(table::Scope& scope, table::Route& route) {
  const auto settings = scope.shared<RateSettings>();
  if (settings->rate.is_empty() && settings->after.is_empty()) return;
  table::add_step(route, config::Phase::response, limit_rate, settings, "limit_rate");
}

}  // namespace gh::policy
