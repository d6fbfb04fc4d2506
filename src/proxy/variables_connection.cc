// Variables of the client's connection, of the process and of time.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "base/text.h"
#include "http/proxy_line.h"
#include "proxy/exchange.h"
#include "proxy/variables.h"
#include "proxy/worker.h"

namespace gh::proxy {

using config::Phase;
using table::not_found;
using table::VariableParam;

namespace {

std::string_view ip_text(Exchange& x, const Address& address) {
  char* const to = x.arena.chars(ip_text_bytes);
  return {to, static_cast<std::size_t>(write_ip(address, to) - to)};
}

std::string_view port_text(Exchange& x, const Address& address) {
  return address.port() == 0 ? std::string_view("") : number_text(x.arena, address.port());
}

}  // namespace

namespace variable {

std::string_view remote_addr(Exchange& x, const VariableParam&) { return ip_text(x, x.client_address()); }
std::string_view connection(Exchange& x, const VariableParam&) { return number_text(x.arena, x.client->serial()); }
std::string_view connection_requests(Exchange& x, const VariableParam&) {
  return number_text(x.arena, x.client->requests());
}
std::string_view msec(Exchange& x, const VariableParam&) { return seconds_text(x.arena, x.clock().unix_ms()); }
// Copied: the clock writes over its texts each second.
std::string_view time_local(Exchange& x, const VariableParam&) { return x.arena.copy(x.clock().time_local()); }
std::string_view time_iso8601(Exchange& x, const VariableParam&) { return x.arena.copy(x.clock().time_iso8601()); }
std::string_view connection_time(Exchange& x, const VariableParam&) {
  return seconds_text(x.arena, x.clock().now_ms() - x.client->connected_ms());
}

}  // namespace variable

namespace {

std::string_view realip_remote_addr(Exchange& x, const VariableParam&) {
  return ip_text(x, x.client->peer_address());
}
std::string_view realip_remote_port(Exchange& x, const VariableParam&) {
  return port_text(x, x.client->peer_address());
}
std::string_view remote_port(Exchange& x, const VariableParam&) { return port_text(x, x.client_address()); }
std::string_view binary_remote_addr(Exchange& x, const VariableParam&) { return x.client_address().binary(); }
std::string_view server_port(Exchange& x, const VariableParam&) { return port_text(x, x.client->local_address()); }

std::string_view server_addr(Exchange& x, const VariableParam&) {
  const Address& address = x.client->local_address();
  return address.is_unix() ? x.arena.copy(address.text()) : ip_text(x, address);
}

std::string_view hostname(Exchange&, const VariableParam&) {
  static const std::string name = [] {
    char text[256] = "";
    ::gethostname(text, sizeof text - 1);
    return to_lower(text);
  }();
  return name;
}

std::string_view pid(Exchange& x, const VariableParam&) {
  return number_text(x.arena, static_cast<std::uint64_t>(::getpid()));
}
std::string_view nginx_version(Exchange&, const VariableParam&) { return "1.31.5"; }
std::string_view gatehouse_version(Exchange&, const VariableParam&) { return GATEHOUSE_VERSION; }

// ---- what the PROXY protocol said ----------------------------------------------------------------------------------

template <Address http::ProxyLine::*Member>
std::string_view proxy_line_address(Exchange& x, const VariableParam&) {
  const http::ProxyLine* const line = x.client->proxy_line();
  return line && (line->*Member).is_set() ? ip_text(x, line->*Member) : not_found;
}

/// Port 0 is said, too.
template <Address http::ProxyLine::*Member>
std::string_view proxy_line_port(Exchange& x, const VariableParam&) {
  const http::ProxyLine* const line = x.client->proxy_line();
  return line && (line->*Member).is_set() ? number_text(x.arena, (line->*Member).port()) : not_found;
}

std::string_view proxy_line_tlv(Exchange& x, const VariableParam& param) {
  const http::ProxyLine* const line = x.client->proxy_line();
  if (!line) return not_found;
  const http::TlvName name = http::parse_tlv_name(param.text);
  if (name.kind == http::TlvName::Kind::unknown) {
    x.log(LogLevel::error, "unknown PROXY protocol TLV \"" + printable(param.text) + "\"");
  }
  std::string scratch;
  const auto value = http::find_tlv(line->tlvs, name, scratch);
  return value ? x.arena.copy(*value) : not_found;
}

/// Of all workers, as stub_status counts them.
template <std::atomic<std::int64_t> Counters::*Member>
std::string_view connections(Exchange& x, const VariableParam&) {
  std::int64_t sum = 0;
  for (const auto& each : x.worker.all_counters.workers) sum += ((*each).*Member).load(std::memory_order_relaxed);
  return number_text(x.arena, static_cast<std::uint64_t>(std::max<std::int64_t>(sum, 0)));
}

template <auto Member>
std::string_view tcp_info_value(Exchange& x, const VariableParam&) {
  tcp_info info{};
  socklen_t size = sizeof info;
  const int fd = x.client->socket_fd();
  if (fd < 0 || ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return not_found;
  return number_text(x.arena, info.*Member);
}

constexpr table::VariableRow rows[] = {
    {"remote_addr", variable::remote_addr, Phase::address, false, "client's address"},
    {"remote_port", remote_port, Phase::address, false, "client's port"},
    {"binary_remote_addr", binary_remote_addr, Phase::address, false,
     "client's address in 4 or 16 bytes, for zone keys"},
    {"realip_remote_addr", realip_remote_addr, Phase::address, false, "address of the connection itself"},
    {"realip_remote_port", realip_remote_port, Phase::address, false, "port of the connection itself"},
    {"proxy_protocol_addr", proxy_line_address<&http::ProxyLine::source>, Phase::address, false,
     "client's address by the PROXY protocol; absent without it"},
    {"proxy_protocol_port", proxy_line_port<&http::ProxyLine::source>, Phase::address, false,
     "client's port by the PROXY protocol; absent without it"},
    {"proxy_protocol_server_addr", proxy_line_address<&http::ProxyLine::destination>, Phase::address, false,
     "address the client connected to by the PROXY protocol; absent without it"},
    {"proxy_protocol_server_port", proxy_line_port<&http::ProxyLine::destination>, Phase::address, false,
     "port the client connected to by the PROXY protocol; absent without it"},
    {"proxy_protocol_tlv_", proxy_line_tlv, Phase::address, true,
     "a TLV of the PROXY protocol by name (`alpn`, `authority`, `unique_id`, `netns`, `ssl`, `ssl_verify`, "
     "`ssl_version`, `ssl_cn`, `ssl_cipher`, `ssl_sig_alg`, `ssl_key_alg`) or number (`0xae`, `ssl_0x21`)"},
    {"connections_active", connections<&Counters::active>, Phase::address, false, "open client connections"},
    {"connections_reading", connections<&Counters::reading>, Phase::address, false, "of these, reading a head"},
    {"connections_writing", connections<&Counters::writing>, Phase::address, false, "of these, answering"},
    {"connections_waiting", connections<&Counters::waiting>, Phase::address, false, "of these, idle"},
    {"server_addr", server_addr, Phase::address, false, "address the connection came to"},
    {"server_port", server_port, Phase::address, false, "port the connection came to"},
    {"connection", variable::connection, Phase::address, false, "serial number of the connection"},
    {"connection_requests", variable::connection_requests, Phase::address, false, "requests of this connection so far"},
    {"connection_time", variable::connection_time, Phase::address, false, "age of the connection in seconds, with ms"},
    {"msec", variable::msec, Phase::address, false, "unix time in seconds, with ms"},
    {"time_local", variable::time_local, Phase::address, false, "time as 06/Nov/1994:08:49:37 +0000"},
    {"time_iso8601", variable::time_iso8601, Phase::address, false, "time as 1994-11-06T08:49:37+00:00"},
    {"hostname", hostname, Phase::address, false, "name of the machine"},
    {"pid", pid, Phase::address, false, "number of the worker process"},
    {"nginx_version", nginx_version, Phase::address, false, "version of nginx whose language this is"},
    {"gatehouse_version", gatehouse_version, Phase::address, false, "version of the gateway"},
    {"tcpinfo_rtt", tcp_info_value<&tcp_info::tcpi_rtt>, Phase::address, false, "round trip time in microseconds"},
    {"tcpinfo_rttvar", tcp_info_value<&tcp_info::tcpi_rttvar>, Phase::address, false,
     "variance of the round trip time"},
    {"tcpinfo_snd_cwnd", tcp_info_value<&tcp_info::tcpi_snd_cwnd>, Phase::address, false, "congestion window"},
    {"tcpinfo_rcv_space", tcp_info_value<&tcp_info::tcpi_rcv_space>, Phase::address, false, "receive window"},
};

}  // namespace

std::span<const table::VariableRow> connection_variables() { return rows; }

}  // namespace gh::proxy
