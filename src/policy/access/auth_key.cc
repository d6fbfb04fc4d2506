// auth_key: API keys, in a field, an argument or a cookie. A key is one of a consumer's (policy/consumers.h). `hide`
// takes it out of what goes on, whoever let the request pass, and of the request as the log shows it.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "http/query.h"
#include "policy/access.h"
#include "policy/challenge.h"
#include "policy/consumers.h"
#include "policy/login_lint.h"
#include "policy/policy.h"
#include "policy/secret_arguments.h"
#include "proxy/exchange.h"
#include "proxy/join.h"
#include "table/build.h"

namespace gh::policy {

using config::Phase;
using proxy::Exchange;
using table::Verdict;

namespace {

constexpr std::string_view default_header = "X-API-Key";

struct Settings {
  table::Template realm;
  bool is_on = false, hide = false;
  std::string header, query, cookie;  // empty: not looked into
  config::Span where;
};

struct Plan {
  Settings settings;
  std::shared_ptr<const Consumers> consumers;
};

/// What a request brings. Two keys at once, and it would not be clear which one counts.
struct Presented {
  std::string_view key;
  unsigned count = 0;

  void add(std::string_view text) {
    if (text.empty()) return;
    key = text;
    ++count;
  }
};

bool is_key_field(const Settings& settings, const http::Field& field) {
  return !settings.header.empty() && iequals(field.name, settings.header);
}

/// "Bearer KEY": of Authorization the scheme is left out.
std::string_view key_of_field(const http::Field& field) {
  if (field.id != http::HeaderId::authorization) return field.value;
  const std::size_t blank = field.value.find(' ');
  return blank == std::string_view::npos ? std::string_view() : trim(field.value.substr(blank));
}

Presented presented(Exchange& x, const Settings& settings) {
  Presented found;
  for (const http::Field& field : x.request.fields) {
    if (is_key_field(settings, field)) found.add(key_of_field(field));
    if (settings.cookie.empty() || field.id != http::HeaderId::cookie) continue;
    http::each_cookie(field.value, [&](std::string_view, std::string_view name, std::string_view value) {
      if (name == settings.cookie) found.add(value);
    });
  }
  if (settings.query.empty()) return found;
  http::each_argument(x.args, [&](std::string_view, std::string_view name, std::string_view value) {
    if (http::is_argument(name, settings.query)) found.add(http::percent_decode(value, x.arena));
  });
  return found;
}

/// `text` is a target, or a request line with one in it.
std::string_view without_argument(std::string_view text, std::string_view name, Arena& arena) {
  const std::size_t question = text.find('?');
  if (question == std::string_view::npos) return text;
  const std::size_t end = std::min(text.find(' ', question), text.size());
  const std::string_view args = text.substr(question + 1, end - question - 1);
  const std::string_view kept = http::without_argument(args, name, arena);
  if (kept.size() == args.size()) return text;
  return proxy::join(arena, text.substr(0, kept.empty() ? question : question + 1), kept, text.substr(end));
}

/// `why` goes to $gateway_reason, as the log says it.
Access challenge(Exchange& x, std::string_view realm, std::string_view why) {
  x.reason = why;
  add_challenge(x, "Key", realm);
  return refuse(x, 401);
}

Access check(Exchange& x, const void* params) {
  const Plan& plan = *static_cast<const Plan*>(params);
  const std::string_view realm = plan.settings.realm.render(x, x.arena);
  if (realm == "off") return Access::next;
  // Behind an internal redirect: the key may be hidden already.
  if (x.caller && x.caller->way == proxy::Caller::Way::key) return Access::pass;
  const Presented found = presented(x, plan.settings);
  if (found.count != 1) {
    const std::string_view why = found.count == 0 ? "no API key was provided" : "several API keys were provided";
    x.log(LogLevel::info, why);
    return challenge(x, realm, why);
  }
  const proxy::Consumer* const consumer = plan.consumers->by_key(found.key);
  if (!consumer) {
    x.log(LogLevel::error, "the API key belongs to no consumer");
    return challenge(x, realm, "the API key belongs to no consumer");
  }
  proxy::recognise(x, consumer, proxy::Caller::Way::key);
  return Access::pass;
}

// ---- hide ----------------------------------------------------------------------------------------------------------

/// A list of its own: a subexchange has the fields of the one around it.
void hide_fields(Exchange& x, const Settings& settings) {
  http::Field* const kept = x.arena.array<http::Field>(x.request.fields.size());
  std::size_t count = 0;
  for (const http::Field& field : x.request.fields) {
    if (is_key_field(settings, field)) continue;
    http::Field copy = field;
    if (!settings.cookie.empty() && field.id == http::HeaderId::cookie) {
      copy.value = http::without_cookie(field.value, settings.cookie, x.arena);
      if (copy.value.empty()) continue;
    }
    kept[count++] = copy;
  }
  x.request.fields = {kept, count};
}

void hide_argument(Exchange& x, std::string_view name) {
  x.args = http::without_argument(x.args, name, x.arena);
  x.target.args = http::without_argument(x.target.args, name, x.arena);
  x.target.unparsed = without_argument(x.target.unparsed, name, x.arena);
  x.request.request_line = without_argument(x.request.request_line, name, x.arena);
}

Verdict hide(Exchange& x, const void* params) {
  const Settings& settings = static_cast<const Plan*>(params)->settings;
  if (!settings.header.empty() || !settings.cookie.empty()) hide_fields(x, settings);
  if (!settings.query.empty()) hide_argument(x, settings.query);
  return Verdict::next;
}

/// Behind limits that may count by the key, and before all else that looks at the request as services will see it.
void add_hide(table::Route& route, std::shared_ptr<const Plan> plan) {
  std::vector<table::Step>& steps = route.program.steps;
  const auto at = std::lower_bound(steps.begin(), steps.end(), Phase::request,
                                   [](const table::Step& step, Phase phase) { return step.phase < phase; });
  steps.insert(at, {hide, plan.get(), Phase::request, "auth_key"});
  route.owned.push_back(std::move(plan));
}

// ---- the configuration ---------------------------------------------------------------------------------------------

/// Of the first auth_key; local to the outermost scope.
struct FirstUse { config::Span where; };

bool is_field_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_tchar);
}

