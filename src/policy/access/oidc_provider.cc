// oidc_provider NAME { }: its settings, in NGINX Plus's names, made into an OidcProvider.
#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "http/field_value.h"
#include "policy/codes.h"
#include "policy/oidc_config.h"
#include "policy/policy.h"
#include "policy/zones.h"
#include "table/build.h"

namespace gh::policy {

namespace {

constexpr std::size_t least_key_bytes = 16;

struct Entry {
  std::shared_ptr<OidcProvider> provider = std::make_shared<OidcProvider>();
  config::Span where;
};
struct Providers { std::map<std::string, Entry, std::less<>> by_name; };  // of the whole file

/// The lines of the block that is read.
struct Lines { std::map<std::string_view, const config::Bound*> by_name; };

/// Sessions of a gateway that has no key of its own are over when it ends.
struct StartKey {
  std::string bytes = random_text(32);
};

class Reader {
 public:
  Reader(table::Scope& scope, OidcProvider& to, const config::Bound& block)
      : scope_(scope), to_(to), block_(block), lines_(scope.local<Lines>().by_name) {}

  void read() {
    read_issuer();
    read_client();
    read_pages();
    read_texts();
    read_switches();
    read_keys();
    read_store();
    to_.settings.tls = read_trust(scope_, value("ssl_trusted_certificate"), value("ssl_crl"));
    use_resolver(scope_, to_.settings);
    const auto make = [](const auto&) { return std::make_shared<ProviderState>(); };
    to_.state = scope_.builder.registry()
                    .adopt_or_create<ProviderState>("oidc/" + to_.name, to_.issuer + ' ' + to_.client.id, make)
                    .object;
  }

 private:
  const config::Value* value(std::string_view name) const {
    const auto at = lines_.find(name);
    return at == lines_.end() ? nullptr : &at->second->at(0);
  }
  const config::Value* needed(std::string_view name, std::string_view example) {
    if (const config::Value* found = value(name)) return found;
    scope_.error(table::code::missing_parameter, block_.span(), fmt::format("`oidc_provider` needs `{}`", name))
        .with_help(fmt::format("add the line: {} {};", name, example));
    return nullptr;
  }

  void read_issuer() {
    const config::Value* const issuer = needed("issuer", "https://idp.example");
    const config::Value* const config = value("config_url");
    if (issuer) to_.issuer = issuer->text;
    if (config) {
      if (auto url = read_url(scope_, *config)) to_.config_url = std::move(*url);
    }
    if (!issuer || !read_url(scope_, *issuer) || config) return;
    std::string well_known(issuer->text);
    while (well_known.ends_with('/')) well_known.pop_back();
    well_known += "/.well-known/openid-configuration";
    to_.config_url = *http::HttpUrl::parse(well_known, http::HttpUrl::Schemes::http_and_https);
  }

  void read_client() {
    if (const config::Value* const id = needed("client_id", "NAME")) to_.client.id = id->text;
    const config::Value* const secret = value("client_secret");
    if (secret) to_.client.secret = table::read_secret(scope_, *secret);
  }

  bool is_path(const config::Value& at, bool may_be_url) {
    const std::string_view text = at.text;
    if (text == safe_return(text) && text.find_first_of("?#\"") == std::string_view::npos) return true;
    if (may_be_url && http::HttpUrl::parse(text, http::HttpUrl::Schemes::http_and_https)) return true;
    scope_.error(table::code::bad_choice, at.span, fmt::format("`{}` is no path of this server", printable(text)))
        .with_help(may_be_url ? "write a path, `/oidc_callback`, or the whole URL, `https://app.example/oidc_callback`"
                              : "write a path such as `/logout`");
    return false;
  }

  void read_pages() {
    if (const config::Value* const redirect = value("redirect_uri"); redirect && is_path(*redirect, true)) {
      to_.redirect_uri = redirect->text;
      const auto url = http::HttpUrl::parse(redirect->text, http::HttpUrl::Schemes::http_and_https);
      to_.redirect_path = url ? url->target : to_.redirect_uri;
    }
    if (const config::Value* const logout = value("logout_uri"); logout && is_path(*logout, false)) {
      to_.logout_path = logout->text;
    }
    if (const config::Value* const after = value("post_logout_uri"); after && is_path(*after, true)) {
      to_.post_logout_uri = after->text;
    }
  }

  void read_scopes() {
    const auto at = lines_.find("scope");
    if (at == lines_.end()) return;
    std::string all;
    bool has_openid = false;
    for (const config::Value& each : at->second->values) {
      has_openid |= each.text == "openid";
      all.append(all.empty() ? "" : " ").append(each.text);
    }
    to_.scope = has_openid ? all : "openid " + all;
  }

  void read_texts() {
    read_scopes();
    if (const config::Value* const args = value("extra_auth_args")) {
      to_.extra_auth_args = args->text;
      const auto is_odd = [](char c) { return c <= ' ' || c >= '\x7f' || c == '#'; };
      if (std::any_of(args->text.begin(), args->text.end(), is_odd)) {
        scope_.error(table::code::bad_choice, args->span, "these cannot be part of a URL")
            .with_help("write them as a query says them: `extra_auth_args prompt=login&display=page`");
      }
    }
    if (const config::Value* const name = value("cookie_name")) {
      to_.cookie_name = name->text;
      if (!http::is_token(name->text)) {
        scope_
            .error(table::code::bad_choice, name->span,
                   fmt::format("`{}` is no name of a cookie", printable(name->text)))
            .with_help("letters, digits, `-` and `_`");
      }
    }
  }

