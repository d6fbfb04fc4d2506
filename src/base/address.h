// Address: one socket address (IPv4, IPv6 or unix), a value. Cidr: a network. Text forms as in nginx.conf.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gh {

class Address {
 public:
  Address();  // unspecified family
  static Address from_sockaddr(const sockaddr* sa, socklen_t size);
  /// "1.2.3.4", "[::1]" or "::1" with a port; no names, no look-up.
  static Result<Address> parse_ip(std::string_view ip, std::uint16_t port);
  /// "1.2.3.4", "1.2.3.4:80", "::1", "[::1]", "[::1]:80"; `port` where the text has none. Port 0 may be said.
  static Result<Address> parse(std::string_view text, std::uint16_t port);
  /// Path without the "unix:" prefix; error when longer than sun_path.
  static Result<Address> unix_path(std::string_view path);

  [[nodiscard]] int family() const { return storage_.ss_family; }
  [[nodiscard]] bool is_unix() const { return family() == AF_UNIX; }
  [[nodiscard]] bool is_set() const { return family() != AF_UNSPEC; }
  [[nodiscard]] std::uint16_t port() const;
  void set_port(std::uint16_t port);
  [[nodiscard]] bool is_wildcard() const;  // 0.0.0.0 or ::
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t size() const { return size_; }
  /// Address bytes in network order: 4 for IPv4, 16 for IPv6, the path for unix ($binary_remote_addr).
  [[nodiscard]] std::string_view binary() const;
  [[nodiscard]] std::string ip_text() const;  // "1.2.3.4", "::1", "unix:" for unix sockets
  [[nodiscard]] std::string text() const;     // "1.2.3.4:80", "[::1]:80", "unix:/path"
  bool operator==(const Address& other) const;

 private:
  sockaddr_storage storage_;
  socklen_t size_ = 0;
};

class Cidr {
 public:
  /// "10.0.0.0/8", "1.2.3.4", "2001:db8::/32". Bits set outside the mask are an error with the cleaned text in it.
  static Result<Cidr> parse(std::string_view text);
  [[nodiscard]] bool contains(const Address& address) const;  // an IPv4-mapped IPv6 address matches IPv4 networks

 private:
  std::uint8_t bytes_[16] = {};
  std::uint8_t bits_ = 0;
  bool v6_ = false;
};

}  // namespace gh
