// limit_req over a store: the leaky buckets of RateZone, all of a request decided at once by the server's clock. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "redis/command.h"
#include "redis/reply.h"
#include "state/rate_zone.h"

namespace gh::state {

/// A zone as the script is told of it. Made at build.
struct StoredRate {
  std::string prefix, suffix;  // of its keys; "}:api:r": the rate may change, its kind may not
  std::string words[2];        // thousandths of a request, in so many milliseconds
};
StoredRate make_stored_rate(std::string_view prefix, std::string_view zone, const Rate& rate);

const redis::Script& rate_script();

struct StoredRateAsk {
  const StoredRate* rate = nullptr;
  RateAsk ask;
};

/// Number of keys, keys, arguments.
std::span<const std::string_view> rate_words(std::span<const StoredRateAsk> asks, Arena& arena);
/// False: no reply of the script to so many asks.
bool read_rate_reply(const redis::Reply& reply, std::span<const StoredRateAsk> asks, RateDecision& decision);

}  // namespace gh::state
