// auth_introspect: a token that says nothing by itself is shown to the server that gave it out (RFC 7662). What that
// says is kept for a while; requests that bring the same token meanwhile wait for one answer.
#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "policy/access.h"
#include "policy/inquiries.h"
#include "policy/login_lint.h"
#include "policy/oauth.h"
#include "policy/policy.h"
#include "policy/presented_token.h"
#include "policy/secret_arguments.h"
#include "proxy/external_identity.h"
#include "proxy/worker.h"
#include "table/build.h"

namespace gh::policy {

using proxy::Exchange;
using upstream::FetchAnswer;

namespace {

constexpr std::size_t most_token_bytes = 8 * 1024;
constexpr std::size_t most_kept = 100'000, most_kept_bytes = 32 * 1024 * 1024, most_asked = 1000;
constexpr std::size_t entry_bytes = 256;  // beside the document

struct Plan {
  OAuthServer server;
  std::optional<TokenSource> token;      // without: of Authorization
  std::string realm;
  std::int64_t cache_ms = 60'000;
  unsigned error_status = 503;
  std::shared_ptr<Inquiries> known;
};
struct Settings { std::shared_ptr<Plan> plan; };  // null: off

struct Introspected final : Finding {
  std::shared_ptr<const json::Document> document;  // null: the token counts for nothing
};

// ---- what the server says -------------------------------------------------------------------------------------------

/// exp and nbf, in seconds; a member that is no number counts as one that is wrong.
bool counts_at(json::Value said, std::int64_t now_s) {
  const json::Value active = said.find("active"), exp = said.find("exp"), nbf = said.find("nbf");
  if (active.as_bool() != std::optional<bool>(true)) return false;
  const auto now = static_cast<double>(now_s);
  if (exp && !(exp.is_number() && *exp.as_double() > now)) return false;
  return !nbf || (nbf.is_number() && *nbf.as_double() <= now);
}

std::int64_t keep_ms(json::Value said, std::int64_t now_s, std::int64_t cache_ms) {
  const json::Value exp = said.find("exp");
  if (!exp.is_number()) return cache_ms;
  const double left_s = std::min(*exp.as_double() - static_cast<double>(now_s), 1e9);
  return std::min(cache_ms, static_cast<std::int64_t>(left_s * 1000));
}

void conclude(Inquiry& inquiry, const Result<FetchAnswer>& answer, std::int64_t cache_ms, Clock& clock) {
  auto document = read_answer(answer);
  if (!document) return inquiry.fail(document.error().text);
  const json::Value said = document->root();
  if (!said.find("active").as_bool()) return inquiry.fail("its answer does not say whether the token is active");
  const std::int64_t now_s = clock.unix_seconds();
  auto found = std::make_shared<Introspected>();
  std::int64_t stay_ms = cache_ms;
  std::size_t bytes = entry_bytes;
  if (counts_at(said, now_s)) {
    stay_ms = keep_ms(said, now_s, cache_ms);
    bytes += document->bytes_held();
    found->document = std::make_shared<const json::Document>(std::move(*document));
  }
  inquiry.conclude(std::move(found), stay_ms > 0 ? clock.now_ms() + stay_ms : 0, bytes);
}

// ---- the check -----------------------------------------------------------------------------------------------------

/// RFC 6750 3: without a token nothing is said to be wrong.
Access challenge(Exchange& x, const Plan& plan, std::string_view wrong) {
  const std::string text =
      fmt::format("Bearer realm=\"{}\"{}", plan.realm, wrong.empty() ? "" : ", error=\"invalid_token\"");
  x.reply.fields.add(x.arena, "WWW-Authenticate", x.arena.copy(text), http::HeaderId::www_authenticate);
  x.reason = "no token";
  if (!wrong.empty()) {
    x.reason = x.arena.copy(fmt::format("the token is refused: {}", wrong));
    x.log(LogLevel::info, x.reason);
  }
  return refuse(x, 401);
}

Access judge(Exchange& x, const Plan& plan, const Finding& finding) {
  if (!finding.failure.empty()) {
    const std::string& where = plan.server.url.authority;
    x.log(LogLevel::error, fmt::format("introspection at \"{}\" failed: {}", where, finding.failure));
    x.reason = "the server of tokens cannot be asked";
    return refuse(x, plan.error_status);
  }
  const auto& found = static_cast<const Introspected&>(finding);
  if (!found.document || !counts_at(found.document->root(), x.clock().unix_seconds())) {
    return challenge(x, plan, "it is not active");
  }
  proxy::external_identity(x).introspected = found.document;
  return Access::pass;
}

void begin(Exchange& x, const Plan& plan, const std::string& key, std::string_view token) {
  std::string form;
  append_form(form, "token", token);
  append_form(form, "token_type_hint", "access_token");
  auto inquiry = std::make_shared<Inquiry>(plan.known, key);
  const auto& [url, client, settings] = plan.server;
  ask(x.worker, settings, form_request(url, std::move(form), client, settings),
      [inquiry, cache_ms = plan.cache_ms, &clock = x.worker.loop.clock()](const Result<FetchAnswer>& answer) {
        conclude(*inquiry, answer, cache_ms, clock);
      });
}

Access check(Exchange& x, const void* params) {
  const Plan& plan = *static_cast<const Plan*>(params);
  const PresentedToken given = plan.token ? plan.token->find(x) : bearer_token(x);
  if (!given.malformed.empty()) return challenge(x, plan, given.malformed);
  if (given.token.empty()) return challenge(x, plan, {});
  const bool is_none = given.token.size() > most_token_bytes || (!plan.token && !is_bearer_token(given.token));
  if (is_none) return challenge(x, plan, "it has not the form of one");
  const std::string key = digest(DigestKind::sha256, {given.token});
  FindingPtr finding;
  const Waits waits = look_again(x, *plan.known, key, finding);
  if (waits == Waits::yes) return Access::wait;
  if (waits == Waits::no) finding = plan.known->find(key, x.clock().now_ms());
  if (finding) return judge(x, plan, *finding);
  if (wait_for(x, plan.known, key, [&] { begin(x, plan, key, given.token); })) return Access::wait;
  x.log(LogLevel::error, fmt::format("too many tokens are being asked about at \"{}\"", plan.server.url.authority));
  x.reason = "too many tokens are being asked about";
  return refuse(x, plan.error_status);
}

// ---- the configuration ---------------------------------------------------------------------------------------------

std::optional<std::string> read_realm(table::Scope& scope, const config::Value* value) {
  const std::string realm(value ? value->text : "restricted");
  const auto is_plain = [](char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; };
  if (!realm.empty() && std::all_of(realm.begin(), realm.end(), is_plain)) return realm;
  scope.error(table::code::bad_choice, value->span, "`realm=` holds what cannot be sent in quotes")
      .with_help("letters, digits and blanks: \"realm=our shop\"");
  return std::nullopt;
}

}  // namespace

void apply_auth_introspect(table::Scope& scope, const config::Bound& directive) {
  const config::Value& where = directive.at(0);
  if (where.text == "off") {
    scope.edit<Settings>().plan = nullptr;
    return;
  }
  auto server = read_server(scope, directive);
  const auto realm = read_realm(scope, directive.find("realm="));
  if (!server || !realm) return;
  auto plan = std::make_shared<Plan>();
  plan->server = std::move(*server);
  plan->realm = *realm;
  plan->cache_ms = directive.number("cache=", 60) * 1000;
  plan->error_status = static_cast<unsigned>(directive.number("error=", 503));
  if (const config::Value* token = directive.find("token=")) plan->token.emplace(scope.compile(*token));
  const std::string shape = fmt::format("{} {}", plan->cache_ms, plan->server.client.id);
  const auto make = [](const auto&) { return std::make_shared<Inquiries>(most_kept, most_kept_bytes, most_asked); };
  const std::string name = fmt::format("introspect/{}", where.text);
  plan->known = scope.builder.registry().adopt_or_create<Inquiries>(name, shape, make).object;
  scope.edit<Settings>().plan = std::move(plan);
}

void finish_auth_introspect(table::Scope& scope, table::Route& route) {
  if (!scope.has<Settings>() || !scope.get<Settings>().plan) return;
  if (!scope.is_own<Settings>()) warn_of_locked_login(scope, route, "auth_introspect");
  auto plan = std::make_shared<Plan>(*scope.get<Settings>().plan);
  use_resolver(scope, plan->server.settings);
  if (plan->token) keep_arguments_out_of_logs(scope, plan->token->source());
  add_check(scope, check, std::move(plan), "auth_introspect");
}

}  // namespace gh::policy
