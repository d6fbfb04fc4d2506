#include "http/http_url.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "http/authority.h"

namespace gh::http {

namespace {

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
}

}  // namespace

Result<HttpUrl> HttpUrl::parse(std::string_view text, Schemes schemes) {
  std::string_view authority, rest, name;
  int port = -1;
  const bool may_be_tls = schemes == Schemes::http_and_https;
  HttpUrl url;
  url.tls = to_lower(text.substr(0, 6)) == "https:";
  if (url.tls && !may_be_tls) return fail("only http:// is spoken here");
  if (!split_absolute(text, authority, rest)) {
    return fail(may_be_tls ? "it does not begin with https:// or http://" : "it does not begin with http://");
  }
  if (!split_authority(authority, name, port)) return fail("it names no host");
  if (!is_visible(rest)) return fail("a blank, `#` or a byte beyond ASCII stands in its path");
  const std::uint16_t usual = url.tls ? 443 : 80;
  url.port = port > 0 ? static_cast<std::uint16_t>(port) : usual;
  url.host = name.starts_with('[') ? name.substr(1, name.size() - 2) : name;
  url.authority = url.port == usual ? std::string(name) : fmt::format("{}:{}", name, url.port);
  url.target = rest.starts_with('/') ? std::string(rest) : '/' + std::string(rest);
  return url;
}

}  // namespace gh::http
