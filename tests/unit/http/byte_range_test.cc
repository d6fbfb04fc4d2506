#include "http/byte_range.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace gh;
using http::ByteRange;
using http::RangeVerdict;

namespace {

struct Read {
  RangeVerdict verdict;
  std::string parts;  // "FIRST+LENGTH ..."
};

Read read(std::string_view field, std::uint64_t size, std::uint64_t most = UINT64_MAX) {
  Arena arena;
  std::span<const ByteRange> ranges;
  Read out{http::read_ranges(field, size, most, arena, ranges), ""};
  for (const ByteRange& range : ranges) {
    out.parts += (out.parts.empty() ? "" : " ") + std::to_string(range.first) + "+" + std::to_string(range.length);
  }
  return out;
}

}  // namespace

TEST_CASE("one range, several, and those that end behind the body") {
  CHECK(read("bytes=0-8", 1000).parts == "0+9");
  CHECK(read("bytes=990-", 1000).parts == "990+10");
  CHECK(read("bytes=-10", 1000).parts == "990+10");
  CHECK(read("bytes=-5000", 1000).parts == "0+1000");
  CHECK(read("bytes=990-1990", 1000).parts == "990+10");
  CHECK(read("Bytes= 1 - 2 , -1", 1000).parts == "1+2 999+1");
  CHECK(read("bytes=0-9, -10, 10-19", 1000).parts == "0+10 990+10 10+10");
  CHECK(read("bytes=0-9,100000-,5-3,20-20", 1000).parts == "0+10 20+1");
  CHECK(read("bytes=0-18446744073709551615", 10).parts == "0+10");
}

TEST_CASE("ranges that are answered with the whole body") {
  for (const char* field : {"", "bytes", "bytes=", "items=0-1", "bytes=0-10001, 0-0", "bytes=0-999,0-999"}) {
    CAPTURE(field);
    CHECK(read(field, 1000).verdict == RangeVerdict::whole);
  }
  CHECK(read("bytes=0-", 0).verdict == RangeVerdict::whole);
  CHECK(read("bytes=-5", 0).verdict == RangeVerdict::whole);
  CHECK(read("bytes=0-1", 1000, 0).verdict == RangeVerdict::whole);
  CHECK(read("bytes=0-1,2-3", 1000, 1).verdict == RangeVerdict::whole);
  CHECK(read("bytes=0-1,5000-", 1000, 1).parts == "0+2");
  CHECK(read("bytes=0-1,5-6,7-8", 1000, 2).verdict == RangeVerdict::whole);
}

TEST_CASE("what cannot be satisfied, or is no list of ranges, is 416") {
  for (const char* field : {"bytes=1000-", "bytes=alpha", "bytes=10-alpha", "bytes=10", "bytes=10-11 12-", "bytes=-",
                            "bytes=-0", "bytes=5-3", "bytes=0-1,", "bytes=,0-1", "bytes=0-1,x", "bytes=--1",
                            "bytes=18446744073709551616-", "bytes=1-99999999999999999999", "bytes=+1-2"}) {
    CAPTURE(field);
    CHECK(read(field, 1000).verdict == RangeVerdict::unsatisfiable);
  }
}

TEST_CASE("the length of a body in parts is that of its wire form") {
  const std::vector<ByteRange> ranges = {{0, 3}, {95, 5}, {9, 91}};
  for (const char* type : {"", "text/plain; charset=utf-8"}) {
    const http::PartialBody body{ranges, 100, "00000000000000000042", type};
    std::string wire;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      http::write_part_head(body, i, wire);
      wire.append(ranges[i].length, 'x');
    }
    http::write_multipart_end(body, wire);
    CHECK(wire.size() == http::wire_length(body));
    CHECK(wire.find("\r\nContent-Range: bytes 95-99/100\r\n\r\nxxxxx\r\n--00000000000000000042\r\n") != std::string::npos);
    CHECK(wire.starts_with("\r\n--00000000000000000042\r\nContent-"));
    CHECK(wire.ends_with("x\r\n--00000000000000000042--\r\n"));
  }
  CHECK(http::wire_length({{ranges.data(), 1}, 100, "", "t"}) == 3);
}
