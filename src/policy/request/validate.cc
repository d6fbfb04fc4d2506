// validate: a request's body, query and fields are held to JSON Schemas before a service is asked. The answer to one
// that does not fit names the place (RFC 9457, with the JSON pointer of each fault) and never repeats a value.
#include "policy/body_check.h"
#include "policy/schema_faults.h"
#include "policy/policy.h"
#include "policy/schema_file.h"
#include "policy/typed_values.h"
#include "proxy/exchange.h"
#include "table/codes.h"

namespace gh::policy {

using config::Phase;
using proxy::Exchange;
using table::Verdict;

namespace {

struct Plan {
  std::shared_ptr<const SchemaFile> query, headers;
  TypedValues query_values, header_values;
  BodyRule body;   // without a schema: it is not looked at
};

struct Settings { std::shared_ptr<const Plan> plan; };  // null: off

/// A query or fields, which are small: heads are.
SchemaFaults check_values(const SchemaFile& schema, std::string_view part, const std::string& object) {
  return judge_text(schema.schema, part, object, json::Limits{}.bytes, inline_budget).value_or(too_complex(part));
}

SchemaFaults check_head(Exchange& x, const Plan& plan) {
  SchemaFaults faults;
  std::string object;
  if (plan.query) {
    if (!plan.query_values.query(x.args, object)) faults.add("query", "", "", "has too many parameters");
    else faults = check_values(*plan.query, "query", object);
  }
  if (plan.headers && faults.is_good()) {
    object.clear();
    plan.header_values.fields(x.request.fields, object);
    faults = check_values(*plan.headers, "headers", object);
  }
  return faults;
}

Verdict run(Exchange& x, const void* params) {
  if (x.parent || x.is_error_page) return Verdict::next;
  const auto& plan = *static_cast<const Plan*>(params);
  const BodyRule& rule = plan.body;
  if (const SchemaFaults faults = check_head(x, plan); !faults.is_good()) {
    return refuse_request(x, rule.stated, rule.status, faults);
  }
  if (!rule.schema) return Verdict::next;
  if (!has_no_body(x)) return check_json_body(x, rule);
  return needs_body(x) ? refuse_body(x, rule.stated, rule.status, "is missing") : Verdict::next;
}

std::shared_ptr<const SchemaFile> read_schema(table::Scope& scope, const config::Bound& directive,
                                              std::string_view name) {
  const config::Value* const file = directive.find(name);
  return file ? load_schema(scope, *file) : nullptr;
}

}  // namespace

void apply_validate(table::Scope& scope, const config::Bound& directive) {
  std::shared_ptr<const Plan>& setting = scope.edit<Settings>().plan;
  setting = nullptr;
  const bool has_schema = directive.has("body=") || directive.has("query=") || directive.has("headers=");
  if (directive.has("off") == has_schema) {
    scope.error(table::code::argument_count, directive.span(), "`validate` needs schemas, or `off`")
        .with_help("write `validate body=order.json;`, and `query=` and `headers=` where they have schemas, too");
    return;
  }
  if (!has_schema) return;
  auto plan = std::make_shared<Plan>();
  if (auto body = read_schema(scope, directive, "body=")) plan->body.schema = {body, &body->schema};
  plan->query = read_schema(scope, directive, "query=");
  plan->headers = read_schema(scope, directive, "headers=");
  if (plan->query) plan->query_values = TypedValues(plan->query->document.root());
  if (plan->headers) plan->header_values = TypedValues(plan->headers->document.root());
  BodyRule& rule = plan->body;
  rule.status = static_cast<unsigned>(directive.number("error=", rule.status));
  rule.most_bytes = static_cast<std::size_t>(
      directive.number("max_size=", static_cast<std::int64_t>(rule.most_bytes)));
  rule.stated = {directive.row->name, directive.span()};
  setting = std::move(plan);
}

void finish_validate(table::Scope& scope, table::Route& route) {
  if (!scope.has<Settings>()) return;
  if (const auto& plan = scope.get<Settings>().plan) table::add_step(route, Phase::request, run, plan, "validate");
}

}  // namespace gh::policy
