#include "json/document.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "json/text_faults.h"

namespace gh::json {

namespace detail {

constexpr std::uint8_t is_unescaped = 1;  // the text lies in Tree::unescaped, else in the source
constexpr std::uint8_t is_unsigned = 2;   // the integer is more than int64 holds

/// Nodes stand in the order of the text; a member is the node of its name, then its value.
struct Node {
  Kind kind = Kind::null;
  std::uint8_t flags = 0;
  std::uint32_t begin = 0, end = 0;  // in Tree::source
  std::uint32_t next = 0;            // the node after this value and all within it
  struct Text { std::uint32_t begin, size; };
  union {
    bool boolean;
    std::int64_t integer;
    double number;
    Text text;
    std::uint32_t count;  // elements or members
  };
  Node() : integer(0) {}
};
static_assert(sizeof(Node) == 24);

struct Tree {
  std::unique_ptr<char[]> source;  // '[', the text, ']', then what simdjson wants behind it
  std::size_t bytes = 0;           // of the text
  std::vector<Node> nodes;
  std::string unescaped;
  [[nodiscard]] std::string_view text() const { return {source.get() + 1, bytes}; }
};

}  // namespace detail

using detail::Node;
using detail::Tree;
namespace ondemand = simdjson::ondemand;

namespace {

/// A number's grammar: RFC 8259 6. `is_integer` when it has neither fraction nor exponent.
bool is_number_text(std::string_view text, bool& is_integer) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - from;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const std::size_t whole = at;
  const std::size_t count = digits();
  if (count == 0 || (count > 1 && text[whole] == '0')) return false;
  is_integer = true;
  if (at < text.size() && text[at] == '.') {
    is_integer = false;
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    is_integer = false;
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

/// As ==, which asks for a call wherever the sizes meet.
bool is_same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || (a.front() == b.front() && a.back() == b.back() && a == b));
}

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Reads with simdjson's on-demand front end, which validates what it is asked for: this asks for everything. The text
/// is wrapped into an array of one, so that a scalar, an object and rubbish behind either all come the same way.
class Reader {
 public:
  Reader(Tree& tree, const Limits& limits, Duplicates duplicates)
      : tree_(tree), limits_(limits), duplicates_(duplicates), depth_(std::min(limits.depth, Limits::most_depth)) {}

  bool read(ondemand::parser& parser) {
    ondemand::document document;
    const std::size_t bytes = tree_.bytes + 2;
    auto code = parser.iterate(tree_.source.get(), bytes, bytes + simdjson::SIMDJSON_PADDING).get(document);
    if (code) return refuse(code);
    document_ = &document;
    ondemand::array wrap;
    if ((code = document.get_array().get(wrap))) return refuse(code);
    bool has_value = false;
    for (auto item : wrap) {
      ondemand::value value;
      code = std::move(item).get(value);
      if (has_value && place() < tree_.bytes) return refuse("there is something after the value", place());
      if (code) return refuse(code);
      has_value = true;
      if (!read_value(value, 0)) return false;
    }
    if (!has_value) return refuse("there is no value", 0);
    const char* rest = nullptr;
    if (!document.current_location().get(rest)) {  // a bracket of the text closed the wrap
      while (is_blank(*--rest)) {}
      return refuse("there is something after the value", offset_of(rest) - 1);
    }
    return true;
  }
  ParseError take_error() { return std::move(error_); }

 private:
  bool refuse(std::string text, std::size_t offset, bool is_limit = false) {
    if (error_.text.empty()) error_ = {std::move(text), std::min(offset, tree_.bytes), is_limit};
    return false;
  }

  /// Where the reading stands, in the text; its end when all was read.
  std::size_t place() {
    const char* at = nullptr;
    if (!document_ || document_->current_location().get(at) || !at) return tree_.bytes;
    const auto offset = at - tree_.source.get();
    return offset < 1 ? 0 : static_cast<std::size_t>(offset - 1);
  }

  bool refuse(simdjson::error_code code) {
    switch (code) {
      case simdjson::UTF8_ERROR: return refuse("invalid UTF-8", first_invalid_utf8(tree_.text()));
      case simdjson::UNESCAPED_CHARS:
        return refuse("a control character in a string", first_string_fault(tree_.text(), true));
      case simdjson::UNCLOSED_STRING:
        return refuse("a string without its closing quote", first_string_fault(tree_.text(), false));
      case simdjson::INCOMPLETE_ARRAY_OR_OBJECT: return refuse("the text ends too early", tree_.bytes);
      default: {
        const std::size_t at = place();
        if (at >= tree_.bytes) return refuse("the text ends too early", at);
        return refuse("a comma, a colon or a closing bracket is missing, or too many", at);
      }
    }
  }

