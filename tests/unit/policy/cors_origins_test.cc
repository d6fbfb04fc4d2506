// Which origins a list of `cors` fits; what can never fit is told when it is read.
#include "policy/cors/cors_origins.h"

#include <doctest/doctest.h>

#include <initializer_list>

using gh::policy::Origins;

namespace {

Origins of(std::initializer_list<std::string_view> words) {
  Origins origins;
  for (const std::string_view word : words) {
    const auto fault = origins.add(word);
    CHECK_MESSAGE(!fault, word);
  }
  return origins;
}

}  // namespace

TEST_CASE("exact origins are compared byte for byte") {
  const Origins origins = of({"https://shop.example", "http://[::1]:3000", "capacitor://localhost"});
  for (const char* good : {"https://shop.example", "http://[::1]:3000", "capacitor://localhost"}) {
    CAPTURE(good);
    CHECK(origins.allows(good));
  }
  for (const char* bad : {"https://shop.example/", "https://shop.example:443", "https://shop.example.test", "null", "",
                          "https://Shop.example", "http://[::1]"}) {
    CAPTURE(bad);
    CHECK_FALSE(origins.allows(bad));
  }
  CHECK_FALSE(origins.any());
  CHECK_FALSE(origins.empty());
  CHECK(Origins().empty());
}

TEST_CASE("subdomains and ports") {
  const Origins origins = of({"https://*.shop.example", "http://localhost:*", "https://*.dev.example:*"});
  for (const char* good : {"https://a.shop.example", "https://a.b-c.shop.example", "http://localhost",
                           "http://localhost:8080", "https://a.dev.example:1"}) {
    CAPTURE(good);
    CHECK(origins.allows(good));
  }
  for (const char* bad :
       {"https://shop.example", "https://.shop.example", "https://evilshop.example", "http://a.shop.example",
        "https://evil.test/.shop.example", "https://evil.test?.shop.example", "https://evil.test:1.shop.example",
        "https://a.shop.example:8443", "http://localhost:", "http://localhost:123456", "http://localhost:1a",
        "http://localhost.evil.test", "https://a.dev.example", "https://dev.example:1"}) {
    CAPTURE(bad);
    CHECK_FALSE(origins.allows(bad));
  }
  CHECK_FALSE(origins.allows("https://" + std::string(4000, 'a') + ".shop.example"));
}

TEST_CASE("regular expressions, null and everybody") {
  CHECK(of({"~^https://pr-\\d+\\.example$"}).allows("https://pr-1.example"));
  CHECK_FALSE(of({"~^https://pr-\\d+\\.example$"}).allows("https://pr-1.example.test"));
  CHECK(of({"null"}).allows("null"));
  CHECK_FALSE(of({"https://a.example"}).allows("null"));
  CHECK((of({"*"}).any() && of({"*"}).allows("null")));
}

TEST_CASE("what no browser sends") {
  for (const char* word :
       {"shop.example", "https://", "https://shop.example/", "https://Shop.example", "https://shop.example:443",
        "http://shop.example:80", "https://shop.example:", "https://u@shop.example", "://a", "https://a.*.example",
        "https://*", "https://*shop.example", "https://**.example", "~https://shop.example", "~^https://(", "https://:1"}) {
    CAPTURE(word);
    Origins origins;
    const auto fault = origins.add(word);
    REQUIRE(fault);
    CHECK((!fault->message.empty() && !fault->help.empty()));
    CHECK(fault->is_regex == (std::string_view(word) == "~^https://("));
    CHECK(origins.empty());
  }
}
