#include "run/resolvers.h"

#include <fmt/format.h>

namespace gh::run {

net::Resolver& Resolvers::of(const table::ResolverSettings* settings, std::int64_t timeout_ms, bool files) {
  net::ResolverOptions options;
  options.timeout_ms = timeout_ms;
  options.hosts_file = files;
  std::string key = fmt::format("{} {}", timeout_ms, files);
  if (settings) {
    options.servers = settings->servers;
    options.valid_ms = settings->valid_ms;
    options.ipv4 = settings->ipv4;
    options.ipv6 = settings->ipv6;
    key += fmt::format(" {} {} {}", settings->valid_ms, settings->ipv4, settings->ipv6);
    for (const Address& server : settings->servers) key += ' ' + server.text();
  }
  auto& slot = all_[key];
  if (!slot) slot = std::make_unique<net::Resolver>(loop_, options);
  return *slot;
}

}  // namespace gh::run
