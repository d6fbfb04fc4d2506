// upstream { }: its servers, balancing and idle connections.
#include "directives/upstreams.h"

#include <algorithm>

#include "base/text.h"
#include "directives/directives.h"
#include "directives/setters.h"
#include "table/build.h"
#include "table/plan.h"

namespace gh::directives {
namespace {

using state::ServerConfig;
using table::Upstream;
using upstream::Policy;

bool check_servers(Scope& outer, const Bound& directive, const std::vector<ServerConfig>& servers) {
  const Value& name = directive.at(0);
  if (std::any_of(servers.begin(), servers.end(), [](const ServerConfig& s) { return !s.backup; })) return true;
  bool was_tried = false;  // a line that was refused: that has been said
  config::for_each_directive(directive.node->children,
                             [&](const config::Node& n) { was_tried |= n.name() == "server"; });
  if (was_tried && servers.empty()) return false;
  outer
      .error(table::code::no_servers, name.span,
             "upstream `" + std::string(name.text) + "` has no `server`" +
                 (servers.empty() ? "" : " that is not `backup`"))
      .with_help("add a line: server 127.0.0.1:8080;");
  return false;
}

/// Names are looked up as the block says, or http around it.
void take_resolver(Scope& scope, const UpstreamDraft& draft) {
  Upstream& up = *draft.upstream;
  if (scope.has<table::ResolverSettings>()) up.resolver = scope.shared<table::ResolverSettings>();
  up.resolver_timeout_ms = scope.get<table::CoreSettings>().resolver_timeout_ms;
  if (up.resolver || !draft.with_service.is_set()) return;
  scope.error(table::code::missing_parameter, draft.with_service, "`service=` needs a `resolver`")
      .with_help("state one in this block or in http: resolver 10.0.0.2;");
}

void build_upstream(Scope& outer, const Bound& directive) {
  table::Builder& builder = outer.builder;
  const Value& name = directive.at(0);
  const auto [it, is_new] = builder.upstreams.try_emplace(std::string(name.text));
  if (!is_new) {
    outer.error(table::code::duplicate_name, name.span, "upstream `" + std::string(name.text) + "` is defined twice")
        .with_related(it->second.where, "first defined here")
        .with_help("join their servers in one block, or give one of them another name");
    return;
  }
  auto made = std::make_shared<Upstream>();
  made->name = name.text;
  made->where = directive.span();
  it->second.upstream = made;
  it->second.where = name.span;

  Scope scope(builder, &outer, config::in_upstream);
  scope.where = directive.span();
  auto& draft = scope.local<UpstreamDraft>();
  draft.upstream = made.get();
  builder.build_block(scope, directive.children);
  if (!check_servers(outer, directive, draft.servers)) return;
  take_resolver(scope, draft);
  adopt_peers(builder, *made, std::move(draft.servers), directive.span());
  builder.table->upstreams.push_back(made);
}

void choose(Scope& scope, const Bound& directive, Policy policy, bool knows_backup = true) {
  UpstreamDraft& draft = draft_of(scope);
  if (draft.method.is_set()) {
    scope.error(table::code::duplicate, directive.span(), "this upstream has two balancing methods")
        .with_related(draft.method, "the first one")
        .with_help("keep one of them");
    return;
  }
  draft.method = directive.span();
  draft.method_knows_backup = knows_backup;
  draft.upstream->policy = policy;
  draft.upstream->policy_name = upstream::policy_name(policy);
}

void apply_least_conn(Scope& scope, const Bound& d) { choose(scope, d, Policy::least_conn); }
void apply_ip_hash(Scope& scope, const Bound& d) { choose(scope, d, Policy::ip_hash, false); }

upstream::TimeMeasure measure_of(std::string_view word, bool inflight) {
  using upstream::TimeMeasure;
  if (word == "header") return inflight ? TimeMeasure::header_inflight : TimeMeasure::header;
  return inflight ? TimeMeasure::last_byte_inflight : TimeMeasure::last_byte;
}

void apply_least_time(Scope& scope, const Bound& directive) {
  choose(scope, directive, Policy::least_time);
  draft_of(scope).upstream->measure = measure_of(directive.at(0).text, directive.has("inflight"));
}

void apply_queue(Scope& scope, const Bound& directive) {
  Upstream& up = *draft_of(scope).upstream;
  up.queue_requests = directive.at(0).number;
  up.queue_timeout_ms = directive.number("timeout=", up.queue_timeout_ms);
}

void apply_keepalive(Scope& scope, const Bound& directive) {
  Upstream& up = *draft_of(scope).upstream;
  up.keepalive_connections = directive.at(0).number;
  up.keepalive_local = directive.has("local");
}

void apply_hash(Scope& scope, const Bound& directive) {
  choose(scope, directive, directive.has("consistent") ? Policy::hash_consistent : Policy::hash, false);
  draft_of(scope).upstream->hash_key = scope.compile(directive.at(0));
}

void apply_random(Scope& scope, const Bound& directive) {
  const Value* time = directive.find("least_time=");
  const bool two = directive.has("two");
  choose(scope, directive, !two ? Policy::random : time ? Policy::random_two_time : Policy::random_two, false);
  if (time && two) draft_of(scope).upstream->measure = measure_of(time->text, false);
  const Value* method = time ? time : directive.find("least_conn");
  if (method && !two) {
    scope.error(table::code::bad_choice, method->span, "`random` takes a method only behind `two`")
        .with_help("write `random two least_conn`");
  }
}

template <auto Member>
void set_upstream(Scope& scope, const Bound& directive) {
  draft_of(scope).upstream->*Member = directive.at(0).number;
}

constexpr Presence optional = Presence::optional;
constexpr config::Contexts in_upstream = config::in_upstream;

constexpr Row rows[] = {
    {.name = "upstream",
     .contexts = config::in_http,
     .args = {{{"name", ArgType::word}}},
     .block = Block::directives,
     .inside = config::in_upstream,
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = build_upstream,
     .doc = "A group of servers that proxy_pass can name."},
    {.name = "server",
     .contexts = in_upstream,
     .args = {{{"address", ArgType::word},
               {"weight=", ArgType::count, optional, {}, 1, 65535},
               {"max_conns=", ArgType::count, optional, {}, 0, INT32_MAX},
               {"max_fails=", ArgType::count, optional, {}, 0, INT32_MAX},
               {"fail_timeout=", ArgType::sec, optional},
               {"backup", ArgType::flag, optional},
               {"down", ArgType::flag, optional},
               {"resolve", ArgType::flag, optional},
               {"slow_start=", ArgType::msec, optional},
               {"service=", ArgType::word, optional},
               {"route=", ArgType::word, optional},
               {"drain", ArgType::flag, optional}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = apply_upstream_server,
     .doc = "A server of the group, with its weight and when it counts as failed."},
    {.name = "least_conn",
     .contexts = in_upstream,
     .inherit = Inherit::none,
     .apply = apply_least_conn,
     .doc = "The server with the fewest connections in use gets the next request."},
    {.name = "least_time",
     .contexts = in_upstream,
     .args = {{{"measure", ArgType::one_of, Presence::required, "header|last_byte"},
               {"inflight", ArgType::flag, optional}}},
     .inherit = Inherit::none,
     .apply = apply_least_time,
     .doc = "The server whose answers take the least time, with the fewest connections, gets the next request."},
    {.name = "sticky",
     .contexts = in_upstream,
     .args = {{{"method", ArgType::one_of, Presence::required, "cookie|route|learn"},
               {"value", ArgType::templ, Presence::repeat},
               {"expires=", ArgType::word, optional},
               {"domain=", ArgType::templ, optional},
               {"path=", ArgType::templ, optional},
               {"samesite=", ArgType::templ, optional},
               {"secure", ArgType::flag, optional},
               {"httponly", ArgType::flag, optional},
               {"create=", ArgType::templ, Presence::repeat},
               {"lookup=", ArgType::templ, Presence::repeat},
               {"zone=", ArgType::word, optional},
               {"timeout=", ArgType::msec, optional},
               {"header", ArgType::flag, optional},
               {"sync", ArgType::flag, optional}}},
     .inherit = Inherit::none,
     .apply = apply_sticky,
     .doc = "Requests of one session go to one server: by a cookie, a route, or what servers' answers show."},
    {.name = "queue",
     .contexts = in_upstream,
     .args = {{{"number", ArgType::count, Presence::required, {}, 1, INT32_MAX},
               {"timeout=", ArgType::msec, optional, {}, 1}}},
     .inherit = Inherit::none,
     .apply = apply_queue,
     .doc = "Requests that may wait for a server when all are busy or failing, and for how long; then 502."},
    {.name = "ip_hash",
     .contexts = in_upstream,
     .inherit = Inherit::none,
     .apply = apply_ip_hash,
     .doc = "Clients of one /24 network (IPv6: of one address) keep their server."},
    {.name = "hash",
     .contexts = in_upstream,
     .args = {{{"key", ArgType::templ}, {"consistent", ArgType::flag, optional}}},
     .inherit = Inherit::none,
     .apply = apply_hash,
     .doc = "Requests with the same key keep their server; consistent: with few moves when servers change."},
    {.name = "random",
     .contexts = in_upstream,
     .args = {{{"two", ArgType::flag, optional},
               {"least_conn", ArgType::flag, optional},
               {"least_time=", ArgType::one_of, optional, "header|last_byte"}}},
     .inherit = Inherit::none,
     .apply = apply_random,
     .doc = "A random server, or the better of two."},
    {.name = "keepalive",
     .contexts = in_upstream,
     .args = {{{"connections", ArgType::count}, {"local", ArgType::flag, optional}}},
     .fallback = "32",
     .inherit = Inherit::none,
     .apply = apply_keepalive,
     .doc = "Idle connections that each worker keeps to the group; 0: none. local: no other location uses them."},
    {.name = "keepalive_requests",
     .contexts = in_upstream,
     .args = {{{"number", ArgType::count}}},
     .fallback = "1000",
     .inherit = Inherit::none,
     .apply = set_upstream<&Upstream::keepalive_requests>,
     .doc = "Most requests on one upstream connection."},
    {.name = "keepalive_time",
     .contexts = in_upstream,
     .args = {{{"time", ArgType::msec}}},
     .fallback = "1h",
     .inherit = Inherit::none,
     .apply = set_upstream<&Upstream::keepalive_time_ms>,
     .doc = "Longest life of an upstream connection that gets requests."},
    {.name = "keepalive_timeout",
     .contexts = in_upstream,
     .args = {{{"timeout", ArgType::msec}}},
     .fallback = "60s",
     .inherit = Inherit::none,
     .apply = set_upstream<&Upstream::keepalive_timeout_ms>,
     .doc = "How long an idle upstream connection stays open."},
    {.name = "zone",
     .contexts = in_upstream,
     .args = {{{"name", ArgType::word}, {"size", ArgType::bytes, optional, {}, 32 * 1024}}},
     .inherit = Inherit::none,
     .apply = apply_upstream_zone,
     .doc = "Accepted: the state of servers is always shared by all workers."},
};

void warn_unused(Scope& main) {
  if (main.builder.diagnostics.has_errors()) return;  // perhaps one of them is the use
  for (const auto& [name, entry] : main.builder.upstreams) {
    if (entry.used || !entry.where.is_set()) continue;
    main.warning(table::code::upstream_unused, entry.where, "upstream `" + name + "` is never used")
        .with_help("name it in a proxy_pass, or remove it");
  }
}

void end(Scope& main) {
  Scope* scope = &main;
  main.builder.at_end([scope] {
    check_upstream_zones(*scope);
    // Variables in a proxy_pass may name any upstream: then none is surely unused.
    if (!scope->local<DynamicTargets>().any) warn_unused(*scope);
  });
}

}  // namespace

constinit const table::Module upstream_module{"upstream", rows, nullptr, nullptr, end};

}  // namespace gh::directives
