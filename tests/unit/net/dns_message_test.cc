// DNS messages: what is asked, what answers mean, what makes them unreadable.
#include "net/dns_message.h"

#include <doctest/doctest.h>

using namespace gh;
using namespace gh::net;

namespace {

std::string two(unsigned value) { return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)}; }
std::string four(std::uint32_t value) { return two(value >> 16) + two(value & 0xffff); }

/// "a.test" as labels.
std::string labels(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    out += static_cast<char>(label.size());
    out += label;
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  return out + std::string(1, '\0');
}

std::string record(const std::string& owner, DnsType type, std::uint32_t ttl_s, const std::string& data) {
  return owner + two(static_cast<unsigned>(type)) + two(1) + four(ttl_s) + two(static_cast<unsigned>(data.size())) + data;
}

struct Message {
  std::string name = "a.test";
  DnsType type = DnsType::a;
  unsigned flags = 0x8180;
  std::vector<std::string> records;
  std::string text() const {
    std::string out = two(7) + two(flags) + two(1) + two(static_cast<unsigned>(records.size())) + four(0);
    out += labels(name) + two(static_cast<unsigned>(type)) + two(1);
    for (const std::string& r : records) out += r;
    return out;
  }
  std::optional<DnsAnswer> read() const { return read_dns_answer(text(), name, type); }
};

const std::string same_name = "\xc0\x0c";  // a pointer to the question's name
const std::string address = std::string("\x0a\x00\x00\x01", 4);

std::string srv(unsigned priority, unsigned weight, unsigned port, const std::string& target) {
  return two(priority) + two(weight) + two(port) + target;
}

}  // namespace

TEST_CASE("a question") {
  CHECK(write_dns_question(0x0102, "a.test.", DnsType::aaaa) ==
        std::string("\x01\x02\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01" "a\x04test\x00\x00\x1c\x00\x01", 24));
  for (const std::string& name : {std::string(), std::string("."), std::string("a..b"), std::string(64, 'x'),
                                  std::string(256, 'x')}) {
    CHECK(write_dns_question(1, name, DnsType::a).empty());
  }
  CHECK_FALSE(write_dns_question(1, std::string(63, 'x'), DnsType::a).empty());
}

TEST_CASE("addresses with the least TTL; records of other names, types and classes say nothing") {
  Message m;
  m.records = {record(same_name, DnsType::a, 300, address), record(labels("A.Test"), DnsType::a, 60, "\x0a" + std::string(2, '\0') + "\x02"),
               record(labels("b.test"), DnsType::a, 1, address), record(same_name, DnsType::aaaa, 1, std::string(16, 'x'))};
  auto answer = m.read();
  REQUIRE(answer);
  REQUIRE(answer->addresses.size() == 2);
  CHECK(answer->addresses[0].ip_text() == "10.0.0.1");
  CHECK(answer->addresses[1].ip_text() == "10.0.0.2");
  CHECK(answer->ttl_s == 60);
  CHECK(answer->alias.empty());
  m.type = DnsType::aaaa;
  m.records = {record(same_name, DnsType::aaaa, 5, std::string(15, '\0') + "\x01")};
  CHECK(m.read()->addresses.at(0).ip_text() == "::1");
  m.records = {same_name + two(28) + two(3) + four(1) + two(0)};  // another class
  CHECK(m.read()->addresses.empty());
}

TEST_CASE("aliases are followed within the answer, in any order, and their TTLs count") {
  Message m;
  m.records = {record(labels("c.test"), DnsType::a, 90, address), record(labels("b.test"), DnsType::cname, 7, labels("c.test")),
               record(same_name, DnsType::cname, 80, labels("B.test"))};
  auto answer = m.read();
  REQUIRE(answer);
  CHECK(answer->addresses.size() == 1);
  CHECK(answer->alias == "c.test");
  CHECK(answer->ttl_s == 7);
  m.records.erase(m.records.begin());
  answer = m.read();
  REQUIRE(answer);
  CHECK(answer->addresses.empty());
  CHECK(answer->alias == "c.test");
  m.records = {record(same_name, DnsType::cname, 1, labels("b.test")), record(labels("b.test"), DnsType::cname, 1, same_name)};
  CHECK_FALSE(m.read());  // a ring
}

