// Any bytes as JSON text, with the first line as a path: the tree's spans lie within each other, what is written again
// reads back equal, and a path's text compiles to the same path.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "json/compare.h"
#include "json/document.h"
#include "json/path.h"
#include "json/write.h"

namespace {

using namespace gh::json;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Writes the tree anew, and checks each span.
void write(Value value, std::string_view around, std::string& out) {
  const std::string_view raw = value.raw();
  require(!raw.empty() && raw.data() >= around.data() && raw.data() + raw.size() <= around.data() + around.size());
  std::size_t count = 0;
  if (value.is_array()) {
    require(raw.front() == '[' && raw.back() == ']');
    out += '[';
    for (const Value element : value.elements()) {
      if (count++ > 0) out += ',';
      write(element, raw, out);
    }
    out += ']';
    require(count == value.size());
  } else if (value.is_object()) {
    require(raw.front() == '{' && raw.back() == '}');
    out += '{';
    for (const auto member : value.members()) {
      if (count++ > 0) out += ',';
      append_name(out, member.name);
      write(member.value, raw, out);
      require(static_cast<bool>(value.find(member.name)));
    }
    out += '}';
    require(count == value.size());
  } else if (value.is_text()) {
    require(raw.front() == '"' && raw.back() == '"' && raw.size() >= 2);
    append_text(out, value.text());
  } else if (value.kind() == Kind::number) {
    append_number(out, *value.as_double());
  } else {
    out += raw;
  }
}

void read(std::string_view text, const Path* path) {
  const Limits limits{.bytes = 100'000, .depth = 40, .values = 5000};
  const auto document = Document::parse(text, limits);
  const auto strict = Document::parse(text, limits, Duplicates::refuse);
  if (!document) {
    require(!strict && document.error().offset <= text.size() && !document.error().text.empty());
    return;
  }
  std::string out;
  write(document->root(), document->text(), out);
  const auto again = Document::parse(out, {.bytes = 1'000'000, .depth = 40, .values = 5000});
  require(again.has_value());
  std::uint64_t steps = 10'000'000;
  if (strict) require(equal(document->root(), again->root(), steps) || steps == 0);
  const auto alone = Document::parse(document->root().raw(), limits);
  require(alone.has_value() && alone->root().raw() == document->root().raw());
  std::vector<Value> found;
  if (path) path->all(document->root(), found, 1000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  if (line == std::string_view::npos) {
    read(input, nullptr);
    return 0;
  }
  const auto path = Path::compile(input.substr(0, line));
  if (path) {
    const auto again = Path::compile(path->text());
    require(again.has_value() && again->text() == path->text() && again->steps().size() == path->steps().size());
  }
  read(input.substr(line + 1), path ? &*path : nullptr);
  return 0;
}
