// Which locations can be had without credentials although the block around them asks for some: what people want to see
// in one list. Pure; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "table/plan.h"

namespace gh::table {

struct Exemption {
  const Route* route = nullptr;
  const Route* asks = nullptr;  // the block around it that asks; the server's own level, too
  config::Span by;              // the line that makes it so: `auth_jwt off`, or a `return`; not set: not known
  bool returns = false;
};

/// The checks of a route that look at who asks: `allow` looks at an address alone.
std::vector<std::string_view> proofs(const Route& route);
/// In the order of the file. Not those that only the gateway itself can come to (named ones, `internal`).
std::vector<Exemption> exempt_routes(const Server& server);

/// The location that gets what a `route` block that asks does not take (other methods, longer paths, an escaped slash),
/// and passes it to a service without asking; null: there is none.
const Route* open_fallback(const Server& server, const Route& route);

}  // namespace gh::table
