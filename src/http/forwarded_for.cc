#include "http/forwarded_for.h"

#include <algorithm>

#include "base/text.h"

namespace gh::http {

namespace {

Address parse_ip(std::string_view text, std::uint16_t port) {
  if (text.starts_with('[')) return {};
  auto address = Address::parse_ip(text, port);
  return address ? *address : Address();
}

bool contains(std::span<const Cidr> networks, const Address& address) {
  return std::any_of(networks.begin(), networks.end(), [&](const Cidr& cidr) { return cidr.contains(address); });
}

/// Takes the last element off `list`; elements are separated by commas and blanks. Empty when there is none.
std::string_view take_last(std::string_view& list) {
  constexpr std::string_view separators = " ,";
  list = list.substr(0, list.find_last_not_of(separators) + 1);
  const std::size_t begin = list.find_last_of(separators) + 1;
  const std::string_view element = list.substr(begin);
  list = list.substr(0, begin);
  return element;
}

}  // namespace

Address parse_address_and_port(std::string_view text) {
  if (Address address = parse_ip(text, 0); address.is_set()) return address;
  std::size_t colon = text.find(':');
  std::string_view ip = text.substr(0, colon);
  if (text.starts_with('[')) {
    const std::size_t close = text.find("]:");
    if (close == std::string_view::npos) return {};
    ip = text.substr(1, close - 1);
    colon = close + 1;
  }
  if (colon == std::string_view::npos) return {};
  const auto port = parse_uint(text.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) return {};
  return parse_ip(ip, static_cast<std::uint16_t>(*port));
}

Address forwarded_address(Address address, std::span<const Field> fields, std::span<const Cidr> trusted,
                          bool recursive) {
  for (std::size_t i = fields.size(); i > 0; --i) {
    if (fields[i - 1].id != HeaderId::x_forwarded_for) continue;
    std::string_view list = fields[i - 1].value;
    do {
      if (!contains(trusted, address)) return address;
      const Address found = parse_address_and_port(take_last(list));
      if (!found.is_set()) return address;
      address = found;
      if (!recursive) return address;
    } while (list.find_first_not_of(" ,") != std::string_view::npos);
  }
  return address;
}

}  // namespace gh::http
