#include "state/rate_script.h"

#include <fmt/format.h>

#include <limits>

#include "state/store_key.h"

namespace gh::state {

namespace {

constexpr std::size_t words_of_limit = 3;

// A state is the excess in thousandths of a request and the time of the last one in milliseconds. As in RateZone, the
// first request of a key has no excess.
constexpr std::string_view lua = R"lua(
if redis.replicate_commands then redis.replicate_commands() end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local found, refused = {}, 0
for i = 1, #KEYS do
  local a = (i - 1) * 3
  local rate, per, burst = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3])
  local text = redis.call('GET', KEYS[i])
  local excess, last = 0, now
  if text and #text == 16 then
    excess, last = struct.unpack('>dd', text)
    if last - now > 60000 then last = now end
    local leaked = math.floor(rate * math.max(now - last, 0) / per)
    last = math.max(now, last)
    excess = math.max(excess + 1000 - leaked, 0)
  end
  found[i] = {excess, last, math.ceil((excess + 1000) * per / math.max(rate, 1)) + 1}
  if excess > burst then refused = i break end
end
local out = {refused}
for i, state in ipairs(found) do
  out[i + 1] = state[1]
  if refused == 0 then
    redis.call('SET', KEYS[i], struct.pack('>dd', state[1], state[2]), 'PX', math.min(state[3], 31622400000))
  end
end
return out
)lua";

std::uint64_t delay_for(std::uint32_t excess, const RateLimit& limit) {
  if (excess <= limit.delay || limit.rate.thousandths == 0) return 0;
  return std::uint64_t{excess - limit.delay} * limit.rate.per_ms / limit.rate.thousandths;
}

}  // namespace

StoredRate make_stored_rate(std::string_view prefix, std::string_view zone, const Rate& rate) {
  return {std::string(prefix), fmt::format("}}:{}:r", zone),
          {fmt::to_string(rate.thousandths), fmt::to_string(rate.per_ms)}};
}

const redis::Script& rate_script() {
  static const redis::Script script(lua);
  return script;
}

std::span<const std::string_view> rate_words(std::span<const StoredRateAsk> asks, Arena& arena) {
  const std::size_t size = 1 + asks.size() * (1 + words_of_limit);
  auto* const words = arena.array<std::string_view>(size);
  std::string_view* end = words;
  *end++ = number_word(asks.size(), arena);
  for (const StoredRateAsk& each : asks) {
    *end++ = store_key(each.rate->prefix, each.ask.key, each.rate->suffix, arena);
  }
  for (const StoredRateAsk& each : asks) {
    *end++ = each.rate->words[0];
    *end++ = each.rate->words[1];
    *end++ = number_word(each.ask.limit->burst, arena);
  }
  return {words, size};
}

bool read_rate_reply(const redis::Reply& reply, std::span<const StoredRateAsk> asks, RateDecision& decision) {
  using Reply = redis::Reply;
  if (reply.kind != Reply::Kind::array || reply.items.empty()) return false;
  for (const Reply& item : reply.items) {
    if (item.kind != Reply::Kind::integer || item.integer < 0) return false;
    if (item.integer > std::numeric_limits<std::uint32_t>::max()) return false;
  }
  const auto refused = static_cast<std::size_t>(reply.items[0].integer);
  const std::size_t answered = refused != 0 ? refused : asks.size();
  if (answered > asks.size() || reply.items.size() != 1 + answered) return false;
  decision = {};
  if (refused != 0) {
    const auto excess = static_cast<std::uint32_t>(reply.items[refused].integer);
    decision = {RateZone::Verdict::reject, excess, 0, asks[refused - 1].ask.limit};
    return true;
  }
  for (std::size_t i = 0; i < asks.size(); ++i) {
    const auto excess = static_cast<std::uint32_t>(reply.items[i + 1].integer);
    const std::uint64_t delay_ms = delay_for(excess, *asks[i].ask.limit);
    if (delay_ms > decision.delay_ms) decision = {RateZone::Verdict::pass, excess, delay_ms, asks[i].ask.limit};
  }
  return true;
}

}  // namespace gh::state
