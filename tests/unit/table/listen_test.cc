// The address forms of `listen` (LANGUAGE 3.5).
#include "table/listen.h"

#include <doctest/doctest.h>

using namespace gh;
using table::parse_listen;

TEST_CASE("forms of an address") {
  struct Case { std::string_view text, first; std::size_t count; };
  const Case cases[] = {
      {"8080", "0.0.0.0:8080", 1},     {"0", "0.0.0.0:0", 1},          {"*:81", "0.0.0.0:81", 1},
      {"127.0.0.1", "127.0.0.1:80", 1}, {"127.0.0.1:0", "127.0.0.1:0", 1}, {"*", "0.0.0.0:80", 1},
      {"[::]:80", "[::]:80", 1},       {"[::1]", "[::1]:80", 1},       {"localhost:8000", "127.0.0.1:8000", 1},
      {"LocalHost", "127.0.0.1:80", 1}, {"8000-8010", "0.0.0.0:8000", 11}, {"[::1]:90-91", "[::1]:90", 2},
      {"unix:/run/gateway.sock", "unix:/run/gateway.sock", 1},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    auto addresses = parse_listen(c.text);
    REQUIRE(addresses);
    CHECK(addresses->front().text() == c.first);
    CHECK(addresses->size() == c.count);
  }
  CHECK(parse_listen("8000-8010")->back().port() == 8010);
}

TEST_CASE("what is no address") {
  for (std::string_view text : {"65536", "80:80:80", "127.0.0.1:", "127.0.0.1:http", "shop.example:80", "shop.example",
                                "8010-8000", "80-", "-80", "1.2.3:80", "[::1:80", "unix:", ""}) {
    CAPTURE(text);
    CHECK_FALSE(parse_listen(text));
  }
}
