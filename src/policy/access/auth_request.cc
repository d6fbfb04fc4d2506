// auth_request: another location is asked, by a subexchange without the body, whether a request may pass. 2xx lets it
// pass, 401 and 403 are passed on, all else is an error of the gateway. auth_request_set keeps what its answer said.
#include <fmt/format.h>

#include <vector>

#include "policy/access.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "proxy/subexchange.h"
#include "table/build.h"

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

struct Plan {
  std::string uri;
  std::shared_ptr<const Assignments> assignments;
};

/// Of one question; in the asking exchange's arena.
struct Question {
  const Plan* plan = nullptr;
  unsigned status = 0;
  bool is_answered = false;
};

/// Values are made of what the subexchange sees and kept in the memory of the one that asked.
void assign(Exchange& x, Exchange& sub, const Assignments& assignments) {
  for (const Assignment& assignment : assignments.list) {
    const std::string_view value = x.arena.copy(assignment.value.render(sub, sub.arena));
    if (assignment.set) assignment.set(x, value);
    else x.set_slot(assignment.slot, value);
  }
}

void copy_challenges(Exchange& x, std::span<const http::Field> fields) {
  for (const http::Field& field : fields) {
    if (field.id != http::HeaderId::www_authenticate) continue;
    x.reply.fields.add(x.arena, "WWW-Authenticate", x.arena.copy(field.value), http::HeaderId::www_authenticate);
  }
}

bool has_challenge(std::span<const http::Field> fields) {
  return http::find(fields, http::HeaderId::www_authenticate) != nullptr;
}

void answered(Exchange& x, Exchange& sub, std::string_view, void* context) {
  auto& question = *static_cast<Question*>(context);
  question.is_answered = true;
  question.status = sub.reply.status;
  if (x.access.pending != context) return;  // another answer was decided meanwhile
  if (question.plan->assignments) assign(x, sub, *question.plan->assignments);
  if (question.status == 401) {
    const std::span<const http::Field> own = std::as_const(sub.reply.fields).view();
    if (has_challenge(own)) copy_challenges(x, own);
    else if (sub.upstream_head) copy_challenges(x, sub.upstream_head->fields);
  }
  x.resume();
}

Access ask(Exchange& x, const Plan& plan) {
  auto* const question = x.arena.make<Question>();
  question->plan = &plan;
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
  if (question->status >= 200 && question->status < 300) return Access::pass;
  const std::string& uri = static_cast<const Plan*>(params)->uri;
  x.reason = x.arena.copy(fmt::format("the answer of {} is {}", uri, question->status));
  if (question->status == 401 || question->status == 403) return refuse(x, question->status);
  x.log(LogLevel::error, fmt::format("auth request unexpected status: {}", question->status));
  return refuse(x, 500);
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

void finish_auth_request(table::Scope& scope, table::Route&) {
  if (!scope.has<Settings>() || scope.get<Settings>().uri.empty()) return;
  auto plan = std::make_shared<Plan>();
  plan->uri = scope.get<Settings>().uri;
  if (scope.has<Assignments>()) plan->assignments = scope.shared<Assignments>();
  add_check(scope, check, std::move(plan), "auth_request");
}

}  // namespace gh::policy
