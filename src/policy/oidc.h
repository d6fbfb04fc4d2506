// An OpenID provider as the gateway's configuration states it (oidc_provider), what the provider says of itself
// (OpenID Connect Discovery), and what it is asked for: tokens for a code, tokens for old ones, userinfo. What it
// answers is believed when the ID token proves it (OpenID Connect Core 3.1.3.7). Worker threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "jose/key_set.h"
#include "policy/inquiries.h"
#include "policy/oauth.h"
#include "policy/oidc_session.h"
#include "state/token_families.h"

namespace gh::table {
struct StorePlan;
}

namespace gh::policy {

/// What a provider says of itself.
struct ProviderData final : Finding {
  http::HttpUrl token_url, userinfo_url, keys_url;  // without target: it has none
  std::string authorization_url, logout_url;        // logout_url may be empty
  jose::KeySet keys;
  bool takes_basic = true;      // the client's secret; else in the form
  bool says_issuer = false;     // in answers to logins (RFC 9207)
  std::int64_t made_ms = 0;     // monotonic
};
using ProviderDataPtr = std::shared_ptr<const ProviderData>;

/// What all workers and generations know of a provider.
struct ProviderState {
  std::shared_ptr<Inquiries> about = std::make_shared<Inquiries>(1, 4 * 1024 * 1024, 1);
  std::shared_ptr<Inquiries> logins = std::make_shared<Inquiries>(0, 0, 1000);           // under way
  std::shared_ptr<Inquiries> renewals = std::make_shared<Inquiries>(10'000, 32 * 1024 * 1024, 1000);
  std::shared_ptr<Inquiries> alone = std::make_shared<Inquiries>(10'000, 32 * 1024 * 1024, 0);  // without the store
  state::TokenFamilies answered{std::size_t{1} << 18};  // logins, by digests of `state`: families of one token each
  std::mutex lock;
  ProviderDataPtr last_good;    // used when it cannot be asked
};

/// oidc_provider NAME { }. Complete when the table is; immutable then.
struct OidcProvider {
  std::string name, issuer;
  http::HttpUrl config_url;
  OAuthClient client;
  AskSettings settings;
  std::string redirect_uri = "/oidc_callback", redirect_path = "/oidc_callback";  // a URL, or only its path
  std::string logout_path, post_logout_uri = "/";       // logout_path empty: none
  std::string scope = "openid", extra_auth_args, cookie_name = "GATEHOUSE_OIDC";
  std::int64_t session_timeout_s = 8 * 3600;
  bool pkce = true, userinfo = false, hints_logout = false;
  bool keeps_access_token = false, keeps_id_token = false;  // in sessions: somebody reads them
  std::unique_ptr<const Sealer> sealer;
  std::shared_ptr<const table::StorePlan> store;  // where sessions are kept; null: in cookies
  std::string store_prefix = "oidc:";             // of keys there
  std::shared_ptr<ProviderState> state;
};

/// What a login or a renewal has come to.
struct LoginResult final : Finding {
  OidcSession session;
  bool is_refused = false;      // the provider, or what it sent, says no: it is no use to ask again
};

/// A request waits for what is known of the provider. Null with Waits::over: `failure` tells.
Waits await_provider(proxy::Exchange& x, const std::shared_ptr<const OidcProvider>& provider, ProviderDataPtr& data,
                     std::string& failure);

/// Tokens for a code; the inquiry gets a LoginResult.
void redeem_code(proxy::Worker& worker, std::shared_ptr<const OidcProvider> provider, ProviderDataPtr data,
                 const std::string& code, const std::string& redirect_uri, const PendingLogin& login,
                 std::shared_ptr<Inquiry> inquiry);
/// Tokens for the refresh token of a session; the result is kept for requests that still bring the old one.
void renew_session(proxy::Worker& worker, std::shared_ptr<const OidcProvider> provider, ProviderDataPtr data,
                   const OidcSession& session, std::shared_ptr<Inquiry> inquiry);

}  // namespace gh::policy
