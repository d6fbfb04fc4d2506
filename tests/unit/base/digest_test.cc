#include "base/digest.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace gh;

namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace

TEST_CASE("known digests, of one part and of several") {
  CHECK(hex(digest(DigestKind::md5, {"abc"})) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(hex(digest(DigestKind::md5, {"a", "", "bc"})) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(hex(digest(DigestKind::sha1, {"abc"})) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex(digest(DigestKind::sha256, {"abc"})) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(digest(DigestKind::md5, {})) == "d41d8cd98f00b204e9800998ecf8427e");
}

TEST_CASE("proofs are the same for the same text only") {
  CHECK(process_hmac("a") == process_hmac("a"));
  CHECK(process_hmac("a") != process_hmac("b"));
  CHECK(process_hmac("a") != Proof{});
}

TEST_CASE("secrets") {
  CHECK(equal_secrets("", ""));
  CHECK(equal_secrets("abc", "abc"));
  CHECK_FALSE(equal_secrets("abc", "abd"));
  CHECK_FALSE(equal_secrets("abc", "abcd"));
}
