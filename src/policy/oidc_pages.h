// The two paths that are the gateway's own on a server with auth_oidc: the provider's way back, and logging out. Worker
// threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/oidc.h"
#include "table/origin.h"
#include "table/program.h"

namespace gh::policy {

/// All providers that blocks of a server name, and where each is named first.
struct OidcPages {
  std::vector<std::shared_ptr<const OidcProvider>> providers;
  std::vector<table::Origin> origins;
};

/// A step of the server, before everything else that a request meets there: it also takes the cookies of logins out.
table::Verdict serve_oidc_pages(proxy::Exchange& x, const void* pages);

inline constexpr std::size_t login_state_bytes = 24;  // of randomness

/// The value of a field that has no HeaderId; empty: there is none.
std::string_view field_of(const proxy::Exchange& x, std::string_view name);
void forbid_caching(proxy::Exchange& x);
/// Behind what `url` has as its query.
void add_query(std::string& url, std::string_view query);

}  // namespace gh::policy
