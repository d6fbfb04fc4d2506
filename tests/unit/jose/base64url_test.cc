#include "jose/base64url.h"

#include <doctest/doctest.h>

using namespace gh::jose;

namespace {

std::string decoded(std::string_view text) {
  std::string out;
  return decode_base64url(text, out) ? out : "(refused)";
}

}  // namespace

TEST_CASE("base64url: the examples of RFC 4648 10, without padding") {
  const std::pair<const char*, const char*> examples[] = {{"", ""},         {"f", "Zg"},         {"fo", "Zm8"},
                                                          {"foo", "Zm9v"},  {"foob", "Zm9vYg"},  {"fooba", "Zm9vYmE"},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : examples) {
    CHECK(encode_base64url(plain) == text);
    CHECK(decoded(text) == plain);
  }
}

TEST_CASE("base64url: each byte comes back, in each place") {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t size = 1; size < 8; ++size) {
      const std::string bytes(size, static_cast<char>(byte));
      CHECK(decoded(encode_base64url(bytes)) == bytes);
    }
  }
}

TEST_CASE("base64url: padding, blanks and the other alphabet are refused") {
  for (const char* const text : {"Zg==", "Zg=", "Zm8=", "Zm9v=", "Zm9v\n", "Zm9v\r\n", " Zm9v", "Zm 9v", "Zm9v\t", "+m9v",
                                 "Zm9/", "Zm9v.", "Zm9%", "Z\xc3\xa9" "A", "=", "===="}) {
    INFO(text);
    CHECK(decoded(text) == "(refused)");
  }
  CHECK(decoded(std::string_view("Zm9\0", 4)) == "(refused)");
}

TEST_CASE("base64url: a length that no bytes have, and unused bits that are set, are refused") {
  for (const char* const text : {"Z", "Zm9vZ", "Zh", "Zn", "Zx", "Zm9", "Zm-", "Zm_", "Zm9vYh", "Zm9vYmF"}) {
    INFO(text);
    CHECK(decoded(text) == "(refused)");
  }
}
