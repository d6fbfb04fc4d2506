// Arguments of queries as logs show them.
#include "http/query.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace gh::http;

namespace {

const std::vector<std::string> names{"key", "access_token"};

std::string shown(std::string_view text) {
  std::string out = "untouched";
  return mask_arguments(text, names, out) ? out : std::string(text);
}

}  // namespace

TEST_CASE("values of secret arguments are masked, in all forms of a request") {
  CHECK(shown("key=1") == "key=***");
  CHECK(shown("a=1&key=2&b=3") == "a=1&key=***&b=3");
  CHECK(shown("KEY=1&Key=2&key=a=b%20c") == "KEY=***&Key=***&key=***");
  CHECK(shown("/path?key=1&access_token=2") == "/path?key=***&access_token=***");
  CHECK(shown("GET /path?key=1 HTTP/1.1") == "GET /path?key=*** HTTP/1.1");
  CHECK(shown("GET /path?a=b&key=1&c HTTP/1.0") == "GET /path?a=b&key=***&c HTTP/1.0");
  CHECK(shown("https://a.example/?x=?&key=1?2") == "https://a.example/?x=?&key=***");
}

TEST_CASE("everything else stays as it is") {
  for (const char* text : {"", "?", "key", "key=", "/key=1/x?y", "/p?", "/p?a=1", "monkey=1&keys=2&ke=3&=4", "GET / HTTP/1.1",
                           "GET /?key= HTTP/1.1", "/?&&&=&key", "GET /key=1 HTTP/1.1"}) {
    CAPTURE(text);
    std::string out = "untouched";
    CHECK_FALSE(mask_arguments(text, names, out));
    CHECK(out == "untouched");
  }
}
