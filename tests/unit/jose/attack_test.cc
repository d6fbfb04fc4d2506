// What is tried against readers of tokens (RFC 8725, and what happened to others), each by its name.
#include <openssl/rand.h>

#include "unit/jose/rfc_examples.h"
#include "unit/jose/support.h"

using namespace gh;
using namespace gh::jose;

namespace {

struct Attempt {
  const char* name;
  std::string token;
  Reason reason;
};

void check_all(const std::vector<Attempt>& attempts, const KeySet& keys = hmac_set(), const Rules& rules = {}) {
  for (const Attempt& attempt : attempts) {
    const Verdict verdict = verify(attempt.token, keys, rules, now_s);
    INFO(attempt.name << ": " << verdict.finding.words);
    CHECK(verdict.finding.reason == attempt.reason);
    if (attempt.reason != Reason::good) CHECK_FALSE(verdict.claims.has_value());
  }
}

std::string header_with(std::string_view member) { return R"({"alg":"HS256",)" + std::string(member) + "}"; }

/// A rightly signed token with this in its header.
Attempt with_member(const char* name, std::string_view member, Reason reason) {
  return {name, hmac_token(header_with(member)), reason};
}

std::string replaced_part(std::string token, std::size_t part, std::string_view by) {
  std::size_t begin = 0;
  for (; part > 0; --part) begin = token.find('.', begin) + 1;
  const std::size_t end = std::min(token.find('.', begin), token.size());
  return token.replace(begin, end - begin, by);
}

std::string part_of(std::string_view token, std::size_t part) {
  for (; part > 0; --part) token.remove_prefix(token.find('.') + 1);
  return std::string(token.substr(0, token.find('.')));
}

std::string hmac_by(std::string_view secret, std::string_view header) {
  const std::string text = unsigned_token(header, plain_claims);
  return text + '.' + encode_base64url(hmac_sha256(secret, text));
}

std::string es256_token(std::string_view signature) {
  return unsigned_token(R"({"alg":"ES256"})", plain_claims) + '.' + encode_base64url(signature);
}

std::string jwe(std::string_view header, std::string_view key = "", std::string_view iv = std::string(12, 'i'),
                std::string_view content = "x", std::string_view tag = std::string(16, 't')) {
  return encode_base64url(header) + '.' + encode_base64url(key) + '.' + encode_base64url(iv) + '.' +
         encode_base64url(content) + '.' + encode_base64url(tag);
}

}  // namespace

TEST_CASE("the token that the others are made of is good") {
  check_all({{"plain", hmac_token(plain_header), Reason::good}, {"no typ", hmac_token(R"({"alg":"HS256"})"), Reason::good}});
}

TEST_CASE("attack: algorithm none, and others that are none") {
  std::vector<Attempt> attempts;
  for (const char* const header :
       {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"NONE"})", R"({"alg":"nOnE"})", R"({"alg":"none "})",
        R"({"alg":""})", R"({"alg":null})", R"({"alg":["HS256"]})", R"({"alg":{"HS256":1}})", R"({"alg":0})", R"({})",
        R"({"typ":"JWT"})", R"({"alg":"hs256"})", R"({"alg":"HS256 "})", R"({"alg":"HS256\u0000"})", R"({"alg":"HS1"})",
        R"({"alg":"RS1"})", R"({"alg":"RSA1_5"})", R"({"alg":"ES256K"})", R"({"alg":"PBES2-HS256+A128KW"})", R"({"ALG":"HS256"})"}) {
    const std::string text = unsigned_token(header, plain_claims);
    attempts.push_back({header, text + ".", Reason::algorithm});
    attempts.push_back({header, text + "." + part_of(hmac_token(plain_header), 2), Reason::algorithm});
  }
  check_all(attempts);
}

