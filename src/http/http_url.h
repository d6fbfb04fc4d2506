// HttpUrl: an http:// or https:// URL that the gateway itself asks, taken apart. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gh::http {

struct HttpUrl {
  std::string host;       // a name or an address, without brackets
  std::uint16_t port = 80;
  std::string authority;  // as Host says it
  std::string target;     // path and query; never empty
  bool tls = false;       // https://

  enum class Schemes : std::uint8_t { http, http_and_https };
  /// Errors say what is wrong with `text`.
  static Result<HttpUrl> parse(std::string_view text, Schemes schemes = Schemes::http);
};

}  // namespace gh::http
