#include "base/hash.h"

#include <set>
#include <string>

#include <doctest/doctest.h>

using namespace gh;

TEST_CASE("CRC-32: the check value of the IEEE polynomial, and going on from a seed") {
  CHECK(crc32("123456789") == 0xCBF43926u);
  CHECK(crc32("") == 0u);
  CHECK(crc32("The quick brown fox jumps over the lazy dog") == 0x414FA339u);
  CHECK(crc32("6789", crc32("12345")) == crc32("123456789"));
}

TEST_CASE("MurmurHash2, each length of tail") {
  CHECK(murmur2("") == 0u);
  CHECK(murmur2("a") == 0x92685F5Eu);
  CHECK(murmur2("ab") == 0x1AA14063u);
  CHECK(murmur2("abc") == 0x13577C9Bu);
  CHECK(murmur2("abcd") == 0x26873021u);
  CHECK(murmur2("abcd", 1) != murmur2("abcd"));
}

TEST_CASE("FNV-1a, 64 bits") {
  CHECK(fnv1a("") == 0xcbf29ce484222325u);
  CHECK(fnv1a("a") == 0xaf63dc4c8601ec8cu);
  CHECK(fnv1a("foobar") == 0x85944171f73967e8u);
}

TEST_CASE("the keyed hash tells keys of all lengths apart and repeats itself") {
  std::set<std::uint64_t> seen;
  std::string key;
  for (int i = 0; i < 100; ++i, key += '\0') {
    seen.insert(keyed_hash(key));
    CHECK(keyed_hash(key) == keyed_hash(std::string(key)));
  }
  CHECK(seen.size() == 100);
}
