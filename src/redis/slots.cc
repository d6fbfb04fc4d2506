#include "redis/slots.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace gh::redis {

namespace {

constexpr std::array<std::uint16_t, 256> crc_table() {
  std::array<std::uint16_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
    table[byte] = static_cast<std::uint16_t>(crc);
  }
  return table;
}

std::string_view hashed_part(std::string_view key) {
  const std::size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  const std::size_t close = key.find('}', open + 1);
  return close == std::string_view::npos || close == open + 1 ? key : key.substr(open + 1, close - open - 1);
}

std::optional<std::uint16_t> slot_of(std::int64_t number) {
  if (number < 0 || number >= static_cast<std::int64_t>(slot_count)) return std::nullopt;
  return static_cast<std::uint16_t>(number);
}

std::optional<StoreNode> node_of(std::string_view host, std::uint64_t port, const StoreNode& from) {
  if (port == 0 || port > 65535 || host == "?" || host.size() > 255) return std::nullopt;
  return StoreNode{std::string(host.empty() ? std::string_view(from.host) : host), static_cast<std::uint16_t>(port)};
}

}  // namespace

std::uint16_t key_slot(std::string_view key) {
  static constexpr auto table = crc_table();
  std::uint32_t crc = 0;
  for (const char c : hashed_part(key)) {
    crc = ((crc << 8) & 0xffff) ^ table[((crc >> 8) ^ static_cast<unsigned char>(c)) & 0xff];
  }
  return static_cast<std::uint16_t>(crc % slot_count);
}

std::optional<Redirect> read_redirect(std::string_view error, const StoreNode& from) {
  Redirect redirect;
  redirect.asks = error.starts_with("ASK ");
  if (!redirect.asks && !error.starts_with("MOVED ")) return std::nullopt;
  error.remove_prefix(error.find(' ') + 1);
  const std::size_t blank = error.find(' ');
  const std::size_t colon = error.rfind(':');
  if (blank == std::string_view::npos || colon == std::string_view::npos || colon < blank) return std::nullopt;
  const auto number = parse_uint(error.substr(0, blank));
  const auto port = parse_uint(error.substr(colon + 1));
  if (!number || !port || *number >= slot_count) return std::nullopt;
  auto node = node_of(error.substr(blank + 1, colon - blank - 1), *port, from);
  if (!node) return std::nullopt;
  redirect.slot = static_cast<std::uint16_t>(*number);
  redirect.to = std::move(*node);
  return redirect;
}

std::optional<std::vector<SlotRange>> read_slots(const Reply& reply, const StoreNode& from) {
  using Kind = Reply::Kind;
  if (reply.kind != Kind::array) return std::nullopt;
  std::vector<SlotRange> ranges;
  for (const Reply& item : reply.items) {
    if (item.kind != Kind::array || item.items.size() < 3) return std::nullopt;
    const auto first = slot_of(item.items[0].integer), last = slot_of(item.items[1].integer);
    const Reply& master = item.items[2];
    if (!first || !last || *first > *last || master.kind != Kind::array || master.items.size() < 2) return std::nullopt;
    const Reply& host = master.items[0];
    if (host.kind != Kind::text && host.kind != Kind::nil) return std::nullopt;
    const auto port = static_cast<std::uint64_t>(std::max<std::int64_t>(master.items[1].integer, 0));
    if (auto node = node_of(host.text, port, from)) ranges.push_back({*first, *last, std::move(*node)});
  }
  return ranges;
}

}  // namespace gh::redis
