// ExternalIdentity: what servers outside have said of who asks: an introspection endpoint (RFC 7662), an OpenID
// provider; and the token that the request carries upstream. Lives in the exchange's arena; subexchanges see what is
// known of who asks, and have a token of their own. What it points to is shared by the requests of one token.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "json/document.h"
#include "proxy/exchange.h"
#include "table/variable.h"

namespace gh::proxy {

/// Who has logged in at an OpenID provider.
struct LoggedIn {
  std::optional<json::Document> claims, userinfo;  // of the ID token; of the userinfo endpoint
  std::string id_token, access_token;
};

/// One cookie of ours that was taken out of the request, so that no service gets it.
struct TakenCookie {
  std::string_view name, value;
  TakenCookie* next = nullptr;
};

struct ExternalIdentity final : AtEnd {
  std::shared_ptr<const json::Document> introspected;
  std::shared_ptr<const LoggedIn> login;
  std::shared_ptr<const void> upstream_token;         // what keeps the next one's text, and tells it from others
  std::string_view authorization;                     // "Bearer ..."
  const void* token_plan = nullptr;                   // of the step that set it
  void* pending = nullptr;                            // what the step that waits left for itself, in the arena
  TakenCookie* cookies = nullptr;
  bool has_taken_cookies = false;
  std::string_view login_location, login_cookie;      // where to log in, and what is kept until that is done
  bool has_renewed = false;                           // the upstream did not take the first token
  std::string_view proven_by;                         // the check that knows who asks, where jwt_issue wants to know
};

/// This exchange's, made at its first use.
ExternalIdentity& external_identity(Exchange& x);

/// $introspect_claim_*, $oidc_*, $upstream_oauth2_token.
std::span<const table::VariableRow> external_variables();

}  // namespace gh::proxy
