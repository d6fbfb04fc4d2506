#include "json/ecma_regex.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/text.h"

namespace gh::json {

namespace {

constexpr std::string_view spaces =
    "\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}";
/// What is left without them.
constexpr std::string_view no_spaces =
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}"
    "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}";

struct Property { std::string_view ecma, pcre; };
/// General categories by their long names; the short ones and scripts are PCRE2's own words.
constexpr std::array<Property, 34> properties = {{
    {"Letter", "L"}, {"Lowercase_Letter", "Ll"}, {"Uppercase_Letter", "Lu"}, {"Titlecase_Letter", "Lt"},
    {"Cased_Letter", "L&"}, {"Modifier_Letter", "Lm"}, {"Other_Letter", "Lo"}, {"Mark", "M"},
    {"Nonspacing_Mark", "Mn"}, {"Spacing_Mark", "Mc"}, {"Enclosing_Mark", "Me"}, {"Number", "N"},
    {"Decimal_Number", "Nd"}, {"digit", "Nd"}, {"Letter_Number", "Nl"}, {"Other_Number", "No"}, {"Symbol", "S"},
    {"Math_Symbol", "Sm"}, {"Currency_Symbol", "Sc"}, {"Modifier_Symbol", "Sk"}, {"Other_Symbol", "So"},
    {"Punctuation", "P"}, {"punct", "P"}, {"Dash_Punctuation", "Pd"}, {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"}, {"Connector_Punctuation", "Pc"}, {"Other_Punctuation", "Po"}, {"Separator", "Z"},
    {"Space_Separator", "Zs"}, {"Other", "C"}, {"Control", "Cc"}, {"Format", "Cf"}, {"Any", "Any"},
}};

class Translator {
 public:
  explicit Translator(std::string_view pattern) : in_(pattern) {}

  Result<std::string> run() {
    // A point is a code point. Who wrote the pattern cannot add such words: `(*` is refused below.
    out_ = "(*UTF)";
    while (at_ < in_.size()) {
      if (!one()) return fail(std::move(fault_), static_cast<int>(at_));
    }
    return std::move(out_);
  }

 private:
  bool bad(std::string text) {
    fault_ = std::move(text);
    return false;
  }
  [[nodiscard]] bool sees(std::string_view what) const { return in_.substr(at_).starts_with(what); }
  bool copy(std::size_t count) {
    out_ += in_.substr(at_, count);
    at_ += count;
    return true;
  }

  bool one() {
    switch (in_[at_]) {
      case '\\': return escape(false);
      case '[': return bracket();
      case '(': return group();
      case '.':
        out_ += "[^\\n\\r\\x{2028}\\x{2029}]";
        ++at_;
        return true;
      case '$':
        out_ += "\\z";
        ++at_;
        return true;
      case '*':
      case '+':
      case '?':
      case '}': return quantifier();
      default: return copy(1);
    }
  }

  /// ECMAScript knows greedy and lazy; what PCRE2 takes for possessive (`a++`) is an error there.
  bool quantifier() {
    copy(1);
    if (at_ < in_.size() && in_[at_] == '+') return bad("nothing to repeat");
    return true;
  }

  bool group() {
    if (sees("(*")) return bad("nothing to repeat");
    if (!sees("(?")) return copy(1);
    for (const std::string_view known : {"(?:", "(?=", "(?!", "(?<=", "(?<!"}) {
      if (sees(known)) return copy(known.size());
    }
    if (sees("(?<") && at_ + 3 < in_.size() && (is_alpha(in_[at_ + 3]) || in_[at_ + 3] == '_')) return copy(3);
    return bad("a group of this kind is not ECMAScript's");
  }

  bool bracket() {
    if (sees("[]")) {  // nothing is in it
      out_ += "(?!)";
      at_ += 2;
      return true;
    }
    if (sees("[^]")) {  // anything
      out_ += "[\\x{0}-\\x{10ffff}]";
      at_ += 3;
      return true;
    }
    copy(sees("[^") ? 2 : 1);
    while (at_ < in_.size() && in_[at_] != ']') {
      if (in_[at_] == '\\') {
        if (!escape(true)) return false;
      } else if (in_[at_] == '[') {  // just itself; PCRE2 looks for [:alpha:]
        out_ += "\\[";
        ++at_;
      } else {
        copy(1);
      }
    }
    if (at_ >= in_.size()) return bad("`[` without its `]`");
    return copy(1);
  }

  bool escape(bool in_bracket) {
    if (at_ + 1 >= in_.size()) return bad("`\\` with nothing behind it");
    const char c = in_[at_ + 1];
    switch (c) {
      case 's': return put(in_bracket ? std::string(spaces) : '[' + std::string(spaces) + ']');
      case 'S': return put(in_bracket ? std::string(no_spaces) : "[^" + std::string(spaces) + ']');
      case 'd': case 'D': case 'w': case 'W': case 'f': case 'n': case 'r': case 't': return copy(2);
      case 'v': return put("\\x{b}");
      case 'b': return in_bracket ? put("\\x{8}") : copy(2);
      case 'B': return in_bracket ? bad("`\\B` in brackets") : copy(2);
      case '0': return at_ + 2 < in_.size() && is_digit(in_[at_ + 2]) ? bad("an octal escape") : put("\\x{0}");
      case 'c': return control();
      case 'x': return code_point(2);
      case 'u': return unicode();
      case 'p':
      case 'P': return property();
      case 'k': return in_bracket ? bad("`\\k` in brackets") : copy(2);
      default: break;
    }
    if (is_digit(c)) return in_bracket ? bad("a back reference in brackets") : copy(2);
    if (is_alpha(c)) return bad(std::string("`\\") + c + "` is no escape of ECMAScript's");
    return copy(2);
  }
  bool put(std::string_view text) {
    out_ += text;
    at_ += 2;
    return true;
  }

  bool control() {
    if (at_ + 2 >= in_.size() || !is_alpha(in_[at_ + 2])) return bad("`\\c` without its letter");
    put_point(static_cast<std::uint32_t>(in_[at_ + 2]) & 31U);
    at_ += 3;
    return true;
  }

  std::optional<std::uint32_t> hex(std::size_t from, std::size_t count) const {
    if (from + count > in_.size() || count == 0 || count > 6) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = from; i < from + count; ++i) {
      if (hex_digit(in_[i]) < 0) return std::nullopt;
      value = value * 16 + static_cast<std::uint32_t>(hex_digit(in_[i]));
    }
    return value;
  }
  void put_point(std::uint32_t point) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    do {
      text.insert(text.begin(), digits[point & 15U]);
    } while ((point >>= 4U) != 0);
    out_ += "\\x{" + text + '}';
  }
  bool code_point(std::size_t count) {
    const auto point = hex(at_ + 2, count);
    if (!point) return bad("an escape without its hexadecimal digits");
    put_point(*point);
    at_ += 2 + count;
    return true;
  }

