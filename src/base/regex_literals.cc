#include "base/regex_literals.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"

namespace gh {

namespace {

using Texts = std::vector<std::string>;

/// What one part of a pattern matches: `exact` when it is one of the texts in `head` (then `tail` is the same), else a
/// text that begins with one of `head` and ends with one of `tail`.
struct Part {
  bool exact = false;
  Texts head, tail;
};

const Part anything{false, {""}, {""}};
const Part nothing{true, {""}, {""}};  // the empty text

Part one_of(Texts texts) { return {true, texts, texts}; }

std::optional<Texts> joined(const Texts& first, const Texts& second) {
  if (first.size() * second.size() > RegexLiterals::max_texts) return std::nullopt;
  Texts out;
  for (const std::string& a : first) {
    for (const std::string& b : second) {
      if (a.size() + b.size() > RegexLiterals::max_bytes) return std::nullopt;
      out.push_back(a + b);
    }
  }
  return out;
}

Part sequence_of(Part a, Part b) {
  Part out{a.exact && b.exact, {}, {}};
  auto head = a.exact ? joined(a.head, b.head) : std::nullopt;
  auto tail = b.exact ? joined(a.tail, b.tail) : std::nullopt;
  if (!head || !tail) out.exact = false;
  out.head = head ? std::move(*head) : std::move(a.head);
  out.tail = tail ? std::move(*tail) : std::move(b.tail);
  return out;
}

Part either(Part a, Part b) {
  if (a.head.size() + b.head.size() > RegexLiterals::max_texts) return anything;
  if (a.tail.size() + b.tail.size() > RegexLiterals::max_texts) return anything;
  a.exact = a.exact && b.exact;
  std::move(b.head.begin(), b.head.end(), std::back_inserter(a.head));
  std::move(b.tail.begin(), b.tail.end(), std::back_inserter(a.tail));
  return a;
}

/// Recursive descent over what is certain. `failed` once something is met whose meaning, or extent, is not.
class Reader {
 public:
  Reader(std::string_view pattern, bool fold) : p_(pattern), fold_(fold) {}

  bool failed = false;
  bool from_start = true, to_end = true;  // of all alternatives outside of groups

  Part whole() {
    std::optional<Part> all;
    do {
      const bool anchored = take("^") || take("\\A");
      from_start = from_start && anchored;
      ends_here_ = false;
      Part part = sequence();
      to_end = to_end && ends_here_;
      all = all ? either(std::move(*all), std::move(part)) : std::move(part);
    } while (!failed && take("|"));
    if (at_ < p_.size()) failed = true;
    return std::move(*all);
  }

 private:
  static constexpr int max_depth = 32;

