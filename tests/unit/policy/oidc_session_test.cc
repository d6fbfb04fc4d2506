#include "policy/oidc_session.h"

#include <doctest/doctest.h>

#include <set>

using namespace gh::policy;
using Kind = Sealer::Kind;

TEST_CASE("what is sealed is opened with the same key, as what it is") {
  const Sealer sealer({"a secret of sixteen bytes"}, "corp");
  for (const std::string& text : {std::string(), std::string("x"), std::string("\0\xff", 2), std::string(9000, 'y')}) {
    const std::string sealed = sealer.seal(Kind::session, text);
    CHECK(sealer.open(Kind::session, sealed) == text);
    CHECK_FALSE(sealer.open(Kind::login, sealed));
    CHECK(sealed != sealer.seal(Kind::session, text));  // never the same twice
    if (text.size() > 1) CHECK(sealed.find(text.substr(0, 20)) == std::string::npos);
  }
}

TEST_CASE("what is sealed for one place is of no use at another") {
  const Sealer sealer({"a secret of sixteen bytes"}, "corp");
  const std::string sealed = sealer.seal(Kind::session, "text", "key:1");
  CHECK(sealer.open(Kind::session, sealed, "key:1") == "text");
  for (const char* other : {"", "key:2", "key:", "key:11"}) CHECK_FALSE(sealer.open(Kind::session, sealed, other));
  CHECK_FALSE(sealer.open(Kind::session, sealer.seal(Kind::session, "text"), "key:1"));
}

TEST_CASE("what is sealed can be opened, however long, or is not sealed") {
  const Sealer sealer({"a secret of sixteen bytes"}, "corp");
  for (const std::size_t size : {49'000U, 49'123U, 49'124U, 49'200U, 100'000U}) {
    const std::string sealed = sealer.seal(Kind::session, std::string(size, 'x'));
    CHECK(sealed.empty() == (size > 49'123));
    if (!sealed.empty()) CHECK(sealer.open(Kind::session, sealed) == std::string(size, 'x'));
  }
}

TEST_CASE("another secret or another provider") {
  const std::string sealed = Sealer({"one secret"}, "corp").seal(Kind::session, "text");
  CHECK_FALSE(Sealer({"other secret"}, "corp").open(Kind::session, sealed));
  CHECK_FALSE(Sealer({"one secret"}, "shop").open(Kind::session, sealed));
  const Sealer both({"new secret", "one secret"}, "corp");
  CHECK(both.open(Kind::session, sealed) == "text");
  CHECK_FALSE(Sealer({"one secret"}, "corp").open(Kind::session, both.seal(Kind::session, "text")));
}

TEST_CASE("no byte of it can be changed") {
  const Sealer sealer({"a secret"}, "corp");
  const std::string sealed = sealer.seal(Kind::session, R"({"c":{}})");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(sealer.open(Kind::session, changed));
    CHECK_FALSE(sealer.open(Kind::session, sealed.substr(0, i)));
  }
  CHECK_FALSE(sealer.open(Kind::session, sealed + "A"));
  CHECK_FALSE(sealer.open(Kind::session, sealed + "="));
  CHECK_FALSE(sealer.open(Kind::session, std::string(100'000, 'A')));
}

TEST_CASE("sessions and logins are written and read") {
  OidcSession session;
  session.claims = R"({"sub":"ann","n":[1, 2]})";
  session.refresh_token = "r\"\\\x01";
  session.ends_s = 1700000000;
  session.renew_s = 1600000000;
  const auto read = read_session(write_session(session));
  REQUIRE(read);
  CHECK(read->claims == session.claims);
  CHECK(read->userinfo.empty());
  CHECK(read->id_token.empty());
  CHECK(read->refresh_token == session.refresh_token);
  CHECK(read->ends_s == session.ends_s);
  CHECK(read->renew_s == session.renew_s);
  const auto login = read_login(write_login({"state", "nonce", "", "/a?b", 7}));
  REQUIRE(login);
  CHECK(login->state == "state");
  CHECK(login->verifier.empty());
  CHECK(login->target == "/a?b");
  CHECK(login->ends_s == 7);
  for (const char* wrong : {"", "[]", "{}", R"({"c":1,"e":1,"n":1})", R"({"c":{},"e":"1","n":1})", R"({"c":{},"n":1})"}) {
    CHECK_FALSE(read_session(wrong));
  }
  for (const char* wrong : {"", "1", "{}", R"({"s":"a","e":1})", R"({"n":"a","e":1})", R"({"s":"a","n":"b"})"}) {
    CHECK_FALSE(read_login(wrong));
  }
}

TEST_CASE("ways back lead to this server only") {
  for (const char* good : {"/", "/a", "/a/b?c=//d", "/%2F%2Fevil", "/a?b=http://c/"}) CHECK(safe_return(good) == good);
  for (const char* bad : {"", "a", "//evil.example", "/\\evil.example", "\\/evil", "http://evil.example", "/a\tb", "/a\r\nb",
                          "/a b", "javascript:x", "?a"}) {
    CHECK(safe_return(bad) == "/");
  }
  CHECK(safe_return("/" + std::string(3000, 'x')) == "/");
}

TEST_CASE("challenges and randomness") {
  // RFC 7636, appendix B
  CHECK(challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i) all.insert(random_text(24));
  CHECK(all.size() == 100);
  CHECK(all.begin()->size() == 32);
}
