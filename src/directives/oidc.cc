// oidc: rows, see policy/access/oidc_provider.cc and auth_oidc.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr config::Contexts in_provider = config::in_oidc_provider;

constexpr Row line(std::string_view name, ArgSpec arg, std::string_view fallback, std::string_view doc) {
  return setting(name, in_provider, arg, fallback, policy::apply_oidc_setting, doc);
}

constexpr Row rows[] = {
    {.name = "oidc_provider", .contexts = config::in_http, .args = {{{"name", ArgType::word}}},
     .block = Block::directives, .inside = in_provider, .inherit = Inherit::none, .repeatable = true,
     .apply = policy::apply_oidc_provider, .declare = policy::declare_oidc_provider,
     .doc = "An OpenID provider where people log in, and what the gateway is to it."},
    {.name = "auth_oidc", .contexts = hsl, .args = {{{"name|off", ArgType::word}}}, .fallback = "off",
     .phase = Phase::access, .apply = policy::apply_auth_oidc,
     .doc = "Who has not logged in at an OpenID provider is sent there."},
    line("issuer", {"url", ArgType::word}, "", "The provider, as it names itself."),
    line("config_url", {"url", ArgType::word}, "", "Where it says what it is; else the issuer's well-known place."),
    line("client_id", {"id", ArgType::word}, "", "The gateway's name there."),
    line("client_secret", {"env:NAME|file:PATH", ArgType::word}, "",
         "Its secret there; without, it is a public client."),
    line("redirect_uri", {"uri", ArgType::word}, "/oidc_callback", "Where the provider sends browsers back to."),
    line("scope", {"scope", ArgType::word, Presence::repeat_one}, "openid", "What is asked for."),
    line("pkce", {"on|off", ArgType::on_off}, "on", "Is a login tied to its browser by a secret (RFC 7636, S256)?"),
    line("extra_auth_args", {"query", ArgType::word}, "", "More for the page where people log in: prompt=login."),
    line("userinfo", {"on|off", ArgType::on_off}, "off", "Is the provider asked for more about who has logged in?"),
    line("session_timeout", {"time", ArgType::sec, Presence::required, {}, 1, 31'536'000}, "8h",
         "How long a session lasts that is not renewed."),
    line("session_key", {"env:NAME|file:PATH", ArgType::word, Presence::repeat_one}, "",
         "What sessions are sealed with: the first seals, all open; else a key of this start."),
    {.name = "session_store", .contexts = in_provider,
     .args = {{{"name", ArgType::word}, {"prefix=", ArgType::word, Presence::optional}}}, .inherit = Inherit::none,
     .apply = policy::apply_oidc_setting,
     .doc = "The store that keeps sessions; cookies have only their names. Else sessions lie in cookies."},
    line("cookie_name", {"name", ArgType::word}, "GATEHOUSE_OIDC", "The cookie of a session."),
    line("logout_uri", {"path", ArgType::word}, "", "A path of this server that ends the session."),
    line("post_logout_uri", {"uri", ArgType::word}, "/", "Where browsers go when they have logged out."),
    line("logout_token_hint", {"on|off", ArgType::on_off}, "off", "Is the provider shown the ID token at logout?"),
    line("ssl_trusted_certificate", {"file", ArgType::conf_path}, "",
         "Authorities that may say who the provider is; else the system's."),
    line("ssl_crl", {"file", ArgType::conf_path}, "", "Certificates that do not count any more."),
    line("timeout", {"time", ArgType::msec, Presence::required, {}, 1, 60'000}, "5s",
         "How long each of the provider's answers may take."),
};

void end(Scope& main) { policy::end_oidc(main); }

}  // namespace

constinit const table::Module oidc_module{"oidc", rows, policy::finish_auth_oidc, nullptr, end};

}  // namespace gh::directives
