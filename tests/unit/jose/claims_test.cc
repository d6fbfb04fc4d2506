#include "unit/jose/support.h"

using namespace gh;
using namespace gh::jose;

namespace {

Reason judge(std::string_view claims, const Rules& rules = {}, std::int64_t now = now_s) {
  return reason_of(hmac_token(plain_header, claims), hmac_set(), rules, now);
}

Reason judge_exp(std::string_view exp, const Rules& rules = {}, std::int64_t now = now_s) {
  return judge("{\"exp\":" + std::string(exp) + "}", rules, now);
}

/// nbf or iat, beside an exp that is far.
Reason judge_time(std::string_view name, std::string_view time, const Rules& rules = {}) {
  return judge("{\"exp\":4102444800,\"" + std::string(name) + "\":" + std::string(time) + "}", rules);
}

std::string with_aud(std::string_view aud) { return R"({"exp":4102444800,"aud":)" + std::string(aud) + "}"; }
std::string with_iss(std::string_view iss) { return R"({"exp":4102444800,"iss":)" + std::string(iss) + "}"; }

}  // namespace

TEST_CASE("exp: at its second a token has expired") {
  CHECK(judge_exp("1700000001") == Reason::good);
  CHECK(judge_exp("1700000000") == Reason::expired);
  CHECK(judge_exp("1699999999") == Reason::expired);
  CHECK(judge_exp("0") == Reason::expired);
  CHECK(judge_exp("1700000000.5") == Reason::good);
  CHECK(judge_exp("1699999999.999") == Reason::expired);
  CHECK(judge_exp("1700000001.0") == Reason::good);
  CHECK(judge_exp("17e8") == Reason::expired);
  CHECK(judge_exp("17.00000001e8") == Reason::good);
}

TEST_CASE("exp: what is no time") {
  for (const char* const exp : {"\"1700000100\"", "null", "true", "[1700000100]", "{}", "-1", "-1700000100", "-0.5",
                                "9223372036854775808", "18446744073709551616", "1e300", "9007199254740994", "\"\"",
                                "\"NaN\"", "\"Infinity\""}) {
    INFO(exp);
    CHECK(judge_exp(exp) == Reason::claims);
    CHECK(judge_exp(exp, {.require_exp = false}) == Reason::claims);
    CHECK(judge_time("nbf", exp) == Reason::claims);
    CHECK(judge_time("iat", exp) == Reason::claims);
  }
  for (const char* const exp : {"1e400", "-1e400", "NaN", "Infinity", "01700000100", "+1700000100", "1700000100.",
                                ".5", "0x65538dc4", ""}) {
    INFO(exp);
    const Reason reason = judge_exp(exp);
    CHECK((reason == Reason::malformed || reason == Reason::claims));
  }
  CHECK(judge_exp("9007199254740992") == Reason::good);
  CHECK(judge_exp("253402300799") == Reason::good);
}

TEST_CASE("exp: missing, where it must be there and where not") {
  CHECK(judge("{}") == Reason::no_expiry);
  CHECK(judge(R"({"sub":"a"})") == Reason::no_expiry);
  CHECK(judge(R"({"Exp":1700000100})") == Reason::no_expiry);
  CHECK(judge(R"({"x":{"exp":1700000100}})") == Reason::no_expiry);
  CHECK(judge("{}", {.require_exp = false}) == Reason::good);
  CHECK(judge_exp("1699999999", {.require_exp = false}) == Reason::expired);
}

TEST_CASE("leeway: to the second, on both sides") {
  const Rules rules{.leeway_s = 30};
  CHECK(judge_exp("1699999971", rules) == Reason::good);
  CHECK(judge_exp("1699999970", rules) == Reason::expired);
  CHECK(judge_exp("1699999970.5", rules) == Reason::good);
  CHECK(judge_time("nbf", "1700000030", rules) == Reason::good);
  CHECK(judge_time("nbf", "1700000031", rules) == Reason::not_yet);
  CHECK(judge_time("iat", "1700000030", rules) == Reason::good);
  CHECK(judge_time("iat", "1700000031", rules) == Reason::from_future);
  CHECK(judge_exp("1", {.leeway_s = INT64_MAX}) == Reason::expired);
  CHECK(judge_exp("1700000001", {.leeway_s = -5}) == Reason::good);
}

TEST_CASE("nbf and iat: not before their second") {
  CHECK(judge_time("nbf", "1700000000") == Reason::good);
  CHECK(judge_time("nbf", "1700000000.5") == Reason::not_yet);
  CHECK(judge_time("nbf", "1700000001") == Reason::not_yet);
  CHECK(judge_time("nbf", "0") == Reason::good);
  CHECK(judge_time("iat", "1700000000") == Reason::good);
  CHECK(judge_time("iat", "1700000001") == Reason::from_future);
  CHECK(judge_time("iat", "1") == Reason::good);
  CHECK(judge_time("nbf", "9007199254740992") == Reason::not_yet);
}

TEST_CASE("times: clocks far away") {
  CHECK(judge_exp("1700000100", {}, 0) == Reason::good);
  CHECK(judge_exp("1700000100", {}, -1) == Reason::good);
  CHECK(judge_exp("1700000100", {}, INT64_MAX) == Reason::expired);
  CHECK(judge_exp("1700000100", {.leeway_s = 60}, INT64_MAX) == Reason::expired);
}

