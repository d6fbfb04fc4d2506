// Tokens and sets of keys from anybody. The first byte: "0", the rest is a JWKS; "1", the header of a JWE of garbage; "2",
// claims, which are signed rightly; another one, a token.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "jose/base64url.h"
#include "jose/key_set.h"
#include "jose/signature.h"
#include "jose/token.h"

using namespace gh;
using namespace gh::jose;

namespace {

constexpr std::int64_t now_s = 1'700'000'000;
constexpr KeyRules all_keys{.private_keys = true};

void require(bool holds) {
  if (!holds) std::abort();
}

/// A secret for each size, and one key of each type; those with curves are the examples of RFC 7517 and 8037.
const KeySet& keys() {
  static const KeySet set = [] {
    auto read = read_key_set(
        R"({"keys":[{"kty":"oct","k":"GawgguFyGrWKav7AX4VKUg"},)"
        R"({"kty":"oct","kid":"a","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"},)"
        R"({"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",)"
        R"("y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"},)"
        R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},)"
        R"({"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08",)"
        R"("d":"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os"}]})",
        all_keys);
    require(read && read->skipped.empty());
    return std::move(read->set);
  }();
  return set;
}

void judge(std::string_view token) {
  const Rules rules{.forms = form_signed | form_encrypted | form_nested, .leeway_s = 5, .audiences = {"a"}};
  const Verdict verdict = verify(token, keys(), rules, now_s);
  require(static_cast<bool>(verdict) == (verdict.finding.reason == Reason::good));
  require(!verdict || (verdict.claims && verdict.claims->root().is_object() && verdict.header));
}

void judge_header(std::string_view header) {
  judge(encode_base64url(header) + ".QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB.QUFBQUFBQUFBQUFB.QUFBQUFBQUFBQUFBQUFBQQ.QUFBQUFBQUFBQUFBQUFBQQ");
}

void judge_claims(std::string_view claims) {
  const std::string text = encode_base64url(R"({"alg":"HS256","kid":"a"})") + '.' + encode_base64url(claims);
  const auto mac = make_signature(keys().keys()[1], Algorithm::hs256, text);
  require(static_cast<bool>(mac));
  judge(text + '.' + encode_base64url(*mac));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == '0') {
    const auto read = read_key_set(rest, all_keys);
    require(!read || read->set.keys().size() + read->skipped.size() <= most_keys);
  } else if (data[0] == '1') {
    judge_header(rest);
  } else if (data[0] == '2') {
    judge_claims(rest);
  } else {
    judge(rest);
  }
  return 0;
}
