// Where keys lie in a cluster of Redis servers: their slots, the answers MOVED and ASK that send a command on, and who
// has which slots. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "redis/reply.h"
#include "redis/url.h"

namespace gh::redis {

inline constexpr std::size_t slot_count = 16384;

/// CRC-16 (XMODEM) of the key or, if it has one that is not empty, of what stands between its first braces.
std::uint16_t key_slot(std::string_view key);

struct Redirect {
  bool asks = false;  // this command alone, behind ASKING; else the slot has moved
  std::uint16_t slot = 0;
  StoreNode to;
};
/// "MOVED 3999 127.0.0.1:6381", "ASK ..."; an empty host is that of `from`. Nothing: another error, or a broken one.
std::optional<Redirect> read_redirect(std::string_view error, const StoreNode& from);

struct SlotRange {
  std::uint16_t first = 0, last = 0;
  StoreNode node;  // its master
};
/// To CLUSTER SLOTS. Nothing: no reply to that.
std::optional<std::vector<SlotRange>> read_slots(const Reply& reply, const StoreNode& from);

}  // namespace gh::redis
