// Names of upstream servers: looked up before a table is published (with a bound on the wait), then again by TTL. A
// name that does not resolve is a peer that is not there, and a line in the log; never a failed start. Main loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/loop.h"
#include "net/resolver.h"
#include "run/resolvers.h"
#include "state/peers.h"
#include "table/plan.h"

namespace gh::run {

class UpstreamNames {
 public:
  explicit UpstreamNames(net::Loop& loop) : loop_(loop), resolvers_(loop) {}
  ~UpstreamNames();
  /// `ready` is called once, later, when each name of `table` has an answer or the wait is over.
  void follow(const table::Table& table, std::function<void()> ready);
  /// Told of each name without an answer, instead of the log. For checks.
  std::function<void(const table::Upstream& upstream, const std::string& name, const std::string& cause)> on_failure;

 private:
  struct Name;
  void add(const table::Table& table, const std::shared_ptr<const table::Upstream>& upstream,
           const state::ServerConfig& server);
  void ask(const std::shared_ptr<Name>& name);
  void answered(Name& name, const std::vector<state::FoundAddress>& found, std::int64_t ttl_ms);
  void failed(Name& name, const Error& error);
  void ask_again(Name& name, std::int64_t after_ms);
  void one_less();
  void wait_is_over();
  void say_failure(const Name& name, const std::string& cause) const;

  class Wait final : public net::Timer {
   public:
    std::function<void()> over;
    void fire() override {
      if (over) over();
    }
  };
  net::Loop& loop_;
  Resolvers resolvers_;
  std::vector<std::shared_ptr<Name>> names_;
  std::function<void()> ready_;
  Wait wait_;
  std::size_t unanswered_ = 0;
};

}  // namespace gh::run