  std::uint32_t offset_of(const char* at) const { return static_cast<std::uint32_t>(at - tree_.source.get()); }

  /// A new node at the first byte of `token`, which may have blanks behind it.
  bool add(Kind kind, std::string_view token, std::uint32_t& index) {
    index = static_cast<std::uint32_t>(tree_.nodes.size());
    Node& node = tree_.nodes.emplace_back();
    node.kind = kind;
    node.begin = offset_of(token.data());
    node.end = node.begin + static_cast<std::uint32_t>(token.size());
    node.next = index + 1;
    return true;
  }

  bool read_value(ondemand::value& value, std::uint32_t depth) {
    std::string_view token = value.raw_json_token();
    while (!token.empty() && is_blank(token.back())) token.remove_suffix(1);
    const std::size_t offset = offset_of(token.data()) - 1;
    if (token.empty() || offset >= tree_.bytes) return refuse("the text ends too early", tree_.bytes);
    if (++values_ > limits_.values) {
      return refuse("more than " + std::to_string(limits_.values) + " values", offset, true);
    }
    std::uint32_t index = 0;
    switch (token.front()) {
      case '[':
      case '{':
        if (depth >= depth_) return refuse("nested deeper than " + std::to_string(depth_), offset, true);
        add(token.front() == '[' ? Kind::array : Kind::object, token, index);
        return token.front() == '[' ? read_array(value, index, depth + 1) : read_object(value, index, depth + 1);
      case '"': return read_text(value, token);
      case 't':
      case 'f':
      case 'n': return read_word(token);
      default: return read_number(token);
    }
  }

  bool read_array(ondemand::value& value, std::uint32_t index, std::uint32_t depth) {
    ondemand::array array;
    if (const auto code = value.get_array().get(array)) return refuse(code);
    std::uint32_t count = 0;
    for (auto item : array) {
      ondemand::value element;
      if (const auto code = std::move(item).get(element)) return refuse(code);
      if (!read_value(element, depth)) return false;
      ++count;
    }
    return close(index, count);
  }

  bool read_object(ondemand::value& value, std::uint32_t index, std::uint32_t depth) {
    ondemand::object object;
    if (const auto code = value.get_object().get(object)) return refuse(code);
    std::uint32_t count = 0;
    for (auto item : object) {
      ondemand::field field;
      if (const auto code = std::move(item).get(field)) return refuse(code);
      if (!read_name(field) || !read_value(field.value(), depth)) return false;
      ++count;
    }
    return close(index, count) && (duplicates_ == Duplicates::allow || has_no_twins(index, count));
  }

  /// The bracket was read: it is the last byte that is no blank before where the reading stands.
  bool close(std::uint32_t index, std::uint32_t count) {
    std::size_t end = std::min(place(), tree_.bytes) + 1;
    while (is_blank(tree_.source[end - 1])) --end;
    Node& node = tree_.nodes[index];
    if (end <= node.begin + 1U || (tree_.source[end - 1] != ']' && tree_.source[end - 1] != '}')) {
      return refuse("the text ends too early", tree_.bytes);
    }
    node.end = static_cast<std::uint32_t>(end);
    node.count = count;
    node.next = static_cast<std::uint32_t>(tree_.nodes.size());
    return true;
  }

  bool read_name(ondemand::field& field) {
    const char* raw = field.key().raw();
    std::string_view name = plain_text(raw);
    if (!name.data() && field.unescaped_key().get(name)) return refuse("a bad escape in a name", offset_of(raw) - 2);
    std::uint32_t index = 0;
    add(Kind::text, {raw - 1, 1}, index);
    set_text(tree_.nodes[index], raw, name);
    return true;
  }

  bool read_text(ondemand::value& value, std::string_view token) {
    const char* raw = token.data() + 1;
    std::string_view text = plain_text(raw);
    ondemand::raw_json_string unused;
    const bool is_bad = text.data() ? value.get_raw_json_string().get(unused) : value.get_string().get(text);
    if (is_bad) return refuse("a bad escape in a string", offset_of(token.data()) - 1);
    std::uint32_t index = 0;
    add(Kind::text, token, index);
    set_text(tree_.nodes[index], raw, text);
    return true;
  }

  /// The string that goes on at `raw`, when no escape is in it; else a view without data. simdjson has seen its quote.
  std::string_view plain_text(const char* raw) const {
    const char* end = tree_.source.get() + tree_.bytes + 2;
    const void* quote = std::memchr(raw, '"', static_cast<std::size_t>(end - raw));
    if (!quote) return {};
    const auto size = static_cast<std::size_t>(static_cast<const char*>(quote) - raw);
    return std::memchr(raw, '\\', size) ? std::string_view() : std::string_view(raw, size);
  }

