// What a browser asks before a request of another origin's script (Fetch, "CORS-preflight request").
#pragma once

#include "proxy/exchange.h"

namespace gh::proxy {

/// The field that says which method is meant; null when the request is no preflight.
inline const http::Field* preflight_method(const Exchange& x) {
  if (x.request.method != http::Method::options) return nullptr;
  if (!http::find(x.request.fields, http::HeaderId::origin)) return nullptr;
  return http::find(x.request.fields, "access-control-request-method");
}

inline bool is_preflight(const Exchange& x) { return preflight_method(x) != nullptr; }

}  // namespace gh::proxy
