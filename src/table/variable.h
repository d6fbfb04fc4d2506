// Variables: `$name` in a configuration is looked up once, at build, and becomes a getter. The fixed ones are rows
// joined by src/directives; configurations may define more (`set`, map, named captures), which live in slots of the
// exchange.
#pragma once

#include <cstdint>
#include <string_view>

#include "config/directive.h"

namespace gh::proxy {
class Exchange;
}

namespace gh::table {

/// What a getter is told beside the exchange: the part of the name behind a family's prefix ("user_agent" of
/// $http_user_agent), a slot number, or an object of the table. Lives as long as the table.
struct VariableParam {
  std::string_view text;
  std::uint32_t slot = 0;
  const void* object = nullptr;
};

/// The value, valid as long as the exchange. data() == nullptr means "not there" (a log prints "-"), which differs from
/// empty.
using Getter = std::string_view (*)(proxy::Exchange&, const VariableParam&);
inline constexpr std::string_view not_found{};

struct ExprValue;  // table/expression_value.h
/// For variables that may hold other than text (claims): what an expression sees.
using ValueGetter = ExprValue (*)(proxy::Exchange&, const VariableParam&);

/// Takes what `set` assigns to a variable of the gateway's own ($args, $limit_rate). `value` lies in the exchange.
using Setter = void (*)(proxy::Exchange&, std::string_view value);

/// A variable that an object of the table computes (map, geo, split_clients).
struct Computed {
  Getter compute = nullptr;
  VariableParam param;              // for `compute`
  bool is_volatile = false;         // computed anew at each use; else once for an exchange
};

struct VariableRow {
  std::string_view name;            // "host", or a family prefix ending in "_" with `family`
  Getter get = nullptr;
  config::Phase known_from = config::Phase::route;  // a key made of it can be used from this phase on (DESIGN 4.2)
  bool family = false;
  std::string_view doc;
  Setter set = nullptr;             // null: a configuration may not change it
  ValueGetter get_value = nullptr;  // null: text always
  bool declared = false;            // of the family only names that the configuration declares exist ($path_id)
  bool of_token = false;            // auth_jwt of the server verifies before routing, when a route asks for it
};

}  // namespace gh::table
