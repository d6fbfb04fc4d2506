#include "jose/public_jwk.h"

#include "jose/issue.h"
#include "jose/key_set.h"
#include "unit/jose/support.h"

using namespace gh;
using namespace gh::jose;

TEST_CASE("the thumbprint of RFC 7638 3.1") {
  const auto document = json::Document::parse(
      R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJ)"
      R"(ECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqz)"
      R"(s8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqb)"
      R"(w0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})");
  REQUIRE(document);
  const auto key = Key::from_jwk(document->root(), {});
  REQUIRE(key);
  const auto print = thumbprint(*key);
  REQUIRE(print);
  CHECK(*print == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST_CASE("what is published verifies what the private key signs, and holds nothing of it") {
  for (const auto& [name, algorithm] : {std::pair{"rsa", Algorithm::rs256}, {"p256", Algorithm::es256},
                                        {"p384", Algorithm::es384}, {"p521", Algorithm::es512},
                                        {"ed25519", Algorithm::eddsa}, {"ed448", Algorithm::eddsa}}) {
    INFO(name);
    const KeySet own = made_set(name, R"("kid":"k\"1")");
    const auto jwk = public_jwk(own.keys()[0], algorithm);
    REQUIRE(jwk);
    const auto read = read_key_set("{\"keys\":[" + *jwk + "]}", {.private_keys = false, .secrets = false});
    REQUIRE(read);
    REQUIRE(read->set.keys().size() == 1);
    CHECK_FALSE(read->set.keys()[0].is_private());
    CHECK(read->set.keys()[0].kid() == "k\"1");
    CHECK(jwk->find("\"d\"") == std::string::npos);
    const auto token = issue_token(own.keys()[0], algorithm, plain_claims, "at+jwt");
    REQUIRE(token);
    CHECK(reason_of(*token, read->set, {}) == Reason::good);
    CHECK(*thumbprint(own.keys()[0]) == *thumbprint(read->set.keys()[0]));
  }
}

TEST_CASE("secrets are never published") {
  CHECK_FALSE(public_jwk(hmac_key(), Algorithm::hs256));
  CHECK_FALSE(thumbprint(hmac_key()));
}
