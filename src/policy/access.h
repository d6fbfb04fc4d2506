// Access: one route's checks of who may pass, joined by `satisfy all|any` (LANGUAGE.md 7): allow/deny, auth_basic,
// auth_request, and later tokens and keys. A policy adds its check with add_check() in its finish function; the group's
// own finish, the last of the access modules, makes one step of them. Subexchanges are not checked, as in nginx.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "table/scope.h"

namespace gh::proxy {
class Exchange;
}

namespace gh::policy {

enum class Access : std::uint8_t {
  next,    // says nothing: the others decide
  pass,    // may pass; enough by itself with `satisfy any`
  refuse,  // may not: Exchange::access.status says with which answer (401, 403)
  wait,    // says it later: Exchange::resume() asks the same check again
  done,    // an answer is decided already (an error inside the check)
};

using CheckFn = Access (*)(proxy::Exchange&, const void* params);

/// From a finish function: this scope's route asks `check`. Checks run in the order of the modules.
void add_check(table::Scope& scope, CheckFn check, std::shared_ptr<const void> params, std::string_view name);
/// Shorthand inside a check: refuses with `status`. `by` is the rule that does, when a check has several; in the route.
Access refuse(proxy::Exchange& exchange, unsigned status, const table::Origin* by = nullptr);

}  // namespace gh::policy
