// HPACK without a dynamic table: RFC 7541's own examples, and what is malformed.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "http/hpack.h"

using namespace gh::http;
using namespace std::string_literals;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Decoded {
  FieldBlock block;
  const char* fault;
  explicit Decoded(std::string_view bytes) {
    block.clear(SIZE_MAX);
    fault = decode_hpack(bytes, block);
  }
  [[nodiscard]] Fields fields() const {
    Fields out;
    for (std::size_t i = 0; i < block.size(); ++i) out.emplace_back(block[i].name, block[i].value);
    return out;
  }
};

}  // namespace

TEST_CASE("literals and static names, RFC 7541 C.2 and C.3") {
  CHECK(Decoded("\x40\x0a"s + "custom-key\x0d" + "custom-header").fields() == Fields{{"custom-key", "custom-header"}});
  CHECK(Decoded("\x04\x0c/sample/path"s).fields() == Fields{{":path", "/sample/path"}});
  CHECK(Decoded("\x10\x08password\x06secret"s).fields() == Fields{{"password", "secret"}});
  CHECK(Decoded("\x82\x86\x84\x41\x0fwww.example.com"s).fields() ==
        Fields{{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "www.example.com"}});
}

TEST_CASE("Huffman strings, RFC 7541 C.6.1") {
  const std::string block =
      "\x48\x82\x64\x02\x58\x85\xae\xc3\x77\x1a\x4b\x61\x96\xd0\x7a\xbe\x94\x10\x54\xd4\x44\xa8\x20\x05\x95\x04\x0b"
      "\x81\x66\xe0\x82\xa6\x2d\x1b\xff\x6e\x91\x9d\x29\xad\x17\x18\x63\xc7\x8f\x0b\x97\xc8\xe9\xae\x82\xae\x43\xd3"s;
  CHECK(Decoded(block).fields() == Fields{{":status", "302"},
                                          {"cache-control", "private"},
                                          {"date", "Mon, 21 Oct 2013 20:13:21 GMT"},
                                          {"location", "https://www.example.com"}});
}

TEST_CASE("a table size update to 0 may begin a block") {
  CHECK(Decoded("\x20\x88"s).fields() == Fields{{":status", "200"}});
  CHECK(Decoded("\x88\x20"s).fault != nullptr);
  CHECK(Decoded("\x21\x88"s).fault != nullptr);
}

TEST_CASE("padding of a Huffman string: ones, at most an octet more than needed") {
  CHECK(Decoded("\x00\x82\x1f\xff\x00"s).fields() == Fields{{"a", ""}});
  CHECK(Decoded("\x00\x81\xff\x00"s).fields() == Fields{{"", ""}});
  CHECK(Decoded("\x00\x82\xff\xff\x00"s).fault != nullptr);
  CHECK(Decoded("\x00\x81\x18\x00"s).fault != nullptr);                  // padded with zeros
  CHECK(Decoded("\x00\x84\xff\xff\xff\xff\x00"s).fault != nullptr);      // the end symbol
}

TEST_CASE("what is malformed") {
  for (const std::string& block : {"\x80"s, "\xbe"s, "\x7e\x01v"s, "\x7f\x00"s, "\xff\xff\xff\xff\xff\x0f"s, "\x00"s,
                                   "\x00\x05name"s, "\x00\x01n"s, "\x00\x01n\x05v"s, "\x41"s, "\xff"s}) {
    CAPTURE(block);
    CHECK(Decoded(block).fault != nullptr);
  }
}
