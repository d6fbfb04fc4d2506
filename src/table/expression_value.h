// ExprValue: what an expression computes with. A small value, copied freely; texts, lists and JSON are views of memory
// that lives as long as the exchange (or the table, for constants). Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "base/arena.h"
#include "json/document.h"

namespace gh::table {

struct ExprValue {
  enum class Kind : std::uint8_t {
    null,
    boolean,
    integer,  // a number without fraction that fits: exact
    real,     // any other finite number
    text,
    list,     // made by an expression
    json,     // an array or object of a document; its other values become one of the above
  };
  Kind kind = Kind::null;
  std::uint32_t size = 0;  // bytes of a text, items of a list
  union {
    bool yes;
    std::int64_t integer;
    double real;
    const char* chars;
    const ExprValue* items;
    json::Value node;
  };

  ExprValue() : integer(0) {}
  static ExprValue of(bool value);
  static ExprValue of(std::int64_t value);
  /// Whole numbers become integers; what is not finite becomes null.
  static ExprValue of(double value);
  /// A text without data() is null, as a variable that is not there. At most 4 GiB of it counts.
  static ExprValue of(std::string_view text);
  static ExprValue of(json::Value value);
  static ExprValue list(const ExprValue* items, std::size_t count);

  [[nodiscard]] bool is_null() const { return kind == Kind::null; }
  [[nodiscard]] bool is_text() const { return kind == Kind::text; }
  [[nodiscard]] bool is_number() const { return kind == Kind::integer || kind == Kind::real; }
  [[nodiscard]] bool is_list() const { return kind == Kind::list || (kind == Kind::json && node.is_array()); }
  [[nodiscard]] bool is_true() const { return kind == Kind::boolean && yes; }
  [[nodiscard]] std::string_view text() const {
    return kind == Kind::text ? std::string_view(chars, size) : std::string_view();
  }
  /// Of a number, rounded when an integer has more than 53 bits.
  [[nodiscard]] double as_real() const { return kind == Kind::integer ? static_cast<double>(integer) : real; }
};
static_assert(std::is_trivially_copyable_v<ExprValue> && std::is_trivially_destructible_v<ExprValue>);

/// Items of a list; 0 for others.
std::size_t item_count(const ExprValue& list);

/// Calls f(item) for the first `most` items of a list, of either kind, until it answers false.
template <class F>
void each_item(const ExprValue& list, std::size_t most, F&& f) {
  if (list.kind == ExprValue::Kind::list) {
    for (std::size_t i = 0; i < list.size && i < most; ++i) {
      if (!f(list.items[i])) return;
    }
  } else if (list.kind == ExprValue::Kind::json && list.node.is_array()) {
    std::size_t i = 0;
    for (const json::Value item : list.node.elements()) {
      if (i++ == most || !f(ExprValue::of(item))) return;
    }
  }
}

inline constexpr std::size_t max_list_items = 10'000;       // that an expression looks at or makes
inline constexpr std::size_t max_made_text = 64 * 1024;     // bytes of a text that an expression makes
inline constexpr std::size_t max_number_text = 40;

/// The canonical text of a number: digits, and for others the shortest form that reads back the same.
std::string_view number_text(const ExprValue& number, Arena& arena);
/// A JSON number, the whole text; null for anything else.
ExprValue parse_number(std::string_view text);
/// Exact, also between integers and reals: -1, 0 or 1.
int compare_numbers(const ExprValue& a, const ExprValue& b);
/// Null equals null alone; a number equals a text that is its canonical form. `steps` bounds what is looked at.
bool equal_values(const ExprValue& a, const ExprValue& b, Arena& arena, std::uint64_t& steps);

}  // namespace gh::table
