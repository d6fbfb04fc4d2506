#include "unit/jose/rfc_examples.h"
#include "unit/jose/support.h"

using namespace gh;
using namespace gh::jose;

namespace {

std::string rsa_jwk(std::string_view n, std::string_view e) {
  return R"({"kty":"RSA","n":")" + encode_base64url(n) + R"(","e":")" + encode_base64url(e) + "\"}";
}

std::string member_of(std::string_view jwk, std::string_view name) {
  std::string bytes;
  REQUIRE(decode_base64url(document_of(jwk).root().find(name).text(), bytes));
  return bytes;
}

std::string ec_jwk(std::string_view curve, std::string_view x, std::string_view y) {
  return R"({"kty":"EC","crv":")" + std::string(curve) + R"(","x":")" + encode_base64url(x) + R"(","y":")" + encode_base64url(y) + "\"}";
}

std::string okp_jwk(std::string_view curve, std::string_view x) {
  return R"({"kty":"OKP","crv":")" + std::string(curve) + R"(","x":")" + encode_base64url(x) + "\"}";
}

std::string oct_jwk(std::size_t bytes, std::string_view members = {}) {
  return R"({"kty":"oct",)" + std::string(members) + R"("k":")" + encode_base64url(std::string(bytes, 's')) + "\"}";
}

/// An odd number of so many bits.
std::string modulus(std::size_t bits) {
  std::string n(bits / 8, '\x55');
  n.front() = '\xc5';
  return n;
}

const std::string f4("\1\0\1", 3);

}  // namespace

TEST_CASE("RSA: sizes of the modulus") {
  CHECK(why_no_key(rsa_jwk(modulus(2048), f4)) == "");
  CHECK(why_no_key(rsa_jwk(modulus(8192), f4)) == "");
  CHECK(why_no_key(rsa_jwk('\0' + modulus(2048), f4)) == "");  // some write a zero in front
  CHECK(why_no_key(rsa_jwk(modulus(2040), f4)) == "an RSA key has at least 2048 bits, this one 2040");
  CHECK(why_no_key(rsa_jwk(modulus(1024), f4)) == "an RSA key has at least 2048 bits, this one 1024");
  CHECK(why_no_key(rsa_jwk(modulus(512), f4)) == "an RSA key has at least 2048 bits, this one 512");
  CHECK(why_no_key(rsa_jwk('\0' + modulus(2040), f4)) == "an RSA key has at least 2048 bits, this one 2040");
  CHECK(why_no_key(rsa_jwk(modulus(8200), f4)) == "an RSA key has at most 8192 bits, this one 8200");
  CHECK(why_no_key(rsa_jwk(modulus(32768), f4)) != "");
  std::string even = modulus(2048);
  even.back() = '\x54';
  CHECK(why_no_key(rsa_jwk(even, f4)) == "the RSA modulus is even");
}

TEST_CASE("RSA: exponents") {
  CHECK(why_no_key(rsa_jwk(modulus(2048), "\3")) == "");
  CHECK(why_no_key(rsa_jwk(modulus(2048), "\1")) == "the RSA exponent is 1 or even");
  CHECK(why_no_key(rsa_jwk(modulus(2048), "\2")) == "the RSA exponent is 1 or even");
  CHECK(why_no_key(rsa_jwk(modulus(2048), std::string("\1\0\0", 3))) == "the RSA exponent is 1 or even");
  CHECK(why_no_key(rsa_jwk(modulus(2048), std::string(1, '\0'))) != "");
  CHECK(why_no_key(rsa_jwk(modulus(2048), "\1" + std::string(7, '\0') + "\1")) == "the RSA exponent has more than 64 bits");
}

TEST_CASE("RSA: members that are missing or wrong") {
  CHECK(why_no_key(R"({"kty":"RSA","e":"AQAB"})") == "its member \"n\" is missing");
  CHECK(why_no_key(R"({"kty":"RSA","n":"AQAB"})") == "its member \"e\" is missing");
  CHECK(why_no_key(R"({"kty":"RSA","n":"AQ==","e":"AQAB"})") == "its member \"n\" is no base64url");
  CHECK(why_no_key(R"({"kty":"RSA","n":1,"e":"AQAB"})") == "its member \"n\" is no text");
  CHECK(why_no_key(R"({"kty":"RSA","n":"","e":"AQAB"})") == "its member \"n\" is no text");
  CHECK(why_no_key(R"({"kty":"RSA","n":")" + std::string(5000, 'A') + R"(","e":"AQAB"})") == "its member \"n\" is too long");
  std::string other = made_jwk("rsa");
  const std::size_t at = other.find("\"dp\": \"") + 8;
  other[at] = other[at] == 'A' ? 'B' : 'A';
  CHECK(why_no_key(other) == "the numbers of the RSA key do not fit each other");
  CHECK(why_no_key(made_jwk("rsa", R"("oth":[])")) == "its member \"oth\" is not served: keys of more than two primes");
  CHECK(why_no_key(R"({"kty":"RSA","p":"AQAB",)" + rsa_jwk(modulus(2048), f4).substr(1)) ==
        "its member \"p\" is private, but there is no \"d\"");
}

