// realip: the client's address as a trusted proxy tells it. At server level it acts before all else; a location with
// settings of its own acts before its limits, unless an address was taken already (as nginx).
#include <netdb.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "config/typing.h"
#include "http/forwarded.h"
#include "http/proxy_line.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "table/build.h"
#include "table/server_block.h"

namespace gh::policy {

using config::Phase;
using proxy::Exchange;
using table::Verdict;

namespace {

constexpr std::size_t max_fields = 64;  // of one name; a request with more is not believed

struct Proxies { http::TrustedProxies trusted; };
struct Settings {
  std::string field = "x-real-ip";  // lower case
  bool recursive = false;
  config::Span where;               // of real_ip_header
};

/// Lines of real_ip_header, and whether somebody is trusted where they hold. Local to the outermost scope.
struct HeaderLines {
  struct Line { config::Span where; bool is_used = false; };
  std::vector<Line> list;
};

struct Plan {
  http::TrustedProxies trusted;
  Settings settings;
  bool is_list = false;  // X-Forwarded-For: all its fields are one list
};

void take_address(Exchange& x, const Address& address) {
  x.real_address = new (x.arena.allocate(sizeof(Address), alignof(Address))) Address(address);
}

/// real_ip_header proxy_protocol: the address is the balancer's word, and the connection is the balancer's.
Verdict run_proxy_line(Exchange& x, const void* params) {
  const Plan& plan = *static_cast<const Plan*>(params);
  const http::ProxyLine* const line = x.client->proxy_line();
  if (x.real_address || !line || !line->source.is_set()) return Verdict::next;
  if (plan.trusted.holds(x.client->peer_address())) take_address(x, line->source);
  return Verdict::next;
}

/// Of a field that holds one address the last one counts: it stands behind those that a client brought along.
Verdict run(Exchange& x, const void* params) {
  const Plan& plan = *static_cast<const Plan*>(params);
  if (x.real_address || !plan.trusted.holds(x.client->peer_address())) return Verdict::next;
  std::string_view values[max_fields];
  std::size_t count = 0;
  for (const http::Field& field : x.request.fields) {
    if (!iequals(field.name, plan.settings.field)) continue;
    if (!plan.is_list) count = 0;
    if (count == max_fields) return Verdict::next;
    values[count++] = field.value;
  }
  Address address = x.client->peer_address();
  if (http::find_client_address({values, count}, plan.trusted, plan.settings.recursive, address)) {
    take_address(x, address);
  }
  return Verdict::next;
}

// ---- the configuration ---------------------------------------------------------------------------------------------

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() < 256 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
  });
}

void add_address(http::TrustedProxies& trusted, const Address& address) {
  if (auto network = Cidr::parse(address.ip_text())) trusted.networks.push_back(*network);
}

struct FreeInfo {
  void operator()(addrinfo* info) const { ::freeaddrinfo(info); }
};

/// All addresses of a name, as they are now. A check does not ask: the machine it runs on may not know the name.
void add_host(table::Scope& scope, const config::Value& value, http::TrustedProxies& trusted) {
  if (iequals(value.text, "localhost")) {
    add_address(trusted, *Address::parse_ip("127.0.0.1", 0));
    add_address(trusted, *Address::parse_ip("::1", 0));
    return;
  }
  if (scope.builder.input.check_only) return;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(std::string(value.text).c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, FreeInfo> owned(list);
  if (error != 0) {
    scope.error(table::code::bad_address, value.span, "host not found: `" + printable(value.text, 60) + "`")
        .with_label(::gai_strerror(error))
        .with_help("without it nobody knows whom to trust: name addresses or networks");
    return;
  }
  for (const addrinfo* info = list; info; info = info->ai_next) {
    add_address(trusted, Address::from_sockaddr(info->ai_addr, info->ai_addrlen));
  }
}

/// True when the server's own level says the same: its step has acted by then.
bool is_as_in_server(table::Scope& scope) {
  table::Scope* server = &scope;
  while (server->parent && server->context != config::in_server) server = server->parent;
  return server->shared<Proxies>() == scope.shared<Proxies>() && server->shared<Settings>() == scope.shared<Settings>();
}

}  // namespace

void apply_set_real_ip_from(table::Scope& scope, const config::Bound& directive) {
  const config::Value& value = directive.at(0);
  http::TrustedProxies& trusted = scope.edit_list<Proxies>().trusted;
  if (value.text == "unix:") {
    trusted.unix_sockets = true;
  } else if (const auto network = Cidr::parse(value.text)) {
    trusted.networks.push_back(*network);
  } else if (const auto meant = config::without_low_bits(value.text)) {
    trusted.networks.push_back(*Cidr::parse(*meant));
    scope.warning(table::code::low_bits, value.span,
                  "low address bits of `" + printable(value.text, 60) + "` are meaningless")
        .with_label("read as " + *meant)
        .with_help("write `" + *meant + "`");
  } else if (is_host_name(value.text) && !is_digit(value.text.back())) {
    add_host(scope, value, trusted);
  } else {
    scope.error(table::code::bad_address, value.span, "invalid address `" + printable(value.text, 60) + "`")
        .with_help("write an address, a network like `10.0.0.0/8`, a host name or `unix:`");
  }
}

void apply_real_ip_header(table::Scope& scope, const config::Bound& directive) {
  Settings& settings = scope.edit<Settings>();
  settings.field = to_lower(directive.at(0).text);
  settings.where = directive.span();
  table::outermost(scope).local<HeaderLines>().list.push_back({settings.where});
}

void apply_real_ip_recursive(table::Scope& scope, const config::Bound& directive) {
  scope.edit<Settings>().recursive = directive.at(0).number != 0;
}

namespace {

/// The line of real_ip_header that counts here has somebody to believe.
void note_use(table::Scope& scope, const Settings& settings) {
  if (!settings.where.is_set()) return;
  for (HeaderLines::Line& line : table::outermost(scope).local<HeaderLines>().list) {
    line.is_used = line.is_used || (line.where.file == settings.where.file && line.where.begin == settings.where.begin);
  }
  table::Builder::ServerDraft* const draft = table::server_of(scope);
  if (draft && settings.field == "proxy_protocol") draft->proxy_line_at = settings.where;
}

}  // namespace

void end_real_ip(table::Scope& main) {
  for (const HeaderLines::Line& line : main.local<HeaderLines>().list) {
    if (line.is_used) continue;
    main.warning(table::code::nobody_trusted, line.where, "nobody is trusted to name the client's address here")
        .with_help("name the proxies in front: `set_real_ip_from 10.0.0.0/8;`");
  }
}

void finish_real_ip(table::Scope& scope, table::Route& route) {
  const bool is_server = route.kind == table::Route::Kind::server;
  if (!scope.has<Proxies>()) return;
  note_use(scope, scope.get<Settings>());
  if (!is_server && is_as_in_server(scope)) return;
  auto plan = std::make_shared<Plan>();
  plan->trusted = scope.get<Proxies>().trusted;
  plan->settings = scope.get<Settings>();
  plan->is_list = plan->settings.field == "x-forwarded-for";
  const auto step = plan->settings.field == "proxy_protocol" ? run_proxy_line : run;
  table::add_step(route, is_server ? Phase::address : Phase::limit, step, std::move(plan), "set_real_ip_from");
}

}  // namespace gh::policy