TEST_CASE("attack: no signature, a short one, a long one") {
  const std::string good = hmac_token(plain_header), mac = hmac_sha256(hmac_key().secret().view(), good.substr(0, good.rfind('.')));
  check_all({{"empty", replaced_part(good, 2, ""), Reason::signature},
             {"one byte", replaced_part(good, 2, encode_base64url(mac.substr(0, 1))), Reason::signature},
             {"cut", replaced_part(good, 2, encode_base64url(mac.substr(0, 31))), Reason::signature},
             {"longer", replaced_part(good, 2, encode_base64url(mac + '\0')), Reason::signature},
             {"zeroes", replaced_part(good, 2, encode_base64url(std::string(32, '\0'))), Reason::signature},
             {"another hash of the same key", hmac_token(R"({"alg":"HS384"})"), Reason::key}});
}

TEST_CASE("attack: the public key as the secret of a MAC") {
  const Key rsa = made_key("rsa");
  const std::string pem = pem_of(rsa), jwk = made_jwk("rsa");
  const std::string n(document_of(jwk).root().find("n").text());
  std::string modulus;
  REQUIRE(decode_base64url(n, modulus));
  const std::string header = R"({"alg":"HS256"})";
  const std::vector<Attempt> attempts = {
      {"PEM", hmac_by(pem, header), Reason::key},
      {"PEM without its last line end", hmac_by(pem.substr(0, pem.size() - 1), header), Reason::key},
      {"JWK", hmac_by(jwk, header), Reason::key},
      {"modulus", hmac_by(modulus, header), Reason::key},
      {"modulus as text", hmac_by(n, header), Reason::key},
      {"nothing", hmac_by("", header), Reason::key}};
  check_all(attempts, made_set("rsa"));
  auto from_pem = Key::from_pem(pem, {});
  REQUIRE(from_pem);
  check_all(attempts, set_of(std::move(*from_pem)));
  // Beside a secret, in one set.
  KeySet both = made_set("rsa");
  both.add(made_key("h256"));
  for (Attempt attempt : attempts) check_all({{attempt.name, attempt.token, Reason::signature}}, both);
}

TEST_CASE("attack: another algorithm than the key is for") {
  const Key rsa = made_key("rsa");
  const auto by = [&](Algorithm algorithm) {
    return token_of(rsa, algorithm, "{\"alg\":\"" + std::string(algorithm_name(algorithm)) + "\"}", plain_claims);
  };
  check_all({{"RS256", by(Algorithm::rs256), Reason::good}, {"PS512", by(Algorithm::ps512), Reason::good}}, made_set("rsa"));
  const KeySet pinned = made_set("rsa", R"("alg":"RS256")");
  check_all({{"pinned", by(Algorithm::rs256), Reason::good},
             {"RS512 with a key of RS256", by(Algorithm::rs512), Reason::key},
             {"PS256 with a key of RS256", by(Algorithm::ps256), Reason::key}},
            pinned);
  check_all({{"for encryption", by(Algorithm::rs256), Reason::key}}, made_set("rsa", R"("use":"enc")"));
  CHECK_FALSE(read_key(made_jwk("rsa", R"("use":"wherever")")));
  check_all({{"key_ops without verify", by(Algorithm::rs256), Reason::key}}, made_set("rsa", R"("key_ops":["sign"])"));
  check_all({{"key_ops with verify", by(Algorithm::rs256), Reason::good}}, made_set("rsa", R"("key_ops":["verify"])"));
  check_all({{"not of the allowed ones", by(Algorithm::rs256), Reason::algorithm}}, made_set("rsa"),
            {.algorithms = {Algorithm::rs512}});
}

TEST_CASE("attack: a curve that is not the algorithm's") {
  for (const auto& [curve, header, wrong] : {std::tuple{"p256", R"({"alg":"ES384"})", 96}, {"p256", R"({"alg":"ES512"})", 132},
                                             {"p384", R"({"alg":"ES256"})", 64}, {"p521", R"({"alg":"ES256"})", 64},
                                             {"p256", R"({"alg":"EdDSA"})", 64}, {"ed25519", R"({"alg":"ES256"})", 64},
                                             {"ed25519", R"({"alg":"Ed448"})", 114}, {"ed448", R"({"alg":"Ed25519"})", 64},
                                             {"x25519", R"({"alg":"EdDSA"})", 64}}) {
    const std::string token = unsigned_token(header, plain_claims) + '.' +
                              encode_base64url(std::string(static_cast<std::size_t>(wrong), '\1'));
    check_all({{header, token, Reason::key}}, made_set(curve));
  }
}

