// Resolvers: one for each way in which names are looked up (`resolver`, its timeout), made when it is first asked for.
// Main loop.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "net/resolver.h"
#include "table/plan.h"

namespace gh::run {

class Resolvers {
 public:
  explicit Resolvers(net::Loop& loop) : loop_(loop) {}
  /// Null `settings`: the system's servers. `files`: names of /etc/hosts count, too.
  net::Resolver& of(const table::ResolverSettings* settings, std::int64_t timeout_ms, bool files);
  /// Who still waits for an answer gets none.
  void clear() { all_.clear(); }

 private:
  net::Loop& loop_;
  std::map<std::string, std::unique_ptr<net::Resolver>> all_;  // by their settings
};

}  // namespace gh::run
