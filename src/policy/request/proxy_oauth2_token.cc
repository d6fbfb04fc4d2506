// proxy_oauth2_token: the gateway's own token for services (RFC 6749 4.4, client credentials). One for all requests of
// all workers: asked for once, renewed before it ends while the old one is used, and once more when a service does not
// take it.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "base/text.h"
#include "policy/inquiries.h"
#include "policy/oauth.h"
#include "policy/policy.h"
#include "policy/upstream_token.h"
#include "proxy/external_identity.h"
#include "proxy/worker.h"
#include "table/build.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;
using upstream::FetchAnswer;

namespace {

constexpr std::int64_t usual_life_s = 300;       // of a token that does not say when it ends
constexpr std::int64_t pause_ms = 1000;          // after a failure, and between renewals that services ask for
constexpr std::int64_t margin_ms = 2000;         // before its end a token is not used any more: it has a way to go
constexpr std::int64_t most_renewal_ms = 60'000;  // before its end it is renewed

struct UpstreamToken final : Finding {
  std::string authorization;
  std::int64_t made_ms = 0, renew_ms = 0;
};

/// What requests of all workers and generations share.
struct Source {
  std::shared_ptr<Inquiries> known = std::make_shared<Inquiries>(1, 1024 * 1024, 1);
  std::atomic<std::int64_t> not_before_ms{0};  // of a renewal after one that failed
};

struct Plan {
  OAuthServer server;
  std::string form;
  unsigned error_status = 503;
  std::shared_ptr<Source> source;
  table::Template authorization;
};
struct Settings { std::shared_ptr<const Plan> plan; };  // null: off

const std::string key = "token";

void conclude(Inquiry& inquiry, Source& source, const std::string& where, const Result<FetchAnswer>& answer,
              std::int64_t now_ms) {
  const auto tokens = read_tokens(answer);
  if (!tokens) {
    source.not_before_ms.store(now_ms + pause_ms, std::memory_order_relaxed);
    process_log()->write(LogLevel::error, 0,
                         fmt::format("no token from \"{}\" for upstreams: {}", where, tokens.error().text));
    return inquiry.fail(tokens.error().text, now_ms + pause_ms);
  }
  const std::int64_t life_ms = (tokens->expires_in_s > 0 ? tokens->expires_in_s : usual_life_s) * 1000;
  auto made = std::make_shared<UpstreamToken>();
  made->authorization = "Bearer " + tokens->access_token;
  made->made_ms = now_ms;
  made->renew_ms = now_ms + life_ms - std::min(life_ms / 5, most_renewal_ms);
  const std::size_t bytes = made->authorization.size() + sizeof(UpstreamToken);
  inquiry.conclude(std::move(made), now_ms + std::max(life_ms - margin_ms, life_ms / 2), bytes);
}

void begin(Exchange& x, const Plan& plan) {
  auto inquiry = std::make_shared<Inquiry>(plan.source->known, key);
  const auto& [url, client, settings] = plan.server;
  ask(x.worker, settings, form_request(url, plan.form, client, settings),
      [inquiry, source = plan.source, where = url.authority,
       &clock = x.worker.loop.clock()](const Result<FetchAnswer>& answer) {
        conclude(*inquiry, *source, where, answer, clock.now_ms());
      });
}

void use(Exchange& x, const Plan& plan, FindingPtr finding) {
  const auto& token = static_cast<const UpstreamToken&>(*finding);
  const std::int64_t now_ms = x.clock().now_ms();
  if (now_ms >= token.renew_ms && now_ms >= plan.source->not_before_ms.load(std::memory_order_relaxed) &&
      plan.source->known->begin(key)) {
    begin(x, plan);
  }
  proxy::ExternalIdentity& identity = proxy::external_identity(x);
  identity.authorization = token.authorization;
  identity.token_plan = &plan;
  identity.upstream_token = std::move(finding);
}

Verdict refuse_without(Exchange& x, const Plan& plan, std::string_view why) {
  x.log(LogLevel::error, fmt::format("no token from \"{}\" for the upstream: {}", plan.server.url.authority, why));
  x.reason = "no token for the upstream";
  return x.error(plan.error_status);
}

Verdict run(Exchange& x, const void* params) {
  const Plan& plan = *static_cast<const Plan*>(params);
  FindingPtr finding;
  const Waits waits = look_again(x, *plan.source->known, key, finding);
  if (waits == Waits::yes) return Verdict::again;
  if (waits == Waits::no) finding = plan.source->known->find(key, x.clock().now_ms());
  if (!finding) {
    if (wait_for(x, plan.source->known, key, [&] { begin(x, plan); })) return Verdict::again;
    return refuse_without(x, plan, "too much is asked already");
  }
  if (!finding->failure.empty()) return refuse_without(x, plan, finding->failure);
  use(x, plan, std::move(finding));
  return Verdict::next;
}

/// The service says 401. A token that has just been made is not the reason.
bool renew(Exchange& x) {
  proxy::ExternalIdentity& identity = proxy::external_identity(x);
  if (identity.has_renewed || !identity.upstream_token) return false;
  const auto& token = static_cast<const UpstreamToken&>(*static_cast<const Finding*>(identity.upstream_token.get()));
  if (x.clock().now_ms() - token.made_ms < pause_ms) return false;
  identity.has_renewed = true;
  static_cast<const Plan*>(identity.token_plan)->source->known->forget(key, identity.upstream_token.get());
  identity.authorization = {};
  identity.upstream_token.reset();
  x.log(LogLevel::notice, "the upstream does not take the token: another one is asked for");
  return true;
}

std::string form_of(const config::Bound& directive) {
  std::string form;
  append_form(form, "grant_type", "client_credentials");
  for (const std::string_view name : {"scope", "audience", "resource"}) {
    const std::string_view value = directive.text(std::string(name) + "=");
    if (!value.empty()) append_form(form, name, value);
  }
  return form;
}

}  // namespace

