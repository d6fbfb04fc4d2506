// StorePlan: a `store NAME { }` of the configuration: where it is, how it is greeted, how long anybody waits for it,
// and what happens without it. Immutable; workers make connections of their own from it (upstream/store_client.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "config/source.h"
#include "redis/url.h"
#include "state/store_health.h"
#include "table/secret_value.h"

namespace gh::table {

struct ResolverSettings;
struct TlsClientPlan;

/// Settings of TLS in a store's block have the prefix ssl_.
struct StoreSide {
  static constexpr std::string_view prefix = "ssl_";
};

/// Before a store's name in Builder::zones and the registry.
constexpr std::string_view store_kind = "store/";

/// local: this node does what the store would do, for itself; allow: as if nothing had been asked; deny: 503.
enum class OnStoreError : std::uint8_t { local, allow, deny };

struct StorePlan {
  std::string name;
  redis::StoreUrl url;
  std::string username;
  std::shared_ptr<const SecretValue> password;      // null: none
  std::shared_ptr<const TlsClientPlan> tls;         // null: plain
  std::string tls_name;                             // whom the certificate must be for; empty: the host
  std::shared_ptr<const ResolverSettings> resolver; // of http; null: the system's
  std::int64_t timeout_ms = 250;                    // a request waits for a reply
  std::int64_t connect_timeout_ms = 2000;           // from the look-up of the name to the greeting's answer
  std::int64_t reconnect_ms = 100;                  // after the first failure; doubled after each more ...
  std::int64_t reconnect_most_ms = 5000;            // ... up to this
  std::size_t most_pending = 10000;                 // calls of one worker
  OnStoreError on_error = OnStoreError::local;
  std::string identity;                             // connections of plans with the same one are the same
  std::shared_ptr<state::StoreHealth> health;
  config::Span where;
};

}  // namespace gh::table
