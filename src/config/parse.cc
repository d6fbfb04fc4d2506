// The only user of the PEGTL rules: actions build the tree, State answers the grammar's questions and says how many
// bytes a fault takes. Nothing is thrown out of here.
#include "config/parse.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>

#include "config/expression.h"
#include "config/load.h"
#include "grammar/messages.hpp"

namespace gh::config {
namespace {

namespace g = gh::grammar;
namespace p = tao::pegtl;

constexpr std::size_t max_passes = 20;
constexpr std::size_t max_stored = 1000;  // syntax faults of one file that are kept

bool ends_with(std::string_view text, std::string_view tail) {
  return text.size() >= tail.size() && text.substr(text.size() - tail.size()) == tail;
}

/// Where a word with a broken quote ends: its first line, without what closes the directive (`;`, `{`, `) {`).
std::size_t first_line_size(std::string_view rest) {
  std::string_view line = rest.substr(0, std::min(rest.find('\n'), rest.size()));
  const auto trim = [&line](std::string_view bytes) {
    while (line.size() > 1 && bytes.find(line.back()) != std::string_view::npos) line.remove_suffix(1);
  };
  trim(" \t\r");
  if (line.size() > 1 && line.back() == ';') {
    trim(";");
  } else if (line.size() > 1 && line.back() == '{') {
    trim("{ \t");
    if (line.size() > 1 && line.back() == ')') line.remove_suffix(1);
    trim(" \t");
  }
  return line.size();
}

bool is_among(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool all_ascii(std::string_view text) {
  std::uint64_t bits = 0;
  for (; text.size() >= sizeof bits; text.remove_prefix(sizeof bits)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data(), sizeof eight);
    bits |= eight;
  }
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  return (bits & 0x8080808080808080) == 0;
}

}  // namespace

bool looks_unclosed(std::string_view text) {
  const std::size_t last_line = text.rfind('\n');
  if (last_line == std::string_view::npos || std::strchr(" \t", text.back()) == nullptr) return false;
  if (text.find_first_not_of(" \t\r\n", last_line) == std::string_view::npos) return false;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    std::size_t before = at;
    while (before > 0 && std::strchr(" \t\r", text[before - 1]) != nullptr) --before;
    if (before > 0 && (text[before - 1] == ';' || text[before - 1] == '{')) return true;
  }
  return false;
}

namespace {

class State {
 public:
  State(const Sources& sources, std::uint32_t file, const ParseLimits& limits, RawNames raw_names,
        const std::vector<std::uint32_t>& never_closed)
      : text_(sources.file(file).text),
        file_(file),
        limits_(limits),
        raw_names_(raw_names),
        never_closed_(never_closed),
        is_ascii_(all_ascii(text_)) {}

  // --- questions of the grammar
  [[nodiscard]] bool quote_may_open(const char* at) const {
    return never_closed_.empty() || !std::binary_search(never_closed_.begin(), never_closed_.end(), offset(at));
  }
  [[nodiscard]] bool in_expression() const { return in_expression_; }
  [[nodiscard]] bool named_lua() const { return !words_.empty() && ends_with(words_.front().value, "_by_lua_block"); }
  [[nodiscard]] bool named_raw() const {
    return !words_.empty() && is_among(raw_names_.blocks, words_.front().value);
  }
  /// Of the expression that begins at `at`, with the name of its parameter; 0 when none does.
  [[nodiscard]] std::size_t expression_size(const char* at, const char* end) {
    if (!takes_expression_ || offset(at) < no_expression_before_) return 0;
    const std::string_view rest(at, std::min(static_cast<std::size_t>(end - at), max_expression_bytes));
    const std::size_t name = std::min(rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), rest.size());
    const std::size_t begin = name > 0 && name < rest.size() && rest[name] == '=' ? name + 1 : name;
    if ((name > 0 && begin == name) || begin == rest.size() || rest[begin] != '(') return 0;
    const auto size = config::expression_size(rest.substr(begin));
    const std::size_t behind = begin + size.value_or(0);
    const bool ends = behind == rest.size() || std::strchr(" \t\r\n;{}", rest[behind]) != nullptr;
    if (size && ends) return behind;
    no_expression_before_ = offset(at) + static_cast<std::uint32_t>(rest.size());  // so that nothing is read twice
    return 0;
  }
  [[nodiscard]] bool may_nest() const { return open_.size() <= limits_.max_nesting; }
  [[nodiscard]] bool has_room() const { return result.directives < limits_.max_directives; }

