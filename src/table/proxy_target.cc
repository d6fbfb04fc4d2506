#include "table/proxy_target.h"

#include "base/text.h"

namespace gh::table {
namespace {

constexpr std::string_view http_scheme = "http://", https_scheme = "https://";

bool starts_without_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

std::size_t scheme_size(std::string_view text) {
  if (starts_without_case(text, http_scheme)) return http_scheme.size();
  if (starts_without_case(text, https_scheme)) return https_scheme.size();
  return 0;
}

/// "unix:/path" up to the ":" that may stand before a URI.
Result<ProxyUrl> parse_unix(std::string_view rest, ProxyUrl url) {
  url.is_unix = true;
  const std::size_t colon = rest.find(':', 5);
  url.host = rest.substr(5, colon == std::string_view::npos ? colon : colon - 5);
  url.authority = rest.substr(0, colon);
  if (url.host.empty() || url.host[0] != '/')
    return fail("the socket of `unix:` is an absolute path: http://unix:/run/app.sock:/uri");
  if (colon != std::string_view::npos) url.uri = rest.substr(colon + 1);
  url.has_uri = !url.uri.empty();
  return url;
}

Result<std::uint16_t> parse_port(std::string_view text) {
  const auto number = parse_uint(text);
  if (!number || *number == 0 || *number > 65535)
    return fail("`" + std::string(text) + "` is not a port from 1 to 65535");
  return static_cast<std::uint16_t>(*number);
}

}  // namespace

Result<ProxyUrl> parse_proxy_url(std::string_view text) {
  const std::size_t scheme = scheme_size(text);
  if (scheme == 0) return fail("`" + printable(text) + "` has no scheme: write http:// before the host");
  ProxyUrl url;
  url.tls = scheme == https_scheme.size();
  std::string_view rest = text.substr(scheme);
  if (rest.starts_with("unix:")) return parse_unix(rest, url);
  const std::size_t end = rest.find_first_of("/?#");
  url.authority = rest.substr(0, end);
  if (end != std::string_view::npos) url.uri = rest.substr(end);
  url.has_uri = !url.uri.empty();
  std::string_view host = url.authority;
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && !host.ends_with("]")) {
    auto port = parse_port(host.substr(colon + 1));
    if (!port) return Unexpected<Error>(port.error());
    url.port = *port;
    host = host.substr(0, colon);
  }
  if (host.empty()) return fail("no host in `" + printable(text) + "`");
  if (host.find_first_of("@ ") != std::string_view::npos) return fail("`" + printable(host) + "` is not a host");
  url.host = host;
  return url;
}

std::string url_of_grpc(std::string_view address) {
  constexpr std::string_view plain = "grpc://", tls = "grpcs://";
  if (starts_without_case(address, tls)) return std::string(https_scheme).append(address.substr(tls.size()));
  if (starts_without_case(address, plain)) address.remove_prefix(plain.size());
  return std::string(http_scheme).append(address);
}

bool has_constant_host(std::string_view text) {
  const std::size_t scheme = scheme_size(text);
  if (scheme == 0 || text.substr(scheme).starts_with("unix:")) return false;
  const std::size_t dollar = text.find('$');
  const std::size_t end = text.find_first_of("/?#", scheme);
  if (end != std::string_view::npos) return dollar == std::string_view::npos || end < dollar;
  // "http://backend$request_uri": the variable begins the URI only when it surely starts with "/".
  const std::string_view tail = text.substr(dollar == std::string_view::npos ? text.size() : dollar);
  return tail.empty() || tail.starts_with("$request_uri") || tail.starts_with("$uri") ||
         tail.starts_with("$document_uri") || tail.starts_with("${request_uri}") || tail.starts_with("${uri}");
}

}  // namespace gh::table
