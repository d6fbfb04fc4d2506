#include "policy/login_lint.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "policy/policy.h"
#include "table/codes.h"
#include "table/exempt.h"
#include "table/server_block.h"

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

void warn_of_early_answer(table::Scope& scope, const table::Route& route) {
  if (!route.always_returns.is_set() || !scope.stated) return;
  for (const table::Stated::Entry& entry : scope.stated->list) {
    const bool is_check = entry.name == "deny" || std::find(route.checks.begin(), route.checks.end(), entry.name) !=
                                                     route.checks.end();
    if (!is_check) continue;
    scope.warning(table::code::early_answer, route.always_returns, "this answers before the block's checks are asked")
        .with_related(entry.where, fmt::format("`{}` is never asked", entry.name))
        .with_help("`return` acts while the request is rewritten: serve a file or a service instead, or leave the "
                   "check out");
    return;
  }
}

namespace {

std::string joined(const std::vector<std::string_view>& names) {
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "`" : ", `") + std::string(name) + "`";
  return out;
}

void list_exempt(table::Builder& builder, const table::Route& asks, const std::vector<table::Exemption>& exempt) {
  const std::vector<std::string_view> checks = table::proofs(asks);
  const auto is_of_it = [&](const table::Exemption& each) { return each.asks == &asks; };
  const auto count = std::count_if(exempt.begin(), exempt.end(), is_of_it);
  if (count == 0) return;
  const bool is_server = asks.kind == table::Route::Kind::server;
  auto& note = builder.diagnostics.note(
      table::code::exempt_routes, asks.stated ? asks.stated->find(checks.front()) : asks.where,
      fmt::format("{} {} asked in this {}, but not for {} of its routes", joined(checks),
                  checks.size() == 1 ? "is" : "are", is_server ? "server" : "location", count));
  for (const table::Exemption& each : exempt) {
    if (!is_of_it(each)) continue;
    note.with_related(each.by.is_set() ? each.by : each.route->where,
                      fmt::format("`{}` is exempt{}", each.route->name, each.returns ? ": this answers first" : ""));
  }
  note.with_help("this is the whole list of what anybody can have without credentials: is it what you mean?");
}

/// One note for each location: the first `route` says what is meant.
void note_fallbacks(table::Builder& builder, const table::Server& server) {
  std::vector<const table::Route*> told;
  for (const auto& route : server.routes) {
    const table::Route* const open = table::open_fallback(server, *route);
    if (!open || std::find(told.begin(), told.end(), open) != told.end()) continue;
    told.push_back(open);
    builder.diagnostics
        .note(table::code::open_fallback, route->where,
              fmt::format("this asks who calls; what it does not take comes to `location {}`, which asks nobody",
                          open->name))
        .with_related(open->where, "other methods, longer paths and escaped slashes are passed on from here")
        .with_help(fmt::format("if they are not meant to be: add a `location` for this path that answers "
                               "`return 404;`, or state {} in the server", joined(table::proofs(*route))));
  }
}

}  // namespace

void list_exempt_routes(table::Scope& main) {
  for (const auto& draft : main.builder.servers) {
    const table::Server& server = *draft->server;
    note_fallbacks(main.builder, server);
    const auto exempt = table::exempt_routes(server);
    if (exempt.empty()) continue;
    list_exempt(main.builder, server.base, exempt);
    for (const auto& route : server.routes) list_exempt(main.builder, *route, exempt);
  }
}

}  // namespace gh::policy