  /// A quote that is not closed, or not closed well. Reports it and says how many bytes are its word.
  std::size_t recover_quote(const char* at, const char* end) {
    const std::string_view rest(at, static_cast<std::size_t>(end - at));
    const std::uint32_t begin = offset(at);
    const std::size_t close = closing_quote(rest);
    const bool spans_lines = rest.substr(0, close).find('\n') != std::string_view::npos;
    if (quote_may_open(at) && !spans_lines && suspect_ != Span::npos) {
      unclosed_quote = suspect_;  // an earlier quote swallowed this one's beginning: parse again, knowing that
    }
    if (close == rest.size() || spans_lines || !quote_may_open(at)) {
      const std::size_t size = first_line_size(rest);
      say<g::broken_quote>({file_, begin, begin + 1})
          .with_fix({file_, begin + static_cast<std::uint32_t>(size), begin + static_cast<std::uint32_t>(size)},
                    std::string(1, rest.front()));
      push_word(begin, resolved(rest.substr(1, size - 1)), size, true);
      return size;
    }
    const std::size_t glued = std::min(rest.find_first_of(" \t\r\n;{", close + 1), rest.size());
    say<g::quote_ends>(span(begin + close + 1, begin + glued));
    push_word(begin, resolved(rest.substr(1, close - 1)), close + 1, true);
    skip_glued(begin, close + 1, glued);
    return glued;
  }

  // --- actions
  void plain_word(std::uint32_t begin, std::string_view raw) {
    if (quantifier_) {
      say<g::quantifier>(span(begin, begin + raw.size())).with_fix(span(begin, begin + raw.size()), quote(raw));
      quantifier_ = false;
    }
    if (raw.find('(') != std::string_view::npos && (raw.front() == '(' || raw.find("=(") != std::string_view::npos)) {
      in_expression_ = true;
    }
    warn_of_odd_blanks(begin, raw);
    push_word(begin, resolved(raw), raw.size(), false);
  }
  void expression_word(const char* at, std::size_t bytes) { push_word(offset(at), {at, bytes}, bytes, false); }
  void quoted_word(std::uint32_t begin, std::string_view raw) {
    const std::string_view inner = raw.substr(1, raw.size() - 2);
    if (looks_unclosed(inner)) suspect_ = begin;
    push_word(begin, resolved(inner), raw.size(), true);
  }
  void quantifier_seen() { quantifier_ = true; }
  void comment(std::uint32_t begin, std::string_view raw) {
    if (!raw.empty() && raw.back() == '\r') raw.remove_suffix(1);
    Node node;
    node.kind = NodeKind::comment;
    node.span = span(begin, begin + raw.size());
    done_.push_back(std::move(node));
  }
  void end_simple(std::uint32_t end) {
    Node node;
    node.words = take_words();
    node.span = span(node.words.front().span.begin, end);
    done_.push_back(std::move(node));
  }
  void unended() {
    const std::uint32_t end = words_.back().span.end;
    result.unended.push_back({words_.front().span.begin, end});
    end_simple(end);
  }
  void open_block(std::uint32_t brace, NodeKind kind) {
    if (words_.empty()) words_.push_back({"", span(brace, brace + 1), false});
    Open& open = open_.emplace_back();
    open.node.kind = kind;
    open.node.words = take_words();
    open.node.span = span(open.node.words.front().span.begin, brace + 1);
    open.node.body = span(brace + 1, brace + 1);
    open.first_child = done_.size();
  }
  void close_block(std::uint32_t body_end, std::uint32_t end) {
    Open open = std::move(open_.back());
    open_.pop_back();
    open.node.body.end = body_end;
    open.node.span.end = end;
    const auto first = done_.begin() + static_cast<std::ptrdiff_t>(open.first_child);
    open.node.children.assign(std::make_move_iterator(first), std::make_move_iterator(done_.end()));
    done_.erase(first, done_.end());
    done_.push_back(std::move(open.node));
  }
  void missing_close() {
    ++result.unclosed;
    close_block(size(), size());
  }
  void unclosed_raw() {
    unclosed_raw_ = true;
    say<g::unclosed_raw>(open_.back().node.words.front().span);
    close_block(size(), size());
  }
  void deep_block(std::uint32_t begin, std::uint32_t end) {
    say<g::too_deep>(open_.back().node.words.front().span);
    const bool closed = end > begin && text_[end - 1] == '}';
    close_block(closed ? end - 1 : end, end);
  }
  void truncate(std::uint32_t begin) {
    result.truncated = true;
    say<g::too_many>({file_, begin, begin + 1});
  }
  template <class Rule>
  void fault(std::size_t begin, std::size_t end) {
    say<Rule>(span(begin, end));
  }
  void stray(std::uint32_t at) { result.strays.push_back({file_, at, at + 1}); }
  void finish() {
    result.nodes = std::move(done_);
    if (result.truncated || unclosed_raw_) result.unclosed = 0;  // said already
  }

