// stub_status: nginx's text of connections and requests, summed over the workers.
#include <fmt/format.h>

#include "policy/policy.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;

namespace {

struct StubStatus { bool on = false; };

struct Sums {
  std::uint64_t accepted = 0, handled = 0, requests = 0;
  std::int64_t active = 0, reading = 0, writing = 0, waiting = 0;
};

Sums sum(const proxy::ProcessCounters& all) {
  Sums sums;
  for (const auto& one : all.workers) {
    sums.accepted += one->accepted.load(std::memory_order_relaxed);
    sums.handled += one->handled.load(std::memory_order_relaxed);
    sums.requests += one->requests.load(std::memory_order_relaxed);
    sums.active += one->active.load(std::memory_order_relaxed);
    sums.reading += one->reading.load(std::memory_order_relaxed);
    sums.writing += one->writing.load(std::memory_order_relaxed);
    sums.waiting += one->waiting.load(std::memory_order_relaxed);
  }
  return sums;
}

Verdict run(Exchange& x, const void*) {
  if (x.method_now != http::Method::get && x.method_now != http::Method::head) return x.error(405);
  const Sums s = sum(x.worker.all_counters);
  constexpr std::size_t most = 320;
  char* const to = x.arena.chars(most);
  const auto end = fmt::format_to_n(to, most,
                                    "Active connections: {} \nserver accepts handled requests\n {} {} {} \n"
                                    "Reading: {} Writing: {} Waiting: {} \n",
                                    s.active, s.accepted, s.handled, s.requests, s.reading, s.writing, s.waiting).out;
  return x.respond(200, "text/plain", {to, static_cast<std::size_t>(end - to)});
}

}  // namespace

void apply_stub_status(table::Scope& scope, const config::Bound&) { scope.local<StubStatus>().on = true; }

void finish_stub_status(table::Scope& scope, table::Route& route) {
  if (!scope.content_or_null<StubStatus>()) return;
  table::add_step(route, config::Phase::content, run, nullptr, "stub_status");
}

}  // namespace gh::policy
