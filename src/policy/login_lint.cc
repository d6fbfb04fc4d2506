#include "policy/login_lint.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "table/codes.h"

namespace gh::policy {

void warn_of_locked_login(table::Scope& scope, const table::Route& route, std::string_view directive) {
  using Kind = table::Route::Kind;
  if (route.kind == Kind::server || route.kind == Kind::condition || route.kind == Kind::named) return;
  const std::string path = to_lower(route.name);
  const auto is_in_path = [&](std::string_view word) { return path.find(word) != std::string::npos; };
  constexpr std::string_view words[] = {"/login", "/register", "/signup", "/sign-up", "/signin", "/sign-in"};
  if (!std::any_of(std::begin(words), std::end(words), is_in_path)) return;
  scope.warning(table::code::locked_login, scope.where,
                fmt::format("{} of the block around asks here, too, and who comes here has nothing to show yet",
                            directive))
      .with_help(fmt::format("write `{} off;` in it, or state {} here if it is meant", directive, directive));
}

}  // namespace gh::policy
