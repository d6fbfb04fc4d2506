#include "directives/upstreams.h"

#include "base/text.h"
#include "table/plan.h"

namespace gh::directives {
namespace {

bool is_host_char(char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; }

Result<void> check_host(std::string_view host) {
  if (host.empty()) return fail("no host");
  for (char c : host) {
    if (!is_host_char(c)) return fail("`" + printable(host) + "` is not a host name or address");
  }
  return {};
}

}  // namespace

Result<state::ServerConfig> read_server(std::string_view text, std::uint16_t default_port) {
  state::ServerConfig out;
  out.name = text;
  if (text.starts_with("unix:")) {
    auto address = Address::unix_path(text.substr(5));
    if (!address) return Unexpected<Error>(address.error());
    out.addresses.push_back(*address);
    return out;
  }
  std::string_view host = text;
  out.port = default_port;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && !text.ends_with("]")) {
    const auto port = parse_uint(text.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return fail("`" + printable(text) + "` has no valid port");
    out.port = static_cast<std::uint16_t>(*port);
    host = text.substr(0, colon);
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    auto address = Address::parse_ip(host.substr(1, host.size() - 2), out.port);
    if (!address) return Unexpected<Error>(address.error());
    out.addresses.push_back(*address);
  } else if (auto address = Address::parse_ip(host, out.port)) {
    out.addresses.push_back(*address);
  } else if (iequals(host, "localhost")) {
    out.addresses.push_back(*Address::parse_ip("127.0.0.1", out.port));
  } else {
    if (auto fine = check_host(host); !fine) return Unexpected<Error>(fine.error());
    out.resolve = true;
    out.host = host;
  }
  return out;
}

void adopt_peers(table::Builder& builder, table::Upstream& upstream, std::vector<state::ServerConfig> servers,
                 config::Span) {
  const upstream::Policy policy = upstream.policy;
  std::string shape = state::PeerGroup::shape(servers);
  shape.append(" policy=").append(upstream::policy_name(policy));
  auto adoption = builder.registry().adopt_or_create<state::PeerGroup>(
      "peers/" + upstream.name, shape, [&](const std::shared_ptr<state::PeerGroup>& previous) {
        return std::make_shared<state::PeerGroup>(std::move(servers), upstream::index_maker(policy), previous.get());
      });
  upstream.peers = std::move(adoption.object);
}

const table::Upstream* implicit_upstream(table::Builder& builder, std::string_view authority,
                                         std::uint16_t default_port, config::Span where, std::string& why_not) {
  std::string key(authority);
  if (!authority.starts_with("unix:") && (authority.ends_with("]") || authority.rfind(':') == std::string_view::npos)) {
    key += ":" + std::to_string(default_port);
  }
  if (table::Upstream* known = builder.find_upstream(key)) return known;
  auto server = read_server(authority, default_port);
  if (!server) {
    why_not = server.error().text;
    return nullptr;
  }
  auto made = std::make_shared<table::Upstream>();
  made->name = key;
  made->is_implicit = true;
  made->where = where;
  std::vector<state::ServerConfig> servers;
  servers.push_back(std::move(*server));
  adopt_peers(builder, *made, std::move(servers), where);
  builder.upstreams[key] = {made, {}, true};
  builder.table->upstreams.push_back(made);
  return made.get();
}

}  // namespace gh::directives
