// cors: which pages of other origins may read answers (Fetch, "HTTP CORS protocol"). A preflight is answered here,
// before anything that asks who the client is; every other answer gets its fields, errors of the gateway included, and
// what the service says about it itself is taken off.
#include <array>
#include <optional>

#include "base/text.h"
#include "policy/codes.h"
#include "policy/cors/cors_origins.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "proxy/preflight.h"
#include "table/build.h"
#include "table/codes.h"

namespace gh::policy {

using config::Phase;
using proxy::Exchange;
using table::Verdict;

namespace {

/// A list of names as it is sent, or `*`: whatever was asked for.
struct Names {
  std::string text;
  bool any = false;
};

struct Policy {
  Origins origins;
  Names methods{"GET, HEAD, PUT, PATCH, POST, DELETE", false};
  Names headers, expose;
  std::string max_age;        // empty: browsers take five seconds
  bool credentials = false;
  bool private_network = false;
  table::Origin stated;
};

struct Setting { std::shared_ptr<const Policy> policy; };  // null: off

/// Of one request; in its arena. It adds to answers that another location sends (an error page).
struct Decision : proxy::AtHead {
  const Policy* policy = nullptr;
  std::string_view allowed;             // what Access-Control-Allow-Origin says; empty: nothing is allowed
  bool is_preflight = false;
  std::string_view method, headers;     // asked for by a preflight
  bool asks_private_network = false;
};

// ---- a request -----------------------------------------------------------------------------------------------------

std::string_view request_field(const Exchange& x, std::string_view name) {
  const http::Field* const field = http::find(x.request.fields, name);
  return field ? field->value : std::string_view();
}

/// The one origin of a request; nothing without the field. Two of them are none that a browser sends.
std::string_view origin_of(const Exchange& x) {
  std::string_view origin;
  for (const http::Field& field : x.request.fields) {
    if (field.id != http::HeaderId::origin) continue;
    if (!origin.empty()) return {};
    origin = field.value;
  }
  return origin;
}

std::string_view allowed_origin(const Policy& policy, std::string_view origin) {
  if (origin.empty() || !policy.origins.allows(origin)) return {};
  return policy.origins.any() && !policy.credentials ? std::string_view("*") : origin;
}

// ---- an answer -----------------------------------------------------------------------------------------------------

constexpr std::array<std::string_view, 7> cors_fields{
    "Access-Control-Allow-Origin",  "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers", "Access-Control-Expose-Headers",    "Access-Control-Max-Age",
    "Access-Control-Allow-Private-Network"};

bool is_cors_field(const http::Field& field) {
  if (field.name.size() < 22 || lower(field.name[0]) != 'a') return false;
  for (const std::string_view name : cors_fields) {
    if (iequals(field.name, name)) return true;
  }
  return false;
}

/// A cache must not give one origin's answer to another (RFC 9110 12.5.5).
void add_vary(Exchange& x, std::string_view names) {
  const std::string_view first = names.substr(0, names.find(','));
  for (const http::Field& field : std::as_const(x.reply.fields).view()) {
    if (field.id != http::HeaderId::vary) continue;
    if (list_has(field.value, "*") || (list_has(field.value, first) && first.size() == names.size())) return;
  }
  x.reply.fields.add(x.arena, "Vary", names, http::HeaderId::vary);
}

void add_preflight_fields(Exchange& x, const Decision& decision) {
  const Policy& policy = *decision.policy;
  proxy::Fields& fields = x.reply.fields;
  const std::string_view methods = policy.methods.any ? decision.method : std::string_view(policy.methods.text);
  if (!methods.empty()) fields.add(x.arena, "Access-Control-Allow-Methods", methods);
  const std::string_view headers = policy.headers.any ? decision.headers : std::string_view(policy.headers.text);
  if (!headers.empty()) fields.add(x.arena, "Access-Control-Allow-Headers", headers);
  if (!policy.max_age.empty()) fields.add(x.arena, "Access-Control-Max-Age", policy.max_age);
  if (policy.private_network && decision.asks_private_network) {
    fields.add(x.arena, "Access-Control-Allow-Private-Network", "true");
  }
}

void add_fields(Exchange& x, const Decision& decision) {
  const Policy& policy = *decision.policy;
  proxy::Fields& fields = x.reply.fields;
  fields.remove_if(is_cors_field);
  if (decision.is_preflight) {
    add_vary(x, "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  } else if (!policy.origins.any() || policy.credentials) {
    add_vary(x, "Origin");
  }
  if (decision.allowed.empty()) return;
  fields.add(x.arena, "Access-Control-Allow-Origin", decision.allowed);
  if (policy.credentials) fields.add(x.arena, "Access-Control-Allow-Credentials", "true");
  if (decision.is_preflight) return add_preflight_fields(x, decision);
  if (!policy.expose.text.empty()) fields.add(x.arena, "Access-Control-Expose-Headers", policy.expose.text);
}

constexpr std::string_view step_name = "cors";

bool has_step(const std::vector<table::Step>& steps) {
  for (const table::Step& step : steps) {
    if (step.name == step_name) return true;
  }
  return false;
}

/// A location that has a policy adds the fields itself, behind add_header.
void add_elsewhere(Exchange& x, proxy::AtHead& decision) {
  if (!has_step(x.route->program.response)) add_fields(x, static_cast<const Decision&>(decision));
}

Decision* find_decision(const Exchange& x) {
  for (proxy::AtHead* at = x.at_head; at; at = at->next) {
    if (at->add == add_elsewhere) return static_cast<Decision*>(at);
  }
  return nullptr;
}

Decision& decide(Exchange& x, const Policy& policy) {
  if (Decision* const known = find_decision(x)) return *known;
  auto& decision = *new (x.arena.allocate(sizeof(Decision), alignof(Decision))) Decision;
  decision.add = add_elsewhere;
  decision.policy = &policy;
  decision.allowed = allowed_origin(policy, origin_of(x));
  x.when_answered(decision);
  return decision;
}

/// `*` gives back what was asked for: only a list of names may come back.
std::string_view names_asked_for(std::string_view list) {
  std::string_view rest = list, name;
  while (next_list_element(rest, name)) {
    for (const char c : name) {
      if (!is_tchar(c)) return {};
    }
  }
  return list;
}

Verdict answer_preflight(Exchange& x, const Policy& policy) {
  Decision& decision = decide(x, policy);
  decision.is_preflight = true;
  decision.method = names_asked_for(request_field(x, "access-control-request-method"));
  decision.headers = names_asked_for(request_field(x, "access-control-request-headers"));
  decision.asks_private_network = iequals(request_field(x, "access-control-request-private-network"), "true");
  const bool is_refused = decision.allowed.empty();
  x.refused_by(policy.stated, is_refused ? "a preflight of an origin that is not allowed" : "a preflight");
  x.reply.status = 204;
  x.send_head({}, true);
  return Verdict::done;
}

Verdict run(Exchange& x, const void* params) {
  if (x.parent) return Verdict::next;
  const auto& policy = *static_cast<const Policy*>(params);
  if (proxy::is_preflight(x) && !x.is_error_page) return answer_preflight(x, policy);
  decide(x, policy);
  return Verdict::next;
}

Verdict add_to_answer(Exchange& x, const void* params) {
  if (!x.parent && x.reply.status != 101) add_fields(x, decide(x, *static_cast<const Policy*>(params)));
  return Verdict::next;
}

// ---- the configuration ---------------------------------------------------------------------------------------------

/// What the lines of one block say.
struct Draft {
  Policy policy;
  std::array<std::optional<config::Span>, 4> wildcards;  // of origins, methods, headers, expose
  bool has_origins = false;
};

/// Methods are compared with their case, and scripts say them in capitals.
void append(Names& names, std::string_view name, bool in_capitals = false) {
  if (!names.text.empty()) names.text += ", ";
  for (const char c : name) names.text += in_capitals ? upper(c) : c;
}

void read_names(table::Scope& scope, const config::Bound& directive, Names& names, std::optional<config::Span>& any) {
  const bool are_methods = directive.row->name == "methods";
  names = {};
  for (const config::Value& value : directive.values) {
    if (value.text == "*") {
      names.any = true;
      any = value.span;
      continue;
    }
    for (const char c : value.text) {
      if (is_tchar(c)) continue;
      scope.error(table::code::bad_choice, value.span, "`" + printable(value.text) + "` is no name")
          .with_help("names stand behind each other with blanks between them: " + std::string(directive.row->name) +
                     (are_methods ? " GET POST;" : " Authorization Content-Type;"));
      return;
    }
    append(names, value.text, are_methods);
  }
}

void check_credentials(table::Scope& scope, const Draft& draft) {
  if (!draft.policy.credentials) return;
  for (const std::optional<config::Span>& any : draft.wildcards) {
    if (!any) continue;
    scope.error(code::cors_credentials, *any, "`*` beside `credentials on`")
        .with_label("means everybody")
        .with_help("with credentials browsers take no `*`: name what may be used, or leave `credentials` out");
  }
}

Policy everybody() {
  Policy policy;
  policy.origins.add("*");
  policy.headers.any = true;
  return policy;
}

}  // namespace

void apply_cors_origins(table::Scope& scope, const config::Bound& directive) {
  Draft& draft = scope.local<Draft>();
  draft.has_origins = true;
  for (const config::Value& value : directive.values) {
    if (value.text == "*") draft.wildcards[0] = value.span;
    const auto wrong = draft.policy.origins.add(value.text);
    if (!wrong) continue;
    scope.error(wrong->is_regex ? table::code::bad_regex : code::bad_origin, value.span, wrong->message)
        .with_help(wrong->help);
  }
}

void apply_cors_methods(table::Scope& scope, const config::Bound& directive) {
  Draft& draft = scope.local<Draft>();
  read_names(scope, directive, draft.policy.methods, draft.wildcards[1]);
}

void apply_cors_headers(table::Scope& scope, const config::Bound& directive) {
  Draft& draft = scope.local<Draft>();
  read_names(scope, directive, draft.policy.headers, draft.wildcards[2]);
}

void apply_cors_expose(table::Scope& scope, const config::Bound& directive) {
  Draft& draft = scope.local<Draft>();
  read_names(scope, directive, draft.policy.expose, draft.wildcards[3]);
  if (draft.policy.expose.any) append(draft.policy.expose, "*");  // browsers know it here
}

void apply_cors_credentials(table::Scope& scope, const config::Bound& directive) {
  scope.local<Draft>().policy.credentials = directive.at(0).number != 0;
}

void apply_cors_max_age(table::Scope& scope, const config::Bound& directive) {
  scope.local<Draft>().policy.max_age = std::to_string(directive.at(0).number);
}

void apply_cors_private_network(table::Scope& scope, const config::Bound& directive) {
  scope.local<Draft>().policy.private_network = directive.at(0).number != 0;
}

void apply_cors(table::Scope& scope, const config::Bound& directive) {
  const bool is_block = directive.node->kind == config::NodeKind::block;
  if (is_block == directive.has("on|off")) {
    scope.error(table::code::argument_count, directive.span(), "`cors` is `on`, `off` or a block")
        .with_help("write `cors { origins https://shop.example; }`, or `cors on;` for everybody, without credentials");
    return;
  }
  std::shared_ptr<const Policy>& setting = scope.edit<Setting>().policy;
  setting = nullptr;
  if (!is_block && directive.at(0).number == 0) return;
  Draft draft;
  if (is_block) {
    table::Scope inner(scope.builder, &scope, config::in_cors);
    scope.builder.build_block(inner, directive.children);
    draft = std::move(inner.local<Draft>());
    check_credentials(scope, draft);
    if (!draft.has_origins) {
      scope.error(table::code::argument_count, directive.span(), "`cors` without `origins` lets nobody in")
          .with_help("write `origins https://shop.example;`, or `origins *;` for everybody");
    }
  } else {
    draft.policy = everybody();
  }
  draft.policy.stated = {directive.row->name, directive.span()};
  setting = std::make_shared<const Policy>(std::move(draft.policy));
}

void finish_cors(table::Scope& scope, table::Route& route) {
  if (!scope.has<Setting>()) return;
  const std::shared_ptr<const Policy> policy = scope.get<Setting>().policy;
  if (!policy) return;
  table::add_step(route, Phase::cors, run, policy, step_name);
  table::add_step(route, Phase::response, add_to_answer, policy, step_name);
}

}  // namespace gh::policy
