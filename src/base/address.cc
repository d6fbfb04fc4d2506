#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <fmt/format.h>

#include "base/text.h"

namespace gh {

namespace {

constexpr std::size_t max_ip_text = INET6_ADDRSTRLEN;

const sockaddr_in& v4(const sockaddr_storage& s) { return reinterpret_cast<const sockaddr_in&>(s); }
const sockaddr_in6& v6(const sockaddr_storage& s) { return reinterpret_cast<const sockaddr_in6&>(s); }

/// inet_pton wants a terminated string; false as well when `text` is longer than any address.
bool parse_bytes(int family, std::string_view text, void* to) {
  char buffer[max_ip_text];
  if (text.empty() || text.size() >= sizeof buffer || text.find('\0') != std::string_view::npos) return false;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  return inet_pton(family, buffer, to) == 1;
}

std::string print_bytes(int family, const void* bytes) {
  char buffer[max_ip_text];
  return inet_ntop(family, bytes, buffer, sizeof buffer) ? buffer : "";
}

/// Clears what lies outside the first `bits`; true when something was set there.
bool clear_host_bits(std::uint8_t* bytes, unsigned width, unsigned bits) {
  bool changed = false;
  for (unsigned i = 0; i < width; ++i) {
    const unsigned kept = bits > i * 8 ? std::min(bits - i * 8, 8u) : 0;
    const auto mask = static_cast<std::uint8_t>(0xff00u >> kept);
    changed |= (bytes[i] & ~mask & 0xff) != 0;
    bytes[i] &= mask;
  }
  return changed;
}

}  // namespace

Address::Address() { std::memset(&storage_, 0, sizeof storage_); }

Address Address::from_sockaddr(const sockaddr* sa, socklen_t size) {
  Address address;
  if (!sa || size < sizeof(sa_family_t) || size > sizeof address.storage_) return address;
  std::memcpy(&address.storage_, sa, size);
  address.size_ = size;
  return address;
}

Result<Address> Address::parse_ip(std::string_view ip, std::uint16_t port) {
  sockaddr_in in{};
  if (parse_bytes(AF_INET, ip, &in.sin_addr)) {
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    return from_sockaddr(reinterpret_cast<const sockaddr*>(&in), sizeof in);
  }
  std::string_view inner = ip;
  if (inner.size() >= 2 && inner.front() == '[' && inner.back() == ']') inner = inner.substr(1, inner.size() - 2);
  sockaddr_in6 in6{};
  if (!parse_bytes(AF_INET6, inner, &in6.sin6_addr)) return fail(fmt::format("invalid address `{}`", printable(ip)));
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(port);
  return from_sockaddr(reinterpret_cast<const sockaddr*>(&in6), sizeof in6);
}

Result<Address> Address::parse(std::string_view text, std::uint16_t port) {
  if (auto plain = parse_ip(text, port)) return plain;
  const std::size_t colon = text.ends_with("]") ? text.size() : text.rfind(':');
  if (colon == std::string_view::npos) return parse_ip(text, port);
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos) return parse_ip(text, port);
  if (colon == text.size()) return parse_ip(host, port);
  const auto number = parse_uint(text.substr(colon + 1));
  if (!number || *number > 65535) return fail("`" + std::string(text) + "` has no valid port");
  return parse_ip(host, static_cast<std::uint16_t>(*number));
}

Result<Address> Address::unix_path(std::string_view path) {
  sockaddr_un un{};
  if (path.empty()) return fail("no path in the unix domain socket");
  if (path.size() >= sizeof un.sun_path) {
    return fail(fmt::format("too long path in the unix domain socket `{}`: {} bytes, at most {}", printable(path),
                            path.size(), sizeof un.sun_path - 1));
  }
  if (path.find('\0') != std::string_view::npos) return fail("zero byte in the path of a unix domain socket");
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path, path.data(), path.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return from_sockaddr(reinterpret_cast<const sockaddr*>(&un), size);
}

