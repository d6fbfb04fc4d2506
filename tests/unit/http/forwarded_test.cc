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
