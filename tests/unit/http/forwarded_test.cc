#include "http/forwarded.h"

#include <doctest/doctest.h>

#include <string>

using namespace gh;
using namespace gh::http;

namespace {

std::string parsed(std::string_view text) {
  Address address;
  return parse_forwarded(text, address) ? address.text() : "(none)";
}

/// The address found from 10.0.0.1, when 10.0.0.0/8, 127.0.0.1 and fd00::/8 are trusted.
std::string found(std::vector<std::string_view> values, bool recursive, std::string_view peer = "10.0.0.1") {
  TrustedProxies trusted;
  for (const char* network : {"10.0.0.0/8", "127.0.0.1", "fd00::/8"}) {
    trusted.networks.push_back(*Cidr::parse(network));
  }
  Address address = *Address::parse_ip(peer, 1);
  return find_client_address(values, trusted, recursive, address) ? address.ip_text() : "(none)";
}

/// The same from the fields of a head, with others between them.
std::string found_in_fields(std::vector<std::string_view> lists, bool recursive, std::string_view peer = "127.0.0.1") {
  std::vector<Field> fields = {{"Host", "x", HeaderId::host}};
  for (const std::string_view list : lists) {
    fields.push_back({"X-Forwarded-For", list, HeaderId::x_forwarded_for});
    fields.push_back({"Accept", "192.0.2.77", HeaderId::accept});
  }
  TrustedProxies trusted;
  trusted.networks = {*Cidr::parse("127.0.0.0/8"), *Cidr::parse("2001:db8::/32")};
  Address address = *Address::parse_ip(peer, 0);
  const bool is_found = find_client_address(fields, trusted, recursive, address);
  CHECK(is_found == (address.ip_text() != peer));
  return address.ip_text();
}

}  // namespace

TEST_CASE("forms of an address") {
  CHECK(parsed("192.0.2.1") == "192.0.2.1:0");
  CHECK(parsed("192.0.2.1:80") == "192.0.2.1:80");
  CHECK(parsed("2001:db8::1") == "[2001:db8::1]:0");
  CHECK(parsed("[2001:db8::1]:65535") == "[2001:db8::1]:65535");
  CHECK(parsed("::ffff:192.0.2.1") == "[::ffff:192.0.2.1]:0");
}

TEST_CASE("what is no address") {
  for (const std::string_view junk :
       {"", "unknown", "_hidden", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:80x", "192.0.2", "0x7f.1",
        "127.1", "192.0.2.1.", "192.0.2.01", "[2001:db8::1]", "[2001:db8::1]:", "[::1", "::1]:80", "fe80::1%eth0",
        "[fe80::1%25eth0]:80", "[192.0.2.1]:80", "1:2:3:4:5:6:7:8:80", "192.0.2.1,", "\"192.0.2.1\"", "for=192.0.2.1",
        "unix:/run/a", "-1"}) {
    CAPTURE(junk);
    CHECK(parsed(junk) == "(none)");
  }
  CHECK(parsed(std::string_view("192.0.2.1\0", 10)) == "(none)");
}

TEST_CASE("only those who are trusted are believed") {
  CHECK(found({"192.0.2.1"}, false, "192.0.2.9") == "(none)");
  CHECK(found({"192.0.2.1"}, false) == "192.0.2.1");
  CHECK(found({}, false) == "(none)");
  CHECK(found({""}, false) == "(none)");
  CHECK(found({" , ,"}, true) == "(none)");
}

TEST_CASE("the last one, or the last that is no proxy of ours") {
  CHECK(found({"192.0.2.1, 192.0.2.2"}, false) == "192.0.2.2");
  CHECK(found({"192.0.2.1, 10.0.0.2, 127.0.0.1"}, false) == "127.0.0.1");
  CHECK(found({"192.0.2.1, 192.0.2.2, 10.0.0.2, 127.0.0.1"}, true) == "192.0.2.2");
  CHECK(found({"10.0.0.3, 10.0.0.2"}, true) == "10.0.0.3");
  CHECK(found({"192.0.2.1,10.0.0.2 ,\t127.0.0.1 "}, true) == "192.0.2.1");
  CHECK(found({"2001:db8::1, fd00::2"}, true) == "2001:db8::1");
}

TEST_CASE("several fields are one list") {
  CHECK(found({"192.0.2.1", "127.0.0.1, 10.0.1.1"}, false) == "10.0.1.1");
  CHECK(found({"10.0.1.1", "192.0.2.1", "127.0.0.1"}, true) == "192.0.2.1");
  CHECK(found({"192.0.2.1", ""}, true) == "(none)");
}

TEST_CASE("reading stops at what is no address: nothing beyond it is believed") {
  CHECK(found({"192.0.2.1, unknown, 10.0.0.2"}, true) == "10.0.0.2");
  CHECK(found({"192.0.2.1, unknown"}, true) == "(none)");
  CHECK(found({"192.0.2.1", "unknown, 10.0.0.2"}, true) == "10.0.0.2");
}

TEST_CASE("X-Forwarded-For among the fields of a head: the last element, when the client is trusted") {
  CHECK(found_in_fields({}, false) == "127.0.0.1");
  CHECK(found_in_fields({"10.0.0.1, 192.0.2.1"}, false) == "192.0.2.1");
  CHECK(found_in_fields({"10.0.0.1", "192.0.2.1"}, false) == "192.0.2.1");
  CHECK(found_in_fields({"192.0.2.1, nonsense"}, false) == "127.0.0.1");
  CHECK(found_in_fields({" , "}, false) == "127.0.0.1");
  CHECK(found_in_fields({"192.0.2.1"}, false, "10.0.0.1") == "10.0.0.1");
  CHECK(found_in_fields({"192.0.2.1"}, false, "2001:db8::9") == "192.0.2.1");
  CHECK(found_in_fields({"192.0.2.1"}, false, "::ffff:127.0.0.1") == "192.0.2.1");
}

TEST_CASE("X-Forwarded-For among the fields of a head: as long as the element is trusted itself") {
  CHECK(found_in_fields({"192.0.2.1, 10.0.0.1, 127.0.0.1, 127.0.0.2"}, true) == "10.0.0.1");
  CHECK(found_in_fields({"127.0.0.5, 127.0.0.2"}, true) == "127.0.0.5");
  CHECK(found_in_fields({"192.0.2.9", "10.0.0.1, 127.0.0.2"}, true) == "10.0.0.1");
  CHECK(found_in_fields({"192.0.2.9, 127.0.0.3", "127.0.0.2, 127.0.0.4"}, true) == "192.0.2.9");
}
