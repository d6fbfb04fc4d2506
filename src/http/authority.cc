#include "http/authority.h"

#include <arpa/inet.h>

#include <cstring>

#include "base/text.h"
#include "http/char_class.h"

namespace gh::http {

namespace {

/// ":80", ":" or nothing (RFC 3986 3.2.3: a port may be empty). 0 is no port to speak to.
bool parse_port(std::string_view text, int& port) {
  port = -1;
  if (text.empty()) return true;
  if (text[0] != ':' || text.size() > 6) return false;
  int value = 0;
  for (const char c : text.substr(1)) {
    if (!is_digit(c)) return false;
    value = value * 10 + (c - '0');
  }
  if (text.size() == 1) return true;
  port = value;
  return value >= 1 && value <= 65535;
}

bool is_ipv6(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof buffer || text.find('\0') != std::string_view::npos) return false;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  in6_addr address;
  return inet_pton(AF_INET6, buffer, &address) == 1;
}

}  // namespace

bool split_authority(std::string_view text, std::string_view& name, int& port) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6(text.substr(1, close - 1))) return false;
    name = text.substr(0, close + 1);
    return parse_port(text.substr(close + 1), port);
  }
  std::size_t size = 0;
  bool after_dot = false;
  // A comma joins two Host fields that a hop before us folded into one: never a name.
  for (; size < text.size() && text[size] != ',' && is_class(text[size], cls_host); ++size) {
    const bool dot = text[size] == '.';
    if (dot && after_dot) return false;  // as nginx: ".." could climb out of a folder named by $host
    after_dot = dot;
  }
  name = text.substr(0, size);
  if (name.empty() || name == ".") return false;
  return parse_port(text.substr(size), port);
}

bool split_absolute(std::string_view target, std::string_view& authority, std::string_view& rest) {
  std::size_t scheme = 0;
  if (target.size() >= 7 && iequals(target.substr(0, 7), "http://"))
    scheme = 7;
  else if (target.size() >= 8 && iequals(target.substr(0, 8), "https://"))
    scheme = 8;
  else
    return false;
  const std::size_t end = target.find_first_of("/?", scheme);
  authority = target.substr(scheme, end == std::string_view::npos ? end : end - scheme);
  rest = end == std::string_view::npos ? std::string_view{} : target.substr(end);
  return true;
}

}  // namespace gh::http
