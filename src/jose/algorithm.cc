#include "jose/algorithm.h"

#include <array>

namespace gh::jose {

namespace {

struct Row {
  std::string_view name;
  std::size_t hash_bytes = 0;
  std::size_t key_bytes = 0;
};

/// In the order of the enumeration.
constexpr Row rows[] = {
    {"", 0, 0},
    {"HS256", 32, 0}, {"HS384", 48, 0}, {"HS512", 64, 0},
    {"RS256", 32, 0}, {"RS384", 48, 0}, {"RS512", 64, 0},
    {"PS256", 32, 0}, {"PS384", 48, 0}, {"PS512", 64, 0},
    {"ES256", 32, 0}, {"ES384", 48, 0}, {"ES512", 64, 0},
    {"EdDSA", 0, 0}, {"Ed25519", 0, 0}, {"Ed448", 0, 0},
    {"dir", 0, 0}, {"A128KW", 0, 16}, {"A192KW", 0, 24}, {"A256KW", 0, 32},
    {"RSA-OAEP", 0, 0}, {"RSA-OAEP-256", 0, 0},
    {"ECDH-ES", 0, 0}, {"ECDH-ES+A128KW", 0, 16}, {"ECDH-ES+A192KW", 0, 24}, {"ECDH-ES+A256KW", 0, 32},
    {"A128GCM", 0, 16}, {"A192GCM", 0, 24}, {"A256GCM", 0, 32},
    {"A128CBC-HS256", 0, 32}, {"A192CBC-HS384", 0, 48}, {"A256CBC-HS512", 0, 64},
};
static_assert(std::size(rows) == static_cast<std::size_t>(Algorithm::count_));

const Row& row(Algorithm algorithm) { return rows[static_cast<std::size_t>(algorithm)]; }

}  // namespace

Algorithm find_algorithm(std::string_view name) {
  for (std::size_t i = 1; i < std::size(rows); ++i)
    if (rows[i].name == name) return static_cast<Algorithm>(i);
  return Algorithm::unknown;
}

std::string_view algorithm_name(Algorithm algorithm) { return row(algorithm).name; }
std::size_t hash_bytes(Algorithm signature) { return row(signature).hash_bytes; }
std::size_t key_bytes(Algorithm algorithm) { return row(algorithm).key_bytes; }

}  // namespace gh::jose
