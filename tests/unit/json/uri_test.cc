#include "json/uri.h"

#include <doctest/doctest.h>

using namespace gh::json;

TEST_CASE("references resolved: RFC 3986 5.4") {
  struct Example { const char* reference; const char* wanted; };
  const Example examples[] = {
      {"g:h", "g:h"}, {"g", "http://a/b/c/g"}, {"./g", "http://a/b/c/g"}, {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"}, {"//g", "http://g"}, {"?y", "http://a/b/c/d;p?y"}, {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"}, {"g#s", "http://a/b/c/g#s"}, {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"}, {"", "http://a/b/c/d;p?q"}, {".", "http://a/b/c/"}, {"./", "http://a/b/c/"},
      {"..", "http://a/b/"}, {"../g", "http://a/b/g"}, {"../..", "http://a/"}, {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"}, {"/./g", "http://a/g"}, {"/../g", "http://a/g"}, {"g.", "http://a/b/c/g."},
      {"..g", "http://a/b/c/..g"}, {"./../g", "http://a/b/g"}, {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"}, {"g;x=1/../y", "http://a/b/c/y"}, {"g?y/../x", "http://a/b/c/g?y/../x"},
  };
  for (const Example& example : examples) {
    CHECK(resolve_uri("http://a/b/c/d;p?q", example.reference) == example.wanted);
  }
}

TEST_CASE("bases without a scheme or a path") {
  CHECK(resolve_uri("", "a.json#/x") == "a.json#/x");
  CHECK(resolve_uri("dir/a.json", "b.json") == "dir/b.json");
  CHECK(resolve_uri("http://a", "b") == "http://a/b");
  CHECK(resolve_uri("urn:uuid:1", "#x") == "urn:uuid:1#x");
  CHECK(resolve_uri("http://a/b", "urn:x:y") == "urn:x:y");
}

TEST_CASE("fragments and escapes") {
  std::string_view uri = "a#b";
  CHECK(split_fragment(uri) == "b");
  CHECK(uri == "a");
  CHECK(split_fragment(uri).empty());
  CHECK(*decode_percent("a%25b%2Fc") == "a%b/c");
  CHECK_FALSE(decode_percent("%4"));
  CHECK_FALSE(decode_percent("%zz"));
}
