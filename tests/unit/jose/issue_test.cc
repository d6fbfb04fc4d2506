#include "jose/issue.h"

#include "unit/jose/support.h"

using namespace gh;
using namespace gh::jose;

TEST_CASE("an issued token is verified, and says what it was asked to") {
  for (const auto& [name, algorithm] : {std::pair{"h512", Algorithm::hs512}, {"rsa", Algorithm::ps256}, {"p384", Algorithm::es384},
                                        {"ed25519", Algorithm::eddsa}}) {
    const KeySet set = made_set(name, R"("kid":"k\"\\\n1")");
    const auto token = issue_token(set.keys()[0], algorithm, plain_claims);
    REQUIRE(token);
    const Verdict verdict = verify(*token, set, {}, now_s);
    REQUIRE(verdict);
    CHECK(verdict.content == plain_claims);
    CHECK(verdict.header->root().find("alg").text() == algorithm_name(algorithm));
    CHECK(verdict.header->root().find("typ").text() == "JWT");
    CHECK(verdict.header->root().find("kid").text() == "k\"\\\n1");
  }
}

TEST_CASE("issuing: type and name may be left out") {
  const auto token = issue_token(hmac_key(), Algorithm::hs256, plain_claims, "");
  REQUIRE(token);
  std::string header;
  REQUIRE(decode_base64url(token->substr(0, token->find('.')), header));
  CHECK(header == R"({"alg":"HS256"})");
  CHECK(reason_of(*issue_token(hmac_key(), Algorithm::hs256, plain_claims, "at+jwt"), hmac_set(), {.types = {"at+jwt"}}) ==
        Reason::good);
}

TEST_CASE("issuing: claims that are no object, and keys that do not sign, are refused") {
  for (const char* const claims : {"", "[]", "1", "{", R"({"a":1,"a":2})", R"({"a":1}x)"}) {
    INFO(claims);
    CHECK_FALSE(issue_token(hmac_key(), Algorithm::hs256, claims));
  }
  CHECK_FALSE(issue_token(hmac_key(), Algorithm::hs512, plain_claims));
  CHECK_FALSE(issue_token(hmac_key(), Algorithm::rs256, plain_claims));
  const auto open = Key::from_pem(pem_of(made_key("rsa")), {});
  REQUIRE(open);
  CHECK_FALSE(issue_token(*open, Algorithm::rs256, plain_claims));
  CHECK_FALSE(issue_token(made_key("p256", R"("key_ops":["verify"])"), Algorithm::es256, plain_claims));
}
