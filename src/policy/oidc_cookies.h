// The cookies of logins: taken out of requests, so that no service gets them; read; set. Worker threads.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/oidc.h"

namespace gh::policy {

/// Once for a request: all cookies of these providers leave its fields and wait in its ExternalIdentity.
void take_cookies(proxy::Exchange& x, std::span<const std::shared_ptr<const OidcProvider>> providers);

/// What the request brings as its session: an id, or a sealed one (policy/oidc_sessions.h). Empty: nothing.
std::string session_cookie(const proxy::Exchange& x, const OidcProvider& provider);
/// With the final answer the browser gets it. False: it is larger than what a request may bring back.
bool give_session_cookie(proxy::Exchange& x, const OidcProvider& provider, std::string_view text);
/// ... forgets it.
void take_back_session_cookie(proxy::Exchange& x, const OidcProvider& provider);

/// The login that an answer with `state` belongs to; nothing: none, or one that is over.
std::optional<PendingLogin> login_of(proxy::Exchange& x, const OidcProvider& provider, std::string_view state);
/// As Set-Cookie says it; empty: it failed.
std::string login_cookie(proxy::Exchange& x, const OidcProvider& provider, const PendingLogin& login);
void take_back_login(proxy::Exchange& x, const OidcProvider& provider, std::string_view state);
/// Logins that were begun and never done are forgotten when there are many.
void take_back_old_logins(proxy::Exchange& x, const OidcProvider& provider);
/// Set-Cookie of the final answer, whichever route sends it. `cookie` lies in the arena.
void set_cookie(proxy::Exchange& x, std::string_view cookie);

/// The absolute form of a path of this server, as browsers see it; a URL as it is.
std::string absolute_url(const proxy::Exchange& x, const OidcProvider& provider, const std::string& uri);

inline constexpr std::int64_t login_time_s = 600;  // so long the browser may take

}  // namespace gh::policy
