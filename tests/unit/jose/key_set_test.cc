#include "jose/key_set.h"

#include "unit/jose/support.h"

using namespace gh;
using namespace gh::jose;

namespace {

std::string set_text(std::initializer_list<std::string> keys) {
  std::string text = "{\"keys\":[";
  for (const std::string& key : keys) text += (text.back() == '[' ? "" : ",") + key;
  return text + "]}";
}

std::string why_no_set(std::string_view text) {
  const auto read = read_key_set(text, all_keys);
  return read ? "" : read.error().text;
}

std::size_t count_of(const KeySet& set, std::optional<std::string_view> kid, Algorithm algorithm) {
  return set.candidates(kid, algorithm, Operation::verify).all().size();
}

}  // namespace

TEST_CASE("a set: unusable keys are passed over, with a reason") {
  const std::string text = set_text({made_jwk("h256", R"("kid":"a")"), R"({"kty":"RSA","kid":"weak","n":"AQAB","e":"AQAB"})",
                                     R"({"kty":"later"})", "1", "null", made_jwk("p256"), R"({"kty":"oct","kid":"b\u0000\n","k":"?"})"});
  const auto read = read_key_set(text, all_keys);
  REQUIRE(read);
  CHECK(read->set.keys().size() == 2);
  REQUIRE(read->skipped.size() == 5);
  CHECK(read->skipped[0].index == 1);
  CHECK(read->skipped[0].kid == "weak");
  CHECK(read->skipped[0].why == "an RSA key has at least 2048 bits, this one 17");
  CHECK(read->skipped[1].why == "its type (\"kty\") is not served");
  CHECK(read->skipped[2].why == "it is no object");
  CHECK(read->skipped[3].why == "it is no object");
  CHECK(read->skipped[4].kid == "b\\x00\\x0A");
}

TEST_CASE("a set that anybody can fetch holds neither secrets nor private keys") {
  const auto read = read_key_set(set_text({made_jwk("h256"), made_jwk("rsa"), made_jwk("ed25519")}), {.secrets = false});
  REQUIRE(read);
  CHECK(read->set.empty());
  REQUIRE(read->skipped.size() == 3);
  CHECK(read->skipped[0].why == "a secret stands where a public key is meant");
  CHECK(read->skipped[1].why == "a private key stands where a public one is meant");
}

TEST_CASE("what is no set") {
  CHECK(why_no_set(R"({"keys":[]})") == "");
  CHECK(why_no_set("").starts_with("no JSON: "));
  CHECK(why_no_set("<html>").starts_with("no JSON: "));
  CHECK(why_no_set(R"({"keys":[)").starts_with("no JSON: "));
  CHECK(why_no_set(R"({"keys":[],"keys":[]})").starts_with("no JSON: "));
  CHECK(why_no_set("[]") == "there is no array \"keys\" in it");
  CHECK(why_no_set("{}") == "there is no array \"keys\" in it");
  CHECK(why_no_set(R"({"keys":{}})") == "there is no array \"keys\" in it");
  CHECK(why_no_set(made_jwk("h256")) == "there is no array \"keys\" in it");
}

TEST_CASE("sets that are meant to cost much") {
  std::string many = "{\"keys\":[1";
  for (std::size_t i = 1; i < most_keys; ++i) many += ",1";
  CHECK(why_no_set(many + "]}") == "");
  CHECK(why_no_set(many + ",1]}") == "more than 256 keys");
  CHECK(why_no_set("{\"keys\":[" + std::string(most_set_bytes, ' ') + "]}").starts_with("no JSON: "));
  CHECK(why_no_set("{\"keys\":" + std::string(100, '[') + std::string(100, ']') + "}").starts_with("no JSON: "));
  std::string values = "{\"keys\":[],\"x\":[0";
  for (int i = 0; i < 30'000; ++i) values += ",0";
  CHECK(why_no_set(values + "]}").starts_with("no JSON: "));
}

TEST_CASE("candidates: by name, else those without one, and only for what they are for") {
  KeySet set = made_set("h256", R"("kid":"a")");
  set.add(made_key("h384", R"("kid":"b")"));
  set.add(made_key("h512", R"("kid":"b")"));
  set.add(made_key("p256", R"("kid":"c")"));
  set.add(made_key("rsa"));
  CHECK(count_of(set, "a", Algorithm::hs256) == 1);
  CHECK(count_of(set, "b", Algorithm::hs256) == 2);
  CHECK(count_of(set, "b", Algorithm::hs512) == 1);
  CHECK(count_of(set, "c", Algorithm::es256) == 1);
  CHECK(count_of(set, "c", Algorithm::hs256) == 0);
  CHECK(count_of(set, "d", Algorithm::hs256) == 0);
  CHECK(count_of(set, "d", Algorithm::rs256) == 1);
  CHECK(count_of(set, {}, Algorithm::hs256) == 3);
  CHECK(count_of(set, {}, Algorithm::es384) == 0);
  CHECK(count_of(set, {}, Algorithm::unknown) == 0);
  CHECK(count_of({}, {}, Algorithm::hs256) == 0);
}
