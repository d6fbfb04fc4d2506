// auth_request: another location is asked, by a subexchange without the body, whether a request may pass. 2xx lets it
// pass, 401 and 403 are passed on, all else is an error of the gateway. auth_request_set keeps what its answer said,
// and auth_request_cache such answers for others with the same key.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "config/values.h"
#include "policy/access.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "proxy/join.h"
#include "proxy/subexchange.h"
#include "state/verdicts.h"
#include "table/build.h"
#include "table/codes.h"

namespace gh::policy {

using proxy::Exchange;

namespace {

struct Settings {
  std::string uri;  // empty: off
};

/// One auth_request_set: a variable of the configuration's own (slot), or one of the gateway's that may be changed.
struct Assignment {
  std::uint32_t slot = 0;
  table::Setter set = nullptr;
  table::Template value;
};
struct Assignments { std::vector<Assignment> list; };

/// auth_request_cache.
struct Cache {
  std::int64_t ms = 0;  // 0: off
  table::Template key;
  std::shared_ptr<state::Verdicts> verdicts;
};

struct Plan {
  std::string uri;
  std::shared_ptr<const Assignments> assignments;
  Cache cache;
  std::string asked;  // what is asked, and what is kept of the answer: part of the keys
};

/// Of one question; in the asking exchange's arena.
struct Question {
  const Plan* plan = nullptr;
  Proof key{};
  unsigned status = 0;
  bool is_kept = false;  // its answer is to be
  bool is_answered = false;
};

/// `value` lies in the memory of the one that asked.
void assign(Exchange& x, const Assignment& assignment, std::string_view value) {
  if (assignment.set) assignment.set(x, value);
  else x.set_slot(assignment.slot, value);
}

/// Values are made of what the subexchange sees.
void assign(Exchange& x, Exchange& sub, const Assignments& assignments, state::Verdict* kept) {
  for (const Assignment& assignment : assignments.list) {
    const std::string_view value = x.arena.copy(assignment.value.render(sub, sub.arena));
    assign(x, assignment, value);
    if (kept) kept->values.emplace_back(value);
  }
}

void add_challenge(Exchange& x, std::string_view challenge) {
  x.reply.fields.add(x.arena, "WWW-Authenticate", x.arena.copy(challenge), http::HeaderId::www_authenticate);
}

void copy_challenges(Exchange& x, std::span<const http::Field> fields, state::Verdict* kept) {
  for (const http::Field& field : fields) {
    if (field.id != http::HeaderId::www_authenticate) continue;
    add_challenge(x, field.value);
    if (kept) kept->challenges.emplace_back(field.value);
  }
}

bool passes(unsigned status) { return status >= 200 && status < 300; }
/// Errors are asked for again.
bool is_verdict(unsigned status) { return passes(status) || status == 401 || status == 403; }

bool has_challenge(std::span<const http::Field> fields) {
  return http::find(fields, http::HeaderId::www_authenticate) != nullptr;
}

void answered(Exchange& x, Exchange& sub, std::string_view, void* context) {
  auto& question = *static_cast<Question*>(context);
  question.is_answered = true;
  question.status = sub.reply.status;
  if (x.access.pending != context) return;  // another answer was decided meanwhile
  const Plan& plan = *question.plan;
  const auto kept = question.is_kept && is_verdict(question.status) ? std::make_shared<state::Verdict>() : nullptr;
  if (plan.assignments) assign(x, sub, *plan.assignments, kept.get());
  if (question.status == 401) {
    const std::span<const http::Field> own = std::as_const(sub.reply.fields).view();
    if (has_challenge(own)) copy_challenges(x, own, kept.get());
    else if (sub.upstream_head) copy_challenges(x, sub.upstream_head->fields, kept.get());
  }
  if (kept) {
    kept->status = static_cast<std::uint16_t>(question.status);
    plan.cache.verdicts->put(question.key, kept, x.clock().now_ms() + plan.cache.ms);
  }
  x.resume();
}

/// What was said of the same key a while ago. An empty key is nobody's, and never shared.
bool answer_from_cache(Exchange& x, const Plan& plan, Question& question) {
  const std::string_view key = plan.cache.key.render(x, x.arena);
  if (key.empty()) return false;
  question.key = process_hmac(proxy::join(x.arena, plan.asked, key));
  question.is_kept = true;
  const auto verdict = plan.cache.verdicts->find(question.key, x.clock().now_ms());
  if (!verdict) return false;
  for (std::size_t i = 0; i < verdict->values.size(); ++i) {
    assign(x, plan.assignments->list[i], x.arena.copy(verdict->values[i]));
  }
  for (const std::string& challenge : verdict->challenges) add_challenge(x, challenge);
  question.status = verdict->status;
  return true;
}

Access conclude(Exchange& x, const Plan& plan, unsigned status) {
  if (passes(status)) return Access::pass;
  x.reason = x.arena.copy(fmt::format("the answer of {} is {}", plan.uri, status));
  if (is_verdict(status)) return refuse(x, status);
  x.log(LogLevel::error, fmt::format("auth request unexpected status: {}", status));
  return refuse(x, 500);
}

Access ask(Exchange& x, const Plan& plan) {
  auto* const question = x.arena.make<Question>();
  question->plan = &plan;
  if (plan.cache.ms > 0 && answer_from_cache(x, plan, *question)) return conclude(x, plan, question->status);
  proxy::SubRequest request;
  request.uri = plan.uri;
  request.shares_variables = true;
  request.done = answered;
  request.context = question;
  if (!proxy::start_subexchange(x, request)) return refuse(x, 500);
  x.access.pending = question;
  return Access::wait;
}

Access check(Exchange& x, const void* params) {
  const auto* const question = static_cast<const Question*>(x.access.pending);
  if (!question) return ask(x, *static_cast<const Plan*>(params));
  if (!question->is_answered) return Access::wait;
  return conclude(x, *static_cast<const Plan*>(params), question->status);
}

}  // namespace

void apply_auth_request(table::Scope& scope, const config::Bound& directive) {
  const config::Value& uri = directive.at(0);
  if (uri.text == "off") {
    scope.edit<Settings>().uri.clear();
    return;
  }
  if (!uri.text.starts_with("/")) {
    scope.error(table::code::bad_choice, uri.span, "`" + std::string(uri.text) + "` is no URI of this server")
        .with_help("name a location: auth_request /auth; or `off`");
    return;
  }
  scope.edit<Settings>().uri = uri.text;
}

void declare_auth_request_set(table::Scope& main, const config::Bound& directive) {
  const std::string_view name = directive.at(0).text;
  if (!main.builder.variables.is_fixed(name)) main.builder.variables.define(name, config::Phase::access);
}

void apply_auth_request_set(table::Scope& scope, const config::Bound& directive) {
  const config::Value& name = directive.at(0);
  Assignment assignment;
  if (const table::VariableRow* row = scope.builder.variables.settable(name.text)) {
    assignment.set = row->set;
  } else if (scope.builder.variables.is_fixed(name.text)) {
    scope.error(table::code::duplicate_name, name.span, "`$" + std::string(name.text) + "` cannot be changed")
        .with_help("the gateway defines it: use another name");
    return;
  } else {
    assignment.slot = scope.builder.variables.define(name.text);
  }
  assignment.value = scope.compile(directive.at(1));
  scope.edit_list<Assignments>().list.push_back(std::move(assignment));
}

void apply_auth_request_cache(table::Scope& scope, const config::Bound& directive) {
  const config::Value& time = directive.at(0);
  Cache& cache = scope.edit<Cache>();
  cache = {};
  if (time.text == "off") {
    if (directive.values.size() == 1) return;
    scope.error(table::code::bad_choice, directive.span(), "`auth_request_cache off` takes nothing else")
        .with_help("write `auth_request_cache off;`");
    return;
  }
  const auto ms = config::parse_time_ms(time.text, false);
  if (!ms || *ms <= 0) {
    scope.error(table::code::bad_time, time.span, "`" + printable(time.text, 60) + "` is no time of auth_request_cache")
        .with_help("for example `auth_request_cache 300s key=$http_authorization;`, or `off`");
    return;
  }
  const config::Value* const key = directive.find("key=");
  if (!key) {
    scope.error(table::code::missing_parameter, directive.span(), "`auth_request_cache` needs `key=`")
        .with_help("all that the answer depends on: key=$http_authorization");
    return;
  }
  cache.key = scope.compile(*key);
  if (key->text.find('$') == std::string_view::npos) {
    scope.error(table::code::bad_choice, key->span, "all requests would share one answer")
        .with_help("a key of what is asked about: key=$http_authorization");
    return;
  }
  cache.ms = *ms;
  constexpr std::int64_t default_bytes = 1024 * 1024;
  cache.verdicts =
      std::make_shared<state::Verdicts>(static_cast<std::size_t>(directive.number("size=", default_bytes)));
}

namespace {

/// Two locations that ask differently, or keep other variables, share no answers.
std::string what_is_asked(const Plan& plan, std::uint32_t number) {
  return fmt::format("{} {}\n", plan.uri, plan.assignments ? number : 0);
}

/// Of lists of auth_request_set; local to the outermost scope.
struct Numbers { std::vector<std::shared_ptr<const Assignments>> lists; };

std::uint32_t number_of(table::Scope& scope, const std::shared_ptr<const Assignments>& list) {
  auto& lists = table::outermost(scope).local<Numbers>().lists;
  const auto found = std::find(lists.begin(), lists.end(), list);
  const auto index = static_cast<std::uint32_t>(found - lists.begin());
  if (found == lists.end()) lists.push_back(list);
  return index + 1;
}

}  // namespace

void finish_auth_request(table::Scope& scope, table::Route&) {
  if (!scope.has<Settings>() || scope.get<Settings>().uri.empty()) return;
  auto plan = std::make_shared<Plan>();
  plan->uri = scope.get<Settings>().uri;
  if (scope.has<Assignments>()) plan->assignments = scope.shared<Assignments>();
  if (scope.has<Cache>() && scope.get<Cache>().ms > 0) {
    plan->cache = scope.get<Cache>();
    plan->asked = what_is_asked(*plan, plan->assignments ? number_of(scope, plan->assignments) : 0);
  }
  add_check(scope, check, std::move(plan), "auth_request");
}

}  // namespace gh::policy
