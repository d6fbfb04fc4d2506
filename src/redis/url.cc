#include "redis/url.h"

#include <algorithm>
#include <optional>

#include "base/address.h"
#include "base/text.h"

namespace gh::redis {

namespace {

constexpr std::size_t most_nodes = 64;
constexpr std::int64_t most_database = 1'000'000;

bool is_host_byte(char c) { return is_alpha(c) || is_digit(c) || c == '.' || c == '-' || c == '_'; }

std::optional<std::int64_t> database_of(std::string_view text) {
  const auto number = parse_uint(text);
  if (!number || *number > static_cast<std::uint64_t>(most_database)) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

/// "host", "host:port", "[v6]", "[v6]:port".
std::optional<StoreNode> node_of(std::string_view text) {
  StoreNode node;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    node.host = text.substr(1, end - 1);
    if (node.host.find(':') == std::string::npos || !Address::parse_ip(node.host, 1)) return std::nullopt;
    port = text.substr(end + 1);
    if (!port.empty() && port.front() != ':') return std::nullopt;
  } else {
    const std::size_t colon = text.find(':');
    node.host = text.substr(0, colon);
    if (node.host.empty() || !std::all_of(node.host.begin(), node.host.end(), is_host_byte)) return std::nullopt;
    port = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (port.empty()) return node;
  const auto number = parse_uint(port.substr(1));
  if (!number || *number == 0 || *number > 65535) return std::nullopt;
  node.port = static_cast<std::uint16_t>(*number);
  return node;
}

Result<StoreUrl> unix_url(StoreUrl url, std::string_view rest) {
  const std::size_t question = rest.find('?');
  const std::string_view path = rest.substr(0, question);
  if (!path.starts_with('/') || path.size() < 2) return fail("the path of the socket is missing");
  if (!Address::unix_path(path)) return fail("the path of the socket is too long");
  if (question != std::string_view::npos) {
    const std::string_view query = rest.substr(question + 1);
    const auto number = query.starts_with("db=") ? database_of(query.substr(3)) : std::nullopt;
    if (!number) return fail("only the number of a database may follow: ?db=1");
    url.database = *number;
  }
  url.nodes.push_back({std::string(path), 0});
  return url;
}

Result<void> read_nodes(StoreUrl& url, std::string_view authority) {
  for (const std::string_view text : split(authority, ',')) {
    const auto node = node_of(text);
    if (!node) return fail("`" + printable(text, 60) + "` is no host with a port");
    url.nodes.push_back(*node);
  }
  if (url.nodes.size() > most_nodes) return fail("it names too many hosts");
  if (!url.cluster && url.nodes.size() > 1) return fail("several hosts are those of a cluster: redis+cluster://");
  return {};
}

}  // namespace

Result<StoreUrl> StoreUrl::parse(std::string_view text) {
  StoreUrl url;
  const std::size_t colon = text.find("://");
  const std::string scheme = to_lower(text.substr(0, colon));
  if (colon == std::string_view::npos) return fail("it does not begin with redis://");
  std::string_view rest = text.substr(colon + 3);
  url.unix_socket = scheme == "redis+unix";
  url.tls = scheme == "rediss" || scheme == "rediss+cluster";
  url.cluster = scheme == "redis+cluster" || scheme == "rediss+cluster";
  if (!url.unix_socket && !url.tls && !url.cluster && scheme != "redis") {
    return fail("it is none of redis://, rediss://, redis+unix:// and redis+cluster://");
  }
  if (const std::size_t at = rest.rfind('@', rest.find('/')); !url.unix_socket && at != std::string_view::npos) {
    if (rest.substr(0, at).find(':') != std::string_view::npos) return fail("a password stands in it");
    url.username = rest.substr(0, at);
    rest.remove_prefix(at + 1);
  }
  if (url.unix_socket) return unix_url(std::move(url), rest);
  const std::size_t slash = rest.find('/');
  if (Result<void> read = read_nodes(url, rest.substr(0, slash)); !read) return fail(read.error().text);
  const std::string_view database = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  if (database.empty()) return url;
  const auto number = database_of(database);
  if (!number) return fail("what follows the host is not the number of a database");
  if (url.cluster && *number != 0) return fail("a cluster has only database 0");
  url.database = *number;
  return url;
}

}  // namespace gh::redis
