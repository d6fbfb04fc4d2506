#include "base/base64.h"

#include <doctest/doctest.h>

#include <string>

using namespace gh;

namespace {

std::string decoded(std::string_view text, Base64 alphabet = Base64::standard) {
  std::string room(base64_decoded_bytes(text.size()), '\0');
  const auto out = decode_base64(text, room.data(), alphabet);
  return out ? std::string(*out) : "(error)";
}

}  // namespace

TEST_CASE("with and without padding") {
  CHECK(decoded("") == "");
  CHECK(decoded("dXNlcjpwYXNz") == "user:pass");
  CHECK(decoded("dXNlcg==") == "user");
  CHECK(decoded("dXNlcg") == "user");
  CHECK(decoded("dXNlcjE=") == "user1");
}

TEST_CASE("what is no base64") {
  CHECK(decoded("A") == "(error)");
  CHECK(decoded("AAAAA") == "(error)");
  CHECK(decoded("AA AA") == "(error)");
  CHECK(decoded("AA\n") == "(error)");
  CHECK(decoded(std::string_view("AA\0A", 4)) == "(error)");
  CHECK(decoded("\xff\xff\xff\xff") == "(error)");
}

TEST_CASE("the two alphabets") {
  CHECK(decoded("+/+/") == "\xfb\xff\xbf");
  CHECK(decoded("-_-_", Base64::url) == "\xfb\xff\xbf");
  CHECK(decoded("-_-_") == "(error)");
  CHECK(decoded("+/+/", Base64::url) == "(error)");
}

TEST_CASE("encoding, and back") {
  CHECK(encode_base64("") == "");
  CHECK(encode_base64("f") == "Zg==");   // RFC 4648 10
  CHECK(encode_base64("fo") == "Zm8=");
  CHECK(encode_base64("foo") == "Zm9v");
  CHECK(encode_base64("foob") == "Zm9vYg==");
  CHECK(encode_base64("\xfb\xff\xbf") == "+/+/");
  std::string all;
  for (int c = 0; c < 256; ++c) {
    all += static_cast<char>(c);
    CHECK(decoded(encode_base64(all)) == all);
  }
}