void apply_proxy_oauth2_token(table::Scope& scope, const config::Bound& directive) {
  const config::Value& where = directive.at(0);
  if (where.text == "off") {
    scope.edit<Settings>().plan = nullptr;
    return;
  }
  auto server = read_server(scope, directive);
  if (server && server->client.id.empty()) {
    scope.error(table::code::missing_parameter, directive.span(), "`proxy_oauth2_token` needs a client")
        .with_help("say who the gateway is to that server: `client=NAME secret=env:VARIABLE`");
    return;
  }
  if (!server) return;
  auto plan = std::make_shared<Plan>();
  plan->server = std::move(*server);
  plan->form = form_of(directive);
  plan->error_status = static_cast<unsigned>(directive.number("error=", 503));
  plan->authorization = scope.compile("$upstream_oauth2_token", directive.span());
  const auto make = [](const auto&) { return std::make_shared<Source>(); };
  const std::string name = fmt::format("oauth2_token/{} {} {}", where.text, plan->server.client.id, plan->form);
  plan->source = scope.builder.registry().adopt_or_create<Source>(name, "1", make).object;
  scope.edit<Settings>().plan = std::move(plan);
}

void finish_proxy_oauth2_token(table::Scope& scope, table::Route& route) {
  if (!scope.has<Settings>() || !scope.get<Settings>().plan || !route.proxy_target) return;
  auto plan = std::make_shared<Plan>(*scope.get<Settings>().plan);
  use_resolver(scope, plan->server.settings);
  table::add_step(route, config::Phase::request, run, std::move(plan), "proxy_oauth2_token");
}

void add_upstream_token(table::Scope& scope, proxy::ProxyPlan& plan) {
  if (!scope.has<Settings>() || !scope.get<Settings>().plan) return;
  const auto& set = plan.set_headers->list;
  const auto is_set = [](const table::HeaderSetting& h) { return h.id == http::HeaderId::authorization; };
  if (std::any_of(set.begin(), set.end(), is_set)) return;  // proxy_set_header says it for this block
  const auto token = scope.get<Settings>().plan;
  plan.not_forwarded.add("Authorization");
  plan.pieces.push_back({{}, &token->authorization, "Authorization", false});
  plan.token = token;
  plan.renew_token = renew;
}

}  // namespace gh::policy
