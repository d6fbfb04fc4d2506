#include "config/values.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace gh::config {
namespace {

constexpr std::int64_t most = INT64_MAX;

/// a * b, or nothing when it does not fit.
std::optional<std::int64_t> times(std::uint64_t a, std::uint64_t b) {
  if (b != 0 && a > static_cast<std::uint64_t>(most) / b) return std::nullopt;
  return static_cast<std::int64_t>(a * b);
}

struct Unit { std::string_view name; std::uint64_t ms; };
// Largest first: the order in which components may stand.
constexpr std::array<Unit, 8> units = {{{"y", 31536000000}, {"M", 2592000000}, {"w", 604800000}, {"d", 86400000},
                                        {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}}};

std::size_t count_digits(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  return n;
}

/// The unit at the start of `text`; a missing one is seconds, and only at the end of the whole.
std::size_t find_unit(std::string_view name) {
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (units[i].name == name) return i;
  }
  return units.size();
}

}  // namespace

std::optional<std::int64_t> parse_size(std::string_view text, bool offset) {
  if (text.empty()) return std::nullopt;
  std::uint64_t unit = 1;
  const char last = lower(text.back());
  if (last == 'k') unit = 1024;
  if (last == 'm') unit = 1024 * 1024;
  if (last == 'g' && offset) unit = 1024 * 1024 * 1024;
  if (unit != 1) text.remove_suffix(1);
  const auto number = parse_uint(text);
  return number ? times(*number, unit) : std::nullopt;
}

std::optional<std::int64_t> parse_time_ms(std::string_view text, bool seconds) {
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  bool any = false;
  for (text = trim(text); !text.empty(); text = trim(text)) {
    const std::size_t digits = count_digits(text);
    const auto number = parse_uint(text.substr(0, digits));
    if (!number) return std::nullopt;
    text.remove_prefix(digits);
    std::size_t letters = 0;
    while (letters < text.size() && is_alpha(text[letters])) ++letters;
    if (letters == 0 && !text.empty()) return std::nullopt;  // "5 s": a number without a unit ends the whole
    const std::size_t unit = letters == 0 ? find_unit("s") : find_unit(text.substr(0, letters));
    if (unit < next_unit || unit == units.size()) return std::nullopt;
    if (seconds ? units[unit].name == "ms" : units[unit].name == "y" || units[unit].name == "M") return std::nullopt;
    const auto ms = times(*number, units[unit].ms);
    if (!ms || *ms > most - total) return std::nullopt;
    total += *ms;
    text.remove_prefix(letters);
    next_unit = unit + 1;
    any = true;
  }
  return any ? std::optional(total) : std::nullopt;
}

std::optional<std::int64_t> parse_rate(std::string_view text) {
  const std::size_t slash = text.find("r/");
  if (slash == std::string_view::npos) return std::nullopt;
  const auto number = parse_uint(text.substr(0, slash));
  std::string_view window = text.substr(slash + 2);
  const std::size_t digits = count_digits(window);
  const auto count = digits == 0 ? std::optional<std::uint64_t>(1) : parse_uint(window.substr(0, digits));
  window.remove_prefix(digits);
  const std::uint64_t seconds = window == "s"   ? 1
                                : window == "m" ? 60
                                : window == "h" ? 3600
                                : window == "d" ? 86400
                                                : 0;
  if (!number || !count || *count == 0 || *count > 1000000 || seconds == 0) return std::nullopt;
  const auto thousandths = times(*number, 1000);
  const auto divisor = times(*count, seconds);
  if (!thousandths || !divisor) return std::nullopt;
  return *thousandths / *divisor + (*thousandths % *divisor * 2 >= *divisor ? 1 : 0);
}

std::optional<std::int64_t> parse_ratio(std::string_view text) {
  const bool percent = !text.empty() && text.back() == '%';
  if (percent) text.remove_suffix(1);
  const std::size_t dot = text.find('.');
  const std::string_view fraction = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  const auto whole = parse_uint(text.substr(0, dot));
  if (!whole || *whole > 1000000 || fraction.size() > 6 || (dot != std::string_view::npos && fraction.empty())) {
    return std::nullopt;
  }
  std::uint64_t millionths = 0;
  if (!fraction.empty()) {
    const auto digits = parse_uint(fraction);
    if (!digits) return std::nullopt;
    millionths = *digits;
    for (std::size_t i = fraction.size(); i < 6; ++i) millionths *= 10;
  }
  millionths += *whole * 1000000;
  return static_cast<std::int64_t>(percent ? millionths / 100 : millionths);
}

std::optional<std::int64_t> parse_signed(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  const auto number = parse_uint(negative ? text.substr(1) : text);
  if (!number || *number > static_cast<std::uint64_t>(most)) return std::nullopt;
  return negative ? -static_cast<std::int64_t>(*number) : static_cast<std::int64_t>(*number);
}

std::size_t bad_dollar(std::string_view text) {
  const auto name_byte = [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; };
  for (std::size_t i = text.find('$'); i != std::string_view::npos; i = text.find('$', i + 1)) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == '$') { ++i; continue; }
    if (name_byte(next)) continue;
    if (next != '{') return i;
    const std::size_t close = text.find('}', i);
    const std::string_view name = close == std::string_view::npos ? "" : text.substr(i + 2, close - i - 2);
    const auto path_byte = [&](char c) {
      return name_byte(c) || c == '.' || c == '[' || c == ']' || c == '-' || c == ':';
    };
    if (name.empty() || !std::all_of(name.begin(), name.end(), path_byte)) return i;
    i = close;
  }
  return std::string_view::npos;
}

}  // namespace gh::config
