// auth_oidc: who has no session is sent to an OpenID provider to log in, and comes back with a code (OpenID Connect
// Core 3.1, RFC 7636). Two parts: a check of the locations that want it, and a step of their server that takes the
// cookies of logins out of all requests and answers the two paths that are the gateway's own: the provider's way back,
// and logging out.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/digest.h"
#include "base/text.h"
#include "json/uri.h"
#include "policy/access.h"
#include "policy/oidc_config.h"
#include "policy/oidc_cookies.h"
#include "policy/policy.h"
#include "proxy/external_identity.h"
#include "proxy/worker.h"
#include "table/build.h"
#include "table/server_scope.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;
using ProviderPtr = std::shared_ptr<const OidcProvider>;

namespace {

constexpr std::size_t state_bytes = 24, verifier_bytes = 32;
constexpr std::size_t state_text_bytes = 32;     // of them, in base64url
constexpr std::size_t most_code_bytes = 4096;

struct Settings {
  std::shared_ptr<OidcProvider> provider;  // null: off
  config::Span where;
};
struct ProvidersWithin { std::vector<Settings> list; };  // of the blocks of a server

struct CheckPlan { ProviderPtr provider; };
struct ServerPlan { std::vector<ProviderPtr> providers; };

void forbid_caching(Exchange& x) { x.reply.fields.add(x.arena, "Cache-Control", "no-store"); }

void add_query(std::string& url, std::string_view query) {
  if (query.empty()) return;
  url += url.find('?') == std::string::npos ? '?' : '&';
  url += query;
}

// ---- the check: sending to log in -----------------------------------------------------------------------------------

std::string_view field_of(const Exchange& x, std::string_view name) {
  for (const http::Field& field : x.request.fields) {
    if (iequals(field.name, name)) return field.value;
  }
  return {};
}

/// Would a redirect be followed by a browser that shows a page to somebody? Scripts get 401 instead.
bool shows_pages(const Exchange& x) {
  if (x.request.method != http::Method::get && x.request.method != http::Method::head) return false;
  if (iequals(field_of(x, "X-Requested-With"), "XMLHttpRequest") || !field_of(x, "Upgrade").empty()) return false;
  const std::string_view mode = field_of(x, "Sec-Fetch-Mode"), accept = field_of(x, "Accept");
  if (!mode.empty() && mode != "navigate") return false;
  return accept.empty() || accept.find("text/html") != std::string_view::npos ||
         accept.find("application/xhtml+xml") != std::string_view::npos || accept.find("*/*") != std::string_view::npos;
}

Verdict send_to_login(Exchange& x) {
  const proxy::ExternalIdentity& identity = *x.external;
  set_cookie(x, identity.login_cookie);
  x.reply.fields.remove_if([](const http::Field& field) { return field.id == http::HeaderId::www_authenticate; });
  forbid_caching(x);
  return x.redirect(302, identity.login_location);
}

std::string login_url(const Exchange& x, const OidcProvider& provider, const ProviderData& data,
                      const PendingLogin& login) {
  std::string query, url = data.authorization_url;
  append_form(query, "response_type", "code");
  append_form(query, "client_id", provider.client.id);
  append_form(query, "redirect_uri", absolute_url(x, provider, provider.redirect_uri));
  append_form(query, "scope", provider.scope);
  append_form(query, "state", login.state);
  append_form(query, "nonce", login.nonce);
  if (!login.verifier.empty()) {
    append_form(query, "code_challenge", challenge_of(login.verifier));
    append_form(query, "code_challenge_method", "S256");
  }
  add_query(url, query);
  add_query(url, provider.extra_auth_args);
  return url;
}

Access cannot_ask(Exchange& x, const OidcProvider& provider, const std::string& why) {
  x.log(LogLevel::error, fmt::format("OpenID provider \"{}\": {}", provider.name, why));
  x.reason = "the provider cannot be asked";
  return refuse(x, 503);
}

Access want_login(Exchange& x, const ProviderPtr& provider) {
  x.reason = "nobody has logged in";
  if (!shows_pages(x)) {
    const std::string challenge = fmt::format("Cookie realm=\"{}\"", provider->name);
    x.reply.fields.add(x.arena, "WWW-Authenticate", x.arena.copy(challenge), http::HeaderId::www_authenticate);
    return refuse(x, 401);
  }
  ProviderDataPtr data;
  std::string failure;
  if (await_provider(x, provider, data, failure) == Waits::yes) return Access::wait;
  if (!data) return cannot_ask(x, *provider, failure);
  PendingLogin login{random_text(state_bytes), random_text(state_bytes),
                     provider->pkce ? random_text(verifier_bytes) : std::string(), safe_return(x.target.unparsed),
                     x.clock().unix_ms() / 1000 + login_time_s};
  proxy::ExternalIdentity& identity = proxy::external_identity(x);
  identity.login_cookie = x.arena.copy(login_cookie(x, *provider, login));
  identity.login_location = x.arena.copy(login_url(x, *provider, *data, login));
  take_back_old_logins(x, *provider);
  x.access.login = send_to_login;
  return refuse(x, 401);
}

// ---- the check: sessions --------------------------------------------------------------------------------------------

Access let_pass(Exchange& x, const OidcSession& session) {
  auto who = std::make_shared<proxy::LoggedIn>();
  if (auto claims = json::Document::parse(session.claims)) who->claims = std::move(*claims);
  if (!session.userinfo.empty()) {
    if (auto userinfo = json::Document::parse(session.userinfo)) who->userinfo = std::move(*userinfo);
  }
  who->id_token = session.id_token;
  who->access_token = session.access_token;
  proxy::external_identity(x).login = std::move(who);
  return Access::pass;
}

/// Its tokens are renewed, once for all requests that bring it.
Access renew(Exchange& x, const ProviderPtr& provider, const OidcSession& session) {
  const std::string key = digest(DigestKind::sha256, {session.refresh_token});
  const auto& renewals = provider->state->renewals;
  FindingPtr finding;
  const Waits waits = look_again(x, *renewals, key, finding);
  if (waits == Waits::yes) return Access::wait;
  if (waits == Waits::no) finding = renewals->find(key, x.clock().now_ms());
  if (!finding) {
    ProviderDataPtr data;
    std::string failure;
    if (await_provider(x, provider, data, failure) == Waits::yes) return Access::wait;
    if (!data) return cannot_ask(x, *provider, failure);
    const auto begin = [&] {
      renew_session(x.worker, provider, data, session, std::make_shared<Inquiry>(renewals, key));
    };
    return wait_for(x, renewals, key, begin) ? Access::wait : cannot_ask(x, *provider, "too much is asked already");
  }
  const auto* const result = dynamic_cast<const LoginResult*>(finding.get());
  if (result && result->failure.empty()) {
    if (!give_session(x, *provider, result->session)) return refuse(x, 500);
    return let_pass(x, result->session);
  }
  if (!result || !result->is_refused) return cannot_ask(x, *provider, finding->failure);
  x.log(LogLevel::info, fmt::format("the session is over: {}", finding->failure));
  take_back_session(x, *provider);
  return want_login(x, provider);
}

Access check(Exchange& x, const void* params) {
  const ProviderPtr& provider = static_cast<const CheckPlan*>(params)->provider;
  const auto session = session_of(x, *provider);
  if (!session) return want_login(x, provider);
  const bool is_due = session->renew_s > 0 && session->renew_s <= x.clock().unix_ms() / 1000;
  return is_due && !session->refresh_token.empty() ? renew(x, provider, *session) : let_pass(x, *session);
}

// ---- the way back ---------------------------------------------------------------------------------------------------

using Query = std::map<std::string, std::string, std::less<>>;

/// What the query says; nothing: something is said twice, or wrongly escaped.
std::optional<Query> read_query(std::string_view args) {
  Query said;
  for (const std::string_view pair : split(args, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string raw(pair.substr(std::min(equals + 1, pair.size())));
    std::replace(raw.begin(), raw.end(), '+', ' ');
    auto value = json::decode_percent(raw);
    if (!value) return std::nullopt;
    if (!pair.empty() && !said.emplace(pair.substr(0, equals), std::move(*value)).second) return std::nullopt;
  }
  return said;
}

Verdict end_login(Exchange& x, unsigned status, LogLevel level, const std::string& why) {
  x.log(level, fmt::format("login failed: {}", why));
  x.reason = x.arena.copy(fmt::format("login failed: {}", why));
  forbid_caching(x);
  return x.error(status);
}

/// What came of the code.
Verdict conclude_login(Exchange& x, const OidcProvider& provider, const PendingLogin& login, const Finding& finding) {
  take_back_login(x, provider, login.state);
  const auto* const result = dynamic_cast<const LoginResult*>(&finding);
  if (!finding.failure.empty()) {
    const bool is_refused = result && result->is_refused;
    return end_login(x, is_refused ? 403 : 503, is_refused ? LogLevel::warn : LogLevel::error, finding.failure);
  }
  if (!give_session(x, provider, result->session)) {
    return end_login(x, 500, LogLevel::error, "the session is too large");
  }
  forbid_caching(x);
  return x.redirect(302, x.arena.copy(absolute_url(x, provider, safe_return(login.target))));
}

std::string_view said_in(const Query& query, std::string_view name) {
  const auto at = query.find(name);
  return at == query.end() ? std::string_view() : std::string_view(at->second);
}

/// Why the answer of the provider is not taken; empty: it has a code. RFC 9207: another provider's answer is refused
/// before its code goes anywhere.
std::string fault_of(const Query& query, const OidcProvider& provider, const ProviderData& data) {
  const std::string_view issuer = said_in(query, "iss"), error = said_in(query, "error");
  if (query.contains("iss") ? issuer != provider.issuer : data.says_issuer) return "the answer is of another issuer";
  if (query.contains("error")) return fmt::format("the provider says \"{}\"", printable(error, 60));
  const std::size_t size = said_in(query, "code").size();
  return size == 0 || size > most_code_bytes ? "the answer has no code" : "";
}

Verdict come_back(Exchange& x, const ProviderPtr& provider) {
  const auto query = read_query(x.target.args);
  const std::string state(query ? said_in(*query, "state") : "");
  if (state.size() != state_text_bytes) return end_login(x, 400, LogLevel::info, "this is no answer of a provider");
  const auto login = login_of(x, *provider, state);
  if (!login) return end_login(x, 400, LogLevel::info, "this browser began no such login, or it took too long");
  const auto& logins = provider->state->logins;
  const std::string key = digest(DigestKind::sha256, {state, "\n", said_in(*query, "code")});
  FindingPtr finding;
  const Waits waits = look_again(x, *logins, key, finding);
  if (waits == Waits::yes) return Verdict::again;
  if (waits == Waits::over) return conclude_login(x, *provider, *login, *finding);
  ProviderDataPtr data;
  std::string failure;
  if (await_provider(x, provider, data, failure) == Waits::yes) return Verdict::again;
  if (!data) return end_login(x, 503, LogLevel::error, failure);
  if (const std::string fault = fault_of(*query, *provider, *data); !fault.empty()) {
    take_back_login(x, *provider, state);
    return end_login(x, 403, LogLevel::warn, fault);
  }
  const auto begin = [&] {
    redeem_code(x.worker, provider, data, std::string(said_in(*query, "code")),
                absolute_url(x, *provider, provider->redirect_uri), *login, std::make_shared<Inquiry>(logins, key));
  };
  if (wait_for(x, logins, key, begin)) return Verdict::again;
  return end_login(x, 503, LogLevel::error, "too many logins are under way");
}

// ---- logging out ----------------------------------------------------------------------------------------------------

/// OpenID Connect RP-Initiated Logout 2: the browser tells the provider, too.
std::string logout_url(Exchange& x, const OidcProvider& provider, const ProviderData& data, const std::string& after) {
  std::string query, url = data.logout_url;
  const auto session = provider.hints_logout ? session_of(x, provider) : std::nullopt;
  if (session && !session->id_token.empty()) append_form(query, "id_token_hint", session->id_token);
  append_form(query, "client_id", provider.client.id);
  append_form(query, "post_logout_redirect_uri", after);
  add_query(url, query);
  return url;
}

Verdict log_out(Exchange& x, const ProviderPtr& provider) {
  ProviderDataPtr data;
  std::string failure;
  if (await_provider(x, provider, data, failure) == Waits::yes) return Verdict::again;
  if (!data) x.log(LogLevel::error, fmt::format("logging out of the gateway only: {}", failure));
  const std::string after = absolute_url(x, *provider, provider->post_logout_uri);
  const std::string to = data && !data->logout_url.empty() ? logout_url(x, *provider, *data, after) : after;
  take_back_session(x, *provider);
  forbid_caching(x);
  return x.redirect(302, x.arena.copy(to));
}

/// A step of the server, before everything else that a request meets there.
Verdict run(Exchange& x, const void* params) {
  const ServerPlan& plan = *static_cast<const ServerPlan*>(params);
  if (x.parent) return Verdict::next;
  take_cookies(x, plan.providers);
  if (x.internal) return Verdict::next;
  for (const ProviderPtr& provider : plan.providers) {
    if (x.uri == provider->redirect_path) return come_back(x, provider);
    if (!provider->logout_path.empty() && x.uri == provider->logout_path) return log_out(x, provider);
  }
  return Verdict::next;
}

}  // namespace

// ---- the configuration ----------------------------------------------------------------------------------------------

void apply_auth_oidc(table::Scope& scope, const config::Bound& directive) {
  const config::Value& name = directive.at(0);
  if (name.text == "off") {
    scope.edit<Settings>().provider = nullptr;
    return;
  }
  auto provider = find_oidc_provider(scope, name);
  if (!provider) return;
  const Settings stated{std::move(provider), name.span};
  if (table::Scope* const server = table::server_scope(scope)) server->local<ProvidersWithin>().list.push_back(stated);
  scope.edit<Settings>() = stated;
}

namespace {

void refuse_the_same(table::Builder& builder, const OidcProvider& one, const Settings& other) {
  const bool same_cookie = one.cookie_name == other.provider->cookie_name;
  if (!same_cookie && one.redirect_path != other.provider->redirect_path) return;
  const std::string_view what = same_cookie ? "cookie_name" : "redirect_uri";
  builder.diagnostics
      .error(table::code::duplicate_name, other.where,
             fmt::format("providers `{}` and `{}` have the same {} on this server", printable(one.name),
                         printable(other.provider->name), what))
      .with_help(fmt::format("state a `{}` in one of them", what));
}

/// All providers of a server, each once; when they are complete, no two of them may want the same of it.
std::shared_ptr<ServerPlan> server_plan(table::Builder& builder, const std::vector<Settings>& stated) {
  auto plan = std::make_shared<ServerPlan>();
  std::vector<Settings> different;
  for (const Settings& each : stated) {
    auto& list = plan->providers;
    if (!each.provider || std::find(list.begin(), list.end(), each.provider) != list.end()) continue;
    list.push_back(each.provider);
    different.push_back(each);
  }
  if (different.size() < 2) return plan;
  builder.at_end([&builder, different] {
    for (std::size_t i = 1; i < different.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) refuse_the_same(builder, *different[j].provider, different[i]);
    }
  });
  return plan;
}

}  // namespace

void finish_auth_oidc(table::Scope& scope, table::Route& route) {
  const Settings& here = scope.get<Settings>();
  if (here.provider) add_check(scope, check, std::make_shared<CheckPlan>(CheckPlan{here.provider}), "auth_oidc");
  if (route.kind != table::Route::Kind::server) return;
  std::vector<Settings> stated{here};
  if (const auto within = scope.local_or_null<ProvidersWithin>()) {
    stated.insert(stated.end(), within->list.begin(), within->list.end());
  }
  auto plan = server_plan(scope.builder, stated);
  if (!plan->providers.empty()) table::add_step(route, config::Phase::address, run, std::move(plan), "auth_oidc");
}

}  // namespace gh::policy
