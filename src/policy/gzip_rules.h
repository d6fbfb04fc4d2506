// Whether a client gets gzip: what gzip, gunzip (and gzip_static) share, nginx's ngx_http_gzip_ok by other means.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/regex.h"
#include "table/scope.h"

namespace gh::proxy {
class Exchange;
}

namespace gh::policy {

/// gzip_proxied. A bit set; 0: as `off`.
enum GzipProxied : std::uint32_t {
  proxied_off = 1, proxied_expired = 2, proxied_no_cache = 4, proxied_no_store = 8, proxied_private = 16,
  proxied_no_last_modified = 32, proxied_no_etag = 64, proxied_auth = 128, proxied_any = 256
};

struct GzipRules {
  std::uint8_t http_minor = 1;                          // gzip_http_version 1.x
  std::uint32_t proxied = proxied_off;
  std::vector<std::shared_ptr<const Regex>> disable;    // of User-Agent
  bool disable_msie6 = false;
  bool vary = false;                                    // gzip_vary
};

/// For the answer that is being prepared: all but what Accept-Encoding says; and with it.
bool may_compress(const proxy::Exchange& x, const GzipRules& rules);
bool gzip_ok(const proxy::Exchange& x, const GzipRules& rules);
/// The answer depends on Accept-Encoding: says so if gzip_vary is on, once.
void note_vary(proxy::Exchange& x, const GzipRules& rules);

void apply_gzip_proxied(table::Scope&, const config::Bound&);
void apply_gzip_http_version(table::Scope&, const config::Bound&);
void apply_gzip_disable(table::Scope&, const config::Bound&);

}  // namespace gh::policy