  Parsed result;
  std::unique_ptr<Arena> memory = std::make_unique<Arena>();  // of the words and what they point to
  std::vector<Diagnostic> said;
  std::uint32_t unclosed_quote = Span::npos;  // set: this pass is void, and that quote is never closed

 private:
  [[nodiscard]] std::uint32_t offset(const char* at) const { return static_cast<std::uint32_t>(at - text_.data()); }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(text_.size()); }
  [[nodiscard]] Span span(std::size_t begin, std::size_t end) const {
    return {file_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
  }

  template <class Rule>
  Diagnostic& say(Span at) {
    constexpr g::Sentence sentence = g::sentence<Rule>;
    static_assert(!sentence.code.empty());
    if (said.size() >= max_stored) said.pop_back();
    Diagnostic& d = said.emplace_back();
    d.severity = sentence.code.front() == 'W' ? Severity::warning : Severity::error;
    d.code = sentence.code;
    d.span = at;
    d.message = sentence.text;
    d.label = sentence.label;
    d.help = sentence.help;
    return d;
  }

  static std::size_t closing_quote(std::string_view rest) {
    for (std::size_t i = 1; i < rest.size(); ++i) {
      if (rest[i] == '\\') ++i;
      else if (rest[i] == rest.front()) return i;
    }
    return rest.size();
  }
  static std::string quote(std::string_view raw) {
    const char mark = raw.find('"') == std::string_view::npos ? '"' : '\'';
    return mark + std::string(raw) + mark;
  }
  /// The text behind a closing quote is passed over, but a quote within it must not open a word of its own.
  void skip_glued(std::uint32_t begin, std::size_t from, std::size_t to) {
    warn_of_odd_blanks(begin + static_cast<std::uint32_t>(from), text_.substr(begin + from, to - from));
  }
  std::string_view resolved(std::string_view raw) {
    return raw.find('\\') == std::string_view::npos ? raw : memory->copy(unescape(raw));
  }
  void push_word(std::uint32_t begin, std::string_view value, std::size_t raw_size, bool quoted) {
    if (raw_size > limits_.max_word) say<g::word>({file_, begin, begin + 1});
    words_.push_back({value, span(begin, begin + raw_size), quoted});
    if (words_.size() == 1) takes_expression_ = is_among(raw_names_.expressions, value);
  }
  std::span<Word> take_words() {
    ++result.directives;
    in_expression_ = takes_expression_ = false;
    no_expression_before_ = 0;
    const std::span<Word> words(memory->array<Word>(words_.size()), words_.size());
    std::uninitialized_copy(words_.begin(), words_.end(), words.begin());
    words_.clear();
    return words;
  }
  /// No blank but space, tab, CR and LF ends a word (LANGUAGE.md 1.1); U+00A0, U+2000-200B, U+202F, U+3000, U+FEFF
  /// look like one.
  void warn_of_odd_blanks(std::uint32_t begin, std::string_view raw) {
    if (is_ascii_) return;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (static_cast<unsigned char>(raw[i]) < 0x80) continue;
      const std::string_view rest = raw.substr(i);
      const std::size_t size = odd_blank(rest);
      if (size == 0) continue;
      Diagnostic& d = say<g::bom>(span(begin + i, begin + i + size));
      d.message = "a non-ASCII blank is part of this word";
      d.label = "does not separate words";
      d.help = "replace it by a space";
      d.with_fix(d.span, " ");
      i += size - 1;
    }
  }
  static std::size_t odd_blank(std::string_view rest) {
    if (rest.substr(0, 2) == "\xC2\xA0") return 2;
    if (rest.substr(0, 3) == "\xE3\x80\x80" || rest.substr(0, 3) == "\xEF\xBB\xBF" ||
        rest.substr(0, 3) == "\xE2\x80\xAF") {
      return 3;
    }
    const bool general = rest.size() > 2 && rest.substr(0, 2) == "\xE2\x80";
    return general && static_cast<unsigned char>(rest[2]) >= 0x80 && static_cast<unsigned char>(rest[2]) <= 0x8B ? 3
                                                                                                                 : 0;
  }

  std::string_view text_;
  std::uint32_t file_;
  const ParseLimits& limits_;
  RawNames raw_names_;
  const std::vector<std::uint32_t>& never_closed_;
  bool is_ascii_;
  struct Open {
    Node node;
    std::size_t first_child = 0;  // in done_
  };
  std::vector<Open> open_;   // the blocks that are not closed yet, outermost first
  std::vector<Node> done_;   // the finished nodes of all of them and of the top level
  std::vector<Word> words_;  // of the directive that is being read
  bool quantifier_ = false, in_expression_ = false, unclosed_raw_ = false;
  bool takes_expression_ = false;            // the directive that is being read
  std::uint32_t no_expression_before_ = 0;
  std::uint32_t suspect_ = Span::npos;  // the last quoted word that looks as if it had swallowed a line end
};

