// limit_count_zone: which requests are counted together, how many of them a window may have, and what a window is.
#include "policy/limit/limit_count_zone.h"

#include <fmt/format.h>

#include <optional>

#include "base/text.h"
#include "policy/policy.h"
#include "policy/zones.h"
#include "table/codes.h"

namespace gh::policy {

using state::CountWindow;
using Kind = state::CountWindow::Kind;

namespace {

constexpr std::uint64_t most_count = 4'000'000'000;
constexpr std::uint64_t most_windows = 1'000'000;
constexpr std::int64_t second_ms = 1000, day_ms = 86'400'000;

struct CountRate {
  std::uint32_t count = 0;
  std::int64_t window_ms = 0;
  Kind kind = Kind::sliding;  // or day, or month
};

std::int64_t unit_ms(std::string_view unit) {
  if (unit == "s") return second_ms;
  if (unit == "m") return 60 * second_ms;
  if (unit == "h") return 3600 * second_ms;
  return unit == "d" ? day_ms : 0;
}

/// "100r/15m", "10r/s", "10000r/day", "5000000r/month".
std::optional<CountRate> read_rate(std::string_view text) {
  const std::size_t slash = text.find("r/");
  if (slash == std::string_view::npos) return std::nullopt;
  const auto count = parse_uint(text.substr(0, slash));
  if (!count || *count == 0 || *count > most_count) return std::nullopt;
  CountRate rate{static_cast<std::uint32_t>(*count), 0, Kind::sliding};
  std::string_view window = text.substr(slash + 2);
  if (window == "day" || window == "month") {
    rate.kind = window == "day" ? Kind::day : Kind::month;
    rate.window_ms = window == "day" ? day_ms : 30 * day_ms;
    return rate;
  }
  std::size_t digits = 0;
  while (digits < window.size() && is_digit(window[digits])) ++digits;
  const auto number = digits == 0 ? std::optional<std::uint64_t>(1) : parse_uint(window.substr(0, digits));
  const std::int64_t unit = unit_ms(window.substr(digits));
  if (!number || *number == 0 || *number > most_windows || unit == 0) return std::nullopt;
  rate.window_ms = static_cast<std::int64_t>(*number) * unit;
  return rate;
}

/// What is not here yet must not be passed over: other requests would pass.
bool refuses_unserved(table::Scope& scope, const config::Bound& directive) {
  bool refused = false;
  for (const std::string_view name : {"store=", "plan=", "default="}) {
    const config::Value* const value = directive.find(name);
    if (!value) continue;
    refused = true;
    auto& said = scope.error(table::code::not_served, value->span,
                             fmt::format("`{}` of limit_count_zone is not served yet", name));
    if (name == "store=") said.with_help("leave it out: each node counts by itself");
    else said.with_help("state the rate: rate=100r/15m");
  }
  return refused;
}

/// The kind of window, from the rate's unit, `window=` and `burst=`; false: said why.
bool read_kind(table::Scope& scope, const config::Bound& directive, Kind of_rate, Kind& kind) {
  const config::Value* const window = directive.find("window=");
  const config::Value* const burst = directive.find("burst=");
  const std::string_view word = window ? window->text : burst ? "gcra" : "";
  kind = word == "fixed" ? Kind::fixed : word == "gcra" ? Kind::bucket : Kind::sliding;
  if (burst && kind != Kind::bucket) {
    scope.error(table::code::bad_choice, burst->span, "only a window=gcra has a burst")
        .with_help("write window=gcra, or leave burst= out");
    return false;
  }
  if (of_rate == Kind::sliding) return true;
  if (!word.empty() && kind != Kind::fixed) {
    scope.error(table::code::bad_choice, window ? window->span : burst->span,
                "a day and a month of the calendar are fixed windows")
        .with_help("leave it out, or write r/d for any 24 hours");
    return false;
  }
  kind = of_rate;
  return true;
}

bool read_amount(table::Scope& scope, const config::Bound& directive, const CountRate& rate, Kind kind,
                 state::CountAmount& amount) {
  const config::Value& text = *directive.find("rate=");
  if (kind != Kind::day && kind != Kind::month && rate.window_ms > CountWindow::most_ms) {
    scope.error(table::code::out_of_bounds, text.span, "a window has at most 366 days");
    return false;
  }
  amount = {rate.count, rate.count};
  if (kind != Kind::bucket) return true;
  amount.most = static_cast<std::uint32_t>(directive.number("burst=", rate.count));
  constexpr std::uint64_t most_level = std::uint64_t{1} << 62;  // requests times microseconds
  if (amount.most > most_level / (static_cast<std::uint64_t>(rate.window_ms) * 1000)) {
    scope.error(table::code::out_of_bounds, text.span, "a bucket of that many requests needs a shorter window")
        .with_help("write the rate by a shorter unit, or take window=fixed");
    return false;
  }
  return true;
}

constexpr std::string_view kind_name(Kind kind) {
  constexpr std::string_view names[] = {"sliding", "fixed", "gcra", "day", "month"};
  return names[static_cast<std::size_t>(kind)];
}

/// All that decides what the words of a key mean: as long as it is the same, counts survive a reload.
std::string shape_of(const LimitCountZone& zone, const CountWindow& window) {
  return fmt::format("{} window={}{}{}", zone.key.source(), kind_name(window.kind()),
                     window.ms() == 0 ? std::string() : fmt::format("/{}s", window.ms() / second_ms),
                     window.wide() ? " large" : "");
}

}  // namespace

void apply_limit_count_zone(table::Scope& scope, const config::Bound& directive) {
  const config::Value& where = *directive.find("zone=");
  auto zone = std::make_shared<LimitCountZone>();
  std::int64_t bytes = 0;
  if (!read_zone(scope, where, state::CountZone::min_bytes, zone->name, bytes)) return;
  auto* const entry = claim_zone(scope, limit_count_zone, zone->name, directive, where);
  if (!entry) return;
  zone->key = scope.compile(*directive.find("key"));
  if (refuses_unserved(scope, directive)) return;
  const config::Value* const text = directive.find("rate=");
  if (!text) {
    scope.error(table::code::missing_parameter, directive.span(), "`limit_count_zone` needs `rate=`")
        .with_help("for example rate=100r/15m");
    return;
  }
  const auto rate = read_rate(text->text);
  if (!rate) {
    scope.error(table::code::bad_rate, text->span, "`rate=" + std::string(text->text) + "` is no rate of limit_count")
        .with_help("for example rate=100r/15m, 10r/s, 5000r/d, or 10000r/day and 1000000r/month of the calendar");
    return;
  }
  Kind kind = Kind::sliding;
  if (!read_kind(scope, directive, rate->kind, kind)) return;
  if (!read_amount(scope, directive, *rate, kind, zone->amount)) return;
  if (const config::Value* const prefix = directive.find("prefix=")) {
    scope.note(table::code::no_effect, prefix->span, "`prefix=` has no effect without `store=`");
  }
  zone->window_seconds = rate->window_ms / second_ms;
  const CountWindow window(kind, rate->window_ms, rate->count > CountWindow::most_narrow);
  zone->memory = adopt_zone<state::CountZone>(scope, where, limit_count_zone, zone->name, shape_of(*zone, window),
                                              bytes, window);
  if (zone->memory) entry->object = std::move(zone);
}

}  // namespace gh::policy
