// auth_oidc: who has no session is sent to an OpenID provider to log in, and comes back with a code (OpenID Connect
// Core 3.1, RFC 7636). Two parts: a check of the locations that want it, and a step of their server that takes the
// cookies of logins out of all requests and answers the two paths that are the gateway's own: the provider's way back,
// and logging out.
#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "policy/access.h"
#include "policy/oidc_config.h"
#include "policy/oidc_cookies.h"
#include "policy/oidc_pages.h"
#include "policy/oidc_sessions.h"
#include "policy/policy.h"
#include "policy/store_denial.h"
#include "proxy/external_identity.h"
#include "proxy/worker.h"
#include "table/build.h"
#include "table/server_scope.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;
using ProviderPtr = std::shared_ptr<const OidcProvider>;

namespace {

constexpr std::size_t nonce_bytes = 24, verifier_bytes = 32;

struct Settings {
  std::shared_ptr<OidcProvider> provider;  // null: off
  config::Span where;
};
struct ProvidersWithin { std::vector<Settings> list; };  // of the blocks of a server

struct CheckPlan { ProviderPtr provider; };

// ---- the check: sending to log in -----------------------------------------------------------------------------------

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
  PendingLogin login{random_text(login_state_bytes), random_text(nonce_bytes),
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

Access without_store(Exchange& x, const OidcProvider& provider) {
  x.reason = note_denial(x, provider.store);
  return refuse(x, 503);
}

/// What the provider has said in place of new tokens.
Access take_failure(Exchange& x, const ProviderPtr& provider, const OidcSession& session, const Finding& finding) {
  const auto* const result = dynamic_cast<const LoginResult*>(&finding);
  if (!result || !result->is_refused) {
    give_up_renewal(x, *provider, session.refresh_token);
    return cannot_ask(x, *provider, finding.failure);
  }
  const SessionOutcome outcome = end_session(x, *provider);
  if (outcome == SessionOutcome::waits) return Access::wait;
  if (outcome == SessionOutcome::away) return without_store(x, *provider);
  x.log(LogLevel::info, fmt::format("the session is over: {}", finding.failure));
  return want_login(x, provider);
}

Access take_renewed(Exchange& x, const ProviderPtr& provider, const OidcSession& renewed) {
  switch (replace_session(x, *provider, renewed)) {
    case SessionOutcome::there: return let_pass(x, renewed);
    case SessionOutcome::waits: return Access::wait;
    case SessionOutcome::away: return without_store(x, *provider);
    case SessionOutcome::too_large: return refuse(x, 500);
    case SessionOutcome::none: break;
  }
  return want_login(x, provider);
}

Access begin_renewal(Exchange& x, const ProviderPtr& provider, const OidcSession& session, const std::string& key) {
  ProviderDataPtr data;
  std::string failure;
  if (await_provider(x, provider, data, failure) == Waits::yes) return Access::wait;
  if (!data) return cannot_ask(x, *provider, failure);
  switch (claim_renewal(x, *provider, session.refresh_token)) {
    case SessionOutcome::waits: return Access::wait;
    case SessionOutcome::none: return let_pass(x, session);  // another gateway is about to
    case SessionOutcome::there: break;
    default: return without_store(x, *provider);
  }
  const auto& renewals = provider->state->renewals;
  const auto begin = [&] {
    renew_session(x.worker, provider, data, session, std::make_shared<Inquiry>(renewals, key));
  };
  return wait_for(x, renewals, key, begin) ? Access::wait : cannot_ask(x, *provider, "too much is asked already");
}

/// What a check that waits comes back to. Lies in the arena.
struct Renewal final : proxy::AtEnd {
  std::string_view key;
  FindingPtr finding;
};

void end_renewal(proxy::AtEnd& end) { static_cast<Renewal&>(end).finding.reset(); }

FindingPtr found_before(const Exchange& x, std::string_view key) {
  for (const proxy::AtEnd* end = x.at_end; end; end = end->next) {
    if (end->run != end_renewal) continue;
    if (const auto& renewal = *static_cast<const Renewal*>(end); renewal.key == key) return renewal.finding;
  }
  return nullptr;
}

/// Its tokens are renewed, once for all requests that bring it.
Access renew(Exchange& x, const ProviderPtr& provider, const OidcSession& session) {
  const std::string key = digest(DigestKind::sha256, {session.refresh_token});
  const auto& renewals = provider->state->renewals;
  FindingPtr finding = found_before(x, key);
  if (!finding) {
    const Waits waits = look_again(x, *renewals, key, finding);
    if (waits == Waits::yes) return Access::wait;
    if (waits == Waits::no) finding = renewals->find(key, x.clock().now_ms());
    if (!finding) return begin_renewal(x, provider, session, key);
    auto* const kept = new (x.arena.allocate(sizeof(Renewal), alignof(Renewal))) Renewal;
    kept->run = end_renewal;
    kept->key = x.arena.copy(key);
    kept->finding = finding;
    x.when_freed(*kept);
  }
  const auto* const result = dynamic_cast<const LoginResult*>(finding.get());
  return result && result->failure.empty() ? take_renewed(x, provider, result->session)
                                           : take_failure(x, provider, session, *finding);
}

Access check(Exchange& x, const void* params) {
  const ProviderPtr& provider = static_cast<const CheckPlan*>(params)->provider;
  OidcSession session;
  switch (find_session(x, *provider, session)) {
    case SessionOutcome::there: break;
    case SessionOutcome::waits: return Access::wait;
    case SessionOutcome::away: return without_store(x, *provider);
    default: return want_login(x, provider);
  }
  const bool is_due = session.renew_s > 0 && session.renew_s <= x.clock().unix_ms() / 1000;
  return is_due && !session.refresh_token.empty() ? renew(x, provider, session) : let_pass(x, session);
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
std::shared_ptr<OidcPages> pages_of(table::Builder& builder, const std::vector<Settings>& stated) {
  auto plan = std::make_shared<OidcPages>();
  std::vector<Settings> different;
  for (const Settings& each : stated) {
    auto& list = plan->providers;
    if (!each.provider || std::find(list.begin(), list.end(), each.provider) != list.end()) continue;
    list.push_back(each.provider);
    plan->origins.push_back({"auth_oidc", each.where});
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
  auto plan = pages_of(scope.builder, stated);
  if (plan->providers.empty()) return;
  table::add_step(route, config::Phase::address, serve_oidc_pages, std::move(plan), "auth_oidc");
}

}  // namespace gh::policy