  bool is_on(std::string_view name, bool otherwise) const {
    const config::Value* const stated = value(name);
    return stated ? stated->number != 0 : otherwise;
  }

  void read_switches() {
    to_.pkce = is_on("pkce", true);
    to_.userinfo = is_on("userinfo", false);
    to_.hints_logout = is_on("logout_token_hint", false);
    if (const config::Value* const time = value("session_timeout")) to_.session_timeout_s = time->number;
    if (const config::Value* const time = value("timeout")) to_.settings.timeout_ms = time->number;
  }

  void read_keys() {
    std::vector<std::shared_ptr<const table::SecretValue>> read;
    std::vector<std::string_view> secrets;
    const auto at = lines_.find("session_key");
    if (at != lines_.end()) {
      for (const config::Value& each : at->second->values) {
        auto secret = table::read_secret(scope_, each);
        if (!secret) continue;
        if (secret->view().size() < least_key_bytes) {
          scope_.error(table::code::bad_choice, each.span, "this key is too short to keep sessions safe")
              .with_help(fmt::format("at least {} bytes: openssl rand -base64 32", least_key_bytes));
          continue;
        }
        read.push_back(std::move(secret));
        secrets.push_back(read.back()->view());
      }
    }
    const auto make = [](const auto&) { return std::make_shared<StartKey>(); };
    const auto start = scope_.builder.registry().adopt_or_create<StartKey>("oidc/start_key", "1", make).object;
    if (secrets.empty()) secrets.push_back(start->bytes);
    to_.sealer = std::make_unique<const Sealer>(
        secrets, fmt::format("gatehouse oidc\n{}\n{}\n{}", to_.name, to_.issuer, to_.client.id));
  }

  void read_prefix(const config::Value& prefix) {
    to_.store_prefix = prefix.text;
    const auto is_odd = [](char c) { return c <= ' ' || c >= '\x7f' || c == '{' || c == '}'; };
    if (std::none_of(prefix.text.begin(), prefix.text.end(), is_odd)) return;
    scope_
        .error(table::code::bad_choice, prefix.span,
               fmt::format("`{}` cannot begin the names of keys", printable(prefix.text, 60)))
        .with_help("no blanks, and no braces: `prefix=shop:oidc:`");
  }

  /// Stores may be defined behind their use.
  void read_store() {
    const auto at = lines_.find("session_store");
    if (at == lines_.end()) return;
    const config::Value& store = at->second->at(0);
    if (const config::Value* const prefix = at->second->find("prefix=")) read_prefix(*prefix);
    table::Builder& builder = scope_.builder;
    builder.at_end([&builder, &to = to_, name = std::string(store.text), where = store.span] {
      to.store = find_store(builder, name, where);
    });
    if (lines_.contains("session_key")) return;
    scope_
        .warning(code::start_key, store.span,
                 "without a `session_key` only this start of this gateway can read what it keeps there")
        .with_help("add the line: session_key env:SESSION_KEY;");
  }

  table::Scope& scope_;
  OidcProvider& to_;
  const config::Bound& block_;
  const std::map<std::string_view, const config::Bound*>& lines_;
};

}  // namespace

void declare_oidc_provider(table::Scope& main, const config::Bound& directive) {
  auto& known = main.local<Providers>().by_name;
  const config::Value& name = directive.at(0);
  const auto [at, is_new] = known.try_emplace(std::string(name.text));
  if (is_new) {
    at->second.where = name.span;
    at->second.provider->name = name.text;
    return;
  }
  main.error(table::code::duplicate_name, name.span,
             fmt::format("oidc_provider `{}` is defined twice", printable(name.text)))
      .with_related(at->second.where, "first defined here")
      .with_help("give one of them another name");
}

void apply_oidc_provider(table::Scope& outer, const config::Bound& directive) {
  table::Scope scope(outer.builder, &outer, config::in_oidc_provider);
  scope.where = directive.span();
  outer.builder.build_block(scope, directive.children);
  auto& known = table::outermost(outer).local<Providers>().by_name;
  const auto at = known.find(directive.at(0).text);
  if (at != known.end()) Reader(scope, *at->second.provider, directive).read();
}

void apply_oidc_setting(table::Scope& scope, const config::Bound& directive) {
  scope.local<Lines>().by_name[directive.row->name] = &directive;
}

std::shared_ptr<OidcProvider> find_oidc_provider(table::Scope& scope, const config::Value& name) {
  auto& known = table::outermost(scope).local<Providers>().by_name;
  const auto at = known.find(name.text);
  if (at != known.end()) return at->second.provider;
  scope.error(table::code::bad_choice, name.span, fmt::format("there is no oidc_provider `{}`", printable(name.text)))
      .with_help("define it: oidc_provider NAME { issuer https://idp.example; client_id web; "
                 "client_secret env:SECRET; }");
  return nullptr;
}

/// What nobody reads is not carried along in cookies.
void end_oidc(table::Scope& main) {
  const table::VariableTable& variables = main.builder.variables;
  for (auto& [name, entry] : main.local<Providers>().by_name) {
    entry.provider->keeps_access_token = variables.is_used("oidc_access_token");
    entry.provider->keeps_id_token = variables.is_used("oidc_id_token") || entry.provider->hints_logout;
  }
}

}  // namespace gh::policy
