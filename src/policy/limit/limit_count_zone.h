// The zones of limit_count: key, rate, window and memory.
#pragma once

#include <memory>
#include <string>

#include "state/count_zone.h"
#include "table/build.h"

namespace gh::policy {

/// Before a zone's name in Builder::zones and the registry.
constexpr std::string_view limit_count_zone = "limit_count/";

struct LimitCountZone {
  std::string name;
  std::shared_ptr<state::CountZone> memory;
  table::Template key;
  state::CountAmount amount;
  std::int64_t window_seconds = 0;  // as clients are told: a month has 30 days there
};

}  // namespace gh::policy
