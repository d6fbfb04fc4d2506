#include "state/count_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "state/store_key.h"

namespace gh::state {

namespace {

using Kind = CountWindow::Kind;

constexpr std::size_t words_of_limit = 7, numbers_of_answer = 4;
constexpr std::string_view kind_letters[] = {"s", "f", "b", "d", "m"};  // as CountWindow::Kind

// Times are whole microseconds, below 2^53, so that Lua's numbers are exact. States:
//   s  time of the last charge, 16 sub-windows (the window is 15 of them)
//   f, d, m  when the window ends, what is used
//   b  level (requests times the window, in units), time in units
constexpr std::string_view lua = R"lua(
if redis.replicate_commands then redis.replicate_commands() end
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
local day = 86400000000
local ring = '>d' .. string.rep('I4', 16)

local function month_end()
  local z = floor(now / day) + 719468
  local era = floor(z / 146097)
  local doe = z - era * 146097
  local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
  local mp = floor((5 * (doe - 365 * yoe - floor(yoe / 4) + floor(yoe / 100)) + 2) / 153)
  local y = yoe + era * 400
  mp = mp + 1
  if mp == 12 then mp, y = 0, y + 1 end
  era = floor(y / 400)
  yoe = y - era * 400
  return (era * 146097 + yoe * 365 + floor(yoe / 4) - floor(yoe / 100) + floor((153 * mp + 2) / 5) - 719468) * day
end

local function unpacked(format, text)
  if text and #text == struct.size(format) then return {struct.unpack(format, text)} end
end

local function read(l)
  local text = redis.call('GET', l.key)
  l.used = 0
  if l.kind == 's' then
    l.sub = ceil(l.window / 15)
    local s = unpacked(ring, text)
    if not s or now - s[1] > l.window or s[1] - now > 60000000 then s = {now, 0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0} end
    l.now = max(now, s[1])
    l.current = floor(l.now / l.sub)
    for n = max(floor(s[1] / l.sub) + 1, l.current - 15), l.current do s[2 + n % 16] = 0 end
    for i = 2, 17 do l.used = l.used + s[i] end
    l.state = s
  elseif l.kind == 'b' then
    local s = unpacked('>dd', text) or {0, 0}
    local time = floor(now / l.unit)
    local leaked = max(time - s[2], 0) * l.count
    if leaked >= s[1] then s[1] = 0 else s[1] = s[1] - leaked end
    s[2] = max(time, s[2])
    if s[2] - time > 60000000 / l.unit then s = {0, time} end
    l.used = ceil(s[1] / l.window)
    l.state = s
  else
    local most = l.window
    if l.kind == 'd' then most = day elseif l.kind == 'm' then most = 31 * day end
    local s = unpacked('>dd', text)
    if not s or now >= s[1] or s[1] - now > most + 60000000 then s = {0, 0} end
    l.used = s[2]
    l.state = s
  end
end

local function write(l, ttl)
  local format = '>dd'
  if l.kind == 's' then format = ring end
  redis.call('SET', l.key, struct.pack(format, unpack(l.state)), 'PX', max(ceil(ttl / 1000), 0) + 1)
end

local function charge(l)
  local s = l.state
  if l.kind == 's' then
    s[1] = l.now
    local at = 2 + l.current % 16
    s[at] = s[at] + l.cost
    write(l, l.window + l.sub)
  elseif l.kind == 'b' then
    s[1] = s[1] + l.cost * l.window
    write(l, ceil(s[1] / l.count) * l.unit)
  else
    if s[2] == 0 then
      s[1] = now + l.window
      if l.kind == 'd' then s[1] = (floor(now / day) + 1) * day elseif l.kind == 'm' then s[1] = month_end() end
    end
    s[2] = s[2] + l.cost
    write(l, s[1] - now)
  end
  l.used = l.used + l.cost
end

local function stamp(l)
  if l.kind == 's' then return l.current elseif l.kind == 'b' then return 0 end
  return l.state[1]
end

local function wait(l, need)
  local s, us = l.state, 0
  if l.kind == 's' then
    local left = l.used
    for n = l.current - 15, l.current do
      left = left - s[2 + n % 16]
      if left + need <= l.most then
        us = min((n + 16) * l.sub, s[1] + l.window + 1) - now
        break
      end
    end
  elseif l.kind == 'b' then
    us = ceil(max(s[1] - (l.most - need) * l.window, 0) / l.count) * l.unit
  else
    us = s[1] - now
  end
  return ceil(max(us, 1) / 1000)
end

local function give_back(l, at)
  local s = l.state
  if l.used == 0 then return end
  if l.kind == 's' then
    if l.current - at > 15 or at > l.current then return end
    s[2 + at % 16] = max(s[2 + at % 16] - l.cost, 0)
    write(l, s[1] + l.window - now)
  elseif l.kind == 'b' then
    s[1] = max(s[1] - l.cost * l.window, 0)
    write(l, ceil(s[1] / l.count) * l.unit)
  elseif s[1] == at then
    s[2] = max(s[2] - l.cost, 0)
    write(l, s[1] - now)
  end
end

local limits, passes = {}, true
for i = 1, #KEYS do
  local a = 2 + (i - 1) * 7
  local l = {key = KEYS[i], kind = ARGV[a], window = tonumber(ARGV[a + 1]), unit = tonumber(ARGV[a + 2]),
             count = tonumber(ARGV[a + 3]), most = tonumber(ARGV[a + 4]), cost = tonumber(ARGV[a + 5])}
  read(l)
  limits[i] = l
  if ARGV[1] == 'give' then give_back(l, tonumber(ARGV[a + 6])) end
  if ARGV[1] == 'owe' then charge(l) end
  l.refused = l.most - l.used < l.cost
  passes = passes and not l.refused
end
if ARGV[1] ~= 'take' then return 'OK' end
local out = {passes and 1 or 0}
for _, l in ipairs(limits) do
  if passes and l.cost > 0 then charge(l) end
  local room, reset, retry = max(l.most - l.used, 0), 0, 0
  if l.refused then
    retry = -1
    if l.cost <= l.most then retry = wait(l, l.cost) end
  end
  if room < l.most then reset = wait(l, room + 1) end
  for _, number in ipairs({room, reset, retry, stamp(l)}) do out[#out + 1] = number end
end
return out
)lua";

constexpr std::int64_t most_wait_ms = 2 * CountWindow::most_ms;
constexpr std::uint64_t most_exact = std::uint64_t{1} << 52;

/// Of a bucket: microseconds, or milliseconds where those would not be exact.
std::int64_t unit_of(const CountWindow& window, const CountAmount& amount) {
  const auto us = static_cast<std::uint64_t>(window.ms()) * 1000;
  return window.kind() == Kind::bucket && amount.most > most_exact / std::max<std::uint64_t>(us, 1) ? 1000 : 1;
}

}  // namespace

bool is_storable(const CountWindow& window, const CountAmount& amount) {
  if (window.kind() != Kind::bucket) return true;
  return amount.most <= most_exact / std::max<std::uint64_t>(static_cast<std::uint64_t>(window.ms()), 1);
}

StoredLimit make_stored_limit(std::string_view prefix, std::string_view zone, const CountWindow& window,
                              const CountAmount& amount) {
  const std::string_view kind = kind_letters[static_cast<std::size_t>(window.kind())];
  const std::int64_t unit = unit_of(window, amount);
  StoredLimit out;
  out.prefix = prefix;
  out.suffix = fmt::format("}}:{}:{}{}", zone, kind, window.ms() == 0 ? std::string() : fmt::to_string(window.ms()));
  if (unit != 1) out.suffix += "/ms";
  out.words[0] = kind;
  out.words[1] = fmt::to_string(window.ms() * 1000 / unit);
  out.words[2] = fmt::to_string(unit);
  out.words[3] = fmt::to_string(amount.count);
  out.words[4] = fmt::to_string(amount.most);
  return out;
}

const redis::Script& count_script() {
  static const redis::Script script(lua);
  return script;
}

std::span<const std::string_view> count_words(StoredOrder order, std::span<const StoredAsk> asks, Arena& arena) {
  const std::size_t size = 2 + asks.size() * (1 + words_of_limit);
  auto* const words = arena.array<std::string_view>(size);
  std::string_view* end = words;
  *end++ = number_word(asks.size(), arena);
  for (const StoredAsk& ask : asks) {
    const std::string_view key = ask.key.substr(0, ask.key.size() - std::min(ask.limit->cut, ask.key.size()));
    *end++ = store_key(ask.limit->prefix, key, ask.limit->suffix, arena);
  }
  *end++ = order == StoredOrder::charge ? "take" : order == StoredOrder::owe ? "owe" : "give";
  for (const StoredAsk& ask : asks) {
    for (const std::string& word : ask.limit->words) *end++ = word;
    *end++ = number_word(ask.cost, arena);
    *end++ = number_word(ask.stamp, arena);
  }
  return {words, size};
}

bool read_count_reply(const redis::Reply& reply, std::span<CountAnswer> answers, bool& passes) {
  using Reply = redis::Reply;
  if (reply.kind != Reply::Kind::array || reply.items.size() != 1 + answers.size() * numbers_of_answer) return false;
  for (std::size_t i = 0; i < reply.items.size(); ++i) {
    const std::int64_t least = i > 0 && (i - 1) % numbers_of_answer == 2 ? CountAnswer::never : 0;
    if (reply.items[i].kind != Reply::Kind::integer || reply.items[i].integer < least) return false;
  }
  if (reply.items[0].integer > 1) return false;
  passes = reply.items[0].integer == 1;
  bool refused = false;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Reply* const item = &reply.items[1 + i * numbers_of_answer];
    if (item[0].integer > std::numeric_limits<std::uint32_t>::max()) return false;
    if (item[1].integer > most_wait_ms || item[2].integer > most_wait_ms) return false;
    answers[i] = {};
    answers[i].remaining = static_cast<std::uint32_t>(item[0].integer);
    answers[i].reset_ms = item[1].integer;
    answers[i].retry_ms = item[2].integer;
    answers[i].stamp = static_cast<std::uint64_t>(item[3].integer);
    answers[i].refused = answers[i].retry_ms != 0;
    refused = refused || answers[i].refused;
  }
  return passes != refused;
}

}  // namespace gh::state
