#include "policy/oidc_cookies.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "proxy/external_identity.h"

namespace gh::policy {

using proxy::Exchange;
using proxy::ExternalIdentity;
using proxy::TakenCookie;

namespace {

constexpr std::size_t most_chunk_bytes = 3800;   // browsers take 4096 with name and attributes
constexpr std::size_t most_chunks = 8;
constexpr std::size_t head_room_bytes = 1024;    // of a line of the request, for other cookies
constexpr std::size_t state_tag_bytes = 8;       // of the state, in the cookie's name
constexpr std::size_t most_logins = 4;           // begun by one browser

bool is_ours(std::string_view name, std::span<const std::shared_ptr<const OidcProvider>> providers) {
  return std::any_of(providers.begin(), providers.end(), [&](const auto& provider) {
    const std::string& own = provider->cookie_name;
    return name.starts_with(own) && (name.size() == own.size() || name[own.size()] == '_');
  });
}

/// What is left of a Cookie field's value; without data(): all of it.
std::string_view without_ours(Exchange& x, std::string_view value,
                              std::span<const std::shared_ptr<const OidcProvider>> providers) {
  ExternalIdentity* identity = nullptr;
  std::string left;
  std::string_view rest = value;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view pair = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!is_ours(pair.substr(0, equals), providers)) {
      if (!pair.empty()) left.append(left.empty() ? "" : "; ").append(pair);
      continue;
    }
    identity = &proxy::external_identity(x);
    auto* const taken = x.arena.make<TakenCookie>();
    taken->name = pair.substr(0, equals);
    taken->value = pair.substr(std::min(equals + 1, pair.size()));
    taken->next = identity->cookies;
    identity->cookies = taken;
  }
  if (!identity) return {};
  return left.empty() ? std::string_view("") : x.arena.copy(left);
}

std::string_view taken_value(const Exchange& x, std::string_view name) {
  for (const TakenCookie* at = x.external ? x.external->cookies : nullptr; at; at = at->next) {
    if (at->name == name) return at->value;
  }
  return {};
}

std::string chunk_name(const OidcProvider& provider, std::size_t index) {
  return index == 0 ? provider.cookie_name : fmt::format("{}_{}", provider.cookie_name, index);
}

std::string login_name(const OidcProvider& provider, std::string_view state) {
  return fmt::format("{}_L{}", provider.cookie_name, state.substr(0, state_tag_bytes));
}

/// Secure but where the provider is told to send browsers to http://.
std::string_view attributes(const Exchange& x, const OidcProvider& provider) {
  const bool is_plain = provider.redirect_uri.starts_with('/') ? !x.client->is_tls()
                                                               : to_lower(provider.redirect_uri).starts_with("http:");
  return is_plain ? "; Path=/; HttpOnly; SameSite=Lax" : "; Path=/; HttpOnly; SameSite=Lax; Secure";
}

struct Cookie : proxy::AtHead {
  std::string_view text;
};

void add_cookie(Exchange& x, proxy::AtHead& cookie) {
  x.reply.fields.add(x.arena, "Set-Cookie", static_cast<Cookie&>(cookie).text, http::HeaderId::set_cookie);
}

void forget(Exchange& x, const OidcProvider& provider, std::string_view name) {
  set_cookie(x, x.arena.copy(fmt::format("{}=; Max-Age=0{}", name, attributes(x, provider))));
}

}  // namespace

void take_cookies(Exchange& x, std::span<const std::shared_ptr<const OidcProvider>> providers) {
  std::span<http::Field>& fields = x.request.fields;
  std::size_t kept = 0;
  for (http::Field& field : fields) {
    if (field.id == http::HeaderId::cookie) {
      const std::string_view left = without_ours(x, field.value, providers);
      if (left.data()) field.value = left;
      if (left.data() && left.empty()) continue;
    }
    fields[kept++] = field;
  }
  fields = fields.first(kept);
}

void set_cookie(Exchange& x, std::string_view text) {
  auto* const cookie = new (x.arena.allocate(sizeof(Cookie), alignof(Cookie))) Cookie;
  cookie->add = add_cookie;
  cookie->text = text;
  x.when_answered(*cookie);
}

// ---- sessions -------------------------------------------------------------------------------------------------------