  /// `raw` is the byte behind the opening quote, `text` there as well, or what simdjson made of it.
  void set_text(Node& node, const char* raw, std::string_view text) {
    node.text.size = static_cast<std::uint32_t>(text.size());
    if (text.data() == raw) {
      node.text.begin = offset_of(raw);
      node.end = node.text.begin + node.text.size + 1;
      return;
    }
    node.flags = detail::is_unescaped;
    node.text.begin = static_cast<std::uint32_t>(tree_.unescaped.size());
    tree_.unescaped.append(text);
    const char* at = raw;
    while (*at != '"') at += *at == '\\' ? 2 : 1;
    node.end = offset_of(at) + 1;
  }

  bool read_word(std::string_view token) {
    std::uint32_t index = 0;
    if (token == "null") return add(Kind::null, token, index);
    if (token != "true" && token != "false") return refuse("an unknown word", offset_of(token.data()) - 1);
    add(Kind::boolean, token, index);
    tree_.nodes[index].boolean = token == "true";
    return true;
  }

  bool read_number(std::string_view token) {
    const std::size_t offset = offset_of(token.data()) - 1;
    bool is_integer = false;
    if (token.front() != '-' && (token.front() < '0' || token.front() > '9')) {
      return refuse("a value was expected", offset);
    }
    if (!is_number_text(token, is_integer)) return refuse("a number that is not written as JSON has it", offset);
    std::uint32_t index = 0;
    add(Kind::integer, token, index);
    Node& node = tree_.nodes[index];
    const char* begin = token.data();
    const char* end = begin + token.size();
    if (is_integer && std::from_chars(begin, end, node.integer).ec == std::errc()) return true;
    std::uint64_t large = 0;
    if (is_integer && token.front() != '-' && std::from_chars(begin, end, large).ec == std::errc()) {
      node.flags = detail::is_unsigned;
      std::memcpy(&node.integer, &large, sizeof large);
      return true;
    }
    node.kind = Kind::number;
    return read_double(node, token) || refuse("a number that is too large", offset);
  }

  static bool read_double(Node& node, std::string_view token) {
    double number = 0;
    if (std::from_chars(token.data(), token.data() + token.size(), number).ec == std::errc::result_out_of_range) {
      number = std::strtod(std::string(token).c_str(), nullptr);  // tells too small (0 is near enough) from too large
    }
    node.number = number;
    return std::isfinite(number);
  }

  bool has_no_twins(std::uint32_t index, std::uint32_t count) {
    if (count < 2) return true;
    if (count <= few) return has_no_twins_of_few(index);
    std::vector<std::pair<std::string_view, std::uint32_t>> names;
    names.reserve(count);
    for (std::uint32_t at = index + 1; at < tree_.nodes[index].next; at = tree_.nodes[at + 1].next) {
      names.emplace_back(text_of(tree_.nodes[at]), tree_.nodes[at].begin - 1);
    }
    std::sort(names.begin(), names.end());
    for (std::size_t i = 1; i < names.size(); ++i) {
      if (names[i].first == names[i - 1].first) return refuse("two members have the same name", names[i].second);
    }
    return true;
  }
  /// Each against each: without memory of its own.
  bool has_no_twins_of_few(std::uint32_t index) {
    std::array<std::string_view, few> names;
    std::size_t count = 0;
    for (std::uint32_t at = index + 1; at < tree_.nodes[index].next; at = tree_.nodes[at + 1].next) {
      const std::string_view name = text_of(tree_.nodes[at]);
      for (std::size_t i = 0; i < count; ++i) {
        if (is_same_name(names[i], name)) {
          return refuse("two members have the same name", tree_.nodes[at].begin - 1);
        }
      }
      names[count++] = name;
    }
    return true;
  }
  std::string_view text_of(const Node& node) const {
    const char* base = (node.flags & detail::is_unescaped) != 0 ? tree_.unescaped.data() : tree_.source.get();
    return {base + node.text.begin, node.text.size};
  }

  static constexpr std::uint32_t few = 16;

  Tree& tree_;
  const Limits& limits_;
  Duplicates duplicates_;
  std::uint32_t depth_;
  std::uint32_t values_ = 0;
  ondemand::document* document_ = nullptr;
  ParseError error_;
};

/// simdjson's working memory, kept for the next text of this thread unless it grew large.
ondemand::parser& thread_parser() {
  constexpr std::size_t most_kept = 1024 * 1024;
  thread_local std::unique_ptr<ondemand::parser> parser;
  if (!parser || parser->capacity() > most_kept) parser = std::make_unique<ondemand::parser>();
  return *parser;
}

}  // namespace

