// proxy_pass whose host holds variables: find an upstream block of that name, take a literal address, or resolve.
#include <fmt/format.h>

#include "http/field_value.h"
#include "proxy/forwarder.h"
#include "proxy/join.h"
#include "proxy/worker.h"
#include "table/proxy_target.h"

namespace gh::proxy {

using table::Verdict;

namespace {

/// The upstream block of that name, or the one made for a proxy_pass to this very host and port.
const table::Upstream* named_upstream(const table::Table& table, const table::ProxyUrl& url) {
  const std::string with_port = url.port != 0 || url.is_unix
                                    ? std::string(url.authority)
                                    : fmt::format("{}:{}", url.authority, url.default_port());
  for (const auto& upstream : table.upstreams) {
    if (upstream->name == (upstream->is_implicit ? std::string_view(with_port) : url.authority)) return upstream.get();
  }
  return nullptr;
}

}  // namespace

/// With the request's query, where the URL has none of its own and shall get it.
std::string_view Forwarder::dynamic_uri(const ProxyPlan& plan, const table::ProxyUrl& url) {
  if (!url.has_uri) return upstream_uri(x_, plan, {});
  const std::string_view uri = http::safe_target(url.uri, x_.arena);
  if (!plan.takes_query || x_.args.empty() || uri.find('?') != std::string_view::npos) return uri;
  return join(x_.arena, uri, "?", http::safe_query(x_.args, x_.arena));
}

Verdict Forwarder::begin_dynamic(const ProxyPlan& plan, ForwardedRequest request) {
  x_.escapes_path = true;
  std::string_view text = plan.target->url.render(x_, x_.arena);
  x_.escapes_path = false;
  if (plan.is_grpc) text = x_.arena.copy(table::url_of_grpc(text));
  const Result<table::ProxyUrl> url = table::parse_proxy_url(text);
  if (!url) {
    x_.log(LogLevel::error, fmt::format("invalid proxy_pass URL \"{}\": {}", text, url.error().text));
    return x_.error(500);
  }
  forget_attempt();
  plan_ = &plan;
  x_.proxy_host = url->authority;
  request.tls = url->tls;
  request.host = url->is_unix ? std::string_view("localhost") : http::safe_field_value(url->authority, x_.arena);
  request.uri = dynamic_uri(plan, *url);
  if (plan.target->upstream) return begin(plan, *plan.target->upstream, request);
  if (const table::Upstream* known = named_upstream(x_.table(), *url)) return begin(plan, *known, request);
  request_ = request;
  x_.attach(*this);
  const std::uint16_t port = url->port != 0 ? url->port : url->default_port();
  if (url->is_unix) {
    Result<Address> address = Address::unix_path(url->host);
    if (address) begin_at(url->authority, url->authority, {*address});
    else x_.error(502);
    return Verdict::wait;
  }
  if (Result<Address> literal = Address::parse_ip(url->host, port)) {
    begin_at(url->authority, url->authority, {*literal});
    return Verdict::wait;
  }
  resolve(url->host, port, url->authority);
  return Verdict::wait;
}

void Forwarder::resolve(std::string_view name, std::uint16_t port, std::string_view key) {
  if (!x_.route->resolver) {
    x_.log(LogLevel::error, fmt::format("no resolver defined to resolve {}", name));
    x_.reason = "no resolver";
    return answer_failure(502);
  }
  stage_ = Stage::resolving;
  peer_ = nullptr;
  link_ = nullptr;
  resolver_ = &x_.worker.resolver(*x_.route->resolver, x_.core().resolver_timeout_ms);
  resolving_id_ = resolver_->resolve(name, [this, port, key, name](Result<net::Resolver::Answer> answer) {
    if (stage_ != Stage::resolving) return;
    if (!answer || answer->addresses.empty()) {
      x_.log(LogLevel::error,
             answer ? fmt::format("{} could not be resolved (3: Host not found)", name) : answer.error().text);
      x_.reason = "name not resolved";
      return answer_failure(502);
    }
    std::vector<Address> addresses = answer->addresses;
    for (Address& address : addresses) address.set_port(port);
    begin_at(key, name, std::move(addresses));
  });
}

void Forwarder::begin_at(std::string_view key, std::string_view name, std::vector<Address> addresses) {
  dynamic_ = x_.worker.dynamic_upstream(key, name, std::move(addresses));
  begin(*plan_, *dynamic_, request_);
}

}  // namespace gh::proxy