TEST_CASE("EC: points that are not on their curve") {
  const std::string jwk = made_jwk("p256");
  const std::string x = member_of(jwk, "x"), y = member_of(jwk, "y"), zero(32, '\0');
  constexpr std::string_view off = "the point of the key is not on its curve";
  constexpr std::string_view length = "a number of the key is not as long as its curve asks";
  CHECK(why_no_key(ec_jwk("P-256", x, y)) == "");
  CHECK(why_no_key(ec_jwk("P-256", y, x)) == off);
  CHECK(why_no_key(ec_jwk("P-256", zero, zero)) == off);
  CHECK(why_no_key(ec_jwk("P-256", x, zero)) == off);
  CHECK(why_no_key(ec_jwk("P-256", std::string(32, '\xff'), y)) == off);
  CHECK(why_no_key(ec_jwk("P-256", x.substr(1), y)) == length);
  CHECK(why_no_key(ec_jwk("P-256", '\0' + x, y)) == length);
  CHECK(why_no_key(ec_jwk("P-384", x, y)) == length);
  CHECK(why_no_key(ec_jwk("P-256", x, std::string(31, '\0'))) == length);
  CHECK(why_no_key(ec_jwk("secp256k1", x, y)) == "its curve is not served");
  CHECK(why_no_key(ec_jwk("p-256", x, y)) == "its curve is not served");
  CHECK(why_no_key(ec_jwk("", x, y)) == "its curve is not served");
  CHECK(why_no_key(ec_jwk("Ed25519", x, y)) == "its curve is not served");
}

TEST_CASE("private keys whose numbers do not fit") {
  std::string ec = made_jwk("p256"), ed = made_jwk("ed25519");
  for (std::string* const jwk : {&ec, &ed}) {
    const std::size_t at = jwk->find("\"d\": \"") + 6;
    (*jwk)[at] = (*jwk)[at] == 'A' ? 'B' : 'A';
    CHECK(why_no_key(*jwk) == "the private number of the key does not fit its point");
  }
}

TEST_CASE("OKP: lengths, curves, and points that anybody signs for") {
  const std::string x = member_of(made_jwk("ed25519"), "x");
  CHECK(why_no_key(okp_jwk("Ed25519", x)) == "");
  CHECK(why_no_key(okp_jwk("Ed25519", x.substr(1))) == "a number of the key is not as long as its curve asks");
  CHECK(why_no_key(okp_jwk("Ed448", x)) == "a number of the key is not as long as its curve asks");
  CHECK(why_no_key(okp_jwk("P-256", x)) == "its curve is not served");
  constexpr std::string_view weak = "anybody can sign for this key: its point has a small order";
  const std::string zeros(31, '\0'), ones(30, '\xff');
  for (const std::string& point :
       {'\1' + zeros, '\0' + zeros, '\1' + zeros.substr(1) + '\x80', '\0' + zeros.substr(1) + '\x80', '\xec' + ones + '\x7f',
        '\xed' + ones + '\x7f', '\xee' + ones + '\x7f', '\xec' + ones + '\xff', '\xff' + ones + '\xff'}) {
    CHECK(why_no_key(okp_jwk("Ed25519", point)) == weak);
  }
  const unsigned char order_8[] = {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
                                   0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05};
  CHECK(why_no_key(okp_jwk("Ed25519", {reinterpret_cast<const char*>(order_8), sizeof order_8})) == weak);
  CHECK(why_no_key(okp_jwk("Ed448", '\1' + std::string(56, '\0'))) == weak);
  CHECK(why_no_key(okp_jwk("Ed448", std::string(57, '\0'))) == weak);
  CHECK(why_no_key(okp_jwk("Ed448", std::string(28, '\xff') + '\xfe' + std::string(27, '\xff') + '\0')) == weak);
}

