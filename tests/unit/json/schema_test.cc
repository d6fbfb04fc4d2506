#include "json/schema.h"

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <string>

using namespace gh::json;

namespace {

/// "OFFSET: TEXT" of the load error, with the document in front when it is another one; "compiled" when there is none.
std::string load_error(std::string_view text, const SchemaOptions& options = {}) {
  const auto schema = Schema::compile(text, options);
  if (schema) return "compiled";
  const std::string document = schema.error().document.empty() ? "" : schema.error().document + ' ';
  return document + std::to_string(schema.error().offset) + ": " + schema.error().text;
}

/// "POINTER KEYWORD: SENTENCE" a line; "valid", "too complex".
std::string judged(const Schema& schema, std::string_view instance, const Budget& budget = {}) {
  const auto document = Document::parse(instance, {.bytes = 10'000'000, .depth = 1000, .values = 1'000'000});
  REQUIRE_MESSAGE(document.has_value(), instance);
  const SchemaVerdict verdict = schema.validate(document->root(), budget);
  if (verdict.outcome == SchemaVerdict::Outcome::too_complex) return "too complex";
  if (verdict) return "valid";
  std::string out;
  for (const SchemaFailure& failure : verdict.failures) {
    out += (out.empty() ? "" : "\n") + failure.pointer + ' ' + std::string(failure.keyword) + ": " + failure.sentence;
  }
  return out;
}
std::string judged(std::string_view text, std::string_view instance, const Budget& budget = {},
                   const SchemaOptions& options = {}) {
  const auto schema = Schema::compile(text, options);
  REQUIRE_MESSAGE(schema.has_value(), schema.error().text);
  return judged(*schema, instance, budget);
}

SchemaOptions with_files(const std::map<std::string, std::string, std::less<>>& files) {
  SchemaOptions options;
  options.base_uri = "file:///schemas/main.json";
  options.load = [files](std::string_view uri) -> std::optional<std::string> {
    const auto found = files.find(uri);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  };
  return options;
}

std::string repeated(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("unknown keywords are load errors, with the one that was meant") {
  CHECK(load_error(R"({"typ":"string"})") == "7: unknown keyword `typ`; did you mean `type`?");
  CHECK(load_error(R"({"properties":{"a":{"minLenght":3}}})") ==
        "32: unknown keyword `minLenght`; did you mean `minLength`?");
  CHECK(load_error(R"({"x-vendor":1})") == "12: unknown keyword `x-vendor`");
  CHECK(load_error(R"({"$schema":"http://json-schema.org/draft-07/schema#","unevaluatedProperties":false})") ==
        "77: unknown keyword `unevaluatedProperties` in draft 7 (2020-12 has it)");
  CHECK(load_error(R"({"x-vendor":1})", {.annotations = {"x-vendor"}}) == "compiled");
  CHECK(load_error(R"({"x-vendor":1})", {.ignores_unknown = true}) == "compiled");
  CHECK(load_error(R"({"title":"t","description":"d","default":1,"examples":[1],"$comment":"c","readOnly":true,
    "deprecated":false,"format":"color","contentEncoding":"base64","contentSchema":{}})") == "compiled");
}

TEST_CASE("wrong values of keywords are load errors where they stand") {
  const std::pair<const char*, const char*> wrong[] = {
      {"[]", "0: a schema is an object, true or false"},
      {"{\"a\":1", "6: this is no JSON: the text ends too early"},
      {R"({"type":"text"})", "8: `type` is null, boolean, integer, number, string, array or object, or a list of these"},
      {R"({"type":[]})", "8: `type` is an empty list"},
      {R"({"minimum":"1"})", "11: `minimum` is a number"},
      {R"({"multipleOf":0})", "14: `multipleOf` is more than 0"},
      {R"({"maxItems":-1})", "12: `maxItems` is a whole number, at least 0"},
      {R"({"maxItems":1.5})", "12: `maxItems` is a whole number, at least 0"},
      {R"({"required":"a"})", "12: `required` is a list of names"},
      {R"({"enum":1})", "8: `enum` is an array"},
      {R"({"uniqueItems":1})", "15: `uniqueItems` is true or false"},
      {R"({"properties":{"a":1}})", "19: in `properties` a schema was expected: an object, true or false"},
      {R"({"allOf":[]})", "9: `allOf` is a list of schemas, not empty"},
      {R"({"items":[{}]})", "9: `items` is a schema in 2020-12; a list of them is `prefixItems`"},
      {R"({"pattern":"(a"})", "11: the pattern \"(a\" is no regular expression: missing closing parenthesis"},
      {R"({"patternProperties":{"a++":{}}})", "28: the pattern \"a++\" is no regular expression: nothing to repeat"},
      {R"({"$ref":"#/$defs/a"})", "8: this leads nowhere: \"#/$defs/a\""},
      {R"({"$ref":"other.json"})", "8: there is no schema at \"other.json\""},
      {R"({"$ref":1})", "8: a reference is a text"},
      {R"({"$id":"#x"})", "7: `$id` has no fragment; `$anchor` gives a name within the document"},
      {R"({"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}})", "45: two schemas have the anchor \"x\""},
      {R"({"$schema":"http://json-schema.org/draft-04/schema#"})",
       "11: of JSON Schema's dialects draft 7 and 2020-12 are served"},
      {R"({"type":"string","type":"null"})", "17: this is no JSON: two members have the same name"},
      {R"({"title":1})", "9: `title` is a text"},
  };
  for (const auto& [text, error] : wrong) CHECK(load_error(text) == error);
}

TEST_CASE("failures: where, which keyword, one sentence") {
  constexpr std::string_view schema = R"({"type":"object","required":["id","items"],"additionalProperties":false,
    "properties":{"id":{"type":"integer","minimum":1},"note":{"type":["string","null"],"maxLength":3},
      "a/b":{"const":1},"kind":{"enum":["x","y"]},
      "items":{"type":"array","minItems":1,"items":{"required":["sku"],"properties":{"sku":{"pattern":"^[A-Z]+$"}}}}}})";
  CHECK(judged(schema, R"({"id":1,"items":[{"sku":"A"}],"note":null})") == "valid");
  CHECK(judged(schema, "[]") == " type: must be an object");
  CHECK(judged(schema, "{}") == " required: must have the member \"id\"\n required: must have the member \"items\"");
  CHECK(judged(schema, R"({"id":0,"items":[{"sku":"A"},{"sku":"b"},{}],"note":"long","a/b":2,"kind":"z","more":1})") ==
        "/id minimum: must be at least 1\n/items/1/sku pattern: must match the schema's pattern\n"
        "/items/2 required: must have the member \"sku\"\n/note maxLength: must have at most 3 characters\n"
        "/a~1b const: must be 1\n/kind enum: must be one of [\"x\",\"y\"]\n"
        "/more additionalProperties: is not allowed here");
  CHECK(judged(schema, R"({"id":1.5,"items":[],"note":5})") ==
        "/id type: must be an integer\n/items minItems: must have at least 1 element\n/note type: must be a string or null");
  CHECK(judged(schema, R"({"id":1.5,"items":[],"note":5})", {.failures = 1}) == "/id type: must be an integer");
  CHECK(judged(R"({"anyOf":[{"type":"null"},{"minimum":3}]})", "1") == " anyOf: must fit one of the schemas of `anyOf`");
  CHECK(judged(R"({"oneOf":[{"minimum":1},{"minimum":3}]})", "5") ==
        " oneOf: must fit only one of the schemas of `oneOf`");
  CHECK(judged(R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})") ==
        " dependentRequired: must have the member \"b\", as it has \"a\"");
  CHECK(judged(R"({"properties":{"a":{}},"unevaluatedProperties":false})", R"({"a":1,"b":2})") ==
        "/b unevaluatedProperties: is not allowed here");
  CHECK(judged(R"({"anyOf":[{"properties":{"a":{"type":"null"}}}],"unevaluatedProperties":false})", R"({"a":1})") ==
        " anyOf: must fit one of the schemas of `anyOf`");
}

