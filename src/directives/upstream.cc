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

/// What the directives of one block collect.
struct UpstreamDraft {
  Upstream* upstream = nullptr;
  std::vector<ServerConfig> servers;
  config::Span method;  // where the balancing method was stated
};

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
  adopt_peers(builder, *made, std::move(draft.servers), directive.span());
  builder.table->upstreams.push_back(made);
}

UpstreamDraft& draft_of(Scope& scope) { return scope.local<UpstreamDraft>(); }

void apply_server(Scope& scope, const Bound& directive) {
  const Value& address = directive.at(0);
  auto server = read_server(address.text, 80);
  if (!server) {
    scope.error(table::code::bad_address, address.span, server.error().text)
        .with_help("forms: 10.0.0.1:8080, [::1]:8080, name:8080, unix:/path");
    return;
  }
  server->weight = static_cast<std::uint32_t>(directive.number("weight=", 1));
  server->max_conns = static_cast<std::uint32_t>(directive.number("max_conns=", 0));
  server->max_fails = static_cast<std::uint32_t>(directive.number("max_fails=", 1));
  server->fail_timeout_ms = directive.number("fail_timeout=", 10) * 1000;
  server->backup = directive.has("backup");
  server->down = directive.has("down");
  for (std::string_view word : {"slow_start=", "service=", "route=", "drain"}) {
    if (const Value* value = directive.find(word)) {
      scope.error(table::code::not_served, value->span,
                  "`" + std::string(word) + "` of an upstream server is not served yet");
    }
  }
  draft_of(scope).servers.push_back(std::move(*server));
}

void choose(Scope& scope, const Bound& directive, Policy policy) {
  UpstreamDraft& draft = draft_of(scope);
  if (draft.method.is_set()) {
    scope.error(table::code::duplicate, directive.span(), "this upstream has two balancing methods")
        .with_related(draft.method, "the first one")
        .with_help("keep one of them");
    return;
  }
  draft.method = directive.span();
  draft.upstream->policy = policy;
  draft.upstream->policy_name = upstream::policy_name(policy);
}

void apply_least_conn(Scope& scope, const Bound& d) { choose(scope, d, Policy::least_conn); }
void apply_ip_hash(Scope& scope, const Bound& d) { choose(scope, d, Policy::ip_hash); }

void apply_hash(Scope& scope, const Bound& directive) {
  choose(scope, directive, directive.has("consistent") ? Policy::hash_consistent : Policy::hash);
  draft_of(scope).upstream->hash_key = scope.compile(directive.at(0));
}

void apply_random(Scope& scope, const Bound& directive) {
  choose(scope, directive, directive.has("two") ? Policy::random_two : Policy::random);
  const Value* method = directive.find("least_conn");
  if (method && !directive.has("two")) {
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
               {"slow_start=", ArgType::sec, optional},
               {"service=", ArgType::word, optional},
               {"route=", ArgType::word, optional},
               {"drain", ArgType::flag, optional}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = apply_server,
     .doc = "A server of the group, with its weight and when it counts as failed."},
    {.name = "least_conn",
     .contexts = in_upstream,
     .inherit = Inherit::none,
     .apply = apply_least_conn,
     .doc = "The server with the fewest connections in use gets the next request."},
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
     .args = {{{"two", ArgType::flag, optional}, {"least_conn", ArgType::flag, optional}}},
     .inherit = Inherit::none,
     .apply = apply_random,
     .doc = "A random server, or the better of two."},
    {.name = "keepalive",
     .contexts = in_upstream,
     .args = {{{"connections", ArgType::count}, {"local", ArgType::flag, optional}}},
     .fallback = "32",
     .inherit = Inherit::none,
     .apply = set_upstream<&Upstream::keepalive_connections>,
     .doc = "Idle connections that each worker keeps to the group; 0: none."},
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
     .args = {{{"name", ArgType::word}, {"size", ArgType::bytes, optional}}},
     .inherit = Inherit::none,
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
    // Variables in a proxy_pass may name any upstream: then none is surely unused.
    if (!scope->local<DynamicTargets>().any) warn_unused(*scope);
  });
}

}  // namespace

constinit const table::Module upstream_module{"upstream", rows, nullptr, nullptr, end};

}  // namespace gh::directives
