#include "policy/oidc_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/digest.h"
#include "base/text.h"
#include "json/uri.h"
#include "policy/oidc_cookies.h"
#include "policy/oidc_sessions.h"
#include "policy/store_denial.h"
#include "proxy/external_identity.h"
#include "proxy/worker.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;
using ProviderPtr = std::shared_ptr<const OidcProvider>;

std::string_view field_of(const Exchange& x, std::string_view name) {
  for (const http::Field& field : x.request.fields) {
    if (iequals(field.name, name)) return field.value;
  }
  return {};
}

void forbid_caching(Exchange& x) { x.reply.fields.add(x.arena, "Cache-Control", "no-store"); }

void add_query(std::string& url, std::string_view query) {
  if (query.empty()) return;
  url += url.find('?') == std::string::npos ? '?' : '&';
  url += query;
}

namespace {

constexpr std::size_t state_text_bytes = 32;     // login_state_bytes in base64url
constexpr std::size_t most_code_bytes = 4096;

/// One of the two paths, as it is asked for.
struct Page {
  Exchange& x;
  const ProviderPtr& provider;
  const table::Origin& origin;
};

Verdict fail(const Page& page, unsigned status, LogLevel level, std::string_view what, const std::string& why) {
  Exchange& x = page.x;
  const std::string text = fmt::format("{}: {}", what, why);
  x.log(level, text);
  forbid_caching(x);
  return x.error(status, page.origin, x.arena.copy(text));
}

Verdict without_store(const Page& page, std::string_view what) {
  page.x.log(LogLevel::error, fmt::format("{}: the store of sessions cannot be asked", what));
  forbid_caching(page.x);
  return deny_without_store(page.x, page.provider->store, page.origin);
}

Verdict send_on(const Page& page, unsigned status, const std::string& to) {
  page.x.answered_by(page.origin);
  forbid_caching(page.x);
  return page.x.redirect(status, page.x.arena.copy(to));
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

Verdict end_login(const Page& page, unsigned status, LogLevel level, const std::string& why) {
  return fail(page, status, level, "login failed", why);
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

/// What a login that comes back has come to, for when it is run again. Lies in the arena.
struct ComingBack final : proxy::AtEnd {
  FindingPtr result;
  std::string_view session_id;
  bool is_claimed = false;
};

void end_coming_back(proxy::AtEnd& end) { static_cast<ComingBack&>(end).result.reset(); }

ComingBack& coming_back(Exchange& x) {
  for (proxy::AtEnd* end = x.at_end; end; end = end->next) {
    if (end->run == end_coming_back) return *static_cast<ComingBack*>(end);
  }
  auto* const made = new (x.arena.allocate(sizeof(ComingBack), alignof(ComingBack))) ComingBack;
  made->run = end_coming_back;
  made->session_id = x.arena.copy(random_text(session_id_bytes));
  x.when_freed(*made);
  return *made;
}

/// What came of the code.
Verdict conclude_login(const Page& page, const PendingLogin& login, const ComingBack& back) {
  Exchange& x = page.x;
  const OidcProvider& provider = *page.provider;
  const auto* const result = dynamic_cast<const LoginResult*>(back.result.get());
  if (const std::string& failure = back.result->failure; !failure.empty()) {
    const bool is_refused = result && result->is_refused;
    return end_login(page, is_refused ? 403 : 503, is_refused ? LogLevel::warn : LogLevel::error, failure);
  }
  switch (begin_session(x, provider, back.session_id, result->session)) {
    case SessionOutcome::waits: return Verdict::again;
    case SessionOutcome::there: break;
    case SessionOutcome::too_large: return end_login(page, 500, LogLevel::error, "the session is too large");
    default: return without_store(page, "login failed");
  }
  return send_on(page, 302, absolute_url(x, provider, safe_return(login.target)));
}

/// Once for each login, whatever is answered; nothing: it may go on.
std::optional<Verdict> claim(const Page& page, std::string_view state, ComingBack& back) {
  if (back.is_claimed) return std::nullopt;
  switch (claim_login(page.x, *page.provider, state)) {
    case SessionOutcome::waits: return Verdict::again;
    case SessionOutcome::there: break;
    case SessionOutcome::none:
      take_back_login(page.x, *page.provider, state);
      return end_login(page, 400, LogLevel::warn, "it was answered before");
    case SessionOutcome::too_large: return end_login(page, 503, LogLevel::error, "too many were answered");
    case SessionOutcome::away: return without_store(page, "login failed");
  }
  take_back_login(page.x, *page.provider, state);
  back.is_claimed = true;
  return std::nullopt;
}

Verdict redeem(const Page& page, const ProviderDataPtr& data, const PendingLogin& login, const std::string& code,
               const std::string& key) {
  Exchange& x = page.x;
  const auto& logins = page.provider->state->logins;
  const auto begin = [&] {
    redeem_code(x.worker, page.provider, data, code, absolute_url(x, *page.provider, page.provider->redirect_uri),
                login, std::make_shared<Inquiry>(logins, key));
  };
  if (wait_for(x, logins, key, begin)) return Verdict::again;
  return end_login(page, 503, LogLevel::error, "too many logins are under way");
}

Verdict come_back(const Page& page) {
  Exchange& x = page.x;
  const auto query = read_query(x.target.args);
  const std::string state(query ? said_in(*query, "state") : "");
  if (state.size() != state_text_bytes) return end_login(page, 400, LogLevel::info, "this is no answer of a provider");
  const auto login = login_of(x, *page.provider, state);
  if (!login) return end_login(page, 400, LogLevel::info, "this browser began no such login, or it took too long");
  ComingBack& back = coming_back(x);
  const std::string key = digest(DigestKind::sha256, {state});
  if (!back.result && look_again(x, *page.provider->state->logins, key, back.result) == Waits::yes) {
    return Verdict::again;
  }
  if (back.result) return conclude_login(page, *login, back);
  ProviderDataPtr data;
  std::string failure;
  if (await_provider(x, page.provider, data, failure) == Waits::yes) return Verdict::again;
  if (!data) return end_login(page, 503, LogLevel::error, failure);
  if (const auto answer = claim(page, state, back)) return *answer;
  if (const std::string fault = fault_of(*query, *page.provider, *data); !fault.empty()) {
    return end_login(page, 403, LogLevel::warn, fault);
  }
  return redeem(page, data, *login, std::string(said_in(*query, "code")), key);
}

// ---- logging out ----------------------------------------------------------------------------------------------------

/// OpenID Connect RP-Initiated Logout 2: the browser tells the provider, too.
std::string logout_url(const OidcProvider& provider, const ProviderData& data, const OidcSession& session,
                       const std::string& after) {
  std::string query, url = data.logout_url;
  if (!session.id_token.empty()) append_form(query, "id_token_hint", session.id_token);
  append_form(query, "client_id", provider.client.id);
  append_form(query, "post_logout_redirect_uri", after);
  add_query(url, query);
  return url;
}

/// "https://HOST:PORT/..." or "null", as Origin and Referer have it.
std::string_view host_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::string_view rest = scheme == std::string_view::npos ? std::string_view() : url.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  return authority.substr(0, authority.starts_with('[') ? authority.find(']') : authority.find(':'));
}

/// Would a page of another site log people out who do not mean it? Browsers say where a request comes from
/// (Sec-Fetch-Site); old ones, and all over http://, have only Origin and Referer.
bool is_of_another_site(const Exchange& x, const OidcProvider& provider) {
  const std::string_view site = field_of(x, "Sec-Fetch-Site");
  if (!site.empty()) return site != "same-origin" && site != "same-site" && site != "none";
  std::string_view from = field_of(x, "Origin");
  if (from.empty()) from = field_of(x, "Referer");
  return !from.empty() && !iequals(host_of(from), host_of(absolute_url(x, provider, "/")));
}

Verdict refuse_logout(const Page& page, unsigned status, const std::string& why) {
  return fail(page, status, LogLevel::info, "no logout", why);
}

Verdict log_out(const Page& page) {
  Exchange& x = page.x;
  const OidcProvider& provider = *page.provider;
  if (x.request.method != http::Method::get && x.request.method != http::Method::post) {
    x.reply.fields.add(x.arena, "Allow", "GET, POST");
    return refuse_logout(page, 405, "with this method");
  }
  if (is_of_another_site(x, provider)) return refuse_logout(page, 403, "a page of another site asks for it");
  if (field_of(x, "Sec-Purpose").starts_with("prefetch")) return refuse_logout(page, 403, "nobody asks for it yet");
  ProviderDataPtr data;
  std::string failure;
  if (await_provider(x, page.provider, data, failure) == Waits::yes) return Verdict::again;
  OidcSession session;
  if (provider.hints_logout && find_session(x, provider, session) == SessionOutcome::waits) return Verdict::again;
  const SessionOutcome outcome = end_session(x, provider);
  if (outcome == SessionOutcome::waits) return Verdict::again;
  if (outcome == SessionOutcome::away) return without_store(page, "no logout");
  if (!data) x.log(LogLevel::error, fmt::format("logging out of the gateway only: {}", failure));
  const std::string after = absolute_url(x, provider, provider.post_logout_uri);
  return send_on(page, x.request.method == http::Method::post ? 303 : 302,
                 data && !data->logout_url.empty() ? logout_url(provider, *data, session, after) : after);
}

}  // namespace

table::Verdict serve_oidc_pages(Exchange& x, const void* pages) {
  const auto& [providers, origins] = *static_cast<const OidcPages*>(pages);
  if (x.parent) return Verdict::next;
  take_cookies(x, providers);
  if (x.internal) return Verdict::next;
  for (std::size_t i = 0; i < providers.size(); ++i) {
    const Page page{x, providers[i], origins[i]};
    if (x.uri == providers[i]->redirect_path) return come_back(page);
    if (!providers[i]->logout_path.empty() && x.uri == providers[i]->logout_path) return log_out(page);
  }
  return Verdict::next;
}

}  // namespace gh::policy