TEST_CASE("attack: ECDSA signatures out of range, in another form, of another length") {
  const Key key = made_key("p256");
  const KeySet set = made_set("p256");
  const std::string text = unsigned_token(R"({"alg":"ES256"})", plain_claims);
  const auto made = make_signature(key, Algorithm::es256, text);
  REQUIRE(made);
  const std::string good = *made, r = good.substr(0, 32), s = good.substr(32), zero(32, '\0'), order(key.order());
  std::string der("\x30\x44\x02\x20", 4);
  der.append(r).append("\x02\x20").append(s);
  check_all({{"right", es256_token(good), Reason::good},
             {"both zero (psychic)", es256_token(zero + zero), Reason::signature},
             {"r zero", es256_token(zero + s), Reason::signature},
             {"s zero", es256_token(r + zero), Reason::signature},
             {"r = n", es256_token(order + s), Reason::signature},
             {"s = n", es256_token(r + order), Reason::signature},
             {"both n", es256_token(order + order), Reason::signature},
             {"all ones", es256_token(std::string(64, '\xff')), Reason::signature},
             {"swapped", es256_token(s + r), Reason::signature},
             {"DER", es256_token(der), Reason::signature},
             {"63 bytes", es256_token(good.substr(0, 63)), Reason::signature},
             {"65 bytes", es256_token(good + '\0'), Reason::signature},
             {"65 bytes, a zero in front", es256_token(std::string(1, '\0') + good), Reason::signature},
             {"66 bytes, each padded", es256_token(std::string(1, '\0') + r + std::string(1, '\0') + s), Reason::signature},
             {"empty", es256_token(""), Reason::signature}},
            set);
}

TEST_CASE("attack: RSA signatures that are padded otherwise") {
  const Key key = made_key("rsa");
  const auto signed_as = [&](Algorithm algorithm, std::string_view header) {
    const std::string text = unsigned_token(header, plain_claims);
    return text + '.' + encode_base64url(*make_signature(key, algorithm, text));
  };
  const std::string good = signed_as(Algorithm::rs256, R"({"alg":"RS256"})");
  std::string raw;
  REQUIRE(decode_base64url(part_of(good, 2), raw));
  check_all({{"right", good, Reason::good},
             {"PSS said to be PKCS#1", signed_as(Algorithm::ps256, R"({"alg":"RS256"})"), Reason::signature},
             {"PKCS#1 said to be PSS", signed_as(Algorithm::rs256, R"({"alg":"PS256"})"), Reason::signature},
             {"another hash", signed_as(Algorithm::rs512, R"({"alg":"RS256"})"), Reason::signature},
             {"cut", replaced_part(good, 2, encode_base64url(raw.substr(1))), Reason::signature},
             {"a zero in front", replaced_part(good, 2, encode_base64url('\0' + raw)), Reason::signature},
             {"a zero behind", replaced_part(good, 2, encode_base64url(raw + '\0')), Reason::signature},
             {"zero", replaced_part(good, 2, encode_base64url(std::string(256, '\0'))), Reason::signature},
             {"one", replaced_part(good, 2, encode_base64url(std::string(255, '\0') + '\1')), Reason::signature},
             {"all ones", replaced_part(good, 2, encode_base64url(std::string(256, '\xff'))), Reason::signature},
             {"1 MiB", replaced_part(good, 2, std::string(1 << 20, 'A')), Reason::too_large}},
            made_set("rsa"));
}

