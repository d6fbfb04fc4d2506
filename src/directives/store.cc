// store { }: a Redis server that nodes share: where it is, TLS, who we are there, how long anybody waits for it.
#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "directives/directives.h"
#include "directives/setters.h"
#include "table/build.h"
#include "table/plan.h"
#include "table/store_plan.h"
#include "table/tls_client_loader.h"

namespace gh::directives {
namespace {

using table::OnStoreError;
using table::StorePlan;
using table::TlsClientGroup;
using table::TlsWord;
namespace code = table::code;

constexpr std::string_view system_authorities = "/etc/ssl/certs/ca-certificates.crt";

/// A store while its block is read; local to its scope.
struct Draft {
  std::shared_ptr<StorePlan> plan = std::make_shared<StorePlan>();
  config::Span url, user, first_tls;
};

TlsClientGroup<table::StoreSide>& tls_of(Scope& scope) { return scope.edit<TlsClientGroup<table::StoreSide>>(); }

// ---- what stands in the block --------------------------------------------------------------------------------------

void apply_url(Scope& scope, const Bound& directive) {
  const Value& value = directive.at(0);
  auto url = redis::StoreUrl::parse(value.text);
  if (!url) {
    const bool is_secret = value.text.find('@') != std::string_view::npos;
    scope
        .error(is_secret ? code::plain_secret : code::bad_url, value.span,
               is_secret ? std::string("invalid address of a store")
                         : "invalid address of a store `" + std::string(value.text) + "`")
        .with_label(url.error().text)
        .with_help(is_secret ? "who we are there is said on lines of their own: `username NAME;`, `password env:NAME;`"
                             : "for example redis://127.0.0.1:6379, rediss://HOST:6380/1 or "
                               "redis+unix:///run/redis.sock");
    return;
  }
  auto& draft = scope.local<Draft>();
  draft.plan->url = std::move(*url);
  draft.url = value.span;
}

void apply_username(Scope& scope, const Bound& directive) {
  auto& draft = scope.local<Draft>();
  draft.plan->username = directive.at(0).text;
  draft.user = directive.span();
}

void apply_password(Scope& scope, const Bound& directive) {
  scope.local<Draft>().plan->password = table::read_secret(scope, directive.at(0));
}

template <auto Member>
void set_number(Scope& scope, const Bound& directive) {
  using Type = std::remove_reference_t<decltype(scope.local<Draft>().plan.get()->*Member)>;
  scope.local<Draft>().plan.get()->*Member = static_cast<Type>(directive.at(0).number);
}

void apply_reconnect(Scope& scope, const Bound& directive) {
  StorePlan& plan = *scope.local<Draft>().plan;
  plan.reconnect_ms = directive.at(0).number;
  plan.reconnect_most_ms = std::max(plan.reconnect_ms, directive.number("max=", plan.reconnect_most_ms));
}

void apply_on_error(Scope& scope, const Bound& directive) {
  const std::string_view word = directive.at(0).text;
  scope.local<Draft>().plan->on_error =
      word == "deny" ? OnStoreError::deny : word == "allow" ? OnStoreError::allow : OnStoreError::local;
}

void note_tls(Scope& scope, const Bound& directive) {
  auto& draft = scope.local<Draft>();
  if (!draft.first_tls.is_set()) draft.first_tls = directive.span();
}

template <TlsWord table::TlsClientSettings::*Member>
void set_tls_file(Scope& scope, const Bound& directive) {
  note_tls(scope, directive);
  tls_of(scope).*Member = {std::string(directive.at(0).text), directive.at(0).span};
}

void apply_tls_verify(Scope& scope, const Bound& directive) {
  note_tls(scope, directive);
  tls_of(scope).verify = directive.at(0).number != 0;
}

void apply_tls_name(Scope& scope, const Bound& directive) {
  note_tls(scope, directive);
  scope.local<Draft>().plan->tls_name = directive.at(0).text;
}

// ---- the block -----------------------------------------------------------------------------------------------------

/// False after a diagnostic.
bool add_tls(Scope& scope, const Draft& draft) {
  StorePlan& plan = *draft.plan;
  if (!plan.url.tls) {
    if (!draft.first_tls.is_set()) return true;
    scope.note(code::no_effect, draft.first_tls, "TLS is set up here, and the store is reached without")
        .with_related(draft.url, "the address")
        .with_help("write rediss:// for TLS, or remove the line");
    return true;
  }
  auto& settings = tls_of(scope);
  settings.sends_name = true;
  settings.verify_where = draft.url;
  if (settings.verify && settings.trusted_certificate.text.empty()) {
    settings.trusted_certificate = {std::string(system_authorities), draft.url};
  }
  plan.tls = table::tls_client_plan<table::StoreSide>(scope);
  return plan.tls != nullptr;
}

/// Not the secret itself: the digest of a password would tell it to who may guess.
std::string identity_of(const StorePlan& plan) {
  std::string out = fmt::format("{}{}{}\n{}\n{}\n{} {} {} {} {} {}\n{}\n{}\n", plan.url.tls, plan.url.unix_socket,
                                plan.url.cluster, plan.url.database, plan.username, plan.timeout_ms,
                                plan.connect_timeout_ms, plan.reconnect_ms, plan.reconnect_most_ms, plan.most_pending,
                                static_cast<int>(plan.on_error), plan.tls_name, plan.tls ? plan.tls->identity : "");
  for (const redis::StoreNode& node : plan.url.nodes) out += fmt::format("{}:{}\n", node.host, node.port);
  if (plan.password) {
    const Proof proof = process_hmac(plan.password->view());
    out.append(reinterpret_cast<const char*>(proof.data()), proof.size());
  }
  return plan.name + "\n" + out;
}

bool check(Scope& scope, const Draft& draft, const Bound& directive) {
  const auto was_tried = [&](std::string_view name) {
    bool found = false;
    config::for_each_directive(directive.node->children, [&](const config::Node& n) { found |= n.name() == name; });
    return found;
  };
  if (!draft.url.is_set()) {
    if (was_tried("url")) return false;  // what is wrong with it was said
    scope.error(code::missing_parameter, directive.span(), "a `store` needs a `url`")
        .with_help("add a line: url redis://127.0.0.1:6379;");
    return false;
  }
  if (draft.plan->username.empty() || was_tried("password")) return true;
  scope.error(code::missing_parameter, draft.user.is_set() ? draft.user : draft.url, "a user without a `password`")
      .with_help("say where it is: `password env:NAME;` or `password file:PATH;`");
  return false;
}

void build_store(Scope& outer, const Bound& directive) {
  table::Builder& builder = outer.builder;
  const Value& name = directive.at(0);
  auto& entry = builder.zones[std::string(table::store_kind) + std::string(name.text)];
  if (entry.where.is_set()) {
    outer.error(code::duplicate_name, name.span, "store `" + std::string(name.text) + "` is defined twice")
        .with_related(entry.where, "first defined here")
        .with_help("give one of them another name");
    return;
  }
  entry.where = name.span;
  Scope scope(builder, &outer, config::in_store);
  scope.where = directive.span();
  auto& draft = scope.local<Draft>();
  tls_of(scope).verify = true;
  builder.build_block(scope, directive.children);
  StorePlan& plan = *draft.plan;
  if (plan.username.empty()) plan.username = plan.url.username;
  if (!check(scope, draft, directive) || !add_tls(scope, draft)) return;
  plan.name = name.text;
  plan.where = directive.span();
  if (outer.has<table::ResolverSettings>()) plan.resolver = outer.shared<table::ResolverSettings>();
  plan.identity = identity_of(plan);
  const auto make = [](const auto&) { return std::make_shared<state::StoreHealth>(); };
  plan.health = builder.registry().adopt_or_create<state::StoreHealth>(
      std::string(table::store_kind) + plan.name, "1", make).object;
  entry.object = draft.plan;
}

void warn_of_unused(Scope& main) {
  main.builder.at_end([&main] {
    if (main.builder.diagnostics.has_errors()) return;  // perhaps one of them is the use
    for (const auto& [id, entry] : main.builder.zones) {
      if (!id.starts_with(table::store_kind) || entry.used) continue;
      main.warning(code::zone_unused, entry.where,
                   "store `" + id.substr(table::store_kind.size()) + "` is never used")
          .with_help("name it in a zone: store=" + id.substr(table::store_kind.size()) + ", or remove it");
    }
  });
}

constexpr config::Contexts in_store = config::in_store;
constexpr ArgSpec file{"file", ArgType::conf_path};

constexpr Row in_block(std::string_view name, ArgSpec arg, std::string_view fallback, config::Apply apply,
                       std::string_view doc) {
  Row row = setting(name, in_store, arg, fallback, apply, doc);
  row.inherit = Inherit::none;
  return row;
}

constexpr Row rows[] = {
    {.name = "store",
     .contexts = config::in_http,
     .args = {{{"name", ArgType::word}}},
     .block = Block::directives,
     .inside = config::in_store,
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = build_store,
     .doc = "A Redis server that gateways share: limits, values (store=NAME) and sessions (session_store NAME)."},
    {.name = "url",
     .contexts = in_store,
     .args = {{{"address", ArgType::word}}},
     .inherit = Inherit::none,
     .apply = apply_url,
     .doc = "redis://HOST:PORT/DATABASE, rediss:// with TLS, or redis+unix:///PATH?db=N."},
    {.name = "username",
     .contexts = in_store,
     .args = {{{"name", ArgType::word}}},
     .inherit = Inherit::none,
     .apply = apply_username,
     .doc = "Who we are to the store, beside the password (Redis 6 and later)."},
    {.name = "password",
     .contexts = in_store,
     .args = {{{"env:NAME|file:PATH", ArgType::word}}},
     .inherit = Inherit::none,
     .apply = apply_password,
     .doc = "Where the password is; it never stands in the configuration."},
    {.name = "timeout",
     .contexts = in_store,
     .args = {{{"time", ArgType::msec, Presence::required, {}, 1, 60000}}},
     .fallback = "250ms",
     .inherit = Inherit::none,
     .apply = set_number<&StorePlan::timeout_ms>,
     .doc = "How long a request waits for a reply; then the store is down."},
    {.name = "connect_timeout",
     .contexts = in_store,
     .args = {{{"time", ArgType::msec, Presence::required, {}, 1, 60000}}},
     .fallback = "2s",
     .inherit = Inherit::none,
     .apply = set_number<&StorePlan::connect_timeout_ms>,
     .doc = "How long an attempt to reach the store takes, its greeting included."},
    {.name = "reconnect",
     .contexts = in_store,
     .args = {{{"time", ArgType::msec, Presence::required, {}, 10, 600000},
               {"max=", ArgType::msec, Presence::optional, {}, 10, 600000}}},
     .fallback = "100ms max=5s",
     .inherit = Inherit::none,
     .apply = apply_reconnect,
     .doc = "When a store that is down is tried again: after this time, doubled each time up to max=."},
    {.name = "pending",
     .contexts = in_store,
     .args = {{{"number", ArgType::count, Presence::required, {}, 1, 1000000}}},
     .fallback = "10000",
     .inherit = Inherit::none,
     .apply = set_number<&StorePlan::most_pending>,
     .doc = "Most commands of one worker that wait for their replies."},
    {.name = "on_error",
     .contexts = in_store,
     .args = {{{"what", ArgType::one_of, Presence::required, "local|allow|deny"}}},
     .fallback = "local",
     .inherit = Inherit::none,
     .apply = apply_on_error,
     .doc = "While the store is not to be had: each node by itself, let all pass, or refuse (503)."},
    in_block("ssl_trusted_certificate", file, "", set_tls_file<&table::TlsClientSettings::trusted_certificate>,
             "Authorities of the store's certificate; without: the system's."),
    in_block("ssl_verify", on_off, "on", apply_tls_verify, "Refuse a store without a right certificate."),
    in_block("ssl_name", {"name", ArgType::word}, "", apply_tls_name,
             "Whom the store's certificate must be for; without: the host of the address."),
    in_block("ssl_certificate", file, "", set_tls_file<&table::TlsClientSettings::certificate>,
             "Certificate in PEM form that the store is shown, its chain behind it."),
    in_block("ssl_certificate_key", file, "", set_tls_file<&table::TlsClientSettings::certificate_key>,
             "Its private key."),
};

}  // namespace

constinit const table::Module store_module{"store", rows, nullptr, nullptr, warn_of_unused};

}  // namespace gh::directives