TEST_CASE("SRV records") {
  Message m;
  m.name = "_http._tcp.a.test";
  m.type = DnsType::srv;
  m.records = {record(same_name, DnsType::srv, 30, srv(1, 5, 8080, labels("one.a.test"))),
               record(same_name, DnsType::srv, 20, srv(2, 0, 81, std::string("\x03two\xc0\x17", 6))),
               record(same_name, DnsType::srv, 40, srv(0, 0, 0, std::string(1, '\0')))};
  const auto answer = m.read();
  REQUIRE(answer);
  REQUIRE(answer->services.size() == 3);
  CHECK(answer->services[0].target == "one.a.test");
  CHECK(answer->services[0].port == 8080);
  CHECK(answer->services[0].priority == 1);
  CHECK(answer->services[0].weight == 5);
  CHECK(answer->services[1].target == "two.a.test");
  CHECK(answer->services[2].target.empty());
  CHECK(answer->ttl_s == 20);
}

TEST_CASE("a code is an answer, whatever follows it") {
  Message m;
  m.flags = 0x8183;
  CHECK(m.read()->code == 3);
  m.flags = 0x8182;
  m.records = {"garbage"};
  CHECK(m.read()->code == 2);
}

TEST_CASE("what is not an answer, or is cut anywhere, is not read") {
  Message m;
  m.flags = 0x0100;
  CHECK_FALSE(m.read());
  m.flags = 0x8180;
  m.records = {record(same_name, DnsType::cname, 5, labels("b.test")), record(labels("b.test"), DnsType::a, 5, address)};
  const std::string whole = m.text();
  REQUIRE(read_dns_answer(whole, m.name, m.type));
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(read_dns_answer(whole.substr(0, size), m.name, m.type));
}

TEST_CASE("names that lead nowhere") {
  Message m;
  const std::vector<std::string> bad = {
      "\xc0\xff",                         // forward, past the end
      std::string("\xc0\x00", 2),         // into the header
      "\xc0\x19",                         // to itself (the first record's data begins at 36)
      std::string("\x40") + std::string(64, 'x') + std::string(1, '\0'),
      std::string("\x02" "a.\x00", 4), std::string("\x01 \x00", 3), std::string("\x01\x00\x00", 3)};
  for (const std::string& name : bad) {
    m.records = {record(same_name, DnsType::cname, 5, name)};
    CHECK_FALSE(m.read());
  }
  m.records = {record(same_name, DnsType::cname, 5, two(0xc000 | 36))};
  CHECK_FALSE(m.read());
  std::string longest;
  for (int i = 0; i < 4; ++i) longest += (i ? "." : "") + std::string(63, 'a');
  m.records = {record(same_name, DnsType::cname, 5, labels(longest))};
  CHECK(m.read()->alias == longest);
  m.records = {record(same_name, DnsType::cname, 5, labels(longest + ".b"))};
  CHECK_FALSE(m.read());
}

TEST_CASE("data of a wrong size") {
  Message m;
  m.records = {record(same_name, DnsType::a, 5, "\x0a")};
  CHECK_FALSE(m.read());
  m.records = {record(same_name, DnsType::a, 5, address), record(same_name, DnsType::cname, 5, labels("b.test") + "x")};
  CHECK_FALSE(m.read());
  m.type = DnsType::srv;
  m.records = {record(same_name, DnsType::srv, 5, srv(1, 1, 1, labels("b.test")) + "x")};
  CHECK_FALSE(m.read());
  m.records = {record(same_name, DnsType::srv, 5, two(1))};
  CHECK_FALSE(m.read());
}
