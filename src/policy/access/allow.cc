// allow and deny (LANGUAGE.md 10.2): one list, the first rule that fits the client's address decides.
#include <vector>

#include "policy/access.h"
#include "policy/policy.h"
#include "proxy/exchange.h"

namespace gh::policy {

using proxy::Exchange;

namespace {

struct Rule {
  enum class Of : std::uint8_t { all, unix_sockets, network } of = Of::all;
  Cidr network;
  bool allows = false;
  table::Origin origin;
};
struct Rules { std::vector<Rule> list; };

bool fits(const Rule& rule, const Address& address) {
  switch (rule.of) {
    case Rule::Of::all: return true;
    case Rule::Of::unix_sockets: return address.is_unix();
    case Rule::Of::network: return rule.network.contains(address);
  }
  return false;
}

Access check(Exchange& x, const void* params) {
  const Address& address = x.client_address();
  for (const Rule& rule : static_cast<const Rules*>(params)->list) {
    if (fits(rule, address)) return rule.allows ? Access::pass : refuse(x, 403, &rule.origin);
  }
  return Access::next;
}

void add_rule(table::Scope& scope, const config::Bound& directive, bool allows) {
  const std::string_view text = directive.at(0).text;
  Rule rule;
  rule.allows = allows;
  rule.origin = {directive.row->name, directive.span()};
  if (text == "unix:") {
    rule.of = Rule::Of::unix_sockets;
  } else if (text != "all") {
    const auto network = Cidr::parse(text);
    if (!network) return;  // the row has said so
    rule.of = Rule::Of::network;
    rule.network = *network;
  }
  scope.edit_list<Rules>().list.push_back(rule);
}

}  // namespace

void apply_allow(table::Scope& scope, const config::Bound& directive) { add_rule(scope, directive, true); }
void apply_deny(table::Scope& scope, const config::Bound& directive) { add_rule(scope, directive, false); }

void finish_allow(table::Scope& scope, table::Route&) {
  if (scope.has<Rules>()) add_check(scope, check, scope.shared<Rules>(), "allow");
}

}  // namespace gh::policy
