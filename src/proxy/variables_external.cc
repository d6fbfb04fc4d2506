// $introspect_claim_NAME, $oidc_claim_NAME and their kin, and what an ExternalIdentity is made of.
#include "proxy/external_identity.h"
#include "table/expression_value.h"

namespace gh::proxy {

using config::Phase;
using table::ExprValue;
using table::not_found;
using table::VariableParam;

namespace {

void end_identity(AtEnd& end) {
  auto& identity = static_cast<ExternalIdentity&>(end);
  identity.introspected.reset();
  identity.login.reset();
  identity.upstream_token.reset();
}

const ExternalIdentity* known(Exchange& x) { return x.main().external; }
const LoggedIn* login(Exchange& x) {
  const ExternalIdentity* const identity = known(x);
  return identity ? identity->login.get() : nullptr;
}

/// A text is itself; all else is as it stands in the JSON.
std::string_view text_of(json::Value value) {
  if (!value || value.is_null()) return not_found;
  if (!value.is_text()) return value.raw();
  return value.text().data() ? value.text() : std::string_view("");
}

json::Value introspect_claim(Exchange& x, const VariableParam& param) {
  const ExternalIdentity* const identity = known(x);
  return identity && identity->introspected ? identity->introspected->root().find(param.text) : json::Value();
}

/// The ID token was signed: it counts more than what userinfo says.
json::Value oidc_claim(Exchange& x, const VariableParam& param) {
  const LoggedIn* const who = login(x);
  if (!who || !who->claims) return {};
  const json::Value value = who->claims->root().find(param.text);
  return value || !who->userinfo ? value : who->userinfo->root().find(param.text);
}

template <json::Value (*find)(Exchange&, const VariableParam&)>
std::string_view as_text(Exchange& x, const VariableParam& param) { return text_of(find(x, param)); }
template <json::Value (*find)(Exchange&, const VariableParam&)>
ExprValue as_value(Exchange& x, const VariableParam& param) { return ExprValue::of(find(x, param)); }

std::string_view given(const std::string& text) { return text.empty() ? not_found : std::string_view(text); }

std::string_view id_token(Exchange& x, const VariableParam&) {
  const LoggedIn* const who = login(x);
  return who ? given(who->id_token) : not_found;
}
std::string_view access_token(Exchange& x, const VariableParam&) {
  const LoggedIn* const who = login(x);
  return who ? given(who->access_token) : not_found;
}
std::string_view userinfo(Exchange& x, const VariableParam&) {
  const LoggedIn* const who = login(x);
  return who && who->userinfo ? who->userinfo->text() : not_found;
}
std::string_view upstream_token(Exchange& x, const VariableParam&) {
  return x.external && x.external->upstream_token ? x.external->authorization : not_found;
}

constexpr table::VariableRow rows[] = {
    {.name = "introspect_claim_", .get = as_text<introspect_claim>, .known_from = Phase::authorize, .family = true,
     .doc = "what the endpoint of auth_introspect says of the token: scope, client_id, sub ...",
     .get_value = as_value<introspect_claim>},
    {.name = "oidc_claim_", .get = as_text<oidc_claim>, .known_from = Phase::authorize, .family = true,
     .doc = "a claim of the ID token of who has logged in (auth_oidc), else of what userinfo says",
     .get_value = as_value<oidc_claim>},
    {.name = "oidc_id_token", .get = id_token, .known_from = Phase::authorize,
     .doc = "the ID token of who has logged in"},
    {.name = "oidc_access_token", .get = access_token, .known_from = Phase::authorize,
     .doc = "the access token that came with it"},
    {.name = "oidc_userinfo", .get = userinfo, .known_from = Phase::authorize,
     .doc = "the answer of the userinfo endpoint, JSON"},
    {.name = "upstream_oauth2_token", .get = upstream_token, .known_from = Phase::content,
     .doc = "the Authorization that proxy_oauth2_token gives to requests: Bearer and the token"},
};

}  // namespace

ExternalIdentity& external_identity(Exchange& x) {
  if (x.external) return *x.external;
  auto* const made = new (x.arena.allocate(sizeof(ExternalIdentity), alignof(ExternalIdentity))) ExternalIdentity;
  made->run = end_identity;
  x.when_freed(*made);
  x.external = made;
  return *made;
}

std::span<const table::VariableRow> external_variables() { return rows; }

}  // namespace gh::proxy
