#include "http/forwarded_for.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace gh;
using namespace gh::http;

namespace {

std::string parsed(std::string_view text) { return parse_address_and_port(text).text(); }

std::string client(std::vector<std::string_view> lists, bool recursive, std::string_view from = "127.0.0.1") {
  std::vector<Field> fields = {{"Host", "x", HeaderId::host}};
  for (const std::string_view list : lists) {
    fields.push_back({"X-Forwarded-For", list, HeaderId::x_forwarded_for});
    fields.push_back({"Accept", "10.9.9.9", HeaderId::accept});
  }
  const std::vector<Cidr> trusted = {*Cidr::parse("127.0.0.0/8"), *Cidr::parse("2001:db8::/32")};
  return forwarded_address(*Address::parse_ip(from, 0), fields, trusted, recursive).ip_text();
}

}  // namespace

TEST_CASE("an address, perhaps with a port") {
  CHECK(parsed("192.0.2.1") == "192.0.2.1:0");
  CHECK(parsed("192.0.2.1:80") == "192.0.2.1:80");
  CHECK(parsed("2001:db8::1") == "[2001:db8::1]:0");
  CHECK(parsed("[2001:db8::1]:80") == "[2001:db8::1]:80");
  for (const char* bad : {"", ":", "[::1]", "[::1]:", "[::1]:0", "[::1]:65536", "[]:80", "192.0.2.1:", "192.0.2.1:x",
                          "192.0.2.1:0", "name", "name:80", "unknown", "[192.0.2.1", "192.0.2", "[[::1]]:80"}) {
    CAPTURE(bad);
    CHECK(!parse_address_and_port(bad).is_set());
  }
}

TEST_CASE("the last element, when the client is trusted") {
  CHECK(client({}, false) == "127.0.0.1");
  CHECK(client({"192.0.2.1"}, false) == "192.0.2.1");
  CHECK(client({"10.0.0.1, 192.0.2.1"}, false) == "192.0.2.1");
  CHECK(client({"10.0.0.1,192.0.2.1 , "}, false) == "192.0.2.1");
  CHECK(client({"192.0.2.1, 127.0.0.1"}, false) == "127.0.0.1");
  CHECK(client({"10.0.0.1", "192.0.2.1"}, false) == "192.0.2.1");
  CHECK(client({"192.0.2.1, nonsense"}, false) == "127.0.0.1");
  CHECK(client({""}, false) == "127.0.0.1");
  CHECK(client({" , "}, false) == "127.0.0.1");
  CHECK(client({"192.0.2.1"}, false, "10.0.0.1") == "10.0.0.1");
  CHECK(client({"192.0.2.1"}, false, "2001:db8::9") == "192.0.2.1");
  CHECK(client({"192.0.2.1"}, false, "::ffff:127.0.0.1") == "192.0.2.1");
}

TEST_CASE("as long as the element is trusted itself") {
  CHECK(client({"192.0.2.1, 127.0.0.1"}, true) == "192.0.2.1");
  CHECK(client({"192.0.2.1, 10.0.0.1, 127.0.0.1, 127.0.0.2"}, true) == "10.0.0.1");
  CHECK(client({"127.0.0.5, 127.0.0.1"}, true) == "127.0.0.5");
  CHECK(client({"nonsense, 127.0.0.1"}, true) == "127.0.0.1");
  CHECK(client({"192.0.2.1", "127.0.0.1"}, true) == "192.0.2.1");
  CHECK(client({"192.0.2.9", "10.0.0.1, 127.0.0.1"}, true) == "10.0.0.1");
  CHECK(client({"192.0.2.9, 127.0.0.3", "127.0.0.2, 127.0.0.1"}, true) == "192.0.2.9");
}
