#include "base/address.h"

#include <sys/un.h>

#include <doctest/doctest.h>

using namespace gh;

namespace {
Address ip(std::string_view text, std::uint16_t port = 80) {
  auto parsed = Address::parse_ip(text, port);
  REQUIRE(parsed);
  return *parsed;
}
bool has(std::string_view network, std::string_view address) {
  auto cidr = Cidr::parse(network);
  REQUIRE(cidr);
  return cidr->contains(ip(address));
}
}  // namespace

TEST_CASE("addresses are read and written as in nginx.conf") {
  CHECK(ip("127.0.0.1", 8080).text() == "127.0.0.1:8080");
  CHECK(ip("[::1]", 443).text() == "[::1]:443");
  CHECK(ip("::1", 443).ip_text() == "::1");
  CHECK(ip("10.0.0.1").binary() == std::string_view("\x0a\0\0\1", 4));
  CHECK(ip("::1").binary().size() == 16);
  CHECK(ip("0.0.0.0").is_wildcard());
  CHECK(ip("::").is_wildcard());
  CHECK_FALSE(ip("::1").is_wildcard());
  for (std::string_view bad : {"", "localhost", "1.2.3", "1.2.3.4.5",
                               "256.1.1.1", "[1.2.3.4", "[::1", "::g", "1.2.3.4 "}) {
    CHECK_FALSE(Address::parse_ip(bad, 1));
  }
  CHECK_FALSE(Address::parse_ip(std::string(300, '1'), 1));
}

TEST_CASE("an address is a value") {
  Address a = ip("::1", 1);
  Address b = a;
  CHECK(a == b);
  b.set_port(2);
  CHECK(b.port() == 2);
  CHECK_FALSE(a == b);
  CHECK_FALSE(a == ip("::2", 1));
  CHECK_FALSE(Address().is_set());
  CHECK(Address() == Address());
  CHECK(Address::from_sockaddr(a.get(), a.size()) == a);
  CHECK_FALSE(Address::from_sockaddr(nullptr, 0).is_set());
}

TEST_CASE("unix sockets: a path up to the kernel's limit, and the nameless ones of clients") {
  auto named = Address::unix_path("/run/a.sock");
  REQUIRE(named);
  CHECK(named->is_unix());
  CHECK(named->text() == "unix:/run/a.sock");
  CHECK(named->ip_text() == "unix:");
  CHECK(named->binary() == "/run/a.sock");
  CHECK(named->port() == 0);
  CHECK(Address::unix_path(std::string(107, 'x')));
  CHECK_FALSE(Address::unix_path(std::string(108, 'x')));
  CHECK_FALSE(Address::unix_path(""));
  sockaddr_un nameless{};
  nameless.sun_family = AF_UNIX;
  const auto client = Address::from_sockaddr(reinterpret_cast<sockaddr*>(&nameless), sizeof(sa_family_t));
  CHECK(client.text() == "unix:");
  CHECK(client.binary().empty());
}

TEST_CASE("networks contain by prefix") {
  CHECK(has("10.0.0.0/8", "10.255.1.2"));
  CHECK_FALSE(has("10.0.0.0/8", "11.0.0.0"));
  CHECK(has("192.168.1.128/25", "192.168.1.200"));
  CHECK_FALSE(has("192.168.1.128/25", "192.168.1.127"));
  CHECK(has("1.2.3.4", "1.2.3.4"));
  CHECK_FALSE(has("1.2.3.4", "1.2.3.5"));
  CHECK(has("0.0.0.0/0", "8.8.8.8"));
  CHECK_FALSE(has("0.0.0.0/0", "2001:db8::1"));
  CHECK(has("2001:db8::/32", "2001:db8:ffff::1"));
  CHECK_FALSE(has("2001:db8::/33", "2001:db8:8000::1"));
  CHECK(has("::/0", "::1"));
  CHECK(has("10.0.0.0/8", "::ffff:10.1.2.3"));
  CHECK_FALSE(has("10.0.0.0/8", "::fffe:10.1.2.3"));
  auto all = Cidr::parse("::/0");
  REQUIRE(all);
  CHECK_FALSE(all->contains(*Address::unix_path("/a")));
}

TEST_CASE("networks with stray bits, and what is no network") {
  auto stray = Cidr::parse("10.1.2.3/8");
  REQUIRE_FALSE(stray);
  CHECK(stray.error().text.find("10.0.0.0/8") != std::string::npos);
  CHECK_FALSE(Cidr::parse("2001:db8::1/32"));
  for (std::string_view bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8", "all"}) {
    CHECK_FALSE(Cidr::parse(bad));
  }
}
