// The functions of expressions. Each is pure, and what it looks at is bounded: a text as received, max_list_items, and
// max_made_text of what it makes; more is null. A value of a type that a function does not take is null, too.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <ctime>
#include <utility>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/text.h"
#include "table/expression_program.h"

namespace gh::table {
namespace {

using Kind = ExprValue::Kind;

// --- texts
template <char Change(char)>
ExprValue changed(ExprFrame& frame, std::string_view text) {
  const auto differs = [](char c) { return Change(c) != c; };
  if (text.size() > max_made_text) return {};
  if (std::none_of(text.begin(), text.end(), differs)) return ExprValue::of(text);
  char* const to = frame.arena.chars(text.size());
  std::transform(text.begin(), text.end(), to, Change);
  return ExprValue::of(std::string_view(to, text.size()));
}

ExprValue lower_of(ExprFrame& frame, const ExprValue* args, std::size_t) {
  return args[0].is_text() ? changed<lower>(frame, args[0].text()) : ExprValue();
}
ExprValue upper_of(ExprFrame& frame, const ExprValue* args, std::size_t) {
  return args[0].is_text() ? changed<upper>(frame, args[0].text()) : ExprValue();
}

ExprValue length_of(ExprFrame&, const ExprValue* args, std::size_t) {
  if (args[0].is_list()) return ExprValue::of(static_cast<std::int64_t>(item_count(args[0])));
  if (!args[0].is_text()) return {};
  const std::string_view text = args[0].text();
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };  // a character of UTF-8
  return ExprValue::of(static_cast<std::int64_t>(std::count_if(text.begin(), text.end(), begins)));
}

ExprValue contains(ExprFrame& frame, const ExprValue* args, std::size_t) {
  if (args[0].is_list()) {
    bool found = false;
    each_item(args[0], max_list_items,
              [&](const ExprValue& item) { return !(found = equal_values(item, args[1], frame.arena, frame.steps)); });
    return ExprValue::of(found);
  }
  if (!args[0].is_text() || !args[1].is_text()) return {};
  const std::string_view text = args[0].text(), part = args[1].text();
  return ExprValue::of(part.empty() || ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr);
}

ExprValue starts_with(ExprFrame&, const ExprValue* args, std::size_t) {
  if (!args[0].is_text() || !args[1].is_text()) return {};
  return ExprValue::of(args[0].text().starts_with(args[1].text()));
}
ExprValue ends_with(ExprFrame&, const ExprValue* args, std::size_t) {
  if (!args[0].is_text() || !args[1].is_text()) return {};
  return ExprValue::of(args[0].text().ends_with(args[1].text()));
}

ExprValue base64_of(ExprFrame& frame, const ExprValue* args, std::size_t) {
  if (!args[0].is_text() || args[0].size > max_made_text / 4 * 3) return {};
  const std::string text = encode_base64(args[0].text());
  return ExprValue::of(text.empty() ? std::string_view("") : frame.arena.copy(text));
}

ExprValue sha256_of(ExprFrame& frame, const ExprValue* args, std::size_t) {
  if (!args[0].is_text()) return {};
  return ExprValue::of(frame.arena.copy(hex_digest(DigestKind::sha256, args[0].text())));
}

// --- numbers
ExprValue number_of(ExprFrame&, const ExprValue* args, std::size_t) {
  if (args[0].is_number()) return args[0];
  return args[0].is_text() ? parse_number(args[0].text()) : ExprValue();
}

/// Digits behind the point that a second argument asks for; -1 when it is no such number.
int digits_of(const ExprValue* args, std::size_t count) {
  if (count < 2) return 0;
  const bool usable = args[1].kind == Kind::integer && args[1].integer >= 0 && args[1].integer <= 15;
  return usable ? static_cast<int>(args[1].integer) : -1;
}

ExprValue text_of(ExprFrame& frame, const ExprValue* args, std::size_t count) {
  if (args[0].is_text()) return args[0];
  if (args[0].kind == Kind::boolean) return ExprValue::of(std::string_view(args[0].yes ? "true" : "false"));
  if (!args[0].is_number()) return {};
  if (count < 2) return ExprValue::of(number_text(args[0], frame.arena));
  const int digits = digits_of(args, count);
  if (digits < 0) return {};
  return ExprValue::of(frame.arena.copy(fmt::format("{:.{}f}", args[0].as_real(), digits)));
}

ExprValue round_of(ExprFrame&, const ExprValue* args, std::size_t count) {
  const int digits = digits_of(args, count);
  if (!args[0].is_number() || digits < 0) return {};
  if (args[0].kind == Kind::integer) return args[0];
  const double unit = std::pow(10.0, digits);
  const double scaled = args[0].real * unit;
  return std::isfinite(scaled) ? ExprValue::of(std::round(scaled) / unit) : args[0];
}

template <double Change(double)>
ExprValue changed_number(ExprFrame&, const ExprValue* args, std::size_t) {
  return args[0].kind == Kind::real ? ExprValue::of(Change(args[0].real))
                                    : args[0].is_number() ? args[0] : ExprValue();
}
double floor_of(double number) { return std::floor(number); }
double ceil_of(double number) { return std::ceil(number); }

ExprValue abs_of(ExprFrame&, const ExprValue* args, std::size_t) {
  if (args[0].kind == Kind::integer && args[0].integer > INT64_MIN) return ExprValue::of(std::abs(args[0].integer));
  return args[0].is_number() ? ExprValue::of(std::fabs(args[0].as_real())) : ExprValue();
}

// --- lists
/// The numbers among the arguments and their items.
template <class F>
void each_number(const ExprValue* args, std::size_t count, F&& f) {
  const auto take = [&](const ExprValue& value) {
    if (value.is_number()) f(value);
    return true;
  };
  for (std::size_t i = 0; i < count; ++i) {
    take(args[i]);
    each_item(args[i], max_list_items, take);
  }
}

template <int Wanted>
ExprValue extreme(ExprFrame&, const ExprValue* args, std::size_t count) {
  ExprValue best;
  each_number(args, count, [&](const ExprValue& number) {
    if (best.is_null() || compare_numbers(number, best) == Wanted) best = number;
  });
  return best;
}

struct Sum {
  std::int64_t whole = 0;
  double real = 0;
  std::int64_t count = 0;
  bool is_whole = true;
};

Sum sum_up(const ExprValue* args) {
  Sum sum;
  each_number(args, 1, [&](const ExprValue& number) {
    ++sum.count;
    sum.real += number.as_real();
    sum.is_whole = sum.is_whole && number.kind == Kind::integer &&
                   !__builtin_add_overflow(sum.whole, number.integer, &sum.whole);
  });
  return sum;
}

ExprValue sum_of(ExprFrame&, const ExprValue* args, std::size_t) {
  if (!args[0].is_list()) return {};
  const Sum sum = sum_up(args);
  return sum.is_whole ? ExprValue::of(sum.whole) : ExprValue::of(sum.real);
}
ExprValue avg_of(ExprFrame&, const ExprValue* args, std::size_t) {
  const Sum sum = sum_up(args);
  return args[0].is_list() && sum.count > 0 ? ExprValue::of(sum.real / static_cast<double>(sum.count)) : ExprValue();
}
ExprValue count_of(ExprFrame&, const ExprValue* args, std::size_t) {
  return args[0].is_list() ? ExprValue::of(static_cast<std::int64_t>(item_count(args[0]))) : ExprValue();
}

ExprValue first_of(ExprFrame&, const ExprValue* args, std::size_t) {
  ExprValue first;
  each_item(args[0], 1, [&](const ExprValue& item) { return first = item, false; });
  return first;
}
ExprValue last_of(ExprFrame&, const ExprValue* args, std::size_t) {
  ExprValue last;
  if (item_count(args[0]) > max_list_items) return last;
  each_item(args[0], max_list_items, [&](const ExprValue& item) { return last = item, true; });
  return last;
}

ExprValue join_of(ExprFrame& frame, const ExprValue* args, std::size_t) {
  if (!args[0].is_list() || !args[1].is_text()) return {};
  std::string out;
  bool first = true, fits = true;
  each_item(args[0], max_list_items, [&](const ExprValue& item) {
    const ExprValue text = text_of(frame, &item, 1);
    if (text.is_null()) return true;
    if (!std::exchange(first, false)) out += args[1].text();
    out += text.text();
    return fits = out.size() <= max_made_text;
  });
  if (!fits) return {};
  return ExprValue::of(out.empty() ? std::string_view("") : frame.arena.copy(out));
}

ExprValue split_of(ExprFrame& frame, const ExprValue* args, std::size_t) {
  static constexpr std::size_t most = 1000;
  if (!args[0].is_text() || !args[1].is_text() || args[1].size == 0) return {};
  std::string_view rest = args[0].text();
  const std::string_view separator = args[1].text();
  const auto next = [&](std::string_view text) {
    const void* found = ::memmem(text.data(), text.size(), separator.data(), separator.size());
    return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : text.size();
  };
  std::size_t count = 1;
  for (std::string_view text = rest; count < most; ++count) {
    const std::size_t at = next(text);
    if (at == text.size()) break;
    text.remove_prefix(at + separator.size());
  }
  ExprValue* const items = frame.arena.array<ExprValue>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = i + 1 < count ? next(rest) : rest.size();  // the last one holds what is left
    items[i] = ExprValue::of(rest.substr(0, at));
    rest.remove_prefix(std::min(at + separator.size(), rest.size()));
  }
  return ExprValue::list(items, count);
}

