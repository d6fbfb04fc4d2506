// Consumers: the callers that the configuration names, and how each is recognised. The checks of access
// (access/auth_key.cc, auth_basic.cc) look them up here. Of keys only digests are kept. Made by the build thread,
// immutable then; the checks' params keep it alive.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/digest.h"
#include "base/hash.h"
#include "proxy/caller.h"
#include "table/scope.h"

namespace gh::policy {

class Consumers {
 public:
  /// Whose key it is; null: nobody's. The time it takes tells nothing of the keys: their digests are looked up by a
  /// keyed hash and compared as secrets.
  [[nodiscard]] const proxy::Consumer* by_key(std::string_view key) const;
  [[nodiscard]] const proxy::Consumer* by_user(std::string_view name) const { return find(users_, name); }
  /// By a name in a verified certificate: "spiffe://example.org/orders", "orders.example.org".
  [[nodiscard]] const proxy::Consumer* by_certificate(std::string_view name) const { return find(names_, name); }
  [[nodiscard]] bool has_keys() const { return !keys_.empty(); }
  [[nodiscard]] bool has_certificates() const { return !names_.empty(); }

  // --- while it is made. Those that add give the consumer that has it already, or null.
  proxy::Consumer& add(std::string_view name);
  proxy::Consumer* add_key(const std::string& sha256, proxy::Consumer& consumer);
  proxy::Consumer* add_user(std::string_view name, proxy::Consumer& consumer) { return add(users_, name, consumer); }
  proxy::Consumer* add_certificate(std::string_view name, proxy::Consumer& consumer) {
    return add(names_, name, consumer);
  }
  [[nodiscard]] std::deque<proxy::Consumer>& all() { return all_; }

 private:
  struct KeyedHash {
    std::size_t operator()(std::string_view text) const { return keyed_hash(text); }
    using is_transparent = void;
  };
  struct EqualSecrets {
    bool operator()(std::string_view a, std::string_view b) const { return equal_secrets(a, b); }
    using is_transparent = void;
  };
  using Names = std::unordered_map<std::string, proxy::Consumer*, KeyedHash, std::equal_to<>>;

  static const proxy::Consumer* find(const Names& names, std::string_view name) {
    const auto found = names.find(name);
    return found == names.end() ? nullptr : found->second;
  }
  static proxy::Consumer* add(Names& names, std::string_view name, proxy::Consumer& consumer) {
    const auto [it, is_new] = names.try_emplace(std::string(name), &consumer);
    return is_new ? nullptr : it->second;
  }

  std::deque<proxy::Consumer> all_;
  std::unordered_map<std::string, proxy::Consumer*, KeyedHash, EqualSecrets> keys_;  // by SHA-256
  Names users_, names_;
};

/// Those of the whole file: complete when all has been read.
std::shared_ptr<Consumers> consumers_of(table::Scope& scope);

}  // namespace gh::policy
