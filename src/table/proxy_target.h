// The URL of proxy_pass, taken apart (LANGUAGE.md 9.1), and the address of proxy_bind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/result.h"

namespace gh::table {

struct ProxyUrl {
  bool tls = false;              // https://
  bool is_unix = false;          // host holds the path then
  std::string_view authority;    // "host:port" as written, or "unix:/path:"
  std::string_view host;         // without port; "[::1]" keeps its brackets
  std::uint16_t port = 0;        // 0: none written
  std::string_view uri;          // from the first "/" or "?" on; may be empty
  bool has_uri = false;

  [[nodiscard]] std::uint16_t default_port() const { return tls ? 443 : 80; }
};

/// `text` outlives the result. Errors: no scheme, no host, bad port; the text says what to write.
Result<ProxyUrl> parse_proxy_url(std::string_view text);

/// An address of grpc_pass as such a URL: "grpc://a" and "a" are "http://a", "grpcs://a" is "https://a".
std::string url_of_grpc(std::string_view address);

/// Part of a URL with variables that can be understood at build: true when scheme and host come before the first `$`.
bool has_constant_host(std::string_view text);

}  // namespace gh::table
