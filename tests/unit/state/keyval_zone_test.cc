#include "state/keyval_zone.h"

#include <doctest/doctest.h>

#include <string>

using namespace gh;
using state::KeyvalZone;
using Match = KeyvalZone::Match;

namespace {

constexpr std::size_t room = 64 * 1024;

std::string value(const KeyvalZone& zone, std::string_view key, std::int64_t now_ms = 0) {
  Arena arena;
  const auto found = zone.find(key, now_ms, arena);
  return found.known ? "=" + std::string(found.value) : "?";
}

}  // namespace

TEST_CASE("keyval: whole keys") {
  KeyvalZone zone(room, Match::text, 0, false);
  CHECK(value(zone, "a") == "?");
  CHECK(zone.set("a", "1", 0));
  CHECK(zone.set("", "empty", 0));
  CHECK(zone.set("a", "2", 0));
  CHECK(value(zone, "a") == "=2");
  CHECK(value(zone, "") == "=empty");
  CHECK(value(zone, "ab") == "?");
  CHECK(zone.size() == 2);
}

TEST_CASE("keyval: the narrowest network") {
  KeyvalZone zone(room, Match::address, 0, false);
  REQUIRE(zone.load(R"({"10.0.0.0/8": "net", "10.1.2.3": "host", "0.0.0.0/0": "all", "2001:db8::/33": "six",
                        "10.1.2.0/23": "wide"})", 0));
  CHECK(value(zone, "10.1.2.3") == "=host");
  CHECK(value(zone, "10.1.3.255") == "=wide");
  CHECK(value(zone, "10.1.4.0") == "=net");
  CHECK(value(zone, "11.0.0.1") == "=all");
  CHECK(value(zone, "2001:db8:7fff::1") == "=six");
  CHECK(value(zone, "2001:db8:8000::1") == "?");
  CHECK(value(zone, "name") == "?");
  CHECK(value(zone, "") == "?");
  for (const std::string_view wrong : {"10.0.0.0/33", "10.0.0/8", "name", "", "10.0.0.0/", "10.0.0.0/-1"}) {
    CAPTURE(wrong);
    CHECK(!zone.set(wrong, "x", 0));
  }
}

TEST_CASE("keyval: the longest prefix") {
  KeyvalZone zone(room, Match::prefix, 0, false);
  REQUIRE(zone.load(R"({"/api": "api", "/api/users": "users", "/": "all"})", 0));
  CHECK(value(zone, "/api/users/7") == "=users");
  CHECK(value(zone, "/api/use") == "=api");
  CHECK(value(zone, "/x") == "=all");
  CHECK(value(zone, "x") == "?");
}

TEST_CASE("keyval: entries go after their time") {
  KeyvalZone zone(room, Match::text, 1000, false);
  CHECK(zone.set("a", "1", 5000));
  CHECK(value(zone, "a", 5999) == "=1");
  CHECK(value(zone, "a", 6000) == "?");
  CHECK(zone.set("a", "2", 6000));
  CHECK(value(zone, "a", 6999) == "=2");
}

TEST_CASE("keyval: bounded, to the entry") {
  const std::size_t each = KeyvalZone::cost_of("00", "v");
  KeyvalZone fixed(each * 10, Match::text, 0, false), timed(each * 10, Match::text, 100, false),
      copies(each * 10, Match::text, 0, true);
  for (int i = 10; i < 20; ++i) {
    const std::string key = std::to_string(i);
    CHECK(fixed.set(key, "v", i));
    CHECK(timed.set(key, "v", i));
    CHECK(copies.set(key, "v", i));
  }
  CHECK(!fixed.set("20", "v", 20));
  CHECK(!fixed.set("10", "vv", 20));
  CHECK(fixed.set("10", "w", 20));
  CHECK(!timed.set("20", "v", 20));
  CHECK(timed.set("20", "v", 110));
  CHECK(value(timed, "10", 110) == "?");
  CHECK(timed.size() == 10);
  CHECK(copies.set("20", "v", 20));
  CHECK(value(copies, "10") == "?");
  CHECK(value(copies, "11") == "=v");
  CHECK(copies.size() == 10);
  CHECK(!copies.set(std::string(KeyvalZone::most_key_bytes + 1, 'k'), "v", 0));
  CHECK(!copies.set("k", std::string(KeyvalZone::most_value_bytes + 1, 'v'), 0));
  CHECK(!copies.set("k", std::string(each * 10, 'v'), 0));
}

TEST_CASE("keyval: a store has no such key") {
  KeyvalZone zone(room, Match::text, 0, true);
  Arena arena;
  CHECK(zone.set_absent("a", 100));
  const auto found = zone.find("a", 150, arena);
  CHECK(found.known);
  CHECK(found.value.data() == nullptr);
  CHECK(found.age_ms == 50);
  CHECK(zone.set("a", "1", 200));
  CHECK(value(zone, "a", 200) == "=1");
}

TEST_CASE("keyval: state files that are none") {
  for (const std::string_view text : {"", "[]", "{\"a\": 1}", "{\"a\": \"1\", \"a\": \"2\"}", "{\"a\": {}}", "{\"a\"",
                                      "{\"a\": \"1\"} x", "\"a\"", "{\"a\": null}"}) {
    CAPTURE(text);
    KeyvalZone zone(room, Match::text, 0, false);
    CHECK(!zone.load(text, 0));
  }
  KeyvalZone small(KeyvalZone::cost_of("a", "1"), Match::text, 0, false);
  CHECK(!small.load(R"({"a": "1", "b": "2"})", 0));
  KeyvalZone zone(room, Match::text, 0, false);
  CHECK(zone.load("{}", 0));
}