  /// \u{1F600}, \uD83D\uDE00 or \u00e9
  bool unicode() {
    if (at_ + 2 < in_.size() && in_[at_ + 2] == '{') {
      const std::size_t end = std::min(in_.find('}', at_), in_.size());
      const auto point = hex(at_ + 3, end - at_ - 3);
      if (end == in_.size() || !point || *point > 0x10ffff) return bad("`\\u{` without its hexadecimal digits and `}`");
      put_point(*point);
      at_ = end + 1;
      return true;
    }
    const auto high = hex(at_ + 2, 4);
    if (high && *high >= 0xd800 && *high < 0xdc00 && in_.substr(at_ + 6).starts_with("\\u")) {
      const auto low = hex(at_ + 8, 4);
      if (low && *low >= 0xdc00 && *low < 0xe000) {
        put_point(0x10000 + ((*high - 0xd800) << 10U) + (*low - 0xdc00));
        at_ += 12;
        return true;
      }
    }
    if (high && *high >= 0xd800 && *high < 0xe000) return bad("half of a surrogate pair");
    return code_point(4);
  }

  /// \p{Letter}, \p{L}, \p{Script=Greek}, \p{gc=L}
  bool property() {
    const std::size_t end = in_.find('}', at_);
    if (at_ + 2 >= in_.size() || in_[at_ + 2] != '{' || end == std::string_view::npos) {
      return bad("`\\p` without its name in braces");
    }
    std::string_view name = in_.substr(at_ + 3, end - at_ - 3);
    for (const std::string_view prefix : {"General_Category=", "gc=", "Script=", "sc=", "Script_Extensions=", "scx="}) {
      if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    }
    if (name.empty() || !std::all_of(name.begin(), name.end(), [](char c) { return is_alpha(c) || c == '_'; })) {
      return bad("an unknown property");
    }
    for (const Property& known : properties) {
      if (known.ecma == name) name = known.pcre;
    }
    out_ += in_.substr(at_, 3);
    out_ += name;
    out_ += '}';
    at_ = end + 1;
    return true;
  }

  std::string_view in_;
  std::size_t at_ = 0;
  std::string out_;
  std::string fault_;
};

}  // namespace

Result<std::string> ecma_to_pcre(std::string_view pattern) { return Translator(pattern).run(); }

Result<Regex> compile_ecma(std::string_view pattern) {
  auto translated = ecma_to_pcre(pattern);
  if (!translated) return fail(std::move(translated.error().text), translated.error().code);
  auto regex = Regex::compile(*translated, false);
  if (!regex) return fail(std::move(regex.error().text), 0);
  return regex;
}

}  // namespace gh::json
