// The server that a block lies in. Build thread only.
#pragma once

#include "table/scope.h"

namespace gh::table {

/// Null outside of servers.
inline Scope* server_scope(Scope& scope) {
  Scope* s = &scope;
  while (s && s->context != config::in_server) s = s->parent;
  return s;
}

}  // namespace gh::table
