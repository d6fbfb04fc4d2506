#include "base/gzip.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <string>

using namespace gh;

namespace {
/// What `gzip -d` makes of one or more members behind each other.
std::string unpacked(const std::string& packed) {
  std::string out;
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  while (stream.avail_in > 0) {
    char piece[512];
    stream.next_out = reinterpret_cast<Bytef*>(piece);
    stream.avail_out = sizeof piece;
    const int code = inflate(&stream, Z_NO_FLUSH);
    REQUIRE((code == Z_OK || code == Z_STREAM_END));
    out.append(piece, sizeof piece - stream.avail_out);
    if (code == Z_STREAM_END) inflateReset(&stream);
  }
  inflateEnd(&stream);
  return out;
}
}  // namespace

TEST_CASE("members behind each other are one text") {
  std::string packed;
  const std::string first(5000, 'a');
  REQUIRE(gzip(first, 1, packed));
  CHECK(packed.size() < 200);
  REQUIRE(gzip("and more\n", 9, packed));
  CHECK(unpacked(packed) == first + "and more\n");
}

TEST_CASE("nothing is a member, too") {
  std::string packed;
  REQUIRE(gzip("", 6, packed));
  CHECK(unpacked(packed).empty());
}
