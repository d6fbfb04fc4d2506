// ClientCertificates: certificates whose names hold variables, so that files are read while requests wait, as in nginx;
// `proxy_ssl_certificate_cache` keeps what was read. One worker's.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "table/tls_client_plan.h"

namespace gh::table {
struct Table;
}

namespace gh::upstream {

struct TlsUse;

class ClientCertificates {
 public:
  /// Gives the session the certificate and the key that `use` names. False: `why` tells.
  bool use(SSL* ssl, const TlsUse& use, std::int64_t now_ms, std::string& why);
  /// Forgets what was kept by a rule that `table` does not have.
  void keep_only(const table::Table& table);

 private:
  struct File {
    dev_t device = 0;
    ino_t inode = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const File&, const File&) = default;
  };
  /// A certificate with its chain, or a key.
  struct Item {
    std::string name;  // "c" or "k" and the path
    std::vector<CertificatePtr> certificates;
    table::KeyPtr key;
    File file;
    std::int64_t used_ms = 0, checked_ms = 0;
    bool may_be_kept = true;  // keys that a password opens are not: another place may state another one
  };
  using Items = std::list<std::shared_ptr<Item>>;  // used last first
  struct Cache {
    Items items;
    std::unordered_map<std::string_view, Items::iterator> by_name;
  };

  enum class Freshness : std::uint8_t { as_ruled, anew };
  Result<std::shared_ptr<const Item>> find(const TlsUse& use, bool is_key, std::int64_t now_ms, Freshness freshness);
  static std::shared_ptr<const Item> kept(Cache& cache, const table::CertificateCacheRule& rule,
                                          const std::string& name, std::string_view path, std::int64_t now_ms);
  static void keep(Cache& cache, const table::CertificateCacheRule& rule, std::shared_ptr<Item> item);
  static void drop(Cache& cache, Items::iterator at);
  static Result<std::shared_ptr<Item>> read(const table::TlsClientPlan& plan, std::string name, std::string_view path,
                                            bool is_key);
  static File file_at(std::string_view path);

  std::unordered_map<std::shared_ptr<const table::CertificateCacheRule>, Cache> caches_;
};

}  // namespace gh::upstream
