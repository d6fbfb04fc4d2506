#include "jose/key_material.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <algorithm>

namespace gh::jose {

namespace {

struct CurveRow {
  std::string_view name;
  const char* openssl_name;
  std::size_t bytes;
  KeyType type;
};
/// In the order of the enumeration.
constexpr CurveRow curves[] = {{"", "", 0, KeyType::secret},
                               {"P-256", "P-256", 32, KeyType::ec},
                               {"P-384", "P-384", 48, KeyType::ec},
                               {"P-521", "P-521", 66, KeyType::ec},
                               {"Ed25519", "ED25519", 32, KeyType::edwards},
                               {"Ed448", "ED448", 57, KeyType::edwards},
                               {"X25519", "X25519", 32, KeyType::agreement},
                               {"X448", "X448", 56, KeyType::agreement}};

const CurveRow& row(Curve curve) { return curves[static_cast<std::size_t>(curve)]; }

using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, FreeBy<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, FreeBy<OSSL_PARAM_free>>;

/// Holds the numbers as long as the builder looks at them.
class Builder {
 public:
  Builder() : builder_(OSSL_PARAM_BLD_new()) {}
  void number(const char* name, std::string_view bytes) {
    if (bytes.empty()) return;
    BnPtr number(BN_bin2bn(as_bytes(bytes), static_cast<int>(bytes.size()), nullptr));
    good_ = good_ && number && OSSL_PARAM_BLD_push_BN(builder_.get(), name, number.get()) == 1;
    numbers_.push_back(std::move(number));
  }
  void text(const char* name, const char* value) {
    good_ = good_ && OSSL_PARAM_BLD_push_utf8_string(builder_.get(), name, value, 0) == 1;
  }
  void octets(const char* name, std::string_view bytes) {
    good_ = good_ && OSSL_PARAM_BLD_push_octet_string(builder_.get(), name, bytes.data(), bytes.size()) == 1;
  }
  EvpKeyPtr make(const char* type, bool is_private) {
    if (!good_) return nullptr;
    const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder_.get()));
    const EvpKeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* made = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
    const int selection = is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    const bool is_made = EVP_PKEY_fromdata(context.get(), &made, selection, params.get()) == 1;
    EvpKeyPtr key(made);
    return is_made ? std::move(key) : nullptr;
  }

 private:
  BuilderPtr builder_;
  std::vector<BnPtr> numbers_;
  bool good_ = true;
};

bool holds(EVP_PKEY* key, int (*check)(EVP_PKEY_CTX*)) {
  const EvpKeyCtxPtr context(EVP_PKEY_CTX_new(key, nullptr));
  return context && check(context.get()) == 1;
}

}  // namespace

Curve find_curve(std::string_view name) {
  for (std::size_t i = 1; i < std::size(curves); ++i)
    if (curves[i].name == name) return static_cast<Curve>(i);
  return Curve::none;
}

std::string_view curve_name(Curve curve) { return row(curve).name; }
std::size_t coordinate_bytes(Curve curve) { return row(curve).bytes; }
KeyType type_of(Curve curve) { return row(curve).type; }

Result<EvpKeyPtr> make_rsa(const RsaNumbers& numbers) {
  Builder builder;
  builder.number(OSSL_PKEY_PARAM_RSA_N, numbers.n);
  builder.number(OSSL_PKEY_PARAM_RSA_E, numbers.e);
  builder.number(OSSL_PKEY_PARAM_RSA_D, numbers.d.view());
  builder.number(OSSL_PKEY_PARAM_RSA_FACTOR1, numbers.p.view());
  builder.number(OSSL_PKEY_PARAM_RSA_FACTOR2, numbers.q.view());
  builder.number(OSSL_PKEY_PARAM_RSA_EXPONENT1, numbers.dp.view());
  builder.number(OSSL_PKEY_PARAM_RSA_EXPONENT2, numbers.dq.view());
  builder.number(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, numbers.qi.view());
  EvpKeyPtr key = builder.make("RSA", !numbers.d.empty());
  if (!key) return fail(crypto_reason("the numbers are no RSA key"));
  // Without its primes, a private key cannot be checked; signing checks itself against faults then.
  if (!numbers.p.empty() && !holds(key.get(), EVP_PKEY_check)) {
    ERR_clear_error();
    return fail("the numbers of the RSA key do not fit each other");
  }
  return key;
}

Result<EvpKeyPtr> make_ec(Curve curve, std::string_view x, std::string_view y, const Secret& d) {
  const CurveRow& which = row(curve);
  if (x.size() != which.bytes || y.size() != which.bytes || (!d.empty() && d.size() != which.bytes)) {
    return fail("a number of the key is not as long as its curve asks");
  }
  std::string point("\4");
  point.append(x).append(y);
  Builder builder;
  builder.text(OSSL_PKEY_PARAM_GROUP_NAME, which.openssl_name);
  builder.octets(OSSL_PKEY_PARAM_PUB_KEY, point);
  builder.number(OSSL_PKEY_PARAM_PRIV_KEY, d.view());
  EvpKeyPtr key = builder.make("EC", !d.empty());
  const bool good = key && holds(key.get(), EVP_PKEY_public_check);
  ERR_clear_error();
  if (!good) return fail("the point of the key is not on its curve");
  if (!d.empty() && !holds(key.get(), EVP_PKEY_check)) {
    ERR_clear_error();
    return fail("the private number of the key does not fit its point");
  }
  return key;
}

Result<EvpKeyPtr> make_okp(Curve curve, std::string_view x, const Secret& d) {
  const CurveRow& which = row(curve);
  if (x.size() != which.bytes || (!d.empty() && d.size() != which.bytes)) {
    return fail("a number of the key is not as long as its curve asks");
  }
  EvpKeyPtr key(d.empty() ? EVP_PKEY_new_raw_public_key_ex(nullptr, which.openssl_name, nullptr, as_bytes(x), x.size())
                          : EVP_PKEY_new_raw_private_key_ex(nullptr, which.openssl_name, nullptr, d.bytes(), d.size()));
  if (!key) return fail(crypto_reason("the key is not one of its curve"));
  std::string made(which.bytes, '\0');
  std::size_t size = made.size();
  const bool same = EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(made.data()), &size) == 1 &&
                    std::string_view(made).substr(0, size) == x;
  if (!same) return fail("the private number of the key does not fit its point");
  return key;
}

}  // namespace gh::jose
