// OpenSSL's form of a key, of the numbers and points that a JWK states. Points off their curve are refused here.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "jose/key.h"

namespace gh::jose {

/// The names of RFC 7518 7.6 and RFC 8037. `none`: unknown.
Curve find_curve(std::string_view name);
std::string_view curve_name(Curve curve);
/// Of a coordinate, or of the one text that OKP keys are.
std::size_t coordinate_bytes(Curve curve);
KeyType type_of(Curve curve);

/// Big-endian numbers; empty where there is none.
struct RsaNumbers {
  std::string n, e;
  Secret d, p, q, dp, dq, qi;
};
Result<EvpKeyPtr> make_rsa(const RsaNumbers& numbers);
/// `x` and `y` of coordinate_bytes(); `d` is empty for a public key.
Result<EvpKeyPtr> make_ec(Curve curve, std::string_view x, std::string_view y, const Secret& d);
/// `d` is empty for a public key. A private one must fit `x`.
Result<EvpKeyPtr> make_okp(Curve curve, std::string_view x, const Secret& d);

}  // namespace gh::jose
