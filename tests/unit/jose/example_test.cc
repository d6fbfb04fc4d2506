#include <span>

#include "unit/jose/rfc_examples.h"
#include "unit/jose/support.h"

using namespace gh;
using namespace gh::jose;

namespace {

constexpr Rules any_form{.forms = form_signed | form_encrypted | form_nested};

Opened open_example(const rfc::Example& example) {
  const KeySet set = set_of(key_of(example.key));
  return open_token(example.token, set, any_form);
}

KeySet set_of_text(std::string_view text, const KeyRules& rules = all_keys) {
  auto read = read_key_set(text, rules);
  REQUIRE(read);
  CHECK(read->skipped.empty());
  return std::move(read->set);
}

void check_examples(std::span<const rfc::Example> examples) {
  for (const rfc::Example& example : examples) {
    INFO(example.name);
    const Opened opened = open_example(example);
    INFO(opened.finding.words);
    CHECK(opened.finding.reason == Reason::good);
    CHECK(opened.content == example.content);
  }
}

void check_changed(std::span<const rfc::Example> examples) {
  for (const rfc::Example& example : examples) {
    INFO(example.name);
    const KeySet set = set_of(key_of(example.key));
    const std::string token = example.token;
    for (std::size_t at = 0; at < token.size(); at += token.size() / 40 + 1) {
      std::string changed = token;
      changed[at] = changed[at] == 'A' ? 'B' : 'A';
      CHECK(open_token(changed, set, any_form).finding.reason != Reason::good);
    }
  }
}

}  // namespace

TEST_CASE("the signed examples of RFC 7515, 7520 and 8037") { check_examples(rfc::signed_examples); }
TEST_CASE("the encrypted examples of RFC 7516, 7520 and 8037") { check_examples(rfc::encrypted_examples); }
TEST_CASE("signed examples with one letter changed, anywhere") { check_changed(rfc::signed_examples); }
TEST_CASE("encrypted examples with one letter changed, anywhere") { check_changed(rfc::encrypted_examples); }

TEST_CASE("examples of algorithms that are not served") {
  for (const rfc::Example& example : rfc::refused_examples) {
    INFO(example.name);
    const auto key = read_key(example.key);
    const KeySet set = key ? set_of(key_of(example.key)) : made_set("o32");
    const Reason reason = open_token(example.token, set, any_form).finding.reason;
    CHECK((reason == Reason::algorithm || reason == Reason::critical));
  }
}