// --- others
ExprValue now_of(ExprFrame& frame, const ExprValue*, std::size_t) {
  const std::time_t seconds = static_cast<std::time_t>(frame.unix_ms / 1000);
  std::tm utc = {};
  ::gmtime_r(&seconds, &utc);
  return ExprValue::of(frame.arena.copy(fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                                                    utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                                                    frame.unix_ms % 1000)));
}

constexpr std::uint8_t texts = ExprFunction::texts, numbers = ExprFunction::numbers, lists = ExprFunction::lists,
                       anything = ExprFunction::anything, scalars = ExprFunction::anything & ~ExprFunction::lists;
constexpr std::size_t many = 32;
constexpr ExprType text = ExprType::text, number = ExprType::number, boolean = ExprType::boolean;

constexpr ExprFunction functions[] = {
    {"abs", 1, 1, {numbers}, number, abs_of, "abs(number)"},
    {"avg", 1, 1, {lists}, number, avg_of, "avg(list)"},
    {"base64", 1, 1, {texts}, text, base64_of, "base64(text)"},
    {"ceil", 1, 1, {numbers}, number, changed_number<ceil_of>, "ceil(number)"},
    {"contains", 2, 2, {texts | lists, anything, anything}, boolean, contains, "contains(text or list, value)"},
    {"count", 1, 1, {lists}, number, count_of, "count(list)"},
    {"ends_with", 2, 2, {texts, texts, texts}, boolean, ends_with, "ends_with(text, end)"},
    {"first", 1, 1, {lists}, ExprType::any, first_of, "first(list)"},
    {"floor", 1, 1, {numbers}, number, changed_number<floor_of>, "floor(number)"},
    {"ip_in", 2, many, {texts, texts, texts}, boolean, nullptr, "ip_in(address, \"network\", ...)"},
    {"join", 2, 2, {lists, texts, texts}, text, join_of, "join(list, separator)"},
    {"last", 1, 1, {lists}, ExprType::any, last_of, "last(list)"},
    {"length", 1, 1, {texts | lists}, number, length_of, "length(text or list)"},
    {"lower", 1, 1, {texts}, text, lower_of, "lower(text)"},
    {"max", 1, many, {numbers | lists, numbers, numbers}, number, extreme<1>, "max(list) or max(number, ...)"},
    {"min", 1, many, {numbers | lists, numbers, numbers}, number, extreme<-1>, "min(list) or min(number, ...)"},
    {"now", 0, 0, {}, text, now_of, "now()"},
    {"number", 1, 1, {texts | numbers}, number, number_of, "number(text)"},
    {"round", 1, 2, {numbers, numbers, numbers}, number, round_of, "round(number) or round(number, digits)"},
    {"sha256", 1, 1, {texts}, text, sha256_of, "sha256(text)"},
    {"split", 2, 2, {texts, texts, texts}, ExprType::list, split_of, "split(text, separator)"},
    {"starts_with", 2, 2, {texts, texts, texts}, boolean, starts_with, "starts_with(text, beginning)"},
    {"sum", 1, 1, {lists}, number, sum_of, "sum(list)"},
    {"text", 1, 2, {scalars, numbers, numbers}, text, text_of, "text(value) or text(number, digits)"},
    {"upper", 1, 1, {texts}, text, upper_of, "upper(text)"},
};

}  // namespace

std::span<const ExprFunction> expression_functions() { return functions; }

}  // namespace gh::table
