#include "table/expression_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "base/digest.h"
#include "base/text.h"
#include "json/compare.h"
#include "json/write.h"

namespace gh::table {
namespace {

constexpr double two_to_63 = 9223372036854775808.0;

bool equal_lists(const ExprValue& a, const ExprValue& b, Arena& arena, std::uint64_t& steps);

}  // namespace

ExprValue ExprValue::of(bool value) {
  ExprValue out;
  out.kind = Kind::boolean;
  out.yes = value;
  return out;
}

ExprValue ExprValue::of(std::int64_t value) {
  ExprValue out;
  out.kind = Kind::integer;
  out.integer = value;
  return out;
}

ExprValue ExprValue::of(double value) {
  if (!std::isfinite(value)) return {};
  if (value >= -two_to_63 && value < two_to_63 && std::trunc(value) == value) {
    return of(static_cast<std::int64_t>(value));
  }
  ExprValue out;
  out.kind = Kind::real;
  out.real = value;
  return out;
}

ExprValue ExprValue::of(std::string_view text) {
  if (text.data() == nullptr) return {};
  ExprValue out;
  out.kind = Kind::text;
  out.chars = text.data();
  out.size = static_cast<std::uint32_t>(std::min<std::size_t>(text.size(), UINT32_MAX));
  return out;
}

ExprValue ExprValue::of(json::Value value) {
  switch (value.kind()) {
    case json::Kind::null: return {};
    case json::Kind::boolean: return of(value.as_bool().value_or(false));
    case json::Kind::integer:
      if (const auto number = value.as_int64()) return of(*number);
      return of(value.as_double().value_or(0));
    case json::Kind::number: return of(value.as_double().value_or(0));
    case json::Kind::text: {
      const std::string_view text = value.text();
      return of(text.data() == nullptr ? std::string_view("") : text);
    }
    case json::Kind::array:
    case json::Kind::object: break;
  }
  ExprValue out;
  out.kind = Kind::json;
  out.node = value;
  return out;
}

ExprValue ExprValue::list(const ExprValue* items, std::size_t count) {
  ExprValue out;
  out.kind = Kind::list;
  out.items = items;
  out.size = static_cast<std::uint32_t>(count);
  return out;
}

std::size_t item_count(const ExprValue& list) {
  if (list.kind == ExprValue::Kind::list) return list.size;
  return list.is_list() ? list.node.size() : 0;
}

std::string_view number_text(const ExprValue& number, Arena& arena) {
  if (number.kind == ExprValue::Kind::integer) {
    char* const to = arena.chars(max_number_text);
    return {to, static_cast<std::size_t>(std::to_chars(to, to + max_number_text, number.integer).ptr - to)};
  }
  std::string text;
  json::append_number(text, number.real);
  return arena.copy(text);
}

ExprValue parse_number(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  const std::size_t end = std::min(digits.find_first_not_of("0123456789"), digits.size());
  if (end == 0 || (end > 1 && digits.front() == '0')) return {};
  if (end < digits.size() && digits[end] == '.' && (end + 1 == digits.size() || !is_digit(digits[end + 1]))) return {};
  const char* const last = text.data() + text.size();
  std::int64_t whole = 0;
  const auto as_whole = std::from_chars(text.data(), last, whole);
  if (as_whole.ec == std::errc() && as_whole.ptr == last) return ExprValue::of(whole);
  double real = 0;
  const auto as_real = std::from_chars(text.data(), last, real);
  return as_real.ec == std::errc() && as_real.ptr == last ? ExprValue::of(real) : ExprValue();
}

int compare_numbers(const ExprValue& a, const ExprValue& b) {
  using Kind = ExprValue::Kind;
  if (a.kind == Kind::integer && b.kind == Kind::integer) return a.integer < b.integer ? -1 : a.integer > b.integer;
  if (a.kind == Kind::real && b.kind == Kind::real) return a.real < b.real ? -1 : a.real > b.real;
  if (a.kind == Kind::real) return -compare_numbers(b, a);
  // A real beyond the integers is larger or smaller than all of them; any other one has a fraction.
  if (b.real >= two_to_63) return -1;
  if (b.real < -two_to_63) return 1;
  const auto below = static_cast<std::int64_t>(std::floor(b.real));
  return a.integer <= below ? -1 : 1;
}

bool equal_values(const ExprValue& a, const ExprValue& b, Arena& arena, std::uint64_t& steps) {
  using Kind = ExprValue::Kind;
  if (steps == 0) return false;
  --steps;
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  if (a.is_text() && b.is_text()) return equal_secrets(a.text(), b.text());
  if (a.is_number() && b.is_text()) {
    return b.size <= max_number_text && equal_secrets(number_text(a, arena), b.text());
  }
  if (a.is_text() && b.is_number()) return equal_values(b, a, arena, steps);
  if (a.is_list() && b.is_list()) return equal_lists(a, b, arena, steps);
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::null: return true;
    case Kind::boolean: return a.yes == b.yes;
    case Kind::json: return json::equal(a.node, b.node, steps);
    default: return false;
  }
}

namespace {

bool equal_lists(const ExprValue& a, const ExprValue& b, Arena& arena, std::uint64_t& steps) {
  if (a.kind == ExprValue::Kind::json && b.kind == ExprValue::Kind::json) return json::equal(a.node, b.node, steps);
  if (item_count(a) != item_count(b)) return false;
  if (a.kind == ExprValue::Kind::json) return equal_lists(b, a, arena, steps);
  std::size_t i = 0;
  bool equal = true;
  each_item(b, max_list_items,
            [&](const ExprValue& item) { return equal = equal_values(a.items[i++], item, arena, steps); });
  return equal;
}

}  // namespace

}  // namespace gh::table