std::string_view kind_name(Kind kind) {
  constexpr std::string_view names[] = {"null", "a boolean", "an integer", "a number", "a text", "an array",
                                        "an object"};
  return names[static_cast<std::size_t>(kind)];
}

Result<Document, ParseError> Document::parse(std::string_view text, const Limits& limits, Duplicates duplicates) {
  constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max() / 4;
  if (text.size() > std::min(limits.bytes, most)) {
    return Unexpected<ParseError>({"more than " + std::to_string(limits.bytes) + " bytes", limits.bytes, true});
  }
  auto tree = std::make_unique<Tree>();
  tree->bytes = text.size();
  tree->source.reset(new char[text.size() + 2 + simdjson::SIMDJSON_PADDING]);
  char* to = tree->source.get();
  to[0] = '[';
  if (!text.empty()) std::memcpy(to + 1, text.data(), text.size());
  to[text.size() + 1] = ']';
  std::memset(to + text.size() + 2, 0, simdjson::SIMDJSON_PADDING);
  tree->nodes.reserve(text.size() / 8 + 1);
  Reader reader(*tree, limits, duplicates);
  if (!reader.read(thread_parser())) return Unexpected<ParseError>(reader.take_error());
  return Document(std::move(tree));
}

Document::Document(std::unique_ptr<detail::Tree> tree) : tree_(std::move(tree)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Value Document::root() const { return {tree_.get(), 0}; }
std::string_view Document::text() const { return tree_->text(); }
std::size_t Document::bytes_held() const {
  return sizeof(Tree) + tree_->bytes + 2 + simdjson::SIMDJSON_PADDING + tree_->unescaped.capacity() +
         tree_->nodes.capacity() * sizeof(Node);
}

const Node& Value::node() const { return tree_->nodes[index_]; }
std::uint32_t Value::next() const { return node().next; }
Kind Value::kind() const { return tree_ ? node().kind : Kind::null; }

std::optional<bool> Value::as_bool() const {
  if (kind() != Kind::boolean) return std::nullopt;
  return node().boolean;
}

std::optional<std::int64_t> Value::as_int64() const {
  if (kind() != Kind::integer || (node().flags & detail::is_unsigned) != 0) return std::nullopt;
  return node().integer;
}

std::optional<std::uint64_t> Value::as_uint64() const {
  if (kind() != Kind::integer) return std::nullopt;
  if ((node().flags & detail::is_unsigned) == 0 && node().integer < 0) return std::nullopt;
  return static_cast<std::uint64_t>(node().integer);
}

std::optional<double> Value::as_double() const {
  if (kind() == Kind::number) return node().number;
  if (kind() != Kind::integer) return std::nullopt;
  if ((node().flags & detail::is_unsigned) != 0) return static_cast<double>(static_cast<std::uint64_t>(node().integer));
  return static_cast<double>(node().integer);
}

std::string_view Value::text() const {
  if (kind() != Kind::text) return {};
  const Node& n = node();
  const char* base = (n.flags & detail::is_unescaped) != 0 ? tree_->unescaped.data() : tree_->source.get();
  return {base + n.text.begin, n.text.size};
}

std::string_view Value::raw() const {
  if (!tree_) return {};
  return {tree_->source.get() + node().begin, node().end - node().begin};
}

std::size_t Value::size() const { return kind() == Kind::array || kind() == Kind::object ? node().count : 0; }

Value Value::at(std::size_t index) const {
  if (!is_array() || index >= node().count) return {};
  Value element(tree_, index_ + 1);
  for (; index > 0; --index) element.index_ = element.next();
  return element;
}

Value Value::find(std::string_view name) const {
  Value found;
  for (const Member member : members()) {
    if (is_same_name(member.name, name)) found = member.value;
  }
  return found;
}

std::uint32_t Value::inner_begin(Kind wanted) const { return kind() == wanted ? index_ + 1 : 0; }
std::uint32_t Value::inner_end(Kind wanted) const { return kind() == wanted ? node().next : 0; }

Value::Elements Value::elements() const {
  return {Iterator<Value>({tree_, inner_begin(Kind::array)}), Iterator<Value>({tree_, inner_end(Kind::array)})};
}

Value::Members Value::members() const {
  return {Iterator<Member>({tree_, inner_begin(Kind::object)}), Iterator<Member>({tree_, inner_end(Kind::object)})};
}

}  // namespace gh::json
