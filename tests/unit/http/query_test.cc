// Arguments of queries: their names, without some of them, and as logs show them.
#include "http/query.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace gh;
using namespace gh::http;

namespace {

const std::vector<std::string> names{"key", "access_token"};

std::string shown(std::string_view text) {
  std::string out = "untouched";
  return mask_arguments(text, names, out) ? out : std::string(text);
}

}  // namespace

TEST_CASE("an argument's name may be escaped, and is told in any case") {
  for (const char* same : {"api_key", "API_KEY", "ap%69_key", "%61%70%69%5f%6B%65%79", "api%5Fkey", "Ap%49_key"}) {
    CHECK(is_argument(same, "api_key"));
  }
  for (const char* other : {"", "api_ke", "api_keys", "api_key%", "api_key%2", "api_ke%", "api_ke%7", "%2561pi_key",
                            "api%00key", "api+key", "ap%6gi_key"}) {
    CHECK_FALSE(is_argument(other, "api_key"));
  }
}

TEST_CASE("arguments go whole, and the others stay as they are") {
  Arena arena;
  const auto without = [&](const char* args) { return std::string(without_argument(args, "key", arena)); };
  CHECK(without("a=1&b=2") == "a=1&b=2");
  CHECK(without("key=1") == "");
  CHECK(without("a=1&k%65y=2&b=%6b&KEY&key==&c") == "a=1&b=%6b&c");
  CHECK(without("&&key=1&a") == "a");
}

TEST_CASE("a query's escapes are decoded, and what is none stays") {
  Arena arena;
  CHECK(percent_decode("a%20b%2", arena) == "a b%2");
  CHECK(percent_decode("%zz%41%", arena) == "%zzA%");
}

TEST_CASE("values of secret arguments are masked, in all forms of a request") {
  CHECK(shown("key=1") == "key=***");
  CHECK(shown("a=1&key=2&b=3") == "a=1&key=***&b=3");
  CHECK(shown("KEY=1&Key=2&key=a=b%20c") == "KEY=***&Key=***&key=***");
  CHECK(shown("a=1&k%65y=2") == "a=1&k%65y=***");
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