TEST_CASE("a member that stands twice cannot hide the first one") {
  CHECK(judged(R"({"properties":{"a":{"type":"integer"}}})", R"({"a":"x","a":1})") == "/a type: must be an integer");
}

TEST_CASE("other documents come from the given function alone") {
  const SchemaOptions options = with_files({
      {"file:///schemas/part.json", R"({"$defs":{"id":{"type":"integer"}}})"},
      {"file:///schemas/bad.json", R"({"typo":1})"},
      {"file:///schemas/broken.json", "{"},
  });
  CHECK(judged(R"({"$ref":"part.json#/$defs/id"})", "1", {}, options) == "valid");
  CHECK(judged(R"({"$ref":"part.json#/$defs/id"})", "\"x\"", {}, options) == " type: must be an integer");
  CHECK(load_error(R"({"$ref":"http://example.com/s.json"})", options) ==
        "8: there is no schema at \"http://example.com/s.json\"");
  CHECK(load_error(R"({"$ref":"bad.json"})", options) == "file:///schemas/bad.json 8: unknown keyword `typo`; did you mean `type`?");
  CHECK(load_error(R"({"$ref":"broken.json"})", options) ==
        "file:///schemas/broken.json 1: this is no JSON: the text ends too early");
}

TEST_CASE("a schema within another document, as in OpenAPI") {
  auto document = Document::parse(R"({"openapi":"3.1.0","components":{"schemas":{"Id":{"type":"integer"},
    "Pet":{"type":"object","properties":{"id":{"$ref":"#/components/schemas/Id"}}}}}})");
  const auto shared = std::make_shared<const Document>(std::move(*document));
  SchemaGroup group(shared, {});
  const auto schema = group.add("/components/schemas/Pet");
  REQUIRE_MESSAGE(schema.has_value(), schema.error().text);
  CHECK(judged(*schema, R"({"id":1})") == "valid");
  CHECK(judged(*schema, R"({"id":"1"})") == "/id type: must be an integer");
  CHECK(group.add("/components/schemas/Dog").error().text ==
        "there is nothing at \"/components/schemas/Dog\"");
}

TEST_CASE("what schemas of a group share is compiled once") {
  std::string text = "{\"defs\":{";
  constexpr int count = 300;
  for (int i = 0; i < count; ++i) {
    const std::string next = std::to_string((i + 1) % count);
    text += (i ? ",\"" : "\"") + std::to_string(i) + "\":{\"properties\":{\"a\":{\"$ref\":\"#/defs/" + next +
            "\"}},\"type\":\"object\"}";
  }
  text += "},\"odd\":{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"items\":[{\"$ref\":\"#/defs/0\"}]},"
          "\"bad\":{\"tipe\":1},\"loop\":{\"$ref\":\"#/loop\"}}";
  SchemaGroup group(std::make_shared<const Document>(std::move(*Document::parse(text))), {.most_nodes = 1000});
  std::vector<Schema> schemas;
  for (int i = 0; i < count; ++i) {  // each by itself would have 600 nodes
    auto schema = group.add("/defs/" + std::to_string(i));
    REQUIRE_MESSAGE(schema.has_value(), schema.error().text);
    schemas.push_back(std::move(*schema));
  }
  for (const Schema& schema : schemas) {
    CHECK(judged(schema, R"({"a":{"a":{}}})") == "valid");
    CHECK(judged(schema, R"({"a":{"a":1}})") == "/a/a type: must be an object");
  }
  const auto odd = group.add("/odd");  // read as draft 7, where `items` is a list
  REQUIRE_MESSAGE(odd.has_value(), odd.error().text);
  CHECK(judged(*odd, "[1]") == "/0 type: must be an object");
  CHECK(group.add("/bad").error().text.starts_with("unknown keyword `tipe`"));
  CHECK(group.add("/loop").error().text == "this schema leads back to itself");
}

TEST_CASE("format is an annotation, or asserted when asked") {
  CHECK(judged(R"({"format":"date"})", "\"no\"") == "valid");
  const SchemaOptions asserts{.asserts_format = true};
  CHECK(judged(R"({"format":"date"})", "\"2024-02-29\"", {}, asserts) == "valid");
  CHECK(judged(R"({"format":"date"})", "\"2023-02-29\"", {}, asserts) == " format: must be of the format date");
  CHECK(judged(R"({"format":"uuid"})", "5", {}, asserts) == "valid");
}

TEST_CASE("schemas that never end, or have no measure, are told at load") {
  CHECK(load_error(R"({"$ref":"#"})") == "0: this schema leads back to itself");
  CHECK(load_error(R"({"$defs":{"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"anyOf":[{"$ref":"#/$defs/a"}]}}})") ==
        "14: this schema leads back to itself");
  CHECK(load_error(R"({"properties":{"next":{"$ref":"#"}}})") == "compiled");
  CHECK(load_error(R"({"allOf":[true,{}]})", {.most_nodes = 3}) == "compiled");
  CHECK(load_error(R"({"allOf":[true,{}]})", {.most_nodes = 2}) == "10: too many subschemas");
  std::string deep = repeated(R"({"not":)", 500) + "true" + repeated("}", 500);
  CHECK(load_error(deep) == "896: this is no JSON: nested deeper than 128");
}

TEST_CASE("bombs run out of their budget, not of time") {
  using namespace std::chrono;
  const auto begin = steady_clock::now();
  std::string defs;  // each level asks the next one ten times
  for (int i = 0; i < 12; ++i) {
    const std::string next = R"({"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"}";
    defs += "\"d" + std::to_string(i) + R"(":{"allOf":[)" + repeated(next + ",", 9) + next + "]},";
  }
  CHECK(judged(R"({"$ref":"#/$defs/d0","$defs":{)" + defs + R"("d12":{"type":"integer"}}})", "1") == "too complex");
  std::string all = "{\"allOf\":[" + repeated("{\"uniqueItems\":true},", 200) + "true]}";
  CHECK(judged(all, "[" + repeated("[[[[1]]]],", 20'000) + "0]").find("uniqueItems") != std::string::npos);
  std::string distinct = "[";
  for (int i = 0; i < 40'000; ++i) distinct += "[[[" + std::to_string(i) + "]]],";
  CHECK(judged(all, distinct + "0]") == "too complex");
  CHECK(judged(R"({"items":{"pattern":"^(a+)+$"}})", "[" + repeated("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\",", 9) + "1]") ==
        "too complex");
  CHECK(judged(R"({"items":{"pattern":"^(a+)+$"}})", "[" + repeated("\"aaaaaaaaaaaaaaab\",", 50'000) + "1]",
               {.failures = 0}).empty());
  CHECK(judged(R"({"items":{"$ref":"#"}})", repeated("[", 900) + repeated("]", 900)) == "too complex");
  CHECK(judged(R"({"anyOf":[{"items":{"$ref":"#"}},{"items":{"$ref":"#"}}],"unevaluatedItems":false})",
               repeated("[", 60) + "1" + repeated("]", 60)) == "too complex");
  CHECK(duration_cast<seconds>(steady_clock::now() - begin).count() < 20);
}

TEST_CASE("the budget is of steps, of depth and of failures") {
  CHECK(judged(R"({"items":{"type":"integer"}})", "[1,2,3]", {.steps = 8}) == "valid");
  CHECK(judged(R"({"items":{"type":"integer"}})", "[1,2,3]", {.steps = 5}) == "too complex");
  CHECK(judged(R"({"items":{"$ref":"#"}})", "[[[]]]", {.depth = 5}) == "valid");
  CHECK(judged(R"({"items":{"$ref":"#"}})", "[[[]]]", {.depth = 4}) == "too complex");
  CHECK(judged("false", "1", {.failures = 0}).empty());
}
