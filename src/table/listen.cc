#include "table/listen.h"

#include <unistd.h>

#include <algorithm>

#include "base/text.h"

namespace gh::table {
namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t http_port_unprivileged = 8000;

struct Ports {
  std::uint16_t first = 0, last = 0;
};

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto number = parse_uint(text);
  if (!number || *number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

/// "80" or "8000-8010".
Result<Ports> parse_ports(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = parse_port(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_port(text.substr(dash + 1));
  if (!first || !last) return fail("`" + std::string(text) + "` is not a port: 0 to 65535, or a range like 8000-8010");
  if (*last < *first) return fail("the port range `" + std::string(text) + "` ends before it begins");
  return Ports{*first, *last};
}

bool is_ports(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '-'; });
}

Result<Address> parse_host(std::string_view host) {
  if (host == "*") return Address::parse_ip("0.0.0.0", 0);
  if (iequals(host, "localhost")) return Address::parse_ip("127.0.0.1", 0);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return Address::parse_ip(host.substr(1, host.size() - 2), 0);
  }
  auto address = Address::parse_ip(host, 0);
  if (address) return address;
  return fail("`" + std::string(host) + "` is not an address to listen on");
}

}  // namespace

Result<std::vector<Address>> parse_listen(std::string_view text) {
  if (text.starts_with("unix:")) {
    auto address = Address::unix_path(text.substr(5));
    if (!address) return Unexpected<Error>(address.error());
    return std::vector<Address>{*address};
  }
  std::string_view host = "*", port_text;
  const std::size_t colon = text.rfind(':');
  if (is_ports(text)) {
    port_text = text;
  } else if (colon == std::string_view::npos || text.ends_with("]")) {
    host = text;
  } else {
    host = text.substr(0, colon);
    port_text = text.substr(colon + 1);
    if (port_text.empty()) return fail("no port behind the colon of `" + std::string(text) + "`");
  }
  Ports ports{http_port, http_port};
  if (!port_text.empty()) {
    auto parsed = parse_ports(port_text);
    if (!parsed) return Unexpected<Error>(parsed.error());
    ports = *parsed;
  }
  auto address = parse_host(host);
  if (!address) return fail("`" + printable(text) + "` is not an address to listen on");
  std::vector<Address> out;
  for (unsigned port = ports.first; port <= ports.last; ++port) {
    out.push_back(*address);
    out.back().set_port(static_cast<std::uint16_t>(port));
  }
  return out;
}

Address default_listen() {
  return *Address::parse_ip("0.0.0.0", ::geteuid() == 0 ? http_port : http_port_unprivileged);
}

}  // namespace gh::table