  [[nodiscard]] bool at_end() const { return at_ >= p_.size(); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const { return at_ + ahead < p_.size() ? p_[at_ + ahead] : '\0'; }
  bool take(std::string_view text) {
    if (p_.substr(at_, text.size()) != text) return false;
    at_ += text.size();
    return true;
  }
  Part fail() {
    failed = true;
    return anything;
  }
  [[nodiscard]] std::string folded(char c) const { return std::string(1, fold_ ? lower(c) : c); }

  Part sequence() {
    Part part = nothing;
    while (!failed && !at_end() && peek() != '|' && peek() != ')') {
      if (depth_ == 0 && take_end()) return part;
      Part atom = this->atom();
      part = sequence_of(std::move(part), quantified(std::move(atom)));
    }
    return part;
  }

  /// "$", "\z" or "\Z" as the last thing of an alternative outside of groups.
  bool take_end() {
    for (const std::string_view anchor : {"$", "\\z", "\\Z"}) {
      if (p_.substr(at_, anchor.size()) != anchor) continue;
      const char next = peek(anchor.size());
      if (at_ + anchor.size() < p_.size() && next != '|') return false;
      at_ += anchor.size();
      return ends_here_ = true;
    }
    return false;
  }

  Part quantified(Part atom) {
    if (take("+")) atom.exact = false;
    else if (take("*") || take("?") || take_counts()) atom = anything;
    else if (peek() == '{') return fail();  // a brace that is none of a quantifier: rare
    else return atom;
    if (!take("?")) take("+");  // lazy, possessive
    return atom;
  }

  /// "{2}", "{2,}", "{,3}"
  bool take_counts() {
    if (peek() != '{') return false;
    const std::size_t end = p_.find_first_not_of("0123456789, ", at_ + 1);
    if (end == std::string_view::npos || p_[end] != '}') return false;
    at_ = end + 1;
    return true;
  }

  Part atom() {
    switch (const char c = p_[at_]) {
      case '(':
        return group();
      case '[':
        return char_class();
      case '\\':
        return escape();
      case '*':
      case '+':
      case '?':
      case '{':
        return fail();
      case '.':
      case '^':
      case '$':
        ++at_;
        return anything;
      default:
        ++at_;
        return one_of({folded(c)});
    }
  }

  Part escape() {
    const char c = peek(1);
    if (at_ + 1 >= p_.size()) return fail();
    at_ += 2;
    if (!is_alpha(c) && !is_digit(c)) return one_of({folded(c)});  // a backslash before a mark only quotes it
    // Those that stand alone; all others take more characters, or change what comes behind.
    const bool alone = std::string_view("dDwWsShHvVRbBzZAGKtnrfea").find(c) != std::string_view::npos;
    return alone ? anything : fail();
  }

  Part group() {
    ++at_;
    bool has_width = true;
    if (peek() == '*') return fail();
    if (take("?")) {
      if (take("=") || take("!") || take("<=") || take("<!")) has_width = false;
      else if (!take(":") && !take("|") && !take(">") && !take_name()) return fail();  // options, comments, conditions
    }
    if (++depth_ > max_depth) return fail();
    Part part = sequence();
    while (!failed && take("|")) part = either(std::move(part), sequence());
    --depth_;
    if (!take(")")) return fail();
    return has_width ? part : anything;
  }

  bool take_name() {
    take("P");
    const char close = peek() == '<' ? '>' : peek() == '\'' ? '\'' : '\0';
    if (close == '\0') return false;
    const std::size_t end = p_.find(close, at_ + 1);
    if (end == std::string_view::npos) return false;
    at_ = end + 1;
    return true;
  }

  /// "[ab]" is known, and how far any other class reaches.
  Part char_class() {
    ++at_;
    bool plain = !take("^");
    Texts members;
    for (bool first = true; !failed && (first || peek() != ']'); first = false) {
      if (at_end()) return fail();
      const char c = p_[at_];
      if (c == '[' && (peek(1) == ':' || peek(1) == '.' || peek(1) == '=')) {
        skip_posix_class();
        plain = false;
      } else if (c == '\\') {
        plain = false;
        if (std::string_view("cQE").find(peek(1)) != std::string_view::npos || at_ + 1 >= p_.size()) return fail();
        at_ += 2;
      } else {
        if (c == '-') plain = false;
        members.push_back(folded(c));
        ++at_;
      }
    }
    ++at_;
    return plain && members.size() <= max_members ? one_of(std::move(members)) : anything;
  }

  void skip_posix_class() {
    std::size_t at = at_ + 2;
    if (at < p_.size() && p_[at] == '^') ++at;
    while (at < p_.size() && is_alpha(p_[at])) ++at;
    if (p_[at_ + 1] == ':' && p_.substr(at, 2) == ":]") at_ = at + 2;
    else failed = true;
  }

  static constexpr std::size_t max_members = 8;
  std::string_view p_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool fold_;
  bool ends_here_ = false;
};

/// Without texts that start with another one: what they find, that one finds.
Texts shortest(Texts texts) {
  std::sort(texts.begin(), texts.end());
  Texts out;
  for (std::string& text : texts) {
    if (out.empty() || !text.starts_with(out.back())) out.push_back(std::move(text));
  }
  return out;
}

std::size_t least_bytes(const Texts& texts) {
  const auto least = std::min_element(texts.begin(), texts.end(),
                                      [](const auto& a, const auto& b) { return a.size() < b.size(); });
  return least == texts.end() ? 0 : least->size();
}

}  // namespace

RegexLiterals find_regex_literals(std::string_view pattern, bool ignore_case) {
  RegexLiterals out;
  if (pattern.starts_with("(?i)")) {
    pattern.remove_prefix(4);
    ignore_case = true;
  }
  Reader reader(pattern, ignore_case);
  Part part = reader.whole();
  if (reader.failed) return out;
  for (std::string& text : part.tail) std::reverse(text.begin(), text.end());
  Texts heads = reader.from_start ? shortest(std::move(part.head)) : Texts();
  Texts tails = reader.to_end ? shortest(std::move(part.tail)) : Texts();
  const std::size_t head_bytes = least_bytes(heads), tail_bytes = least_bytes(tails);
  if (head_bytes == 0 && tail_bytes == 0) return out;
  const bool at_start = head_bytes >= tail_bytes;  // "^/.*\.php$" is better known by its end
  out.where = at_start ? RegexLiterals::Where::start : RegexLiterals::Where::end;
  out.texts = at_start ? std::move(heads) : std::move(tails);
  out.folded = ignore_case;
  return out;
}

}  // namespace gh
