#include "http/forwarded.h"

#include <algorithm>

#include "base/text.h"

namespace gh::http {

namespace {

bool is_separator(char c) { return c == ' ' || c == '\t' || c == ','; }

/// Takes the last element of `list` off it; empty when there is none.
std::string_view take_last(std::string_view& list) {
  while (!list.empty() && is_separator(list.back())) list.remove_suffix(1);
  std::size_t begin = list.size();
  while (begin > 0 && !is_separator(list[begin - 1])) --begin;
  const std::string_view element = list.substr(begin);
  list = list.substr(0, begin);
  while (!list.empty() && is_separator(list.back())) list.remove_suffix(1);
  return element;
}

bool parse_plain(std::string_view text, std::uint16_t port, Address& address) {
  if (text.starts_with("[")) return false;
  const auto parsed = Address::parse_ip(text, port);
  if (parsed) address = *parsed;
  return parsed.has_value();
}

struct Search {
  const TrustedProxies& trusted;
  bool recursive;
  Address& address;
  bool found = false;

  /// Reads one field's list from its end. False: what stands before it does not count any more.
  bool goes_on(std::string_view list) {
    do {
      if (!trusted.holds(address) || !parse_forwarded(take_last(list), address)) return false;
      found = true;
      if (!recursive) return false;
    } while (!list.empty());
    return true;
  }
};

}  // namespace

bool TrustedProxies::holds(const Address& address) const {
  if (address.is_unix()) return unix_sockets;
  return std::any_of(networks.begin(), networks.end(), [&](const Cidr& network) { return network.contains(address); });
}

bool parse_forwarded(std::string_view text, Address& address) {
  if (parse_plain(text, 0, address)) return true;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const auto port = parse_uint(text.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) return false;
  std::string_view host = text.substr(0, colon);
  const bool in_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (in_brackets) host = host.substr(1, host.size() - 2);
  if (in_brackets != (host.find(':') != std::string_view::npos)) return false;  // IPv6 with a port has them
  return parse_plain(host, static_cast<std::uint16_t>(*port), address);
}

bool find_client_address(std::span<const std::string_view> values, const TrustedProxies& trusted, bool recursive,
                         Address& address) {
  Search search{trusted, recursive, address};
  while (!values.empty() && search.goes_on(values.back())) values = values.first(values.size() - 1);
  return search.found;
}

bool find_client_address(std::span<const Field> fields, const TrustedProxies& trusted, bool recursive,
                         Address& address) {
  Search search{trusted, recursive, address};
  for (std::size_t i = fields.size(); i > 0; --i) {
    const Field& field = fields[i - 1];
    if (field.id == HeaderId::x_forwarded_for && !search.goes_on(field.value)) break;
  }
  return search.found;
}

}  // namespace gh::http
