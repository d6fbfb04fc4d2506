// mirror and mirror_request_body: copies of a request for other locations, whose answers nobody reads. Each is a
// subexchange that nobody waits for: how long it takes, and whether it fails, does not show in the answer.
#include <string>
#include <vector>

#include "base/text.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "proxy/subexchange.h"
#include "table/codes.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;

namespace {

struct Mirrors {
  std::vector<std::string> uris;
  bool off = false;
};
struct MirrorBody { bool wanted = true; };

struct Plan {
  std::shared_ptr<const Mirrors> mirrors;
  bool with_body = true;
};

/// The body is read first when the copies are to have it. A copy is not copied again.
Verdict run(Exchange& x, const void* params) {
  const Plan& plan = *static_cast<const Plan*>(params);
  if (x.parent) return Verdict::next;
  if (plan.with_body && !x.body_streaming && !x.body_is_read()) return Verdict::wait;
  for (const std::string& uri : plan.mirrors->uris) {
    proxy::SubRequest request;
    request.uri = uri;
    request.args = x.args;
    request.method = x.method_now;
    request.with_body = plan.with_body && !x.body_streaming;
    if (!proxy::start_subexchange(x, request)) return x.error(500);
  }
  return Verdict::next;
}

}  // namespace

void apply_mirror(table::Scope& scope, const config::Bound& directive) {
  auto& mirrors = scope.edit_list<Mirrors>();
  const config::Value& uri = directive.at(0);
  const bool is_off = uri.text == "off";
  if (mirrors.off || (is_off && !mirrors.uris.empty())) {
    scope.error(table::code::duplicate, directive.span(), "`mirror off` stands beside other `mirror` lines")
        .with_help("leave one or the other out");
    return;
  }
  if (!is_off && !uri.text.starts_with("/")) {
    scope.note(table::code::no_effect, uri.span, "no location can match `" + printable(uri.text) + "`")
        .with_help("a mirror's URI begins with a slash, and variables are not looked for in it");
  }
  if (is_off) mirrors.off = true;
  else mirrors.uris.emplace_back(uri.text);
}

void apply_mirror_request_body(table::Scope& scope, const config::Bound& directive) {
  scope.edit<MirrorBody>().wanted = directive.at(0).number != 0;
}

void finish_mirror(table::Scope& scope, table::Route& route) {
  auto plan = std::make_shared<Plan>();
  plan->mirrors = scope.shared<Mirrors>();
  plan->with_body = scope.get<MirrorBody>().wanted;
  if (plan->mirrors->uris.empty()) return;
  table::add_step(route, config::Phase::precontent, run, std::move(plan), "mirror");
}

}  // namespace gh::policy
