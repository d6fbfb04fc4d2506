// Output composes a head; Fields keeps an answer's fields in order.
#include "proxy/output.h"

#include <doctest/doctest.h>

#include <string>

#include "proxy/reply.h"

namespace gh::proxy {
namespace {

TEST_CASE("text, numbers and fields follow each other") {
  Output out;
  out << "GET " << '/' << " HTTP/1.1\r\n";
  out.field("Host", "example.org");
  out.field("Empty", {});
  out << "Content-Length: ";
  out.number(UINT64_MAX) << "\r\n\r\n";
  CHECK(out.view() == "GET / HTTP/1.1\r\nHost: example.org\r\nEmpty: \r\nContent-Length: 18446744073709551615\r\n\r\n");
  out.clear();
  CHECK(out.size() == 0);
}

TEST_CASE("it grows past its first size without losing a byte, also by one field larger than twice that size") {
  Output out;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    out.field("Name", "value");
    expected += "Name: value\r\n";
  }
  const std::string large(100000, 'x');
  out.field("Large", large);
  expected += "Large: " + large + "\r\n";
  CHECK(out.view() == expected);
}

TEST_CASE("room and add write directly") {
  Output out;
  std::memcpy(out.room(5), "abcde", 5);
  out.add(3);
  CHECK(out.view() == "abc");
}

TEST_CASE("fields keep their order through growth and removal") {
  Arena arena;
  Fields fields;
  for (int i = 0; i < 40; ++i) fields.add(arena, "n", arena.copy(std::to_string(i)));
  fields.remove_if([](const http::Field& field) { return field.value.size() == 1; });
  REQUIRE(fields.view().size() == 30);
  CHECK(fields.view().front().value == "10");
  CHECK(fields.view().back().value == "39");
  fields.clear();
  CHECK(fields.view().empty());
  fields.add(arena, "a", "b", http::HeaderId::etag);
  CHECK(fields.view()[0].id == http::HeaderId::etag);
}

}  // namespace
}  // namespace gh::proxy