std::string session_cookie(const Exchange& x, const OidcProvider& provider) {
  std::string text;
  for (std::size_t i = 0; i < most_chunks; ++i) {
    const std::string_view chunk = taken_value(x, chunk_name(provider, i));
    if (chunk.empty()) break;
    text += chunk;
    if (chunk.size() < most_chunk_bytes) break;  // what follows is of an older, longer one
  }
  return text;
}

bool give_session_cookie(Exchange& x, const OidcProvider& provider, std::string_view text) {
  const auto line = static_cast<std::size_t>(x.server->settings.large_buffer_bytes);
  const std::size_t room = line > head_room_bytes ? line - head_room_bytes : 0;
  const std::size_t most = std::min(most_chunks * most_chunk_bytes, room);
  if (text.size() > most) {
    x.log(LogLevel::error, fmt::format("a session of {} bytes does not fit into cookies: at most {} may come back in a "
                                       "line of large_client_header_buffers", text.size(), most));
    return false;
  }
  const std::string_view rest = attributes(x, provider);
  std::size_t index = 0;
  for (std::size_t at = 0; at < text.size(); at += most_chunk_bytes, ++index) {
    set_cookie(x, x.arena.copy(fmt::format("{}={}{}", chunk_name(provider, index), text.substr(at, most_chunk_bytes),
                                           rest)));
  }
  for (; index < most_chunks; ++index) {
    const std::string name = chunk_name(provider, index);
    if (taken_value(x, name).data()) forget(x, provider, name);
  }
  return true;
}

void take_back_session_cookie(Exchange& x, const OidcProvider& provider) {
  for (std::size_t i = 0; i < most_chunks; ++i) {
    const std::string name = chunk_name(provider, i);
    if (taken_value(x, name).data()) forget(x, provider, name);
  }
}

// ---- logins under way -----------------------------------------------------------------------------------------------

std::optional<PendingLogin> login_of(Exchange& x, const OidcProvider& provider, std::string_view state) {
  const std::string_view sealed = taken_value(x, login_name(provider, state));
  if (sealed.empty()) return std::nullopt;
  const auto text = provider.sealer->open(Sealer::Kind::login, sealed);
  auto login = text ? read_login(*text) : std::nullopt;
  if (!login || !equal_secrets(login->state, state) || login->ends_s <= x.clock().unix_ms() / 1000) return std::nullopt;
  return login;
}

std::string login_cookie(Exchange& x, const OidcProvider& provider, const PendingLogin& login) {
  const std::string sealed = provider.sealer->seal(Sealer::Kind::login, write_login(login));
  if (sealed.empty()) return {};
  return fmt::format("{}={}; Max-Age={}{}", login_name(provider, login.state), sealed, login_time_s,
                     attributes(x, provider));
}

void take_back_login(Exchange& x, const OidcProvider& provider, std::string_view state) {
  const std::string name = login_name(provider, state);
  if (taken_value(x, name).data()) forget(x, provider, name);
}

void take_back_old_logins(Exchange& x, const OidcProvider& provider) {
  std::size_t count = 0;
  const std::string prefix = provider.cookie_name + "_L";
  for (const TakenCookie* at = x.external ? x.external->cookies : nullptr; at; at = at->next) {
    if (at->name.starts_with(prefix) && ++count >= most_logins) forget(x, provider, at->name);
  }
}

// ---- where we are ---------------------------------------------------------------------------------------------------

/// A redirect_uri with a host says it: what is in front of the gateway may speak TLS, or have another port.
std::string absolute_url(const Exchange& x, const OidcProvider& provider, const std::string& uri) {
  if (!uri.starts_with('/')) return uri;
  if (!provider.redirect_uri.starts_with('/')) {
    return provider.redirect_uri.substr(0, provider.redirect_uri.find('/', provider.redirect_uri.find("//") + 2)) + uri;
  }
  const http::Field* const host = http::find(x.request.fields, http::HeaderId::host);
  const std::string_view authority = !x.target.authority.empty() ? x.target.authority
                                     : host                      ? host->value
                                                                 : x.host_name;
  return fmt::format("{}://{}{}", x.client->is_tls() ? "https" : "http", authority, uri);
}

}  // namespace gh::policy
