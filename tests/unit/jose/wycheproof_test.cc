// Project Wycheproof's vectors for JOSE: what attackers have done to signatures, encryption and keys. GH_WYCHEPROOF names
// the folder that holds them (testvectors_v1); without it, it is said that they are not there.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "unit/jose/support.h"

using namespace gh;
using namespace gh::jose;

namespace {

constexpr json::Limits limits{.bytes = 16 * 1024 * 1024, .depth = 32, .values = 1'000'000};

/// Where we differ, and why.
struct Difference {
  std::string_view group, vector;  // their comments; empty: any
  std::string_view why;
};
constexpr Difference refused_on_purpose[] = {
    {"jwe_rsa1_5", "", "RSA1_5 is not served: its padding tells who asks often enough"},
    {"jwe_aes", "acceptsA128GCMKW", "AES-GCM key wrapping is not served"},
    {"jwe_aes", "accepts192GCMKW", "as above"},
    {"jwe_aes", "accepts256GCMKW", "as above"},
    {"jwe_aes", "accepts256GCMKWUsingA256GCM", "as above"},
    {"jwe_aes", "accepts256GCMKWUsingA256CbcHs512", "as above"},
    {"rfc_7520", "Figure148", "as above"},
    {"rfc_7520", "Figure81", "RSA1_5"},
    {"rfc_7520", "Figure170", "it is compressed"},
    {"rfc7520", "Figure20", "the key says PS256, the token PS384: the key decides"},
    {"rfc7520", "Figure27", "the key says ES521, which does not exist"},
    {"rfc7520WithKeyOps", "Figure20", "as above"},
    {"rfc7520WithKeyOps", "Figure27", "as above"},
    {"base64", "InvalidCharacterInsertedInHeader", "it holds a question mark, which is no base64url"},
    {"base64", "InvalidCharacterInsertedInPayload", "as above"},
};
constexpr Difference taken[] = {
    {"jws_rsa_roca_key", "", "keys that can be factored are not told from others"},
    {"jws_mixedSymmetryKeyset", "", "ambiguous, they say: kid and alg decide, and each key is for its own kind"},
    {"jws_duplicate_kid", "", "ambiguous, they say: each key of that name is tried"},
    {"base64", "invalidBase64Padding", "to the letter the same token as a valid one"},
    {"base64", "invalidBase64PaddingInPayload", "as above"},
};

template <std::size_t N>
bool is_among(const Difference (&list)[N], std::string_view group, std::string_view vector) {
  return std::any_of(std::begin(list), std::end(list), [&](const Difference& one) {
    return one.group == group && (one.vector.empty() || one.vector == vector);
  });
}

/// Of a JWK or a set; keys that are refused are left out, as they are at run time.
KeySet keys_of(json::Value stated) {
  KeySet set;
  const auto add = [&](json::Value jwk) {
    if (auto key = Key::from_jwk(jwk, all_keys)) set.add(std::move(*key));
  };
  const json::Value list = stated.find("keys");
  if (!list) add(stated);
  for (const json::Value jwk : list.elements()) add(jwk);
  return set;
}

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return out;
}

struct Tally {
  int good = 0, set_apart = 0;
};

void judge(json::Value group, json::Value vector, Tally& tally) {
  const json::Value signed_token = group.find("public") ? group.find("public") : group.find("private");
  const json::Value token = vector.find("jws") ? vector.find("jws") : vector.find("jwe");
  const KeySet keys = keys_of(vector.find("jws") ? signed_token : group.find("private"));
  Rules rules;
  rules.forms = form_signed | form_encrypted | form_nested;
  const Opened opened = open_token(token.is_text() ? token.text() : token.raw(), keys, rules);
  const bool is_valid = vector.find("result").text() == "valid";
  const std::string_view of_group = group.find("comment").text(), comment = vector.find("comment").text();
  INFO(of_group << ", " << vector.find("tcId").raw() << " " << comment << ": " << opened.finding.words);
  if (is_valid ? is_among(refused_on_purpose, of_group, comment) : is_among(taken, of_group, comment)) {
    CHECK(static_cast<bool>(opened.finding) != is_valid);
    ++tally.set_apart;
    return;
  }
  CHECK(static_cast<bool>(opened.finding) == is_valid);
  if (is_valid && opened.finding && vector.find("pt")) CHECK(opened.content == from_hex(vector.find("pt").text()));
  ++tally.good;
}

}  // namespace

TEST_CASE("Wycheproof's signatures, encryption and keys") {
  const char* const folder = std::getenv("GH_WYCHEPROOF");
  if (!folder) {
    MESSAGE("GH_WYCHEPROOF is not set: its vectors are not looked at");
    return;
  }
  for (const char* const name : {"crypto", "signature", "encryption", "key"}) {
    std::ifstream file(std::string(folder) + "/json_web_" + name + "_test.json");
    REQUIRE_MESSAGE(file, name);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const auto document = json::Document::parse(text, limits);
    REQUIRE(document);
    Tally tally;
    for (const json::Value group : document->root().find("testGroups").elements()) {
      for (const json::Value vector : group.find("tests").elements()) judge(group, vector, tally);
    }
    MESSAGE(std::string(name) << ": " << tally.good << " judged, " << tally.set_apart << " set apart");
  }
}