TEST_CASE("secrets: their length, and what is no secret") {
  CHECK(why_no_key(oct_jwk(32, R"("alg":"HS256",)")) == "");
  CHECK(why_no_key(oct_jwk(31, R"("alg":"HS256",)")) == "a secret for HS256 has at least 32 bytes, this one 31");
  CHECK(why_no_key(oct_jwk(47, R"("alg":"HS384",)")) == "a secret for HS384 has at least 48 bytes, this one 47");
  CHECK(why_no_key(oct_jwk(63, R"("alg":"HS512",)")) == "a secret for HS512 has at least 64 bytes, this one 63");
  CHECK(why_no_key(oct_jwk(8)) == "a secret of 8 bytes is left without anything that it may be used for");
  CHECK(why_no_key(oct_jwk(0)) == "its member \"k\" is no text");
  CHECK(why_no_key(oct_jwk(17, R"("alg":"A128KW",)")) == "a secret of 17 bytes is left without anything that it may be used for");
  CHECK(why_no_key(oct_jwk(32), {.secrets = false}) == "a secret stands where a public key is meant");
  const Key unpinned = key_of(oct_jwk(48));
  CHECK(unpinned.can(Operation::verify, Algorithm::hs256));
  CHECK(unpinned.can(Operation::verify, Algorithm::hs384));
  CHECK_FALSE(unpinned.can(Operation::verify, Algorithm::hs512));
  const std::string pem = pem_of(made_key("rsa"));
  CHECK(Key::from_secret(pem, {}).error().text == "the secret is a key or certificate in PEM");
  CHECK(Key::from_secret("\n" + pem, {}).error().text == "the secret is a key or certificate in PEM");
  CHECK(Key::from_secret("", {}).error().text == "the secret is empty");
  CHECK_FALSE(Key::from_secret("your-secret-key", {}, {}, Algorithm::hs256));
  const auto allowed = Key::from_secret("your-secret-key", {.short_secrets = true}, {}, Algorithm::hs256);
  REQUIRE(allowed);
  CHECK(allowed->can(Operation::verify, Algorithm::hs256));
  CHECK_FALSE(allowed->can(Operation::verify, Algorithm::hs512));
}

TEST_CASE("private keys are taken only where they are meant") {
  for (const char* const name : {"rsa", "p256", "ed25519", "x25519"}) {
    CHECK(why_no_key(made_jwk(name), {}) == "a private key stands where a public one is meant");
    const std::string pem = private_pem_of(made_key(name));
    CHECK(Key::from_pem(pem, {}).error().text == "a private key stands where a public one is meant");
    const auto key = Key::from_pem(pem, all_keys);
    REQUIRE(key);
    CHECK(key->is_private());
    CHECK(key->type() == made_key(name).type());
    CHECK(key->curve() == made_key(name).curve());
  }
}

