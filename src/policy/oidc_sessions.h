// Where sessions of logins are: whole and sealed in cookies, or sealed in a store, under an id of 256 random bits that
// is all the cookie holds. A store knows digests of ids and texts that are sealed for one id each: who reads it, or
// writes into it, is nobody else by that. Calls that wait are made again when the request goes on. Worker threads.
//
// Without its store (`on_error`): `deny` knows no session, and gives none. `local` and `allow` let nobody pass either:
// who has a session there logs in once more, and this node keeps the new one until the store is back; then the store is
// told who has logged out meanwhile.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/oidc.h"

namespace gh::policy {

/// What became of it. `away`: the store is not to be had.
enum class SessionOutcome : std::uint8_t { there, none, waits, away, too_large };

/// `there`: the request brings this session.
SessionOutcome find_session(proxy::Exchange& x, const OidcProvider& provider, OidcSession& session);
/// Of a new login, under a new id (random_text(session_id_bytes)); what the browser had before is over.
SessionOutcome begin_session(proxy::Exchange& x, const OidcProvider& provider, std::string_view id,
                             const OidcSession& session);
/// In place of the one that the request brings. `none`: that is over meanwhile, and stays so.
SessionOutcome replace_session(proxy::Exchange& x, const OidcProvider& provider, const OidcSession& session);
/// Whoever brings it from now on has none. `away`: it could not be ended, and the browser keeps its cookie.
SessionOutcome end_session(proxy::Exchange& x, const OidcProvider& provider);

inline constexpr std::size_t session_id_bytes = 32;

// ---- what counts once ----------------------------------------------------------------------------------------------

/// `there`: nobody has answered the login with this `state` before. Now somebody has, and this is not asked again.
/// `too_large`: there are too many to tell.
SessionOutcome claim_login(proxy::Exchange& x, const OidcProvider& provider, std::string_view state);
/// `there`: no other gateway is renewing the session with this refresh token, or has done so.
SessionOutcome claim_renewal(proxy::Exchange& x, const OidcProvider& provider, std::string_view refresh_token);
/// The renewal that was claimed came to nothing: others may try.
void give_up_renewal(proxy::Exchange& x, const OidcProvider& provider, std::string_view refresh_token);

}  // namespace gh::policy
