#include "policy/oidc_sessions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "base/digest.h"
#include "jose/base64url.h"
#include "policy/oidc_cookies.h"
#include "policy/store_call.h"
#include "proxy/exchange.h"
#include "state/store_key.h"
#include "table/store_plan.h"

namespace gh::policy {

using proxy::Exchange;
using Outcome = SessionOutcome;

namespace {

constexpr std::size_t id_text_bytes = 43;          // session_id_bytes in base64url
constexpr std::size_t session_bytes = 512;         // of memory, beside its texts
constexpr std::int64_t moved_ms = 1000;            // for requests that came before a session was in the store
constexpr std::int64_t renewal_time_s = 60;        // as long as renewed sessions are known to a gateway

std::int64_t now_s(const Exchange& x) { return x.clock().unix_ms() / 1000; }

/// Of something that nobody may learn from the store.
std::string_view key_of(Exchange& x, const OidcProvider& provider, std::string_view kind, std::string_view secret) {
  const std::string name = jose::encode_base64url(digest(DigestKind::sha256, {secret}));
  return state::store_key(x.arena.copy(fmt::format("{}{}:{}:", provider.store_prefix, provider.name, kind)), name, "}",
                          x.arena);
}

std::string_view seconds(Exchange& x, std::int64_t value) {
  return state::number_word(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 1)), x.arena);
}

std::optional<OidcSession> open(Exchange& x, const OidcProvider& provider, std::string_view sealed,
                                std::string_view key) {
  const auto text = provider.sealer->open(Sealer::Kind::session, sealed, key);
  auto session = text ? read_session(*text) : std::nullopt;
  if (session && session->ends_s > now_s(x)) return session;
  x.log(LogLevel::info, session ? "the session is over" : "the session was not made here, or with another key");
  return std::nullopt;
}

bool denies(const OidcProvider& provider) { return provider.store->on_error == table::OnStoreError::deny; }

// ---- what this node keeps while the store is away -------------------------------------------------------------------

struct KeptSession final : Finding {
  OidcSession session;
  bool is_moved = false;  // to the store; what that says counts
};

void keep_here(Exchange& x, const OidcProvider& provider, std::string_view key, const OidcSession& session,
               bool is_moved = false) {
  auto kept = std::make_shared<KeptSession>();
  kept->session = session;
  kept->is_moved = is_moved;
  const std::int64_t life_ms = is_moved ? moved_ms : (session.ends_s - now_s(x)) * 1000;
  const std::size_t bytes = session_bytes + session.claims.size() + session.userinfo.size() + session.id_token.size() +
                            session.access_token.size() + session.refresh_token.size();
  provider.state->alone->conclude(std::string(key), std::move(kept), x.clock().now_ms() + life_ms, bytes);
}

std::shared_ptr<const KeptSession> kept_here(Exchange& x, const OidcProvider& provider, std::string_view key) {
  return std::static_pointer_cast<const KeptSession>(
      provider.state->alone->find(std::string(key), x.clock().now_ms()));
}

/// True: there was one.
bool forget_here(Exchange& x, const OidcProvider& provider, std::string_view key) {
  const auto kept = kept_here(x, provider, key);
  if (kept) provider.state->alone->forget(std::string(key), kept.get());
  return kept != nullptr;
}

// ---- the store ------------------------------------------------------------------------------------------------------

StoreCall& ask(Exchange& x, const OidcProvider& provider, std::string_view command, std::string_view key) {
  StoreCall* const asked = StoreCall::find(x, command, key);
  return asked ? *asked : StoreCall::send(x, provider.store, {command, key});
}

/// `when`: NX or XX. Null: it is too large.
StoreCall* put(Exchange& x, const OidcProvider& provider, std::string_view key, const OidcSession& session,
               std::string_view when) {
  if (StoreCall* const asked = StoreCall::find(x, "SET", key, when)) return asked;
  const std::string sealed = provider.sealer->seal(Sealer::Kind::session, write_session(session), key);
  if (sealed.empty()) return nullptr;
  return &StoreCall::send(x, provider.store, {"SET", key, sealed, "EX", seconds(x, session.ends_s - now_s(x)), when});
}

/// `none`: the store says that `when` does not hold.
Outcome save(Exchange& x, const OidcProvider& provider, std::string_view key, const OidcSession& session,
             std::string_view when) {
  StoreCall* const call = put(x, provider, key, session, when);
  if (!call) return Outcome::too_large;
  if (call->waits()) return Outcome::waits;
  if (!call->has_failed()) return call->is_nil() ? Outcome::none : Outcome::there;
  if (denies(provider)) return Outcome::away;
  keep_here(x, provider, key, session);
  return Outcome::there;
}

/// What counts once for all gateways.
Outcome claim(Exchange& x, const OidcProvider& provider, std::string_view key, std::int64_t time_s) {
  StoreCall* call = StoreCall::find(x, "SET", key);
  if (!call) {
    call = &StoreCall::send(x, provider.store, {"SET", key, "1", "EX", seconds(x, time_s), "NX"});
  }
  if (call->waits()) return Outcome::waits;
  if (call->has_failed()) return denies(provider) ? Outcome::away : Outcome::there;
  return call->is_nil() ? Outcome::none : Outcome::there;
}

/// The id that the request brings; empty: none.
std::string_view id_of(Exchange& x, const OidcProvider& provider) {
  const std::string_view id = x.arena.copy(session_cookie(x, provider));
  return id.size() == id_text_bytes ? id : std::string_view();
}