TEST_CASE("PEM: public keys, certificates, and what is none") {
  for (const char* const name : {"rsa", "p256", "p384", "p521", "ed25519", "ed448"}) {
    const auto key = Key::from_pem(pem_of(made_key(name)), {}, "a");
    REQUIRE(key);
    CHECK(key->kid() == "a");
    CHECK(key->curve() == made_key(name).curve());
  }
  CHECK(Key::from_pem("", {}).error().text == "there is no key in it");
  CHECK(Key::from_pem("secret", {}).error().text == "there is no key in it");
  CHECK_FALSE(Key::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", {}));
  CHECK_FALSE(Key::from_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", {}));
  CHECK(Key::from_pem(std::string(70'000, '-'), {}).error().text == "larger than 64 KiB");
  const std::string pem = pem_of(made_key("rsa"));
  CHECK_FALSE(Key::from_pem(pem.substr(0, pem.size() / 2), {}));
  CHECK_FALSE(Key::from_pem(pem, {}, {}, Algorithm::es256));
  CHECK_FALSE(Key::from_pem(pem, {}, {}, Algorithm::hs256));
  const auto pinned = Key::from_pem(pem, {}, {}, Algorithm::rs256);
  REQUIRE(pinned);
  CHECK_FALSE(pinned->can(Operation::verify, Algorithm::ps256));
  // The certificate of RFC 7517 B is that of its key.
  const json::Document document = document_of(rfc::key_with_chain);
  std::string chain(document.root().find("x5c").at(0).text());
  for (std::size_t at = 64; at < chain.size(); at += 65) chain.insert(at, "\n");
  const auto certificate =
      Key::from_pem("-----BEGIN CERTIFICATE-----\n" + chain + "\n-----END CERTIFICATE-----\n", {});
  REQUIRE(certificate);
  CHECK(pem_of(*certificate) == pem_of(key_of(rfc::key_with_chain)));
}

TEST_CASE("a JWK's type, use and operations") {
  CHECK(why_no_key("[]") == "it is no object");
  CHECK(why_no_key("{}") == "its type (\"kty\") is not served");
  CHECK(why_no_key(R"({"kty":"rsa"})") == "its type (\"kty\") is not served");
  CHECK(why_no_key(R"({"kty":["RSA"]})") == "its type (\"kty\") is not served");
  CHECK(why_no_key(oct_jwk(32, R"("alg":"none",)")) == "its algorithm is not served");
  CHECK(why_no_key(oct_jwk(32, R"("alg":1,)")) == "its member \"alg\" is no text");
  CHECK(why_no_key(oct_jwk(32, R"("kid":1,)")) == "its member \"kid\" is no text");
  CHECK(why_no_key(oct_jwk(32, R"("kid":")" + std::string(1025, 'k') + "\",")) == "its member \"kid\" is too long");
  CHECK(why_no_key(oct_jwk(32, R"("use":1,)")) == "its member \"use\" is no text");
  CHECK(why_no_key(oct_jwk(32, R"("key_ops":"verify",)")) == "its member \"key_ops\" is no short array");
  CHECK(why_no_key(oct_jwk(32, R"("key_ops":[1],)")) == "its member \"key_ops\" is no array of texts");
  CHECK(why_no_key(oct_jwk(32, R"("key_ops":["verify","verify"],)")) == "its member \"key_ops\" is an array that names one twice");
  CHECK(why_no_key(oct_jwk(32, R"("use":"sig","key_ops":["decrypt"],)")) != "");
  CHECK(why_no_key(oct_jwk(32, R"("alg":"RS256",)")) != "");
  const Key verifies = key_of(oct_jwk(32, R"("key_ops":["verify"],)"));
  CHECK(verifies.can(Operation::verify, Algorithm::hs256));
  CHECK_FALSE(verifies.can(Operation::sign, Algorithm::hs256));
  CHECK_FALSE(verifies.can(Operation::decrypt, Algorithm::dir));
  const Key signature = key_of(oct_jwk(32, R"("use":"sig",)"));
  CHECK(signature.can(Operation::sign, Algorithm::hs256));
  CHECK_FALSE(signature.can(Operation::decrypt, Algorithm::a256kw));
  const Key encryption = key_of(oct_jwk(32, R"("use":"enc",)"));
  CHECK_FALSE(encryption.can(Operation::verify, Algorithm::hs256));
  CHECK(encryption.can(Operation::decrypt, Algorithm::a256kw));
  const Key direct = key_of(oct_jwk(32, R"("alg":"A256GCM",)"));
  CHECK(direct.can(Operation::decrypt, Algorithm::dir));
  CHECK_FALSE(direct.can(Operation::decrypt, Algorithm::a256kw));
  CHECK_FALSE(direct.can(Operation::verify, Algorithm::hs256));
}

TEST_CASE("EdDSA is the older name of what the curve says") {
  const std::string jwk = okp_jwk("Ed25519", member_of(made_jwk("ed25519"), "x"));
  for (const char* const alg : {"EdDSA", "Ed25519"}) {
    const Key key = key_of("{\"alg\":\"" + std::string(alg) + "\"," + jwk.substr(1));
    CHECK(key.can(Operation::verify, Algorithm::eddsa));
    CHECK(key.can(Operation::verify, Algorithm::ed25519));
    CHECK_FALSE(key.can(Operation::verify, Algorithm::ed448));
  }
  CHECK(why_no_key("{\"alg\":\"Ed448\"," + jwk.substr(1)) == "Ed25519 is left without anything that it may be used for");
}

TEST_CASE("what is said of keys has nothing secret in it") {
  const std::string secret(32, 'Q');
  const auto key = Key::from_secret(secret, {});
  REQUIRE(key);
  CHECK(key->describe() == "a secret of 32 bytes");
  CHECK(made_key("rsa").describe() == "private RSA of 2048 bits");
  CHECK(made_key("p521").describe() == "private P-521");
  CHECK(Key::from_pem(pem_of(made_key("ed448")), {})->describe() == "Ed448");
  for (const std::string& why : {why_no_key(R"({"kty":"oct","alg":"HS256","k":"UVFRUVFR"})"), why_no_key(R"({"kty":"oct","k":"UVFRUVFR="})")}) {
    CHECK(why.find("UVFR") == std::string::npos);
    CHECK(why.find("QQ") == std::string::npos);
  }
}
