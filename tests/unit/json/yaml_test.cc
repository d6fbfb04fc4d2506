// YAML as JSON: the core schema's scalars, what is refused, places in the text that was read, bounds.
#include "json/yaml.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace gh::json;

namespace {

std::string json_of(std::string_view yaml) {
  const auto made = yaml_to_json(yaml);
  return made ? made->json : "error at " + std::to_string(made.error().offset) + ": " + made.error().text;
}

bool is_refused(std::string_view yaml) { return !yaml_to_json(yaml); }

}  // namespace

TEST_CASE("scalars are what the core schema says") {
  CHECK(json_of("[a, 'b', \"c\\n\", |-\n  x\n]").starts_with("error"));
  CHECK(json_of("[a b, '7', \"true\", ~, null, '', ]") == R"(["a b","7","true",null,null,""])");
  CHECK(json_of("[true, False, TRUE, yes, no, on, y]") == R"([true,false,true,"yes","no","on","y"])");
  CHECK(json_of("[7, -7, +7, 007, 0x1F, 0o17, 1.50, -.5, 1e3, 12345678901234567890]") ==
        "[7,-7,7,7,31,15,1.5,-0.5,1000,12345678901234567890]");
  CHECK(json_of("[1.2.3, 1_000, 2026-11-22, .inf, -, +, 0x, ., 1e]") ==
        R"(["1.2.3","1_000","2026-11-22",".inf","-","+","0x",".","1e"])");
  CHECK(json_of("a: |\n  one\n  two\nb: >-\n  one\n  two\n") == R"({"a":"one\ntwo\n","b":"one two"})");
}

TEST_CASE("maps, lists, anchors") {
  CHECK(json_of("200:\n  - a: 1\n    b: {c: []}\n  - x\ntrue: 2") == R"({"200":[{"a":1,"b":{"c":[]}},"x"],"true":2})");
  CHECK(json_of("a: &x {b: 1}\nc: *x") == R"({"a":{"b":1},"c":{"b":1}})");
  CHECK(json_of("# nothing\n--- {a: 1}\n...\n") == R"({"a":1})");
  CHECK(json_of("{\"a\": [1, true, \"x\"]}") == R"({"a":[1,true,"x"]})");
}

TEST_CASE("what would mean something else to others") {
  for (const char* yaml : {"", "# only a comment", "a: 1\na: 2", "a: 1\n--- b", "? [1]\n: 2", "<<: {a: 1}",
                           "a: !mine 1", "a: *nowhere", "a: &x [*x]", "a: [", "a: 1\n b: 2", "\xff\xfe", "a: \"\\x\"", "\tb: 1"}) {
    CAPTURE(yaml);
    CHECK(is_refused(yaml));
  }
}

TEST_CASE("bounds hold whatever aliases say") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 1; k < 10; ++k) bomb += ", " + before;
    bomb += "]\n";
  }
  const auto made = yaml_to_json(bomb);
  REQUIRE_FALSE(made);
  CHECK(made.error().is_limit);
  CHECK(made.error().text == "aliases stand for more than 50000 values");
  CHECK(is_refused(std::string(2000, '[') + std::string(2000, ']')));
  CHECK(is_refused(std::string(1'000'000, '[')));  // at once
  CHECK(is_refused("a: " + std::string(300'000, '{')));
  CHECK_FALSE(yaml_to_json("a: 1", {.bytes = 3}));
  CHECK(is_refused("a: &a [*a]"));
}

TEST_CASE("aliases are bounded by what they stand for") {
  std::string items = "a: &a [0";
  for (int i = 1; i < 100; ++i) items += ", 0";
  std::string text = items + "]\nb: [*a";
  for (int i = 1; i < 495; ++i) text += ", *a";
  CHECK(yaml_to_json(text + "]"));
  for (int i = 0; i < 10; ++i) text += ", *a";
  const auto made = yaml_to_json(text + "]");
  REQUIRE_FALSE(made);
  CHECK(made.error().is_limit);
}

TEST_CASE("a document of one line is read as fast as one of many") {
  const auto time_of = [](const char* separator) {
    std::string text = "a:\n - [x";
    for (int i = 0; i < 10'000; ++i) text += separator;
    const auto before = std::chrono::steady_clock::now();
    CHECK(yaml_to_json(text + "]"));
    return std::chrono::steady_clock::now() - before;
  };
  const auto of_many = time_of(",\n    \xc3\xa4 ");
  CHECK(time_of(",     \xc3\xa4 ") < of_many * 10);
}

TEST_CASE("bytes of the JSON are found in the YAML") {
  const std::string yaml = "\xc3\xa4: 1\nlist:\n  - first\n  - key: value\n";
  const auto made = yaml_to_json(yaml);
  REQUIRE(made);
  const auto source = [&](std::string_view json, std::string_view text) {
    return made->offsets.source_of(made->json.find(json)) == yaml.find(text);
  };
  CHECK(source("1", "1\n"));
  CHECK(source("\"list\"", "list"));
  CHECK(source("\"first\"", "first"));
  CHECK(source("\"value\"", "value"));
  CHECK(source("{\"key\"", "key"));
  const auto wrong = yaml_to_json("a: 1\nb: [1,\n");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().offset >= 5);
  const std::string marked = "\xef\xbb\xbf" "a: [\xe2\x82\xac,\r\n \"\xf0\x9f\x98\x80\", 7]\r\nb: 8";
  const auto more = yaml_to_json(marked);
  REQUIRE(more);
  CHECK(more->offsets.source_of(more->json.find('7')) == marked.find('7'));
  CHECK(more->offsets.source_of(more->json.find('8')) == marked.find('8'));
  CHECK(more->offsets.source_of(more->json.find("\"\xf0")) == marked.find("\"\xf0"));
}
