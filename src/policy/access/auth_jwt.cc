// auth_jwt: who asks is said by a signed (or encrypted) token, RFC 7519, verified here before anything is passed on.
#include "policy/access/auth_jwt.h"

#include <fmt/format.h>

#include "base/text.h"
#include "http/field_value.h"
#include "policy/policy.h"
#include "proxy/error_page.h"
#include "proxy/exchange.h"

namespace gh::policy {

using jose::Reason;
using proxy::Exchange;
using table::Verdict;

namespace {

constexpr unsigned no_keys_status = 503;  // it may be good: nobody can tell

// ---- which token ---------------------------------------------------------------------------------------------------

PresentedToken presented_token(Exchange& x, const JwtPlan& plan) {
  return plan.token ? plan.token->find(x) : bearer_token(x);
}

// ---- what is answered ----------------------------------------------------------------------------------------------

JwtFault fault_of(Reason reason) {
  switch (reason) {
    case Reason::expired: return JwtFault::expired;
    case Reason::claims:
    case Reason::no_expiry:
    case Reason::not_yet:
    case Reason::from_future:
    case Reason::issuer:
    case Reason::audience: return JwtFault::claims;
    default: return JwtFault::invalid;
  }
}

const JwtAnswer& answer_of(const JwtPlan& plan, JwtFault fault) {
  const JwtAnswer& own = plan.answers[static_cast<std::size_t>(fault)];
  if (own.status != 0 || fault == JwtFault::missing) return own;
  return plan.answers[static_cast<std::size_t>(JwtFault::invalid)];
}

Access refuse_with(Exchange& x, const JwtPlan& plan, JwtFault fault, std::string_view description) {
  const JwtAnswer& answer = answer_of(plan, fault);
  const unsigned status = answer.status == 0 ? 401 : answer.status;
  const std::string_view error = fault == JwtFault::missing ? "" : "invalid_token";
  if (status == 401) add_bearer_challenge(x, plan.realm, error, description);
  if (!answer.message.empty() && !proxy::find_error_page(*x.route, status)) x.page_text = answer.message;
  x.access.presented = fault != JwtFault::missing;
  return refuse(x, status);
}

Access missing(Exchange& x, const JwtPlan& plan) {
  x.reason = "no token";
  x.log(LogLevel::info, "auth_jwt: no token was sent");
  return refuse_with(x, plan, JwtFault::missing, {});
}

Access refused(Exchange& x, const JwtPlan& plan, const JwtSaid& said) {
  x.reason = said.no_keys ? "no keys to verify tokens with" : said.finding.words;
  if (said.no_keys) {
    x.log(LogLevel::error, "auth_jwt: no keys to verify tokens with have come so far");
    x.access.presented = true;
    return refuse(x, no_keys_status);
  }
  x.log(LogLevel::error, fmt::format("auth_jwt: token refused: {}", said.finding.words));
  return refuse_with(x, plan, fault_of(said.finding.reason), jose::public_words(said.finding.reason));
}

// ---- the check -----------------------------------------------------------------------------------------------------

bool is_off(Exchange& x, const JwtPlan& plan) {
  return !plan.realm.is_constant() && plan.realm.render(x, x.arena) == "off";
}

/// Verified already, or not more than a look-up away.
bool is_known(Exchange& x, const JwtPlan& plan, std::string_view token) {
  if (x.token && x.token->plan == plan.number) return true;
  x.token = nullptr;
  if (!plan.cache || !plan.has_fresh_keys(x.clock().now_ms())) return false;
  auto known = plan.cache->find(token, {plan.number, plan.keys_number()}, x.clock().unix_seconds());
  if (!known) return false;
  hold_token(x, std::move(known));
  return true;
}

Access check(Exchange& x, const void* params) {
  const JwtPlan& plan = *static_cast<const JwtPlan*>(params);
  JwtSaid said;
  if (auto* const running = static_cast<JwtCheck*>(x.access.pending)) {
    said = go_on_judging(*running);
  } else {
    if (is_off(x, plan)) return Access::next;
    const PresentedToken presented = presented_token(x, plan);
    if (!presented.malformed.empty()) {
      x.token = nullptr;
      return refused(x, plan, {Access::refuse, {Reason::malformed, presented.malformed}});
    }
    if (presented.token.empty()) {
      x.token = nullptr;
      return missing(x, plan);
    }
    if (is_known(x, plan, presented.token)) return Access::pass;
    said = begin_judging(x, plan, presented.token);
  }
  return said.access == Access::refuse ? refused(x, plan, said) : said.access;
}

/// For routes that are chosen by claims: only finds out what the token says. Who is refused is refused by the route's
/// own check.
Verdict verify_early(Exchange& x, const void* params) {
  if (x.parent) return Verdict::next;
  const JwtPlan& plan = *static_cast<const JwtPlan*>(params);
  JwtSaid said;
  if (auto* const running = static_cast<JwtCheck*>(x.access.pending)) {
    said = go_on_judging(*running);
  } else {
    const PresentedToken presented = presented_token(x, plan);
    if (is_off(x, plan) || presented.token.empty() || is_known(x, plan, presented.token)) return Verdict::next;
    said = begin_judging(x, plan, presented.token);
  }
  if (said.access == Access::wait) return Verdict::again;
  x.access.pending = nullptr;
  return Verdict::next;
}

std::string_view quoted(std::string_view text, Arena& arena) {
  const std::string_view safe = http::safe_field_value(text, arena);
  char* const to = arena.chars(safe.size() * 2);
  char* end = to;
  for (const char c : safe) {
    if (c == '"' || c == '\\') *end++ = '\\';  // RFC 9110 5.6.4
    *end++ = c;
  }
  return {to, static_cast<std::size_t>(end - to)};
}

}  // namespace

void add_bearer_challenge(Exchange& x, const table::Template& realm, std::string_view error,
                          std::string_view description) {
  std::string text = fmt::format("Bearer realm=\"{}\"", quoted(realm.render(x, x.arena), x.arena));
  if (!error.empty()) text += fmt::format(", error=\"{}\"", error);
  if (!description.empty()) text += fmt::format(", error_description=\"{}\"", description);
  x.reply.fields.add(x.arena, "WWW-Authenticate", x.arena.copy(text), http::HeaderId::www_authenticate);
}

void add_jwt_check(table::Scope& scope, const std::shared_ptr<const JwtPlan>& plan) {
  add_check(scope, check, plan, "auth_jwt");
}

void add_early_jwt_check(table::Route& route, const std::shared_ptr<const JwtPlan>& plan) {
  table::add_step(route, config::Phase::server_rewrite, verify_early, plan, "auth_jwt");
}

}  // namespace gh::policy