TEST_CASE("attack: Ed25519 signatures that are not canonical") {
  const Key key = made_key("ed25519");
  const std::string text = unsigned_token(R"({"alg":"EdDSA"})", plain_claims);
  const std::string good = *make_signature(key, Algorithm::eddsa, text);
  // S + L, L = 2^252 + 27742317777372353535851937790883648493, little-endian.
  constexpr std::string_view order("\xed\xd3\xf5\x5c\x1a\x63\x12\x58\xd6\x9c\xf7\xa2\xde\xf9\xde\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10", 32);
  std::string shifted = good;
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(good[32 + i]) + static_cast<unsigned>(static_cast<unsigned char>(order[i]));
    shifted[32 + i] = static_cast<char>(carry & 0xff);
    carry >>= 8;
  }
  const auto token = [&](std::string_view signature) { return text + '.' + encode_base64url(signature); };
  check_all({{"right", token(good), Reason::good},
             {"S + L", token(shifted), Reason::signature},
             {"S zero", token(good.substr(0, 32) + std::string(32, '\0')), Reason::signature},
             {"R the neutral point, S zero", token('\1' + std::string(63, '\0')), Reason::signature},
             {"63 bytes", token(good.substr(0, 63)), Reason::signature},
             {"65 bytes", token(good + '\0'), Reason::signature}},
            made_set("ed25519"));
}

TEST_CASE("attack: names of keys") {
  KeySet named = made_set("h256", R"("kid":"a")");
  const std::string huge = "{\"alg\":\"HS256\",\"kid\":\"" + std::string(64 * 1024, 'k') + "\"}";
  const auto token = [](std::string_view kid) { return hmac_token(header_with("\"kid\":" + std::string(kid))); };
  const std::vector<Attempt> attempts = {{"its name", token(R"("a")"), Reason::good},
                                         {"its name, escaped", token(R"("\u0061")"), Reason::good},
                                         {"no name", hmac_token(plain_header), Reason::good},
                                         {"unknown", token(R"("b")"), Reason::key},
                                         {"empty", token(R"("")"), Reason::key},
                                         {"other case", token(R"("A")"), Reason::key},
                                         {"a path", token(R"("../../../../dev/null")"), Reason::key},
                                         {"SQL", token(R"("a' OR '1'='1")"), Reason::key},
                                         {"a shell's", token(R"("a|sleep 9")"), Reason::key},
                                         {"NUL behind it", token(R"("a\u0000")"), Reason::key},
                                         {"NUL before it", token(R"("\u0000a")"), Reason::key},
                                         {"a number", token("1"), Reason::header},
                                         {"null", token("null"), Reason::header},
                                         {"an array", token(R"(["a"])"), Reason::header},
                                         {"an object", token(R"({"a":1})"), Reason::header},
                                         {"64 KiB", hmac_token(huge), Reason::too_large}};
  check_all(attempts, named);
  check_all({{"64 KiB where tokens may be large", hmac_token(huge), Reason::too_large}}, named, {.most_bytes = 1 << 20});
}

TEST_CASE("attack: two keys of one name, and keys without one") {
  KeySet set = made_set("h384", R"("kid":"a")");
  set.add(made_key("h256", R"("kid":"a")"));
  const std::string token = hmac_token(header_with(R"("kid":"a")"));
  check_all({{"the second is right", token, Reason::good}}, set);
  KeySet others = made_set("h384", R"("kid":"a")");
  others.add(made_key("h256"));
  check_all({{"of that name there is one, and it is wrong", token, Reason::signature}}, others);
  check_all({{"of that name there is none", hmac_token(header_with(R"("kid":"b")")), Reason::good}}, others);
  check_all({{"there is no key at all", token, Reason::key}}, {});
}

TEST_CASE("attack: a set of many keys is not all tried") {
  KeySet set;
  for (std::size_t i = 0; i < most_candidates; ++i) set.add(made_key("h384"));
  set.add(made_key("h256"));
  check_all({{"behind the last that is tried", hmac_token(plain_header), Reason::signature}}, set);
  CHECK(set.candidates({}, Algorithm::hs256, Operation::verify).all().size() == most_candidates);
}

