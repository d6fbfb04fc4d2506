#include "state/conn_script.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "base/arena.h"
#include "state/store_key.h"

namespace gh::state {

namespace {

// A clock that was set back leaves ends that are too far away: those do not count either, and who lives says so again.
constexpr std::string_view lua = R"lua(
if redis.replicate_commands then redis.replicate_commands() end
local order, member = ARGV[1], ARGV[2]
if order == 'give' then
  for i = 1, #KEYS do redis.call('ZREM', KEYS[i], member) end
  return 0
end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if order == 'take' then
  for i = 1, #KEYS do
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
    redis.call('ZREMRANGEBYSCORE', KEYS[i], now + 3660000, '+inf')
    if redis.call('ZCARD', KEYS[i]) >= tonumber(ARGV[1 + 2 * i]) then return i end
  end
end
for i = 1, #KEYS do
  local lease = tonumber(ARGV[2 + 2 * i])
  redis.call('ZADD', KEYS[i], now + lease, member)
  if redis.call('PTTL', KEYS[i]) < lease then redis.call('PEXPIRE', KEYS[i], lease) end
end
return 0
)lua";

std::string_view word_of(ConnOrder order) {
  switch (order) {
    case ConnOrder::take: return "take";
    case ConnOrder::keep: return "keep";
    default: return "give";
  }
}

}  // namespace

StoredConn make_stored_conn(std::string_view prefix, std::string_view zone, std::int64_t lease_ms) {
  return {std::string(prefix), fmt::format("}}:{}:c", zone), lease_ms};
}

const redis::Script& conn_script() {
  static const redis::Script script(lua);
  return script;
}

ConnWords::ConnWords(const std::vector<StoredConnAsk>& asks, std::string member)
    : count_(asks.size()), lease_ms_(asks.front().zone->lease_ms) {
  Arena arena;
  texts_.push_back(fmt::to_string(count_));
  for (const StoredConnAsk& ask : asks) {
    texts_.emplace_back(store_key(ask.zone->prefix, ask.key, ask.zone->suffix, arena));
  }
  texts_.emplace_back();
  texts_.push_back(std::move(member));
  for (const StoredConnAsk& ask : asks) {
    texts_.push_back(fmt::to_string(ask.most));
    texts_.push_back(fmt::to_string(ask.zone->lease_ms));
    lease_ms_ = std::min(lease_ms_, ask.zone->lease_ms);
  }
  words_.assign(texts_.begin(), texts_.end());
}

std::span<const std::string_view> ConnWords::words(ConnOrder order) {
  words_[1 + count_] = word_of(order);
  return words_;
}

bool read_conn_reply(const redis::Reply& reply, std::size_t count, std::size_t& refused) {
  if (reply.kind != redis::Reply::Kind::integer || reply.integer < 0) return false;
  if (static_cast<std::uint64_t>(reply.integer) > count) return false;
  refused = reply.integer == 0 ? count : static_cast<std::size_t>(reply.integer - 1);
  return true;
}

std::string conn_member() {
  static const std::string process = [] {
    std::uint64_t random[2];
    if (::getrandom(random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) std::abort();  // never shared
    return fmt::format("{:016x}{:016x}", random[0], random[1]);
  }();
  static std::atomic<std::uint64_t> count{0};
  return fmt::format("{}:{}", process, count.fetch_add(1, std::memory_order_relaxed));
}

}  // namespace gh::state
