// limit_count over a store: the script that decides all limits of a request at once, by the server's clock, and what it
// is told and answers. The windows are those of CountWindow, so that a node that counts for itself counts alike. What a
// key has used lives under one key of the store and goes by itself when it means nothing any more. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "redis/command.h"
#include "redis/reply.h"
#include "state/count_zone.h"

namespace gh::state {

/// A limit as the script is told of it. Made at build.
struct StoredLimit {
  std::string prefix;   // of its keys
  std::string suffix;   // "}:general:s900": another kind or length of window is another key
  std::string words[5];  // kind, window, unit, count, most
  std::size_t cut = 0;   // bytes at the end of keys that only the zones of this node need
};
StoredLimit make_stored_limit(std::string_view prefix, std::string_view zone, const CountWindow& window,
                              const CountAmount& amount);
/// False: the server's arithmetic (53 bits) is too narrow for a bucket of this size.
bool is_storable(const CountWindow& window, const CountAmount& amount);

const redis::Script& count_script();

struct StoredAsk {
  const StoredLimit* limit = nullptr;
  std::string_view key;       // as the request has it; long ones, and those with braces, become a digest
  std::uint32_t cost = 1;
  std::uint64_t stamp = 0;    // to give back: of the answer
};

/// owe: it has passed already, whether there was room or not.
enum class StoredOrder : std::uint8_t { charge, give_back, owe };
/// Number of keys, keys, arguments: all in `arena`, but for constant ones and those of the limits.
std::span<const std::string_view> count_words(StoredOrder order, std::span<const StoredAsk> asks, Arena& arena);

/// False: no reply of the script to so many asks.
bool read_count_reply(const redis::Reply& reply, std::span<CountAnswer> answers, bool& passes);

}  // namespace gh::state
