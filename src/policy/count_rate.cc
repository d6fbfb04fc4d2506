#include "policy/count_rate.h"

#include <fmt/format.h>

#include "base/text.h"
#include "table/codes.h"

namespace gh::policy {

using state::CountWindow;
using Kind = state::CountWindow::Kind;

namespace {

constexpr std::uint64_t most_count = 4'000'000'000;
constexpr std::uint64_t most_windows = 1'000'000;
constexpr std::int64_t second_ms = 1000, day_ms = 86'400'000;

std::int64_t unit_ms(std::string_view unit) {
  if (unit == "s") return second_ms;
  if (unit == "m") return 60 * second_ms;
  if (unit == "h") return 3600 * second_ms;
  return unit == "d" ? day_ms : 0;
}

/// "100r/15m", "10r/s", "10000r/day", "5000000r/month".
std::optional<CountRate> parse_rate(std::string_view text) {
  const std::size_t slash = text.find("r/");
  if (slash == std::string_view::npos) return std::nullopt;
  const auto count = parse_uint(text.substr(0, slash));
  if (!count || *count == 0 || *count > most_count) return std::nullopt;
  CountRate rate{static_cast<std::uint32_t>(*count), 0, Kind::sliding, {}};
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

}  // namespace

std::optional<CountRate> read_count_rate(table::Scope& scope, const config::Value& text, std::string_view directive) {
  auto rate = parse_rate(text.text);
  if (!rate) {
    scope.error(table::code::bad_rate, text.span,
                fmt::format("`{}` is no rate of {}", printable(text.text, 60), directive))
        .with_help("for example 100r/15m, 10r/s, 5000r/d, or 10000r/day and 1000000r/month of the calendar");
    return std::nullopt;
  }
  if (!rate->is_calendar() && rate->window_ms > CountWindow::most_ms) {
    scope.error(table::code::out_of_bounds, text.span, "a window has at most 366 days");
    return std::nullopt;
  }
  rate->where = text.span;
  return rate;
}

std::optional<CountTier> make_tier(config::Diagnostics& diagnostics, const CountRate& rate, Kind kind,
                                   std::uint32_t burst) {
  if (rate.is_calendar()) kind = rate.kind;
  state::CountAmount amount{rate.count, rate.count};
  if (kind == Kind::bucket) {
    if (burst != 0) amount.most = burst;
    constexpr std::uint64_t most_level = std::uint64_t{1} << 62;  // requests times microseconds
    if (amount.most > most_level / (static_cast<std::uint64_t>(rate.window_ms) * 1000)) {
      diagnostics.error(table::code::out_of_bounds, rate.where, "a bucket of that many requests needs a shorter window")
          .with_help("write the rate by a shorter unit, or take window=fixed");
      return std::nullopt;
    }
  }
  const CountWindow window(kind, rate.window_ms, rate.count > CountWindow::most_narrow);
  return CountTier{{nullptr, window, amount}, {}, {}, rate.window_ms / second_ms};
}

std::string window_text(const CountWindow& window) {
  constexpr std::string_view names[] = {"sliding", "fixed", "gcra", "day", "month"};
  return fmt::format("{}{}{}", names[static_cast<std::size_t>(window.kind())],
                     window.ms() == 0 ? std::string() : fmt::format("/{}s", window.ms() / second_ms),
                     window.wide() ? " large" : "");
}

}  // namespace gh::policy
