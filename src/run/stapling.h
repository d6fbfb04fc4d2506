// Stapling: asks the responders of the served table's certificates for their status (ssl_stapling), at once and then
// again before each response ends, and puts what they say where handshakes find it (state/ocsp_staples.h). Nobody waits
// for it: until there is a response, none is stapled. Main thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "net/loop.h"
#include "run/resolvers.h"
#include "table/tls_plan.h"
#include "upstream/fetch.h"

namespace gh::run {

class Stapling {
 public:
  static constexpr std::size_t most_at_once = 8;  // requests to responders
  static constexpr std::int64_t timeout_ms = 10000;

  explicit Stapling(net::Loop& loop);
  ~Stapling();
  /// From now on the certificates of `table`, as they are by now. What was asked and failed is asked again at once.
  void follow(const table::Table& table);

 private:
  struct Job;
  void add(const std::shared_ptr<const table::TlsPlan>& plan, const table::ResolverSettings* settings);
  void due(Job& job);
  void ask(Job& job);
  void answered(Job& job, const Result<upstream::FetchAnswer>& answer);

  net::Loop& loop_;
  Resolvers resolvers_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::deque<Job*> waiting_;  // due, and too many are asked now
  std::size_t asking_ = 0;
};

}  // namespace gh::run
