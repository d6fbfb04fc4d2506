#include "json/path.h"

#include <doctest/doctest.h>

#include <string>

using namespace gh;
using namespace gh::json;

namespace {

constexpr std::string_view order = R"({"order":{"items":[{"price":1.5,"tags":["a","b"]},{"sku":7},{"price":null}],
  "x y":{"a.b":1},"first-name":"Ann"},"list":[[1,2],[3]]})";

/// The values' source texts, joined by blanks.
std::string values(std::string_view path, std::string_view text = order) {
  const auto document = Document::parse(text);
  const auto compiled = Path::compile(path);
  if (!compiled) return std::to_string(compiled.error().code) + ": " + compiled.error().text;
  std::vector<Value> found;
  CHECK(compiled->all(document->root(), found));
  const Value first = compiled->first(document->root());
  CHECK(first == (found.empty() ? Value() : found.front()));
  std::string out;
  for (const Value value : found) out += (out.empty() ? "" : " ") + std::string(value.raw());
  return out;
}

/// What is taken of the beginning of an expression.
std::string taken(std::string_view text) {
  std::size_t used = 0;
  const auto path = Path::take(text, Path::Hyphens::end_names, used);
  return path ? std::string(text.substr(0, used)) : path.error().text;
}

std::string normal(std::string_view path) { return Path::compile(path)->text(); }

}  // namespace

TEST_CASE("names, indexes and each") {
  CHECK(values("order.items[0].price") == "1.5");
  CHECK(values("order.items[].price") == "1.5 null");
  CHECK(values("order.items[].tags[]") == R"("a" "b")");
  CHECK(values("order.\"x y\".\"a.b\"") == "1");
  CHECK(values("order.first-name") == R"("Ann")");
  CHECK(values("list[][]") == "1 2 3");
  CHECK(values("list[1][0]") == "3");
  CHECK(values("[].id", R"([{"id":1},{"id":2}])") == "1 2");
  CHECK(values("[1]", "[5,6]") == "6");
  CHECK(values(R"("a\"\\b")", R"({"a\"\\b":3})") == "3");
  CHECK(values(R"("")", R"({"":4})") == "4");
}

TEST_CASE("places that are not there give nothing") {
  for (const char* path : {"nothing", "order.items[9]", "order.items.price", "order[0]", "order[]", "order.items[0].price.x",
                           "list[0][0][]"}) {
    CHECK_MESSAGE(values(path).empty(), path);
  }
}

TEST_CASE("what is no path") {
  CHECK(values("") == "0: a path begins with a name or with `[`");
  CHECK(values(".a") == "0: a path begins with a name or with `[`");
  CHECK(values("1a") == "0: a path begins with a name or with `[`");
  CHECK(values("a.") == "1: a path is names joined by `.`, and `[]` or `[0]` behind them");
  CHECK(values("a..b") == "1: a path is names joined by `.`, and `[]` or `[0]` behind them");
  CHECK(values("a.[0]") == "1: a path is names joined by `.`, and `[]` or `[0]` behind them");
  CHECK(values("a b") == "1: a path is names joined by `.`, and `[]` or `[0]` behind them");
  CHECK(values("a[0]b") == "4: a path is names joined by `.`, and `[]` or `[0]` behind them");
  CHECK(values("a[x]") == "1: `[` is followed by a number, if any, and `]`");
  CHECK(values("a[") == "1: `[` is followed by a number, if any, and `]`");
  CHECK(values("a[-1]") == "1: `[` is followed by a number, if any, and `]`");
  CHECK(values("a[99999999999]") == "2: the index is too large");
  CHECK(values("a.\"b") == "2: a quoted name without its closing quote");
  CHECK(values("a.\"\\n\"") == "3: in a quoted name `\\` stands before `\"` or `\\` only");
  std::string longest = "a";
  for (std::size_t i = 1; i < Path::most_steps; ++i) longest += "[]";
  CHECK(values(longest).empty());
  CHECK(values(longest + "[]") == "0: a path of more than 64 steps");
}

TEST_CASE("the beginning of an expression") {
  CHECK(taken("a.b + 1") == "a.b");
  CHECK(taken("a-b") == "a");
  CHECK(taken("reviews[].rating)") == "reviews[].rating");
  CHECK(taken("a . b") == "a");
  CHECK(taken("a.5") == "a");
  CHECK(taken("\"x y\".z==1") == "\"x y\".z");
  CHECK(taken("(a)") == "a path begins with a name or with `[`");
}

TEST_CASE("written again, with quotes where they must be") {
  CHECK(normal("a.\"b\"[0][].\"x y\"") == "a.b[0][].\"x y\"");
  CHECK(normal("first-name") == "\"first-name\"");
  CHECK(normal(R"("a\"\\")") == R"("a\"\\")");
  CHECK(normal(normal("[2].\"\"")) == "[2].\"\"");
}

TEST_CASE("as many values as were asked for, and steps that are taken as done") {
  const auto document = Document::parse("[[1,2],[3,4]]");
  const auto path = Path::compile("part[][]");
  std::vector<Value> found;
  CHECK_FALSE(path->all(document->root(), found, 3, 1));
  CHECK(found.size() == 3);
  found.clear();
  CHECK(path->all(document->root(), found, 4, 1));
  CHECK(found.size() == 4);
  CHECK(path->first(document->root(), 1).raw() == "1");
  CHECK(path->first(document->root(), 9).raw() == "[[1,2],[3,4]]");
  CHECK_FALSE(path->is_single());
  CHECK(Path::compile("a[0].b")->is_single());
}

TEST_CASE("JSON pointers, with the examples of RFC 6901 5") {
  const auto document = Document::parse(R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6,
    " ":7,"m~n":8})");
  const auto found = [&](std::string_view pointer) { return std::string(find_pointer(document->root(), pointer).raw()); };
  CHECK(find_pointer(document->root(), "") == document->root());
  CHECK(found("/foo") == R"(["bar","baz"])");
  CHECK(found("/foo/0") == R"("bar")");
  CHECK(found("/") == "0");
  CHECK(found("/a~1b") == "1");
  CHECK(found("/i\\j") == "5");
  CHECK(found("/m~0n") == "8");
  for (const char* wrong : {"foo", "/foo/2", "/foo/01", "/foo/-", "/foo/", "/m~n", "/m~2n", "/foo/0/x", "/m~"}) {
    CHECK_MESSAGE(found(wrong).empty(), wrong);
  }
  std::string pointer;
  append_pointer(pointer, "a/b~c");
  append_pointer(pointer, 12);
  CHECK(pointer == "/a~1b~0c/12");
}