/// The name behind `header=` and its kin; false: said why.
bool read_name(table::Scope& scope, const config::Bound& directive, std::string_view parameter, std::string& name) {
  const config::Value* const value = directive.find(parameter);
  if (!value) return true;
  name = value->text;
  if (is_field_name(name)) return true;
  scope.error(table::code::bad_choice, value->span,
              fmt::format("`{}{}` names nothing", parameter, printable(value->text, 60)))
      .with_help("letters, digits and `-`: header=X-API-Key, query=apikey, cookie=apikey");
  return false;
}

}  // namespace

void apply_auth_key(table::Scope& scope, const config::Bound& directive) {
  Settings& settings = scope.edit<Settings>();
  settings = {};
  settings.realm = scope.compile(directive.at(0));
  settings.is_on = !settings.realm.is_constant() || settings.realm.constant_text() != "off";
  settings.where = directive.span();
  settings.hide = directive.has("hide");
  const bool good = read_name(scope, directive, "header=", settings.header) &&
                    read_name(scope, directive, "query=", settings.query) &&
                    read_name(scope, directive, "cookie=", settings.cookie);
  if (!good) return;
  if (!settings.is_on && directive.values.size() > 1) {
    scope.error(table::code::bad_choice, directive.span(), "`auth_key off` takes nothing else")
        .with_help("write `auth_key off;`");
  }
  if (settings.header.empty() && settings.query.empty() && settings.cookie.empty()) settings.header = default_header;
  auto& first = table::outermost(scope).local<FirstUse>().where;
  if (settings.is_on && !first.is_set()) first = settings.where;
}

void finish_auth_key(table::Scope& scope, table::Route& route) {
  if (!scope.has<Settings>() || !scope.get<Settings>().is_on) return;
  if (!scope.is_own<Settings>()) warn_of_locked_login(scope, route, "auth_key");
  auto plan = std::make_shared<Plan>();
  plan->settings = scope.get<Settings>();
  plan->consumers = consumers_of(scope);
  if (plan->settings.hide) add_hide(route, plan);
  if (!plan->settings.query.empty()) keep_out_of_logs(scope, plan->settings.query);
  add_check(scope, check, std::move(plan), "auth_key");
}

void end_auth_key(table::Scope& main) {
  const config::Span where = main.local<FirstUse>().where;
  if (!where.is_set() || main.builder.diagnostics.has_errors() || consumers_of(main)->has_keys()) return;
  main.error(table::code::no_keys, where, "auth_key asks for keys, and no consumer has one: nobody could pass")
      .with_help("add one: consumer shop { key sha256:HEX; }");
}

}  // namespace gh::policy