TEST_CASE("aud: one text, an array, nested, in other case") {
  const Rules rules{.audiences = {"api", "web"}};
  CHECK(judge(with_aud(R"("api")"), rules) == Reason::good);
  CHECK(judge(with_aud(R"("web")"), rules) == Reason::good);
  CHECK(judge(with_aud(R"(["other","web"])"), rules) == Reason::good);
  CHECK(judge(with_aud(R"("other")"), rules) == Reason::audience);
  CHECK(judge(with_aud(R"("API")"), rules) == Reason::audience);
  CHECK(judge(with_aud(R"("api ")"), rules) == Reason::audience);
  CHECK(judge(with_aud(R"("api,web")"), rules) == Reason::audience);
  CHECK(judge(with_aud(R"("ap")"), rules) == Reason::audience);
  CHECK(judge(with_aud(R"("")"), rules) == Reason::audience);
  CHECK(judge(with_aud("[]"), rules) == Reason::audience);
  CHECK(judge(with_aud(R"(["other"])"), rules) == Reason::audience);
  CHECK(judge(R"({"exp":4102444800})", rules) == Reason::audience);
  CHECK(judge(with_aud(R"("api\u0000")"), rules) == Reason::audience);
  for (const char* const aud : {"1", "null", "true", "{}", R"({"api":1})", R"([["api"]])", R"(["api",1])", "[null]"}) {
    INFO(aud);
    CHECK(judge(with_aud(aud), rules) == Reason::claims);
    CHECK(judge(with_aud(aud)) == Reason::claims);
  }
  CHECK(judge(with_aud(R"("other")")) == Reason::good);
}

TEST_CASE("iss: the very text") {
  const Rules rules{.issuers = {"https://issuer.example", "https://second.example/"}};
  CHECK(judge(with_iss(R"("https://issuer.example")"), rules) == Reason::good);
  CHECK(judge(with_iss(R"("https:\/\/issuer.example")"), rules) == Reason::good);
  CHECK(judge(with_iss(R"("https://second.example/")"), rules) == Reason::good);
  for (const char* const iss : {R"("https://issuer.example/")", R"("https://issuer.example.evil")", R"("https://issuer.exampl")",
                                R"("HTTPS://issuer.example")", R"("https://issuer.example:443")", R"("https://second.example")",
                                R"("")", R"("https://issuer.example\u0000")", R"(" https://issuer.example")"}) {
    INFO(iss);
    CHECK(judge(with_iss(iss), rules) == Reason::issuer);
  }
  CHECK(judge(R"({"exp":4102444800})", rules) == Reason::issuer);
  for (const char* const iss : {"1", "null", R"(["https://issuer.example"])", "{}"}) {
    INFO(iss);
    CHECK(judge(with_iss(iss), rules) == Reason::claims);
  }
}

TEST_CASE("sub and jti are texts, when they are there") {
  for (const char* const value : {"1", "null", "true", "[]", "{}"}) {
    INFO(value);
    CHECK(judge(R"({"exp":4102444800,"sub":)" + std::string(value) + "}") == Reason::claims);
    CHECK(judge(R"({"exp":4102444800,"jti":)" + std::string(value) + "}") == Reason::claims);
  }
  CHECK(judge(R"({"exp":4102444800,"sub":"","jti":""})") == Reason::good);
}

TEST_CASE("a verdict has header and claims, and claims that were not good are there to be logged") {
  const Verdict good = verify(hmac_token(plain_header), hmac_set(), {}, now_s);
  REQUIRE(good);
  CHECK(good.header->root().find("typ").text() == "JWT");
  CHECK(good.claims->root().find("sub").text() == "a");
  CHECK(good.content == plain_claims);
  CHECK(good.finding.words.empty());
  const Verdict late = verify(hmac_token(plain_header), hmac_set(), {}, now_s + 1000);
  CHECK_FALSE(late);
  CHECK(late.finding.words == "it has expired");
  CHECK(late.claims->root().find("sub").text() == "a");
}

TEST_CASE("a header that is known is judged by the rules of each place, and others push it out") {
  Rules strict;
  strict.algorithms = {Algorithm::hs512};
  Rules typed;
  typed.types = {"at+jwt"};
  for (int round = 0; round < 3; ++round) {
    CHECK(verify(hmac_token(plain_header), hmac_set(), {}, now_s));
    CHECK(verify(hmac_token(plain_header), hmac_set(), strict, now_s).finding.reason == Reason::algorithm);
    CHECK(verify(hmac_token(plain_header), hmac_set(), typed, now_s).finding.reason == Reason::type);
    CHECK(verify(hmac_token(R"({"alg":"HS256","crit":["a"]})"), hmac_set(), {}, now_s).finding.reason ==
          Reason::critical);
  }
  for (int i = 0; i < 20; ++i) {
    const std::string kid = "k" + std::to_string(i);
    const Verdict verdict = verify(hmac_token(R"({"alg":"HS256","kid":")" + kid + "\"}"), hmac_set(), {}, now_s);
    REQUIRE(verdict);
    CHECK(verdict.header->root().find("kid").text() == kid);
  }
}
