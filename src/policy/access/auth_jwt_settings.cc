// From the directives of auth_jwt to the plan of a block.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "policy/access/auth_jwt.h"
#include "policy/codes.h"
#include "policy/login_lint.h"
#include "policy/policy.h"
#include "policy/secret_arguments.h"
#include "table/build.h"
#include "table/codes.h"
#include "table/jwt_plan.h"
#include "table/server_scope.h"

namespace gh::policy {

namespace {

struct JwtSettings {
  bool is_on = false;
  table::Template realm;
  std::optional<TokenSource> token;
  config::Span where;
};
struct JwtRules {
  std::uint8_t forms = jose::form_signed;
  std::int64_t leeway_s = 0, key_cache_ms = 0;
  bool require_exp = true;
};
struct JwtIssuers { std::vector<std::string> list; };
struct JwtAudiences { std::vector<std::string> list; };
struct JwtAnswers { std::array<JwtAnswer, jwt_faults> all; };
struct JwtCacheSize { std::int64_t bytes = 16 * 1024 * 1024; };

struct SourcesWithin { bool some = false; };  // local to a server's scope: it or a block in it names keys
struct Warned { std::set<std::uint32_t> places; };                   // local to the outermost scope
struct PlanNumbers { std::map<std::string, std::uint64_t> numbers; };  // as well
/// Local to a server's scope, where the URIs mean something: by URI and time.
struct KeyRequests { std::map<std::string, std::shared_ptr<JwtKeyRequest>> all; };

std::shared_ptr<JwtKeyRequest> key_request(table::Scope& scope, const JwtSources& sources, std::int64_t cache_ms) {
  for (const JwtSource& source : sources.list) {
    if (source.kind != JwtSource::Kind::request) continue;
    const std::string_view text = source.text;
    const std::size_t mark = text.find('?');
    auto& known = table::server_scope(scope)->local<KeyRequests>().all[fmt::format("{} {}", cache_ms, text)];
    if (known) return known;
    std::string args(mark == std::string_view::npos ? std::string_view() : text.substr(mark + 1));
    known = std::make_shared<JwtKeyRequest>(std::string(text.substr(0, mark)), std::move(args), cache_ms);
    return known;
  }
  return nullptr;
}

std::shared_ptr<JwtCache> cache_of(table::Scope& scope) {
  const auto bytes = static_cast<std::size_t>(scope.get<JwtCacheSize>().bytes);
  if (bytes == 0) return nullptr;
  const auto make = [&](const auto&) { return std::make_shared<JwtCache>(bytes); };
  return scope.builder.registry()
      .adopt_or_create<JwtCache>("auth_jwt/cache", std::to_string(bytes), make).object;
}

std::uint64_t next_number() {
  static std::uint64_t last = 0;  // over all tables: what one of them found good is not good by another one
  return ++last;
}

/// Equal for plans that decide alike.
std::uint64_t number_of(table::Scope& scope, const JwtPlan& plan) {
  std::string text = plan.token ? "token=" + plan.token->source() : std::string("bearer");
  text += fmt::format("\n{} {} {} {} {}", plan.rules.forms, plan.rules.leeway_s, plan.rules.require_exp,
                      plan.fixed ? plan.fixed->number : 0, fmt::ptr(plan.request.get()));
  for (const auto& url : plan.urls) text += fmt::format(" {}", fmt::ptr(url.get()));
  for (const std::string& issuer : plan.rules.issuers) text += "\nissuer " + issuer;
  for (const std::string& audience : plan.rules.audiences) text += "\naudience " + audience;
  const auto [at, is_new] = table::outermost(scope).local<PlanNumbers>().numbers.try_emplace(std::move(text));
  if (is_new) at->second = next_number();
  return at->second;
}

std::shared_ptr<JwtPlan> make_plan(table::Scope& scope) {
  auto plan = std::make_shared<JwtPlan>();
  const JwtRules& rules = scope.get<JwtRules>();
  plan->realm = scope.get<JwtSettings>().realm;
  plan->token = scope.get<JwtSettings>().token;
  plan->rules.forms = rules.forms;
  plan->rules.leeway_s = rules.leeway_s;
  plan->rules.require_exp = rules.require_exp;
  plan->rules.issuers = scope.get<JwtIssuers>().list;
  plan->rules.audiences = scope.get<JwtAudiences>().list;
  plan->answers = scope.get<JwtAnswers>().all;
  const bool decrypts = rules.forms != jose::form_signed;
  plan->remote_rules = {.private_keys = false, .secrets = false, .short_secrets = false};
  if (scope.has<JwtSources>()) {
    const auto sources = scope.shared<JwtSources>();
    plan->fixed = fixed_keys(scope, sources, decrypts);
    plan->urls = key_urls(scope, *sources);
    plan->request = key_request(scope, *sources, rules.key_cache_ms);
  }
  // Another location's answer is trusted as a file is: it may hold secrets, and private keys for encrypted tokens.
  if (plan->request) plan->remote_rules = {.private_keys = decrypts, .secrets = true, .short_secrets = false};
  const bool asks_each_time = plan->request && plan->request->cache_ms == 0;
  if (!asks_each_time) plan->cache = cache_of(scope);
  plan->number = number_of(scope, *plan);
  return plan;
}

void report_no_keys(table::Scope& scope) {
  const config::Span where = scope.get<JwtSettings>().where;
  if (!table::outermost(scope).local<Warned>().places.insert(where.begin).second) return;
  scope.error(table::code::no_token_keys, where, "auth_jwt has no keys to verify tokens with")
      .with_label("anybody could make one")
      .with_help("add auth_jwt_key_file, auth_jwt_key_url, auth_jwt_key_request or auth_jwt_secret");
}

/// A route of this server is chosen by claims.
void finish_early(table::Scope& scope, table::Route& route, const std::shared_ptr<const JwtPlan>& plan) {
  const auto early = scope.local_or_null<table::EarlyToken>();
  if (!early) return;
  if (plan) return add_early_jwt_check(route, plan);
  scope.error(table::code::late_value, early->where, "a claim is not known when a route is chosen")
      .with_help("put auth_jwt and its keys at the server: the token is verified before its routes are looked for");
}

}  // namespace

std::uint64_t JwtPlan::keys_number() const {
  std::uint64_t sum = 0;  // each part only grows
  for (const auto& url : urls) sum += url->keys.number();
  return request ? sum + request->keys.number() : sum;
}

// ---- directives ----------------------------------------------------------------------------------------------------

void note_jwt_setting(table::Scope& scope, const config::Bound& directive) {
  JwtUse& use = table::outermost(scope).local<JwtUse>();
  if (use.stated.is_set()) return;
  use.stated = directive.span();
  use.directive = directive.row->name;
}

void end_auth_jwt(table::Scope& main) {
  const JwtUse& use = main.local<JwtUse>();
  if (use.is_asked || !use.stated.is_set() || main.builder.diagnostics.has_errors()) return;
  main.error(code::unasked_tokens, use.stated, fmt::format("{} stands here, and nothing asks for a token: everybody "
                                                           "passes", use.directive))
      .with_help("say where one is needed: `auth_jwt \"shop\";` in the server or the location");
}

void apply_auth_jwt(table::Scope& scope, const config::Bound& directive) {
  JwtSettings& settings = scope.edit<JwtSettings>();
  settings.where = directive.span();
  table::outermost(scope).local<JwtUse>().is_asked = true;
  settings.realm = scope.compile(directive.at(0));
  settings.is_on = !settings.realm.is_constant() || settings.realm.constant_text() != "off";
  settings.token.reset();
  const config::Value* const token = directive.find("token=");
  if (!token) return;
  if (!token->text.starts_with("$")) {
    scope.error(table::code::not_a_variable, token->span, "`" + printable(token->text, 60) + "` is no variable")
        .with_help("name the variable that holds the token: `token=$cookie_access`");
    return;
  }
  settings.token.emplace(scope.compile(*token));
}

void apply_auth_jwt_key_cache(table::Scope& scope, const config::Bound& directive) {
  scope.edit<JwtRules>().key_cache_ms = directive.at(0).number;
}

void apply_auth_jwt_leeway(table::Scope& scope, const config::Bound& directive) {
  scope.edit<JwtRules>().leeway_s = directive.at(0).number;
}

void apply_auth_jwt_require_exp(table::Scope& scope, const config::Bound& directive) {
  scope.edit<JwtRules>().require_exp = directive.at(0).number != 0;
}

void apply_auth_jwt_type(table::Scope& scope, const config::Bound& directive) {
  const std::string_view type = directive.at(0).text;
  scope.edit<JwtRules>().forms = type == "nested"      ? jose::form_nested
                                 : type == "encrypted" ? jose::form_encrypted
                                                       : jose::form_signed;
}

void apply_auth_jwt_issuer(table::Scope& scope, const config::Bound& directive) {
  for (const config::Value& value : directive.values) scope.edit_list<JwtIssuers>().list.emplace_back(value.text);
}

void apply_auth_jwt_audience(table::Scope& scope, const config::Bound& directive) {
  for (const config::Value& value : directive.values) scope.edit_list<JwtAudiences>().list.emplace_back(value.text);
}

void apply_auth_jwt_error(table::Scope& scope, const config::Bound& directive) {
  static constexpr std::pair<std::string_view, JwtFault> kinds[] = {{"missing=", JwtFault::missing},
                                                                    {"invalid=", JwtFault::invalid},
                                                                    {"expired=", JwtFault::expired},
                                                                    {"claims=", JwtFault::claims}};
  bool some = false;
  for (const auto& [name, fault] : kinds) {
    const config::Value* const status = directive.find(name);
    if (!status) continue;
    some = true;
    scope.edit<JwtAnswers>().all[static_cast<std::size_t>(fault)] = {static_cast<std::uint16_t>(status->number),
                                                                     std::string(directive.text("message"))};
  }
  if (some) return;
  scope.error(table::code::argument_count, directive.span(), "`auth_jwt_error` answers nothing")
      .with_label("no case is named")
      .with_help("name one of missing=, invalid=, expired= and claims=: `auth_jwt_error missing=401 \"No token\"`");
}

void apply_auth_jwt_cache(table::Scope& scope, const config::Bound& directive) {
  scope.edit<JwtCacheSize>().bytes = directive.at(0).number;
}

void finish_auth_jwt(table::Scope& scope, table::Route& route) {
  const bool is_server = route.kind == table::Route::Kind::server;
  table::Scope* const server = table::server_scope(scope);
  if (server && scope.is_own<JwtSources>()) server->local<SourcesWithin>().some = true;
  if (!scope.has<JwtSettings>() || !scope.get<JwtSettings>().is_on) {
    if (is_server) finish_early(scope, route, nullptr);
    return;
  }
  if (!scope.is_own<JwtSettings>()) warn_of_locked_login(scope, route, "auth_jwt");
  if (const auto& token = scope.get<JwtSettings>().token) keep_arguments_out_of_logs(scope, token->source());
  const auto plan = make_plan(scope);
  const bool has_keys = plan->fixed || !plan->urls.empty() || plan->request;
  const auto within = server ? server->local_or_null<SourcesWithin>() : nullptr;
  const bool is_stated = scope.has<JwtSources>();  // what is wrong with them was said
  if (!has_keys && !is_stated && !(is_server && within)) report_no_keys(scope);
  if (is_server) finish_early(scope, route, plan);
  add_jwt_check(scope, plan);
}

}  // namespace gh::policy
