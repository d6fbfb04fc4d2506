#include <openssl/rsa.h>

#include <atomic>
#include <thread>
#include <vector>

#include "unit/jose/support.h"

using namespace gh;
using namespace gh::jose;

namespace {

constexpr std::pair<const char*, Algorithm> pairs[] = {
    {"h256", Algorithm::hs256},   {"h384", Algorithm::hs384},    {"h512", Algorithm::hs512},  {"rsa", Algorithm::rs256},
    {"rsa", Algorithm::rs384},    {"rsa", Algorithm::rs512},     {"rsa", Algorithm::ps256},   {"rsa", Algorithm::ps384},
    {"rsa", Algorithm::ps512},    {"p256", Algorithm::es256},    {"p384", Algorithm::es384},  {"p521", Algorithm::es512},
    {"ed25519", Algorithm::eddsa}, {"ed25519", Algorithm::ed25519}, {"ed448", Algorithm::eddsa}, {"ed448", Algorithm::ed448}};

}  // namespace

TEST_CASE("what a key signs it verifies, and nothing else") {
  for (const auto& one : pairs) {
    const char* const name = one.first;
    const Algorithm algorithm = one.second;
    INFO(name << " " << algorithm_name(algorithm));
    const Key& key = shared_set(name).keys()[0];
    for (const std::string& bytes : {std::string(), std::string("a"), std::string(5000, 'x')}) {
      const auto signature = make_signature(key, algorithm, bytes);
      REQUIRE(signature);
      CHECK(verify_signature(key, algorithm, bytes, *signature));
      CHECK_FALSE(verify_signature(key, algorithm, bytes + "b", *signature));
      CHECK_FALSE(verify_signature(key, algorithm, bytes, signature->substr(1)));
      CHECK_FALSE(verify_signature(key, algorithm, bytes, ""));
      std::string changed = *signature;
      changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
      CHECK_FALSE(verify_signature(key, algorithm, bytes, changed));
    }
  }
}

TEST_CASE("lengths of signatures (RFC 7518 3.4, 8037 3.1)") {
  const std::pair<const char*, std::size_t> sizes[] = {{"p256", 64}, {"p384", 96}, {"p521", 132}, {"ed25519", 64}, {"ed448", 114},
                                                       {"rsa", 256}};
  for (const auto& [name, size] : sizes) {
    const Key& key = shared_set(name).keys()[0];
    for (const auto& [other, algorithm] : pairs) {
      if (std::string_view(other) != name) continue;
      for (int i = 0; i < 20; ++i) CHECK(make_signature(key, algorithm, std::to_string(i))->size() == size);
    }
  }
}

TEST_CASE("an algorithm that is not the key's signs nothing and verifies nothing") {
  for (const auto& [name, right] : pairs) {
    const Key& key = shared_set(name).keys()[0];
    for (unsigned i = 0; i < static_cast<unsigned>(Algorithm::count_); ++i) {
      const auto algorithm = static_cast<Algorithm>(i);
      if (key.can(Operation::verify, algorithm)) continue;
      CHECK_FALSE(make_signature(key, algorithm, "x"));
      CHECK_FALSE(verify_signature(key, algorithm, "x", std::string(key.size_bytes(), 'x')));
    }
  }
}

TEST_CASE("a salt of another length than the hash's is no PSS signature of JOSE") {
  const Key key = made_key("rsa");
  for (const int salt : {0, 20, 31, 33, 64}) {
    const MdCtxPtr context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* options = nullptr;
    REQUIRE(EVP_DigestSignInit(context.get(), &options, EVP_sha256(), nullptr, key.handle()) == 1);
    REQUIRE(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1);
    REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salt) == 1);
    unsigned char bytes[256];
    std::size_t size = sizeof bytes;
    REQUIRE(EVP_DigestSign(context.get(), bytes, &size, as_bytes("x"), 1) == 1);
    CHECK_FALSE(verify_signature(key, Algorithm::ps256, "x", {reinterpret_cast<const char*>(bytes), size}));
  }
}

TEST_CASE("a public key of a pair verifies and does not sign") {
  for (const auto& one : pairs) {
    const char* const name = one.first;
    const Algorithm algorithm = one.second;
    if (hmac_algorithms.has(algorithm)) continue;
    INFO(name << " " << algorithm_name(algorithm));
    const Key& secret = shared_set(name).keys()[0];
    const auto open = Key::from_pem(pem_of(secret), {});
    REQUIRE(open);
    CHECK_FALSE(open->is_private());
    CHECK(verify_signature(*open, algorithm, "x", *make_signature(secret, algorithm, "x")));
    CHECK_FALSE(make_signature(*open, algorithm, "x"));
  }
}

TEST_CASE("one set is used by many threads at once") {
  KeySet set;
  std::vector<std::string> tokens;
  for (const char* const name : {"h256", "rsa", "p256", "ed25519"}) set.add(made_key(name));
  for (const made::Token& token : made::signed_tokens) {
    for (const char* const name : {"h256", "rsa", "p256", "ed25519"})
      if (std::string_view(token.key) == name) tokens.emplace_back(token.token);
  }
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round)
        for (const std::string& token : tokens) good += verify(token, set, {}, now_s) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == static_cast<int>(4 * 20 * tokens.size()));
}
