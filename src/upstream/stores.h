// Stores: one worker's clients of the stores that its tables name. A client lasts as long as some table has a plan for
// the same connection. Loop thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "net/loop.h"

namespace gh::table {
struct StorePlan;
}

namespace gh::upstream {

class StoreClient;

class Stores final : private net::Timer {
 public:
  explicit Stores(net::Loop& loop);
  ~Stores();
  Stores(const Stores&) = delete;
  Stores& operator=(const Stores&) = delete;

  /// Made at first use. Valid until the end of this turn.
  StoreClient& client(const std::shared_ptr<const table::StorePlan>& plan);

 private:
  static constexpr std::int64_t tick_ms = 5000;
  void fire() override;  // lets go of those that no table needs

  net::Loop& loop_;
  std::unordered_map<std::string, std::unique_ptr<StoreClient>> clients_;  // by identity
};

}  // namespace gh::upstream
