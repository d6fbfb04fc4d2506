// What a schema makes of the texts of a query and of fields.
#include "policy/typed_values.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace gh;
using policy::TypedValues;

namespace {

struct Typed {
  explicit Typed(std::string_view schema) : document(std::move(*json::Document::parse(schema))), values(document.root()) {}
  std::string query(std::string_view args) const {
    std::string out;
    return values.query(args, out) ? out : "too many";
  }
  std::string fields(std::vector<http::Field> list) const {
    std::string out;
    values.fields(list, out);
    return out;
  }
  json::Document document;
  TypedValues values;
};

}  // namespace

TEST_CASE("types of a query's values") {
  const Typed typed(R"({"properties": {"page": {"type": "integer"}, "all": {"type": "boolean"}, "q": {"type": "string"},
    "sort": {"enum": ["a", 1]}, "ids": {"type": "array", "items": {"type": "number"}}, "n": {"type": ["integer", "null"]},
    "r": {"$ref": "#/$defs/count"}, "any": {"anyOf": [{"type": "integer"}, {"const": true}]}},
    "$defs": {"count": {"$ref": "#/$defs/number"}, "number": {"type": "number"}}})");
  CHECK(typed.query("") == "{}");
  CHECK(typed.query("page=7&all=true&q=7") == R"({"page":7,"all":true,"q":"7"})");
  CHECK(typed.query("page=07&all=1") == R"({"page":"07","all":"1"})");
  CHECK(typed.query("page=-1.5e3&r=1&any=true&any2=3") == R"({"page":-1.5e3,"r":1,"any":true,"any2":"3"})");
  CHECK(typed.query("page=1.&page2") == R"({"page":"1.","page2":""})");
  CHECK(typed.query("page=.5") == R"({"page":".5"})");
  CHECK(typed.query("page=1e") == R"({"page":"1e"})");
  CHECK(typed.query("page=1e999") == R"({"page":"1e999"})");
  CHECK(typed.query("page=-") == R"({"page":"-"})");
  CHECK(typed.query("page=" + std::string(65, '1')) == "{\"page\":\"" + std::string(65, '1') + "\"}");
  CHECK(typed.query("ids=1&ids=2&ids=x") == R"({"ids":[1,2,"x"]})");
  CHECK(typed.query("ids=1") == R"({"ids":[1]})");
  CHECK(typed.query("page=1&page=2") == R"({"page":["1","2"]})");
  CHECK(typed.query("n=&sort=1") == R"({"n":null,"sort":1})");
  CHECK(typed.query("a%20b=c%22+d&&%zz=%4") == R"({"a b":"c\" d","%zz":"%4"})");
}

TEST_CASE("as many values as anybody needs") {
  std::string args = "a=1";
  for (std::size_t i = 1; i < policy::most_query_values; ++i) args += "&a=1";
  CHECK(Typed("{}").query(args) != "too many");
  CHECK(Typed("{}").query(args + "&a=1") == "too many");
}

TEST_CASE("fields are those that the schema names") {
  const Typed typed(R"({"required": ["x-id"], "properties": {"X-Count": {"type": "integer"}},
    "allOf": [{"properties": {"X-List": {"type": "array", "items": {"type": "integer"}}}}]})");
  CHECK(typed.fields({{"Host", "h"}, {"x-count", "7"}, {"X-ID", "a"}, {"x-id", "b"}, {"X-LIST", "1, 2,x"}}) ==
        R"({"X-Count":7,"x-id":"a, b","X-List":[1,2,"x"]})");
  CHECK(typed.fields({}) == "{}");
}

TEST_CASE("a schema that goes round in circles") {
  CHECK(Typed(R"({"$ref": "#"})").query("a=1") == R"({"a":"1"})");
  CHECK(Typed(R"({"properties": {"a": {"$ref": "#/properties/a"}}, "allOf": [{"$ref": "#"}]})").query("a=1") ==
        R"({"a":"1"})");
  CHECK(Typed("true").query("a=1") == R"({"a":"1"})");
}
