// The algorithms of JOSE that are served (RFC 7518, 8037, 9864), by name. What is not here ("none", RSA1_5, PBES2) is
// no algorithm to us.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace gh::jose {

enum class Algorithm : std::uint8_t {
  unknown,
  hs256, hs384, hs512,              // signatures and MACs
  rs256, rs384, rs512,
  ps256, ps384, ps512,
  es256, es384, es512,
  eddsa, ed25519, ed448,
  dir, a128kw, a192kw, a256kw,      // how the key of a JWE comes
  rsa_oaep, rsa_oaep_256,
  ecdh_es, ecdh_es_a128kw, ecdh_es_a192kw, ecdh_es_a256kw,
  a128gcm, a192gcm, a256gcm,        // what its content is encrypted with
  a128cbc_hs256, a192cbc_hs384, a256cbc_hs512,
  count_
};

/// Exact: names of algorithms have one spelling. `unknown` when it is not served.
Algorithm find_algorithm(std::string_view name);
std::string_view algorithm_name(Algorithm algorithm);  // "" for unknown

class AlgorithmSet {
 public:
  constexpr AlgorithmSet() = default;
  constexpr AlgorithmSet(std::initializer_list<Algorithm> all) {
    for (const Algorithm one : all) add(one);
  }
  constexpr void add(Algorithm one) { bits_ |= bit(one); }
  [[nodiscard]] constexpr bool has(Algorithm one) const { return (bits_ & bit(one)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr AlgorithmSet both(AlgorithmSet other) const { return AlgorithmSet(bits_ & other.bits_); }
  [[nodiscard]] constexpr AlgorithmSet with(AlgorithmSet other) const { return AlgorithmSet(bits_ | other.bits_); }

 private:
  constexpr explicit AlgorithmSet(std::uint64_t bits) : bits_(bits) {}
  static constexpr std::uint64_t bit(Algorithm one) {
    return one == Algorithm::unknown ? 0 : std::uint64_t{1} << static_cast<unsigned>(one);
  }
  std::uint64_t bits_ = 0;
};

inline constexpr AlgorithmSet hmac_algorithms{Algorithm::hs256, Algorithm::hs384, Algorithm::hs512};
inline constexpr AlgorithmSet pkcs1_algorithms{Algorithm::rs256, Algorithm::rs384, Algorithm::rs512};
inline constexpr AlgorithmSet pss_algorithms{Algorithm::ps256, Algorithm::ps384, Algorithm::ps512};
inline constexpr AlgorithmSet rsa_algorithms = pkcs1_algorithms.with(pss_algorithms);
inline constexpr AlgorithmSet ecdsa_algorithms{Algorithm::es256, Algorithm::es384, Algorithm::es512};
inline constexpr AlgorithmSet edwards_algorithms{Algorithm::eddsa, Algorithm::ed25519, Algorithm::ed448};
inline constexpr AlgorithmSet signature_algorithms =
    hmac_algorithms.with(rsa_algorithms).with(ecdsa_algorithms).with(edwards_algorithms);

inline constexpr AlgorithmSet oaep_algorithms{Algorithm::rsa_oaep, Algorithm::rsa_oaep_256};
inline constexpr AlgorithmSet agreement_algorithms{Algorithm::ecdh_es, Algorithm::ecdh_es_a128kw,
                                                   Algorithm::ecdh_es_a192kw, Algorithm::ecdh_es_a256kw};
inline constexpr AlgorithmSet wrap_algorithms{Algorithm::a128kw, Algorithm::a192kw, Algorithm::a256kw};
inline constexpr AlgorithmSet key_algorithms =
    AlgorithmSet{Algorithm::dir}.with(wrap_algorithms).with(oaep_algorithms).with(agreement_algorithms);
inline constexpr AlgorithmSet gcm_algorithms{Algorithm::a128gcm, Algorithm::a192gcm, Algorithm::a256gcm};
inline constexpr AlgorithmSet content_algorithms =
    gcm_algorithms.with({Algorithm::a128cbc_hs256, Algorithm::a192cbc_hs384, Algorithm::a256cbc_hs512});

/// Of the hash of a signature algorithm; 0 for those without one.
std::size_t hash_bytes(Algorithm signature);
/// Of the key that a content or key wrapping algorithm takes; 0 for others.
std::size_t key_bytes(Algorithm algorithm);

}  // namespace gh::jose