Outcome find_stored(Exchange& x, const OidcProvider& provider, OidcSession& session) {
  const std::string_view id = id_of(x, provider);
  if (id.empty()) return Outcome::none;
  const std::string_view key = key_of(x, provider, "session", id);
  StoreCall& call = ask(x, provider, "GET", key);
  if (call.waits()) return Outcome::waits;
  if (call.has_failed() && denies(provider)) return Outcome::away;
  if (!call.has_failed() && !call.is_nil()) {
    auto opened = open(x, provider, call.text(), key);
    if (opened) session = std::move(*opened);
    return opened ? Outcome::there : Outcome::none;
  }
  const auto kept = kept_here(x, provider, key);
  if (!kept || kept->session.ends_s <= now_s(x)) return Outcome::none;
  session = kept->session;
  if (!call.has_failed() && !kept->is_moved) {
    keep_here(x, provider, key, session, true);
    put(x, provider, key, session, "NX");
  }
  return Outcome::there;
}

Outcome begin_stored(Exchange& x, const OidcProvider& provider, std::string_view id, const OidcSession& session) {
  const std::string_view key = key_of(x, provider, "session", id);
  const Outcome outcome = save(x, provider, key, session, "NX");
  if (outcome == Outcome::none) return Outcome::away;  // it says that a random number is taken
  if (outcome != Outcome::there) return outcome;
  if (const std::string_view old = id_of(x, provider); !old.empty()) {
    const std::string_view old_key = key_of(x, provider, "session", old);
    forget_here(x, provider, old_key);
    tell_store(x, provider.store, {"DEL", old_key}, provider.session_timeout_s * 1000);
  }
  return give_session_cookie(x, provider, id) ? Outcome::there : Outcome::too_large;
}

Outcome replace_stored(Exchange& x, const OidcProvider& provider, const OidcSession& session) {
  const std::string_view id = id_of(x, provider);
  if (id.empty()) return Outcome::none;
  const std::string_view key = key_of(x, provider, "session", id);
  const Outcome outcome = save(x, provider, key, session, "XX");
  if (outcome == Outcome::none) forget_here(x, provider, key);
  return outcome;
}

Outcome end_stored(Exchange& x, const OidcProvider& provider) {
  const std::string_view id = id_of(x, provider);
  if (id.empty()) return Outcome::none;
  const std::string_view key = key_of(x, provider, "session", id);
  StoreCall& call = ask(x, provider, "DEL", key);
  if (call.waits()) return Outcome::waits;
  const bool was_here = forget_here(x, provider, key);
  if (!call.has_failed() || was_here) return Outcome::there;
  if (denies(provider)) return Outcome::away;
  tell_store(x, provider.store, {"DEL", key}, provider.session_timeout_s * 1000);
  return Outcome::there;
}

}  // namespace

// ---- sessions -------------------------------------------------------------------------------------------------------

SessionOutcome find_session(Exchange& x, const OidcProvider& provider, OidcSession& session) {
  if (provider.store) return find_stored(x, provider, session);
  const std::string sealed = session_cookie(x, provider);
  auto opened = sealed.empty() ? std::nullopt : open(x, provider, sealed, {});
  if (!opened) return Outcome::none;
  session = std::move(*opened);
  return Outcome::there;
}

SessionOutcome begin_session(Exchange& x, const OidcProvider& provider, std::string_view id,
                             const OidcSession& session) {
  if (provider.store) return begin_stored(x, provider, id, session);
  return replace_session(x, provider, session);
}

SessionOutcome replace_session(Exchange& x, const OidcProvider& provider, const OidcSession& session) {
  if (provider.store) return replace_stored(x, provider, session);
  const std::string sealed = provider.sealer->seal(Sealer::Kind::session, write_session(session));
  return !sealed.empty() && give_session_cookie(x, provider, sealed) ? Outcome::there : Outcome::too_large;
}

SessionOutcome end_session(Exchange& x, const OidcProvider& provider) {
  const Outcome outcome = provider.store ? end_stored(x, provider) : Outcome::there;
  if (outcome == Outcome::there || outcome == Outcome::none) take_back_session_cookie(x, provider);
  return outcome;
}

// ---- what counts once -----------------------------------------------------------------------------------------------

SessionOutcome claim_login(Exchange& x, const OidcProvider& provider, std::string_view state) {
  const std::string proof = digest(DigestKind::sha256, {state});
  if (provider.store) {
    const Outcome outcome = claim(x, provider, key_of(x, provider, "state", state), login_time_s);
    if (outcome != Outcome::there) return outcome;
  }
  state::TokenFamily name{};
  std::memcpy(name.data(), proof.data(), name.size());
  switch (provider.state->answered.use(name, 0, now_s(x) + login_time_s, now_s(x))) {
    case state::TokenFamilies::Use::good: return Outcome::there;
    case state::TokenFamilies::Use::again: return Outcome::none;
    case state::TokenFamilies::Use::full: break;
  }
  return Outcome::too_large;
}

SessionOutcome claim_renewal(Exchange& x, const OidcProvider& provider, std::string_view refresh_token) {
  if (!provider.store) return Outcome::there;
  return claim(x, provider, key_of(x, provider, "renewal", refresh_token), renewal_time_s);
}

void give_up_renewal(Exchange& x, const OidcProvider& provider, std::string_view refresh_token) {
  if (!provider.store) return;
  tell_store(x, provider.store, {"DEL", key_of(x, provider, "renewal", refresh_token)}, renewal_time_s * 1000);
}

}  // namespace gh::policy