TEST_CASE("attack: keys that the token brings along") {
  const Key mine = made_key("rsa");
  const std::string public_jwk = R"({"kty":"RSA","e":"AQAB","n":")" +
                                 std::string(document_of(made_jwk("rsa")).root().find("n").text()) + "\"}";
  const auto token = [&](std::string_view member) {
    return token_of(mine, Algorithm::rs256, R"({"alg":"RS256",)" + std::string(member) + "}", plain_claims);
  };
  const KeySet others = set_of(key_of(rfc::signed_examples[1].key));  // another RSA key
  check_all({{"jwk", token("\"jwk\":" + public_jwk), Reason::signature},
             {"jku", token(R"("jku":"http://127.0.0.1:1/keys.json")"), Reason::signature},
             {"x5u", token(R"("x5u":"http://127.0.0.1:1/chain.pem")"), Reason::signature},
             {"x5c", token(R"("x5c":["MIIB"])"), Reason::signature},
             {"x5t", token(R"("x5t":"AAAA","x5t#S256":"AAAA")"), Reason::signature}},
            others);
  check_all({{"beside a right signature they are nothing", token(R"("jku":"http://127.0.0.1:1/","jwk":{"kty":"oct"})"),
              Reason::good}},
            made_set("rsa"));
}

TEST_CASE("attack: crit, b64 and zip") {
  check_all({with_member("unknown extension", R"("crit":["exp"],"exp":1)", Reason::critical),
             with_member("its name is not there", R"("crit":["x"])", Reason::critical),
             with_member("empty", R"("crit":[])", Reason::critical),
             with_member("no array", R"("crit":"b64")", Reason::critical),
             with_member("null", R"("crit":null)", Reason::critical),
             with_member("not of texts", R"("crit":[1])", Reason::critical),
             with_member("a registered name", R"("crit":["alg"])", Reason::critical),
             with_member("twice the same", R"("crit":["x","x"],"x":1)", Reason::critical),
             with_member("b64 false, crit", R"("b64":false,"crit":["b64"])", Reason::critical),
             with_member("b64 true, crit", R"("b64":true,"crit":["b64"])", Reason::critical),
             with_member("b64 false", R"("b64":false)", Reason::critical),
             with_member("b64 a text", R"("b64":"true")", Reason::critical),
             with_member("b64 true says nothing", R"("b64":true)", Reason::good),
             with_member("zip", R"("zip":"DEF")", Reason::critical),
             with_member("Crit is no crit", R"("Crit":["x"])", Reason::good)});
}

TEST_CASE("attack: names given twice, in the header or the claims") {
  const auto claims = [](std::string_view text) { return hmac_token(plain_header, text); };
  const std::vector<Attempt> header = {
      {"alg", hmac_token(R"({"alg":"none","alg":"HS256"})"), Reason::malformed},
      {"alg, right first", hmac_token(R"({"alg":"HS256","alg":"none"})"), Reason::malformed},
      {"alg, escaped", hmac_token(R"({"alg":"HS256","\u0061lg":"none"})"), Reason::malformed},
      {"kid", hmac_token(R"({"alg":"HS256","kid":"a","kid":"b"})"), Reason::malformed}};
  check_all(header);
  for (const auto& twice : {std::pair{"exp", R"({"exp":1,"exp":1700000100})"},
                                   {"sub", R"({"exp":1700000100,"sub":"a","sub":"b"})"},
                                   {"sub, escaped", R"({"exp":1700000100,"sub":"a","s\u0075b":"b"})"},
                                   {"deep inside", R"({"exp":1700000100,"x":[{"a":1,"a":2}]})"}}) {
    INFO(twice.first);
    CHECK(reason_of(claims(twice.second)) == Reason::malformed);
  }
  CHECK(reason_of(hmac_token(R"({"\u0061lg":"HS256"})")) == Reason::good);  // an escape is no other name
}

TEST_CASE("attack: base64 in other spellings") {
  const std::string good = hmac_token(plain_header);
  std::vector<Attempt> attempts;
  for (std::size_t part = 0; part < 3; ++part) {
    const std::string text = part_of(good, part);
    // The second part is signed as it stands: each change of it is a wrong signature first.
    const Reason reason = part == 1 ? Reason::signature : Reason::malformed;
    attempts.push_back({"padding", replaced_part(good, part, text + "="), reason});
    attempts.push_back({"blank", replaced_part(good, part, text + " "), reason});
    attempts.push_back({"line end", replaced_part(good, part, text + "\n"), reason});
    attempts.push_back({"+", replaced_part(good, part, "+" + text.substr(1)), reason});
    attempts.push_back({"/", replaced_part(good, part, "/" + text.substr(1)), reason});
    attempts.push_back({"percent", replaced_part(good, part, "%65" + text.substr(1)), reason});
  }
  std::string signature = part_of(good, 2);
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  signature.back() = letters[letters.find(signature.back()) | 1];
  attempts.push_back({"unused bits set", replaced_part(good, 2, signature), Reason::malformed});
  check_all(attempts);
  // Wrongly encoded, and rightly signed.
  const std::string text = encode_base64url(plain_header) + "." + encode_base64url(plain_claims) + "==";
  check_all({{"padded claims, signed", text + '.' + encode_base64url(hmac_sha256(hmac_key().secret().view(), text)),
              Reason::malformed}});
}

TEST_CASE("attack: other counts of parts, other serializations") {
  const std::string good = hmac_token(plain_header), header = part_of(good, 0), claims = part_of(good, 1), mac = part_of(good, 2);
  check_all({{"empty", "", Reason::malformed},
             {"dots", "..", Reason::malformed},
             {"four dots", "....", Reason::form},
             {"many dots", std::string(16 * 1024, '.'), Reason::malformed},
             {"one part", header, Reason::malformed},
             {"two parts", header + "." + claims, Reason::malformed},
             {"four parts", good + ".x", Reason::malformed},
             {"five parts", good + ".x.x", Reason::form},
             {"six parts", good + ".x.x.x", Reason::malformed},
             {"a dot behind", good + ".", Reason::malformed},
             {"a dot before", "." + good, Reason::malformed},
             {"a blank before", " " + good, Reason::malformed},
             {"quoted", "\"" + good + "\"", Reason::malformed},
             {"Bearer", "Bearer " + good, Reason::malformed},
             {"two tokens", good + "," + good, Reason::form},
             {"no header", "." + claims + "." + mac, Reason::malformed},
             {"no claims", replaced_part(good, 1, ""), Reason::signature},
             {"JSON, flattened", R"({"protected":")" + header + R"(","payload":")" + claims + R"(","signature":")" + mac + "\"}", Reason::malformed},
             {"JSON with three dots", R"({"payload":"a.b.c.d"})", Reason::malformed}});
}

TEST_CASE("attack: typ and cty of other kinds of tokens") {
  check_all({with_member("at+jwt", R"("typ":"at+jwt")", Reason::good),
             with_member("AT+JWT", R"("typ":"application/AT+JWT")", Reason::good),
             with_member("jwt", R"("typ":"jwt")", Reason::good),
             with_member("DPoP proof", R"("typ":"dpop+jwt")", Reason::type),
             with_member("logout token", R"("typ":"logout+jwt")", Reason::type),
             with_member("security event", R"("typ":"application/secevent+jwt")", Reason::type),
             with_member("JSON serialization", R"("typ":"JOSE+JSON")", Reason::type),
             with_member("typ is a number", R"("typ":1)", Reason::header),
             with_member("typ is null", R"("typ":null)", Reason::header),
             with_member("cty JWT: a token in it", R"("cty":"JWT")", Reason::form),
             with_member("cty jwt", R"("cty":"application/jwt")", Reason::form),
             with_member("cty is an array", R"("cty":[])", Reason::header)});
  const Rules access{.types = {"at+jwt"}};
  check_all({with_member("the wanted type", R"("typ":"at+jwt")", Reason::good),
             with_member("with its prefix", R"("typ":"application/at+jwt")", Reason::good),
             with_member("in capitals", R"("typ":"AT+JWT")", Reason::good),
             with_member("an id token for an access token", R"("typ":"JWT")", Reason::type),
             {"none", hmac_token(R"({"alg":"HS256"})"), Reason::type}},
            hmac_set(), access);
}

TEST_CASE("attack: JSON that others read otherwise, or at great cost") {
  const auto claims = [](std::string_view text) { return reason_of(hmac_token(plain_header, text)); };
  const std::string deep = "{\"exp\":1700000100,\"x\":" + std::string(10'000, '[') + std::string(10'000, ']') + "}";
  CHECK(reason_of(hmac_token(plain_header, deep), hmac_set(), {.most_bytes = 1 << 20}) == Reason::malformed);
  CHECK(reason_of(hmac_token(plain_header, deep)) == Reason::too_large);
  CHECK(reason_of(std::string(1 << 20, 'A')) == Reason::too_large);
  CHECK(claims("{\"exp\":1700000100,\"x\":\"\xff\"}") == Reason::malformed);
  CHECK(claims("{\"exp\":1700000100,\"x\":\"\xed\xa0\x80\"}") == Reason::malformed);
  CHECK(claims(R"({"exp":1700000100,"x":"\ud800"})") == Reason::malformed);
  CHECK(claims("\xef\xbb\xbf" R"({"exp":1700000100})") == Reason::malformed);
  CHECK(claims(R"({"exp":1700000100}x)") == Reason::malformed);
  CHECK(claims(R"({"exp":1700000100,})") == Reason::malformed);
  CHECK(claims(R"({'exp':1700000100})") == Reason::malformed);
  CHECK(claims(R"({"exp":1700000100/**/})") == Reason::malformed);
  CHECK(claims("") == Reason::malformed);
  CHECK(claims("null") == Reason::malformed);
  CHECK(claims("[]") == Reason::malformed);
  CHECK(claims("\"text\"") == Reason::malformed);
  CHECK(reason_of(hmac_token("[]")) == Reason::malformed);
  CHECK(reason_of(hmac_token("\"HS256\"")) == Reason::malformed);
  CHECK(reason_of(hmac_token(R"({"alg":"HS256"}{})")) == Reason::malformed);
}

TEST_CASE("attack: JWE with parts and members that cannot be") {
  KeySet set = made_set("o16");
  for (const char* const name : {"o32", "rsa", "p256", "x25519"}) set.add(made_key(name));
  const Rules rules{.forms = form_encrypted};
  const std::string x = R"("epk":{"kty":"OKP","crv":"X25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}})";
  const std::string off_curve = R"("epk":{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"}})";
  check_all({{"garbage", jwe(R"({"alg":"dir","enc":"A128GCM"})"), Reason::decryption},
             {"a key beside dir", jwe(R"({"alg":"dir","enc":"A128GCM"})", "key"), Reason::decryption},
             {"iv of 16 bytes", jwe(R"({"alg":"dir","enc":"A128GCM"})", "", std::string(16, 'i')), Reason::decryption},
             {"no iv", jwe(R"({"alg":"dir","enc":"A128GCM"})", "", ""), Reason::decryption},
             {"tag of one byte", jwe(R"({"alg":"dir","enc":"A128GCM"})", "", std::string(12, 'i'), "x", "t"), Reason::decryption},
             {"no tag", jwe(R"({"alg":"dir","enc":"A128GCM"})", "", std::string(12, 'i'), "x", ""), Reason::decryption},
             {"CBC without content", jwe(R"({"alg":"dir","enc":"A128CBC-HS256"})", "", std::string(16, 'i'), ""), Reason::decryption},
             {"CBC of half a block", jwe(R"({"alg":"dir","enc":"A128CBC-HS256"})", "", std::string(16, 'i'), "12345678"), Reason::decryption},
             {"zip", jwe(R"({"alg":"dir","enc":"A128GCM","zip":"DEF"})"), Reason::critical},
             {"crit", jwe(R"({"alg":"dir","enc":"A128GCM","crit":["zip"]})"), Reason::critical},
             {"no enc", jwe(R"({"alg":"dir"})"), Reason::algorithm},
             {"enc none", jwe(R"({"alg":"dir","enc":"none"})"), Reason::algorithm},
             {"enc a key algorithm", jwe(R"({"alg":"dir","enc":"A128KW"})"), Reason::algorithm},
             {"alg a signature", jwe(R"({"alg":"HS256","enc":"A128GCM"})"), Reason::algorithm},
             {"alg none", jwe(R"({"alg":"none","enc":"A128GCM"})"), Reason::algorithm},
             {"RSA1_5", jwe(R"({"alg":"RSA1_5","enc":"A128GCM"})", std::string(256, 'k')), Reason::algorithm},
             {"OAEP of garbage", jwe(R"({"alg":"RSA-OAEP","enc":"A128GCM"})", std::string(256, 'k')), Reason::decryption},
             {"OAEP of another length", jwe(R"({"alg":"RSA-OAEP","enc":"A128GCM"})", "k"), Reason::decryption},
             {"key wrap of garbage", jwe(R"({"alg":"A128KW","enc":"A128GCM"})", std::string(24, 'k')), Reason::decryption},
             {"key wrap of nothing", jwe(R"({"alg":"A128KW","enc":"A128GCM"})"), Reason::decryption},
             {"no epk", jwe(R"({"alg":"ECDH-ES","enc":"A128GCM"})"), Reason::header},
             {"epk a text", jwe(R"({"alg":"ECDH-ES","enc":"A128GCM","epk":"x"})"), Reason::header},
             {"epk a secret", jwe(R"({"alg":"ECDH-ES","enc":"A128GCM","epk":{"kty":"oct","k":"AAAA"}})"), Reason::header},
             {"epk off its curve", jwe(R"({"alg":"ECDH-ES","enc":"A128GCM",)" + off_curve), Reason::header},
             {"epk of small order", jwe(R"({"alg":"ECDH-ES","enc":"A128GCM",)" + x), Reason::decryption},
             {"a signed token's parts", hmac_token(plain_header), Reason::form},
             {"a part is no base64url", jwe(R"({"alg":"dir","enc":"A128GCM"})") + "=", Reason::malformed}},
            set, rules);
}

TEST_CASE("attack: an encrypted key where there is none to be, and one without end") {
  for (const made::Token& token : made::encrypted_tokens) {
    const std::string text = token.token;
    if (!part_of(text, 1).empty()) continue;
    INFO(part_of(text, 0));
    CHECK(reason_of(text, shared_set(token.key), {.forms = form_encrypted}) == Reason::good);
    CHECK(reason_of(replaced_part(text, 1, "AAAA"), shared_set(token.key), {.forms = form_encrypted}) == Reason::decryption);
  }
  const std::string endless = jwe(R"({"alg":"RSA-OAEP","enc":"A128GCM"})", std::string(1025, 'k'));
  CHECK(reason_of(endless, shared_set("rsa"), {.forms = form_encrypted}) == Reason::malformed);
}

TEST_CASE("attack: an encrypted token is not taken for a signed one, nor the other way") {
  const std::string signed_token = hmac_token(plain_header);
  CHECK(reason_of(signed_token, hmac_set(), {.forms = form_nested}) == Reason::form);
  for (const made::Token& token : made::encrypted_tokens) {
    CHECK(reason_of(token.token, shared_set(token.key), {.forms = form_signed | form_nested}) == Reason::form);
  }
}

TEST_CASE("what is told of a missing key and of a wrong signature is the same") {
  CHECK(public_words(Reason::key) == public_words(Reason::signature));
  CHECK(public_words(Reason::decryption) == public_words(Reason::signature));
  CHECK(public_words(Reason::algorithm) == public_words(Reason::malformed));
  CHECK(public_words(Reason::expired) != public_words(Reason::signature));
}

TEST_CASE("any bytes are judged without harm") {
  const std::string good = hmac_token(plain_header);
  std::string bytes(200, '\0');
  for (int round = 0; round < 2000; ++round) {
    REQUIRE(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) == 1);
    CHECK(reason_of(bytes) != Reason::good);
    std::string changed = good;
    changed[static_cast<unsigned char>(bytes[0]) % changed.size()] = bytes[1];
    if (changed != good) CHECK(reason_of(changed) != Reason::good);
  }
}
