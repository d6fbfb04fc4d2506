// openapi: requests are held to an OpenAPI document before a service is asked. Those that are not in it are 404 or 405
// with routes=on; parameters and bodies that do not fit are refused as by `validate`. Answers are looked at in passing
// (openapi_answer.h).
#include <fmt/format.h>

#include "base/text.h"
#include "http/target.h"
#include "json/path.h"
#include "policy/body_check.h"
#include "policy/openapi_answer.h"
#include "policy/openapi_document.h"
#include "policy/policy.h"
#include "policy/schema_faults.h"
#include "proxy/exchange.h"
#include "table/codes.h"

namespace gh::policy {

using config::Phase;
using proxy::Exchange;
using table::RouteTree;
using table::Verdict;
using In = ApiParameter::In;

namespace {

struct Plan {
  std::unique_ptr<const ApiDocument> api;
  bool validates = true, routes = true, watches = false;  // requests; paths; answers
  unsigned status = 400;
  std::size_t most_bytes = 1024 * 1024;                   // of a body
  table::Origin stated;
};

struct Settings { std::shared_ptr<const Plan> plan; };  // null: off

// ---- the parameters of a request -----------------------------------------------------------------------------------

struct Parameters {
  Exchange& x;
  const RouteTree::Hit& hit;
  std::vector<QueryValues> query;
};

std::string_view part_name(In in) {
  switch (in) {
    case In::path: return "path";
    case In::header: return "headers";
    case In::cookie: return "cookies";
    default: return "query";
  }
}

std::vector<std::string> field_values(const Exchange& x, const ApiParameter& parameter) {
  std::string joined;
  bool is_there = false;
  for (const http::Field& field : x.request.fields) {
    if (!iequals(field.name, parameter.name)) continue;
    if (is_there) joined += ", ";
    joined += field.value;
    is_there = true;
  }
  return is_there ? std::vector<std::string>{joined} : std::vector<std::string>();
}

/// RFC 6265 4.2.1.
std::vector<std::string> cookie_values(const Exchange& x, const ApiParameter& parameter) {
  std::vector<std::string> out;
  for (const http::Field& field : x.request.fields) {
    if (field.id != http::HeaderId::cookie) continue;
    for (const std::string_view pair : split(field.value, ';')) {
      const std::size_t equals = pair.find('=');
      if (equals != std::string_view::npos && trim(pair.substr(0, equals)) == parameter.name) {
        out.emplace_back(trim(pair.substr(equals + 1)));
      }
    }
  }
  return out;
}

std::vector<std::string> values_of(Parameters& from, const ApiParameter& parameter) {
  switch (parameter.in) {
    case In::path:
      return {std::string(http::plain_segments(from.hit.values.at[parameter.position], from.x.arena))};
    case In::header: return field_values(from.x, parameter);
    case In::cookie: return cookie_values(from.x, parameter);
    case In::query: break;
  }
  for (QueryValues& each : from.query) {
    if (each.name == parameter.name) return each.values;
  }
  return {};
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  if (text.empty()) return out;
  for (const std::string_view item : split(text, ',')) out.emplace_back(trim(item));
  return out;
}

void check_parameter(Parameters& from, const ApiParameter& parameter, SchemaFaults& faults) {
  std::vector<std::string> values = values_of(from, parameter);
  std::string pointer;
  json::append_pointer(pointer, parameter.name);
  if (values.empty()) {
    if (parameter.is_required) faults.add(part_name(parameter.in), pointer, "required", "is missing");
    return;
  }
  if (!parameter.schema) return;
  if (parameter.types.array && parameter.splits && values.size() == 1) values = split_list(values.front());
  std::string text;
  append_typed(text, values, parameter.types);
  const auto document = json::Document::parse(text);
  const bool is_judged = document && judge(*parameter.schema, document->root(), part_name(parameter.in), pointer,
                                           inline_budget, faults);
  if (!is_judged) faults.add(part_name(parameter.in), pointer, "", "is too complex to be looked at");
}

SchemaFaults check_parameters(Exchange& x, const RouteTree::Hit& hit, const ApiOperation& operation) {
  SchemaFaults faults;
  if (operation.parameters.empty()) return faults;
  Parameters from{x, hit, {}};
  if (!split_query(x.args, from.query)) faults.add("query", "", "", "has too many parameters");
  for (const ApiParameter& parameter : operation.parameters) check_parameter(from, parameter, faults);
  return faults;
}

// ---- its body ------------------------------------------------------------------------------------------------------

Verdict check_body(Exchange& x, const Plan& plan, const ApiOperation& operation) {
  if (operation.media.empty()) return Verdict::next;
  if (has_no_body(x)) {
    return operation.needs_body ? refuse_body(x, plan.stated, plan.status, "is missing") : Verdict::next;
  }
  const http::Field* const type = http::find(x.request.fields, http::HeaderId::content_type);
  if (has_several_types(x)) return refuse_body(x, plan.stated, 415, several_types);
  const ApiMedia* const media = type ? find_media(operation.media, type->value) : nullptr;
  if (!media) return refuse_body(x, plan.stated, 415, "is of a type that this operation does not take");
  if (!media->rule.schema || !names_json(type->value)) return Verdict::next;
  if (!is_json_type(type->value)) return refuse_body(x, plan.stated, 415, "is JSON in another charset than UTF-8");
  return check_json_body(x, media->rule);
}

// ---- a request -----------------------------------------------------------------------------------------------------

Verdict not_in_api(Exchange& x, const Plan& plan, std::uint32_t other_methods) {
  if (!plan.routes) return Verdict::next;
  if (other_methods == 0) return x.error(404, plan.stated, "the API has no such path");
  std::string allowed;
  for (unsigned i = 0; i < static_cast<unsigned>(http::Method::other); ++i) {
    if ((other_methods >> i & 1) == 0) continue;
    if (!allowed.empty()) allowed += ", ";
    allowed += http::method_name(static_cast<http::Method>(i));
  }
  x.reply.fields.add(x.arena, "Allow", x.arena.copy(allowed));
  return x.error(405, plan.stated, "the API has no such method here");
}

/// As a client sent it, encoded slashes stay within their part; what a rewrite made has none.
bool path_of(Exchange& x, std::string_view& path) {
  path = x.uri;
  const bool is_as_sent = x.uri.data() == x.target.path.data() && x.uri.size() == x.target.path.size();
  return !is_as_sent || http::route_path(x.target, x.server->settings.merge_slashes, x.arena, path);
}

Verdict run(Exchange& x, const void* params) {
  if (x.parent || x.is_error_page) return Verdict::next;
  const auto& plan = *static_cast<const Plan*>(params);
  std::string_view path;
  if (!path_of(x, path)) return not_in_api(x, plan, 0);
  const RouteTree::Hit hit = plan.api->paths.find(path, x.method_now, {});
  if (hit.route == RouteTree::npos) return not_in_api(x, plan, hit.other_methods);
  const ApiOperation& operation = plan.api->operations[hit.route];
  if (plan.watches) watch_answer(x, operation, plan.most_bytes);
  if (!plan.validates) return Verdict::next;
  const SchemaFaults faults = check_parameters(x, hit, operation);
  if (!faults.is_good()) return refuse_request(x, plan.stated, plan.status, faults);
  return check_body(x, plan, operation);
}

// ---- the configuration ---------------------------------------------------------------------------------------------

bool has_other_arguments(const config::Bound& directive) {
  for (const char* name : {"validate=", "routes=", "base=", "error=", "max_size="}) {
    if (directive.has(name)) return true;
  }
  return false;
}

void set_rules(ApiDocument& api, const Plan& plan) {
  for (ApiOperation& operation : api.operations) {
    for (ApiMedia& media : operation.media) {
      media.rule.status = plan.status;
      media.rule.most_bytes = plan.most_bytes;
      media.rule.stated = plan.stated;
    }
  }
}

}  // namespace

void apply_openapi(table::Scope& scope, const config::Bound& directive) {
  std::shared_ptr<const Plan>& setting = scope.edit<Settings>().plan;
  setting = nullptr;
  const config::Value* const file = directive.find("file");
  const bool is_off = directive.has("off");
  if (is_off == (file != nullptr) || (is_off && has_other_arguments(directive))) {
    scope.error(table::code::argument_count, directive.span(), "`openapi` needs a document, or `off`")
        .with_help("write `openapi shop.yaml;`, and `routes=off` if it does not have all paths");
    return;
  }
  if (is_off) return;
  auto plan = std::make_shared<Plan>();
  plan->stated = {directive.row->name, directive.span()};
  const std::string_view what = directive.text("validate=", "request");
  plan->validates = what.starts_with("request");
  plan->watches = what.ends_with("response");
  plan->most_bytes = static_cast<std::size_t>(
      directive.number("max_size=", static_cast<std::int64_t>(plan->most_bytes)));
  plan->routes = directive.number("routes=", 1) != 0;
  plan->status = static_cast<unsigned>(directive.number("error=", plan->status));
  auto api = load_api(scope, {*file, directive.find("base="), plan->watches});
  if (!api) return;
  set_rules(*api, *plan);
  plan->api = std::move(api);
  setting = std::move(plan);
}

void finish_openapi(table::Scope& scope, table::Route& route) {
  if (!scope.has<Settings>()) return;
  if (const auto& plan = scope.get<Settings>().plan) table::add_step(route, Phase::request, run, plan, "openapi");
}

}  // namespace gh::policy
