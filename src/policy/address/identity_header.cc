#include "policy/identity_header.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "http/message.h"
#include "policy/policy.h"
#include "policy/proven_text.h"
#include "proxy/exchange.h"
#include "table/codes.h"
#include "table/server_scope.h"

namespace gh::policy {

using config::Phase;
using table::HeaderSetting;
using table::Verdict;

namespace {

/// Those that blocks within a server name, for the server to drop.
struct NamesWithin { std::vector<std::string> list; };

struct Plan { std::vector<std::string> names; };

/// Services that speak CGI see no difference between `-` and `_`.
bool same_field(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) { return lower(x == '_' ? '-' : x) == lower(y == '_' ? '-' : y); };
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), same);
}

bool has_name(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& n) { return same_field(n, name); });
}

Verdict run(proxy::Exchange& x, const void* params) {
  const Plan& plan = *static_cast<const Plan*>(params);
  std::span<http::Field>& fields = x.request.fields;
  const auto is_ours = [&](const http::Field& field) {
    if (field.id != http::HeaderId::other || !has_name(plan.names, field.name)) return false;
    x.log(LogLevel::info, fmt::format("client sent the identity field \"{}\", dropped", field.name));
    return true;
  };
  const auto end = std::remove_if(fields.begin(), fields.end(), is_ours);
  fields = fields.first(static_cast<std::size_t>(end - fields.begin()));
  return Verdict::next;
}

}  // namespace

namespace {

/// `$` may stand in a field's name, and nobody means it; true: said so.
bool is_variable(table::Scope& scope, const config::Bound& directive) {
  const config::Value& name = directive.at(0);
  if (!name.text.starts_with('$')) return false;
  const bool is_swapped = directive.values.size() > 1 && !directive.at(1).text.starts_with('$');
  const std::string field = is_swapped ? printable(directive.at(1).text, 60) : "X-User-Id";
  scope.error(table::code::bad_choice, name.span,
              fmt::format("`{}` stands where the name of a field should", printable(name.text, 60)))
      .with_label(is_swapped ? "name and value are swapped" : "a variable is no name")
      .with_help(fmt::format("the name comes first: `identity_header {} {};`", field, printable(name.text, 60)));
  return true;
}

}  // namespace

void apply_identity_header(table::Scope& scope, const config::Bound& directive) {
  const config::Value& name = directive.at(0);
  if (is_variable(scope, directive)) return;
  auto& list = scope.edit<IdentityHeaders>().list;
  if (directive.values.size() == 1) {
    if (name.text == "off") return list.clear();
    scope.error(table::code::missing_parameter, directive.span(), "`identity_header` needs a value")
        .with_help("write `identity_header " + printable(name.text, 60) + " $variable`, or `identity_header off`");
    return;
  }
  if (name.text == "off") {
    scope.error(table::code::bad_choice, directive.at(1).span, "`identity_header off` takes nothing else")
        .with_help("`identity_header off;` alone passes none on; NAME \"\" drops one field");
    return;
  }
  if (directive.at(1).text == "off") {
    scope.error(table::code::bad_choice, directive.at(1).span,
                "services would get the text `off` as " + printable(name.text, 60))
        .with_help("to send no such field, write `identity_header " + printable(name.text, 60) + " \"\";`");
    return;
  }
  const bool is_name = !name.text.empty() && std::all_of(name.text.begin(), name.text.end(), is_tchar);
  if (!is_name || http::header_id(name.text) != http::HeaderId::other) {
    scope.error(table::code::bad_choice, name.span,
                is_name ? "`" + printable(name.text, 60) + "` has a meaning of its own in HTTP"
                        : "`" + printable(name.text, 60) + "` is no field name")
        .with_help(is_name ? "clients would lose it: set it with proxy_set_header, or take a name such as `X-User-Id`"
                           : "letters, digits and `-`: `X-User-Id`");
    return;
  }
  std::erase_if(list, [&](const HeaderSetting& h) { return same_field(h.name, name.text); });
  list.push_back({std::string(name.text), compile_proven(scope, directive.at(1)), http::HeaderId::other});
  table::Scope* const server = table::server_scope(scope);
  if (server && server != &scope) server->local<NamesWithin>().list.emplace_back(name.text);
}

void finish_identity_header(table::Scope& scope, table::Route& route) {
  if (route.kind != table::Route::Kind::server) return;
  auto plan = std::make_shared<Plan>();
  const auto add = [&](const std::string& name) {
    if (!has_name(plan->names, name)) plan->names.push_back(name);
  };
  if (const auto within = scope.local_or_null<NamesWithin>()) {
    for (const std::string& name : within->list) add(name);
  }
  for (table::Scope* s = &scope; s; s = s->parent) {  // a block that clears the list does not give them to clients
    for (const HeaderSetting& header : s->get<IdentityHeaders>().list) add(header.name);
  }
  if (!plan->names.empty()) table::add_step(route, Phase::address, run, std::move(plan), "identity_header");
}

void add_identity_headers(table::Scope& scope, proxy::ProxyPlan& plan) {
  if (!scope.has<IdentityHeaders>()) return;
  const auto headers = scope.shared<IdentityHeaders>();
  for (const HeaderSetting& header : headers->list) {
    const auto is_same = [&](const HeaderSetting& set) { return same_field(set.name, header.name); };
    const auto& set = plan.set_headers->list;
    if (std::any_of(set.begin(), set.end(), is_same)) continue;  // proxy_set_header says it for this block
    plan.not_forwarded.add(header.name, header.id);
    plan.pieces.push_back({{}, &header.value, header.name, false});
  }
  plan.identity = headers;
}

}  // namespace gh::policy
