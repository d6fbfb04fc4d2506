#include "json/yaml.h"

#include <yaml.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "base/text.h"
#include "json/write.h"

namespace gh::json {

std::size_t OffsetMap::source_of(std::size_t made) const {
  const auto after = std::upper_bound(pairs_.begin(), pairs_.end(), made,
                                      [](std::size_t offset, const auto& pair) { return offset < pair.first; });
  return after == pairs_.begin() ? 0 : std::prev(after)->second;
}

namespace {

constexpr std::size_t most_number_bytes = 64;

constexpr std::uint32_t most_alias_values = 50'000;  // what an alias stands for is written again at each of them

/// libyaml counts characters; diagnostics count bytes.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text) {
    std::size_t at = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
    for (std::size_t character = 0; at < text.size(); ++character) {
      if (character % stride == 0) starts_.push_back(at);
      at = next(at);
    }
  }
  [[nodiscard]] std::size_t offset(const yaml_mark_t& mark) const {
    const std::size_t stretch = mark.index / stride;
    if (stretch >= starts_.size()) return text_.size();
    std::size_t at = starts_[stretch];
    for (std::size_t left = mark.index % stride; left > 0 && at < text_.size(); --left) at = next(at);
    return at;
  }

 private:
  static constexpr std::size_t stride = 64;
  [[nodiscard]] std::size_t next(std::size_t at) const {
    ++at;
    while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xc0) == 0x80) ++at;
    return at;
  }

  std::string_view text_;
  std::vector<std::size_t> starts_;  // of each stretch of characters
};

/// 10.3.2 of YAML 1.2: digits with a sign, octal and hexadecimal forms, decimal fractions.
std::optional<double> core_number(std::string_view text) {
  if (text.empty() || text.size() > most_number_bytes) return std::nullopt;
  std::uint64_t whole = 0;
  const auto in_base = [&](std::string_view digits, int base) -> std::optional<double> {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), whole, base);
    const bool is_whole = error == std::errc() && end == digits.data() + digits.size() && !digits.empty();
    return is_whole ? std::optional(static_cast<double>(whole)) : std::nullopt;
  };
  if (text.starts_with("0x")) return in_base(text.substr(2), 16);
  if (text.starts_with("0o")) return in_base(text.substr(2), 8);
  std::string_view digits = text;
  if (digits.front() == '+' || digits.front() == '-') digits.remove_prefix(1);
  const std::string_view first = digits.substr(digits.starts_with('.') ? 1 : 0, 1);
  if (first.empty() || !is_digit(first[0])) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return text.front() == '-' ? -number : number;
}

/// Written so already, and exact then.
bool is_integer(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  return !digits.empty() && digits.size() <= most_number_bytes && (digits[0] != '0' || digits.size() == 1) &&
         std::all_of(digits.begin(), digits.end(), is_digit);
}

std::string_view text_of(const yaml_node_t& node) {
  return {reinterpret_cast<const char*>(node.data.scalar.value), node.data.scalar.length};
}

class Writer {
 public:
  Writer(yaml_document_t& document, const Places& places, const Limits& limits)
      : document_(document),
        places_(places),
        limits_(limits),
        most_values_(static_cast<std::size_t>(document.nodes.top - document.nodes.start) + most_alias_values) {}

  bool write(const yaml_node_t& node, std::uint32_t depth) {
    if (depth > limits_.depth) return fail(node, "nested too deep", true);
    if (++values_ > limits_.values || out_.json.size() > limits_.bytes) return fail(node, "larger than allowed", true);
    if (values_ > most_values_) {
      return fail(node, "aliases stand for more than " + std::to_string(most_alias_values) + " values", true);
    }
    out_.offsets.add(out_.json.size(), places_.offset(node.start_mark));
    if (!is_usual_tag(node)) return fail(node, "a tag of its own means nothing here", false);
    switch (node.type) {
      case YAML_SCALAR_NODE: return scalar(node);
      case YAML_SEQUENCE_NODE: return sequence(node, depth);
      case YAML_MAPPING_NODE: return mapping(node, depth);
      default: return fail(node, "nothing stands here", false);
    }
  }

  YamlText& out() { return out_; }
  [[nodiscard]] const ParseError& error() const { return error_; }

 private:
  bool fail(const yaml_node_t& node, std::string text, bool is_limit) {
    error_ = {std::move(text), places_.offset(node.start_mark), is_limit};
    return false;
  }

  static bool is_usual_tag(const yaml_node_t& node) {
    const std::string_view tag = reinterpret_cast<const char*>(node.tag);
    return tag.starts_with("tag:yaml.org,2002:");
  }

