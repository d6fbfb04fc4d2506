#include "http/query.h"

#include <doctest/doctest.h>

#include <string>

using namespace gh;
using namespace gh::http;

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