TEST_CASE("RFC 7520 6: a signed token in an encrypted one") {
  const KeySet set = set_of_text(rfc::nested_keys);
  const Rules rules{.forms = form_nested, .issuers = {"hobbiton.example"}};
  const Verdict verdict = verify(rfc::nested_token, set, rules, 1'300'819'379);
  INFO(verdict.finding.words);
  REQUIRE(verdict);
  CHECK(verdict.claims->root().find("iss").text() == "hobbiton.example");
  CHECK(verdict.header->root().find("alg").text() == "PS256");
  CHECK(verdict.envelope->root().find("alg").text() == "RSA-OAEP");
  CHECK(reason_of(rfc::nested_token, set, rules, 1'300'819'380) == Reason::expired);
  CHECK(reason_of(rfc::nested_token, set, {}, 0) == Reason::form);
  CHECK(reason_of(rfc::nested_token, set, {.forms = form_signed | form_encrypted}, 0) == Reason::form);
}

TEST_CASE("RFC 7519 3.1: claims of the example, in its time and after it") {
  const rfc::Example& example = rfc::signed_examples[0];
  const KeySet set = set_of(key_of(example.key));
  const Rules rules{.issuers = {"joe"}};
  const Verdict verdict = verify(example.token, set, rules, 1'300'819'379);
  REQUIRE(verdict);
  CHECK(verdict.claims->root().find("http://example.com/is_root").as_bool() == true);
  CHECK(reason_of(example.token, set, rules, 1'300'819'380) == Reason::expired);
}

TEST_CASE("RFC 7519 6.1: a token that nobody signed") {
  constexpr std::string_view token =
      "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ.";
  CHECK(reason_of(token, hmac_set(), {.require_exp = false}, 0) == Reason::algorithm);
}

TEST_CASE("RFC 7517 A.1, A.2, A.3 and B: sets of keys, and a key with its certificates") {
  CHECK(set_of_text(rfc::private_keys).keys().size() == 2);
  CHECK(set_of_text(rfc::symmetric_keys).keys().size() == 2);
  CHECK(key_of(rfc::key_with_chain, {}).kid() == "1b94c");
  // The EC key is for encryption: as a public key there is nothing that it may be used for here.
  const auto read = read_key_set(rfc::public_keys, {});
  REQUIRE(read);
  REQUIRE(read->set.keys().size() == 1);
  CHECK(read->set.keys()[0].kid() == "2011-04-29");
  CHECK(read->set.keys()[0].describe() == "RSA of 2048 bits");
  REQUIRE(read->skipped.size() == 1);
  CHECK(read->skipped[0].kid == "1");
}

TEST_CASE("RFC 8037 A.4: Ed25519 signs to the very bytes of the example") {
  const Key key = key_of(rfc::edwards_private_key);
  const auto signature = make_signature(key, Algorithm::eddsa, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
  REQUIRE(signature);
  CHECK(encode_base64url(*signature) ==
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
}

TEST_CASE("signed tokens of joserfc and PyJWT") {
  for (const made::Token& token : made::signed_tokens) {
    INFO(token.maker << " " << token.algorithm);
    const KeySet& set = shared_set(token.key);
    const Rules rules{.issuers = {"https://issuer.example"}, .audiences = {"web"}};
    const Verdict verdict = verify(token.token, set, rules, now_s);
    INFO(verdict.finding.words);
    REQUIRE(verdict);
    CHECK(verdict.claims->root().find("sub").text() == "user-1");
    CHECK(verdict.header->root().find("alg").text() == token.algorithm);
  }
}

TEST_CASE("signed tokens of others with each key that is not theirs") {
  for (const made::Token& token : made::signed_tokens) {
    for (const made::Key& key : made::keys) {
      if (std::string_view(key.name) == token.key) continue;
      INFO(token.algorithm << " with " << key.name);
      const Reason reason = reason_of(token.token, shared_set(key.name));
      CHECK((reason == Reason::key || reason == Reason::signature));
    }
  }
}

TEST_CASE("encrypted tokens of joserfc") {
  for (const made::Token& token : made::encrypted_tokens) {
    const KeySet& set = shared_set(token.key);
    const Verdict verdict = verify(token.token, set, {.forms = form_encrypted}, now_s);
    INFO(token.algorithm << " " << std::string_view(token.token).substr(0, 60) << " " << verdict.finding.words);
    REQUIRE(verdict);
    CHECK(verdict.content == made::claims);
    CHECK(reason_of(token.token, set) == Reason::form);
  }
}

TEST_CASE("encrypted tokens of others with each key that is not theirs") {
  for (const made::Token& token : made::encrypted_tokens) {
    for (const made::Key& key : made::keys) {
      if (std::string_view(key.name) == token.key) continue;
      INFO(token.algorithm << " with " << key.name);
      const Reason reason = reason_of(token.token, shared_set(key.name), {.forms = form_encrypted});
      CHECK((reason == Reason::key || reason == Reason::decryption));
    }
  }
}

TEST_CASE("a nested token of joserfc, and what is wrong with one") {
  KeySet set = made_set("o32");
  CHECK(reason_of(made::nested_token, set, {.forms = form_nested}) == Reason::key);
  set.add(made_key("p256"));
  CHECK(reason_of(made::nested_token, set, {.forms = form_nested}) == Reason::good);
  CHECK(reason_of(made::nested_token, set, {.forms = form_encrypted}) == Reason::form);
  KeySet other = made_set("o32");
  other.add(key_of(rfc::signed_examples[2].key));  // another P-256 key
  CHECK(reason_of(made::nested_token, other, {.forms = form_nested}) == Reason::signature);
}