  bool scalar(const yaml_node_t& node) {
    const std::string_view text = text_of(node);
    if (node.data.scalar.style != YAML_PLAIN_SCALAR_STYLE) append_text(out_.json, text);
    else if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") out_.json += "null";
    else if (text == "true" || text == "True" || text == "TRUE") out_.json += "true";
    else if (text == "false" || text == "False" || text == "FALSE") out_.json += "false";
    else if (is_integer(text)) out_.json += text;
    else if (const auto number = core_number(text)) append_number(out_.json, *number);
    else append_text(out_.json, text);
    return true;
  }

  const yaml_node_t& node_at(int index) { return *yaml_document_get_node(&document_, index); }

  bool sequence(const yaml_node_t& node, std::uint32_t depth) {
    out_.json += '[';
    const auto& items = node.data.sequence.items;
    for (const yaml_node_item_t* item = items.start; item < items.top; ++item) {
      if (item != items.start) out_.json += ',';
      if (!write(node_at(*item), depth + 1)) return false;
    }
    out_.json += ']';
    return true;
  }

  bool mapping(const yaml_node_t& node, std::uint32_t depth) {
    out_.json += '{';
    std::set<std::string_view> names;
    const auto& pairs = node.data.mapping.pairs;
    for (const yaml_node_pair_t* pair = pairs.start; pair < pairs.top; ++pair) {
      const yaml_node_t& key = node_at(pair->key);
      if (key.type != YAML_SCALAR_NODE) return fail(key, "a name must be a text", false);
      const std::string_view name = text_of(key);
      if (name == "<<" && key.data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        return fail(key, "merge keys are not known here", false);
      }
      if (!names.insert(name).second) return fail(key, "this name stands twice", false);
      if (pair != pairs.start) out_.json += ',';
      out_.offsets.add(out_.json.size(), places_.offset(key.start_mark));
      append_name(out_.json, name);
      if (!write(node_at(pair->value), depth + 1)) return false;
    }
    out_.json += '}';
    return true;
  }

  yaml_document_t& document_;
  const Places& places_;
  const Limits& limits_;
  const std::size_t most_values_;  // without aliases each node is written once
  YamlText out_;
  ParseError error_;
  std::uint32_t values_ = 0;
};

/// The parser and the document it has loaded, with an end.
struct Loader {
  yaml_parser_t parser{};
  yaml_document_t document{};
  bool has_parser = false, has_document = false;

  bool start(std::string_view text) {
    has_parser = yaml_parser_initialize(&parser) != 0;
    if (has_parser) {
      yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    }
    return has_parser;
  }
  bool load() {
    drop();
    has_document = yaml_parser_load(&parser, &document) != 0;
    return has_document;
  }
  void drop() {
    if (std::exchange(has_document, false)) yaml_document_delete(&document);
  }
  ~Loader() {
    drop();
    if (has_parser) yaml_parser_delete(&parser);
  }
};

/// Before a document is made of it: libyaml keeps a list of all open brackets, and looks through it at each word.
std::optional<yaml_mark_t> too_deep(std::string_view text, std::uint32_t most) {
  Loader loader;
  if (!loader.start(text)) return std::nullopt;
  std::uint32_t depth = 0;
  for (bool goes_on = true; goes_on;) {
    yaml_event_t event;
    if (!yaml_parser_parse(&loader.parser, &event)) return std::nullopt;  // load() says what is wrong
    if (event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT) ++depth;
    if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT) --depth;
    goes_on = event.type != YAML_STREAM_END_EVENT && event.type != YAML_NO_EVENT;
    const yaml_mark_t mark = event.start_mark;
    yaml_event_delete(&event);
    if (depth > most) return mark;
  }
  return std::nullopt;
}

ParseError problem_of(const yaml_parser_t& parser, const Places& places) {
  const bool is_reader = parser.error == YAML_READER_ERROR;
  const std::size_t offset = is_reader ? parser.problem_offset : places.offset(parser.problem_mark);
  return {parser.problem ? parser.problem : "no memory", offset, false};
}

}  // namespace

Result<YamlText, ParseError> yaml_to_json(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes) return Unexpected(ParseError{"larger than allowed", 0, true});
  const Places places(text);
  if (const auto mark = too_deep(text, limits.depth)) {
    return Unexpected(ParseError{"nested too deep", places.offset(*mark), true});
  }
  Loader loader;
  if (!loader.start(text)) return Unexpected(ParseError{"no memory", 0, true});
  if (!loader.load()) return Unexpected(problem_of(loader.parser, places));
  const yaml_node_t* const root = yaml_document_get_root_node(&loader.document);
  if (!root) return Unexpected(ParseError{"there is nothing in it", 0, false});
  Writer writer(loader.document, places, limits);
  if (!writer.write(*root, 1)) return Unexpected(writer.error());
  if (!loader.load()) return Unexpected(problem_of(loader.parser, places));
  if (const yaml_node_t* const next = yaml_document_get_root_node(&loader.document)) {
    return Unexpected(ParseError{"a second document", places.offset(next->start_mark), false});
  }
  return std::move(writer.out());
}

}  // namespace gh::json