std::uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(v4(storage_).sin_port);
  if (family() == AF_INET6) return ntohs(v6(storage_).sin6_port);
  return 0;
}

void Address::set_port(std::uint16_t port) {
  if (family() == AF_INET) reinterpret_cast<sockaddr_in&>(storage_).sin_port = htons(port);
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6&>(storage_).sin6_port = htons(port);
}

bool Address::is_wildcard() const {
  if (family() != AF_INET && family() != AF_INET6) return false;
  const std::string_view bytes = binary();
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

std::string_view Address::binary() const {
  if (family() == AF_INET) return {reinterpret_cast<const char*>(&v4(storage_).sin_addr), 4};
  if (family() == AF_INET6) return {reinterpret_cast<const char*>(&v6(storage_).sin6_addr), 16};
  constexpr auto path_offset = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path));
  if (family() != AF_UNIX || size_ <= path_offset) return {};  // an unnamed unix socket has no path
  const char* path = reinterpret_cast<const sockaddr_un&>(storage_).sun_path;
  return {path, strnlen(path, size_ - path_offset)};
}

std::string Address::ip_text() const {
  if (family() == AF_INET) return print_bytes(AF_INET, &v4(storage_).sin_addr);
  if (family() == AF_INET6) return print_bytes(AF_INET6, &v6(storage_).sin6_addr);
  return is_unix() ? "unix:" : "";
}

std::string Address::text() const {
  if (family() == AF_INET) return fmt::format("{}:{}", ip_text(), port());
  if (family() == AF_INET6) return fmt::format("[{}]:{}", ip_text(), port());
  return is_unix() ? fmt::format("unix:{}", binary()) : "";
}

bool Address::operator==(const Address& other) const {
  if (family() != other.family() || port() != other.port() || binary() != other.binary()) return false;
  return family() != AF_INET6 || v6(storage_).sin6_scope_id == v6(other.storage_).sin6_scope_id;
}

Result<Cidr> Cidr::parse(std::string_view text) {
  Cidr cidr;
  const std::size_t slash = text.find('/');
  const std::string_view ip = text.substr(0, slash);
  cidr.v6_ = ip.find(':') != std::string_view::npos;
  const int family = cidr.v6_ ? AF_INET6 : AF_INET;
  const unsigned width = cidr.v6_ ? 128 : 32;
  if (!parse_bytes(family, ip, cidr.bytes_)) return fail(fmt::format("invalid address `{}`", printable(text)));
  std::uint64_t bits = width;
  if (slash != std::string_view::npos) {
    const auto parsed = parse_uint(text.substr(slash + 1));
    if (!parsed || *parsed > width) {
      return fail(fmt::format("invalid prefix length in `{}`: a number up to {} is wanted", printable(text), width));
    }
    bits = *parsed;
  }
  cidr.bits_ = static_cast<std::uint8_t>(bits);
  if (clear_host_bits(cidr.bytes_, width / 8, cidr.bits_)) {
    return fail(fmt::format("low address bits of `{}` are meaningless: `{}/{}` is meant", printable(text),
                            print_bytes(family, cidr.bytes_), bits));
  }
  return cidr;
}

bool Cidr::contains(const Address& address) const {
  static constexpr char mapped_prefix[] = "\0\0\0\0\0\0\0\0\0\0\xff\xff";  // RFC 4291 2.5.5.2
  if (address.is_unix()) return false;
  std::string_view bytes = address.binary();
  if (!v6_ && bytes.size() == 16 && bytes.substr(0, 12) == std::string_view(mapped_prefix, 12)) bytes.remove_prefix(12);
  if (bytes.size() != (v6_ ? 16u : 4u)) return false;
  const std::size_t whole = bits_ / 8;
  if (std::memcmp(bytes.data(), bytes_, whole) != 0) return false;
  const unsigned rest = bits_ % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff00u >> rest);
  return (static_cast<std::uint8_t>(bytes[whole]) & mask) == bytes_[whole];
}

}  // namespace gh
