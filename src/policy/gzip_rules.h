// Which answers may go out compressed, besides what Accept-Encoding says: gzip_http_version, gzip_proxied and
// gzip_disable; and gzip_vary. For files that lie compressed (content/static.cc) and for what is compressed on its way.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/regex.h"

namespace gh::config {
struct Bound;
}
namespace gh::table {
class Scope;
}
namespace gh::proxy {
class Exchange;
}

namespace gh::policy {

/// A settings group (table/scope.h).
struct GzipRules {
  enum Proxied : std::uint32_t {
    off = 1, expired = 2, no_cache = 4, no_store = 8, private_ = 16, no_last_modified = 32, no_etag = 64, auth = 128,
    any = 256
  };
  std::uint32_t proxied = off;             // a bit set
  std::uint8_t least_version_minor = 1;    // gzip_http_version
  bool vary = false;
  std::vector<std::shared_ptr<const Regex>> disabled_agents;
};

/// Judges the request, and for one that came through a proxy (Via) the fields that the reply has by now.
bool may_compress(const proxy::Exchange& exchange, const GzipRules& rules);

void apply_gzip_proxied(table::Scope&, const config::Bound&);
void apply_gzip_disable(table::Scope&, const config::Bound&);
void apply_gzip_http_version(table::Scope&, const config::Bound&);

}  // namespace gh::policy
