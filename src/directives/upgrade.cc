// What an upstream may say before its answer, or instead of one: 103 and 101.
#include "directives/directives.h"
#include "directives/setters.h"
#include "proxy/proxy_plan.h"
#include "table/build.h"
#include "table/plan.h"

namespace gh::directives {
namespace {

void apply_websocket(Scope& scope, const Bound& directive) {
  const bool is_auto = directive.at(0).text == "auto";
  assign<&proxy::UpgradeSettings::websocket>(scope, is_auto);
  if (is_auto) scope.builder.table->websockets = true;
}

void apply_early_hints(Scope& scope, const Bound& directive) {
  auto& conditions = scope.edit_list<proxy::EarlyHints>().conditions;
  for (const Value& value : directive.values) conditions.push_back(scope.compile(value));
}

constexpr Row rows[] = {
    setting("websocket", hsl, {"mode", ArgType::one_of, Presence::required, "auto|off"}, "off", apply_websocket,
            "auto: a client's WebSocket goes through to the upstream without any further line."),
    {.name = "early_hints",
     .contexts = hsl,
     .args = {{{"condition", ArgType::templ, Presence::repeat_one}}},
     .inherit = Inherit::replace,
     .repeatable = true,
     .apply = apply_early_hints,
     .doc = "Pass an upstream's 103 (Early Hints) to the client when one of these is neither empty nor 0."},
};

}  // namespace

constinit const table::Module upgrade_module{"upgrade", rows};

}  // namespace gh::directives