template <class In>
std::uint32_t begin_of(const In& in) {
  return static_cast<std::uint32_t>(in.input().begin() == nullptr ? 0 : in.begin() - in.input().begin());
}
template <class In>
std::uint32_t end_of(const In& in) { return begin_of(in) + static_cast<std::uint32_t>(in.size()); }

template <class Rule>
struct action : p::nothing<Rule> {};

template <>
struct action<g::quantifier> {
  static void apply0(State& s) { s.quantifier_seen(); }
};
template <>
struct action<g::plain_word> {
  template <class In>
  static void apply(const In& in, State& s) { s.plain_word(begin_of(in), in.string_view()); }
};
template <>
struct action<g::quoted_word> {
  template <class In>
  static void apply(const In& in, State& s) { s.quoted_word(begin_of(in), in.string_view()); }
};
template <>
struct action<g::file_comment> {
  template <class In>
  static void apply(const In& in, State& s) { s.comment(begin_of(in), in.string_view()); }
};
template <>
struct action<g::semicolon> {
  template <class In>
  static void apply(const In& in, State& s) { s.end_simple(end_of(in)); }
};
template <>
struct action<g::missing_semicolon> {
  static void apply0(State& s) { s.unended(); }
};
template <>
struct action<g::block_open> {
  template <class In>
  static void apply(const In& in, State& s) { s.open_block(begin_of(in), NodeKind::block); }
};
template <>
struct action<g::raw_open> {
  template <class In>
  static void apply(const In& in, State& s) { s.open_block(begin_of(in), NodeKind::raw); }
};
template <>
struct action<g::block_close> {
  template <class In>
  static void apply(const In& in, State& s) { s.close_block(begin_of(in), end_of(in)); }
};
template <>
struct action<g::raw_close> : action<g::block_close> {};
template <>
struct action<g::missing_close> {
  static void apply0(State& s) { s.missing_close(); }
};
template <>
struct action<g::unclosed_raw> {
  static void apply0(State& s) { s.unclosed_raw(); }
};
template <>
struct action<g::too_deep> {
  template <class In>
  static void apply(const In& in, State& s) { s.deep_block(begin_of(in), end_of(in)); }
};
template <>
struct action<g::too_many> {
  template <class In>
  static void apply(const In& in, State& s) { s.truncate(begin_of(in)); }
};
template <>
struct action<g::stray_close> {
  template <class In>
  static void apply(const In& in, State& s) { s.stray(begin_of(in)); }
};
template <>
struct action<g::nameless_semicolon> {
  template <class In>
  static void apply(const In& in, State& s) { s.fault<g::nameless_semicolon>(begin_of(in), end_of(in)); }
};
template <>
struct action<g::nameless_open> {
  template <class In>
  static void apply(const In& in, State& s) {
    s.fault<g::nameless_open>(begin_of(in), end_of(in));
    s.open_block(begin_of(in), NodeKind::block);
  }
};
template <>
struct action<g::bom> {
  template <class In>
  static void apply(const In& in, State& s) { s.fault<g::bom>(begin_of(in), end_of(in)); }
};

