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

Result<HttpUrl> HttpUrl::parse(std::string_view text) {
  std::string_view authority, rest, name;
  int port = -1;
  if (to_lower(text.substr(0, 6)) == "https:") return fail("only http:// is spoken here");
  if (!split_absolute(text, authority, rest)) return fail("it does not begin with http://");
  if (!split_authority(authority, name, port)) return fail("it names no host");
  if (!is_visible(rest)) return fail("a blank, `#` or a byte beyond ASCII stands in its path");
  HttpUrl url;
  url.host = name.starts_with('[') ? name.substr(1, name.size() - 2) : name;
  if (port > 0) url.port = static_cast<std::uint16_t>(port);
  url.authority = url.port == 80 ? std::string(name) : fmt::format("{}:{}", name, url.port);
  url.target = rest.starts_with('/') ? std::string(rest) : '/' + std::string(rest);
  return url;
}

}  // namespace gh::http
