// gateway_reason_header: $gateway_reason in a field of the answer, for those who may know how the gateway is set up.
#include "base/text.h"
#include "http/field_value.h"
#include "policy/condition.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "table/codes.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;

namespace {

struct Settings {
  table::Expression trusted;   // empty: off
  std::string name = "X-Gateway-Reason";
};

Verdict run(Exchange& x, const void* params) {
  const auto& settings = *static_cast<const Settings*>(params);
  // What a service says of itself under that name is not the gateway's word.
  x.reply.fields.remove_if([&](const http::Field& field) { return iequals(field.name, settings.name); });
  if (!says_yes(settings.trusted.evaluate({x, x.arena, x.clock().unix_ms()}))) return Verdict::next;
  const std::string_view reason = proxy::gateway_reason(x);
  if (!reason.empty()) x.reply.fields.add(x.arena, settings.name, http::safe_field_value(reason, x.arena));
  return Verdict::next;
}

bool is_own_name(std::string_view name) {
  for (const char c : name) {
    if (!is_tchar(c)) return false;
  }
  return !name.empty() && http::header_id(name) == http::HeaderId::other;
}

}  // namespace

void apply_gateway_reason_header(table::Scope& scope, const config::Bound& directive) {
  Settings& settings = scope.edit<Settings>();
  settings = {};
  if (const config::Value* name = directive.find("name=")) {
    settings.name = name->text;
    if (!is_own_name(name->text)) {
      scope
          .error(table::code::bad_choice, name->span,
                 "`" + printable(name->text) + "` cannot be the name of the field")
          .with_help("a name of its own, letters, digits and -: X-Gateway-Reason");
    }
  }
  const bool is_off = directive.has("off");
  const config::Value* trusted = directive.find("(condition)");
  const config::Value* const variable = directive.find("$variable");
  if ((trusted != nullptr) + (variable != nullptr) + is_off != 1) {
    scope.error(table::code::argument_count, directive.span(), "`gateway_reason_header` needs one condition")
        .with_label("who may read the reason?")
        .with_help("write `gateway_reason_header (ip_in($remote_addr, \"10.0.0.0/8\"));`, `$trusted` or `off`");
    return;
  }
  if (!is_off) settings.trusted = compile_condition(scope, trusted ? *trusted : *variable);
}

void finish_gateway_reason_header(table::Scope& scope, table::Route& route) {
  if (!scope.has<Settings>() || !scope.get<Settings>().trusted) return;
  table::add_step(route, config::Phase::response, run, scope.shared<Settings>(), "gateway_reason_header");
}

}  // namespace gh::policy
