// The sizes of the proxy's buffers, and nginx's rules of how they must fit each other.
#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "directives/directives.h"
#include "directives/setters.h"
#include "table/build.h"
#include "table/plan.h"

namespace gh::directives {
namespace {

using table::ProxySettings;
namespace code = table::code;

/// What was stated of the sizes, and where.
struct Stated {
  std::optional<std::int64_t> head, number, size, busy;
  config::Span head_at, buffers_at, busy_at;
};

void apply_head_size(Scope& scope, const Bound& directive) {
  set<&ProxySettings::buffer_bytes>(scope, directive);
  auto& stated = scope.edit<Stated>();
  stated.head = directive.at(0).number;
  stated.head_at = directive.at(0).span;
}

void apply_buffers(Scope& scope, const Bound& directive) {
  auto& proxy = scope.edit<ProxySettings>();
  auto& stated = scope.edit<Stated>();
  stated.number = proxy.buffers = directive.at(0).number;
  stated.size = proxy.buffers_bytes = directive.at(1).number;
  stated.buffers_at = directive.at(0).span;
}

void apply_busy_size(Scope& scope, const Bound& directive) {
  set<&ProxySettings::busy_buffers_bytes>(scope, directive);
  auto& stated = scope.edit<Stated>();
  stated.busy = directive.at(0).number;
  stated.busy_at = directive.at(0).span;
}

/// Local to the outermost scope: a size that is inherited by many blocks is reported once.
struct Reported { std::set<std::uint64_t> places; };

config::Span place_of(const Stated& stated) {
  return stated.busy ? stated.busy_at : stated.head ? stated.head_at : stated.buffers_at;
}

/// nginx takes a page for what is not stated, 4k or 8k: only what is wrong with both is refused.
void check_sizes(Scope& scope, table::Route&) {
  if (!scope.has<Stated>()) return;
  const Stated& stated = scope.get<Stated>();
  constexpr std::int64_t small_page = 4096, large_page = 8192;
  const std::int64_t largest = std::max(stated.head.value_or(small_page), stated.size.value_or(small_page));
  const std::int64_t number = stated.number.value_or(8);
  const std::int64_t room = (number - 1) * stated.size.value_or(large_page);
  const std::int64_t busy = stated.busy.value_or(2 * largest);
  if (busy >= largest && busy <= room) return;
  const config::Span span = place_of(stated);
  const std::uint64_t key = (std::uint64_t{span.file} << 32) | span.begin;
  if (!table::outermost(scope).local<Reported>().places.insert(key).second) return;
  if (busy < largest) {
    scope.error(code::out_of_bounds, span,
                "`proxy_busy_buffers_size` is less than `proxy_buffer_size` or one of `proxy_buffers`")
        .with_help("at least " + std::to_string(largest) + " bytes");
    return;
  }
  scope.error(code::out_of_bounds, span,
              std::string(stated.busy ? "`proxy_busy_buffers_size`"
                                      : "`proxy_busy_buffers_size`, which is twice the larger buffer by default,") +
                  " is more than all `proxy_buffers` but one")
      .with_help("at most " + std::to_string(room) + " bytes: make `proxy_buffers` more or larger, or state a smaller "
                 "`proxy_busy_buffers_size`");
}

constexpr Row rows[] = {
    setting("proxy_buffer_size", hsl, {"size", ArgType::bytes, Presence::required, {}, 1}, "8k", apply_head_size,
            "Limit of an upstream's head; 502 above it."),
    {.name = "proxy_buffers",
     .contexts = hsl,
     .args = {{{"number", ArgType::count, Presence::required, {}, 2},
               {"size", ArgType::bytes, Presence::required, {}, 1}}},
     .fallback = "8 8k",
     .apply = apply_buffers,
     .doc = "NUMBER x SIZE bytes of an answer are held for a slow client."},
    setting("proxy_busy_buffers_size", hsl, size_bytes, "16k", apply_busy_size,
            "How much may be on its way to the client before reading goes on."),
};

}  // namespace

constinit const table::Module proxy_buffers_module{"proxy_buffers", rows, check_sizes};

}  // namespace gh::directives