void copy_sentence(Diagnostic& d, const g::Sentence& sentence) {
  d.label = sentence.label;
  d.help = sentence.help;
}

}  // namespace

std::string unescape(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\' || i + 1 == raw.size()) {
      out += raw[i];
      continue;
    }
    const char c = raw[++i];
    if (c == '"' || c == '\'' || c == '\\') out += c;
    else if (c == 't') out += '\t';
    else if (c == 'r') out += '\r';
    else if (c == 'n') out += '\n';
    else { out += '\\'; out += c; }
  }
  return out;
}

RawNames default_raw_names() {
  static constexpr std::string_view blocks[] = {"respond", "request_json", "response_json", "test"};
  return {blocks, {}};
}

Parsed parse_file(Sources& sources, std::uint32_t file, Diagnostics& diagnostics, const ParseLimits& limits,
                  RawNames raw_names) {
  const std::string& text = sources.file(file).text;
  std::vector<std::uint32_t> never_closed;
  for (std::size_t pass = 1;; ++pass) {
    State state(sources, file, limits, raw_names, never_closed);
    p::memory_input<p::tracking_mode::lazy, p::eol::lf> in(text.data(), text.size(), "");
    p::parse<g::file, action>(in, state);
    if (state.unclosed_quote != Span::npos && pass < max_passes) {
      never_closed.insert(std::upper_bound(never_closed.begin(), never_closed.end(), state.unclosed_quote),
                          state.unclosed_quote);
      continue;
    }
    state.finish();
    sources.adopt(std::move(state.memory));
    for (Diagnostic& d : state.said) {
      Diagnostic& kept = d.severity == Severity::error ? diagnostics.error(d.code, d.span, std::move(d.message))
                                                       : diagnostics.warning(d.code, d.span, std::move(d.message));
      kept.label = std::move(d.label);
      kept.help = std::move(d.help);
      kept.fixes = std::move(d.fixes);
    }
    return std::move(state.result);
  }
}

void report_missing_semicolon(Diagnostics& diagnostics, std::uint32_t file, std::uint32_t at) {
  constexpr g::Sentence sentence = g::sentence<g::missing_semicolon>;
  Diagnostic& d = diagnostics.error(sentence.code, {file, at, at}, std::string(sentence.text));
  copy_sentence(d, sentence);
  d.with_fix({file, at, at}, ";");
}

void report_missing_close(Diagnostics& diagnostics, const Node& opener, std::uint32_t at) {
  constexpr g::Sentence sentence = g::sentence<g::missing_close>;
  const Span name = {opener.span.file, opener.span.begin, opener.words.back().span.end};
  Diagnostic& d = diagnostics.error(sentence.code, name, std::string(sentence.text));
  copy_sentence(d, sentence);
  d.with_related({name.file, at, at}, "the `}` is expected here").with_fix({name.file, at, at}, "\n}");
}

void report_stray_close(Diagnostics& diagnostics, Span brace) {
  constexpr g::Sentence sentence = g::sentence<g::stray_close>;
  copy_sentence(diagnostics.error(sentence.code, brace, std::string(sentence.text)), sentence);
}

}  // namespace gh::config
