#include "table/address_map.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"

namespace gh::table {

namespace {

constexpr std::size_t few_steps = 1024;  // below this the index costs more cache than it saves steps

std::uint32_t read_v4(std::string_view bytes) {
  std::uint32_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return ntohl(number);
}

Wide read_v6(std::string_view bytes) {
  Wide out;
  for (std::size_t i = 0; i < 8; ++i) out.high = out.high << 8 | static_cast<unsigned char>(bytes[i]);
  for (std::size_t i = 8; i < 16; ++i) out.low = out.low << 8 | static_cast<unsigned char>(bytes[i]);
  return out;
}

constexpr std::uint64_t ones_behind(unsigned bits) { return bits >= 64 ? 0 : ~std::uint64_t{0} >> bits; }

/// The bits behind the prefix, all set.
Wide tail_mask(const Network& network) {
  if (!network.is_v6) return {0, ones_behind(32u + network.bits)};
  if (network.bits >= 64) return {0, ones_behind(network.bits - 64u)};
  return {ones_behind(network.bits), ~std::uint64_t{0}};
}

Wide last_of(const Network& network) {
  const Wide mask = tail_mask(network);
  return {network.start.high | mask.high, network.start.low | mask.low};
}

Wide next(Wide address) {
  ++address.low;
  if (address.low == 0) ++address.high;
  return address;
}

std::uint32_t as_key(Wide address, std::uint32_t) { return static_cast<std::uint32_t>(address.low); }
Wide as_key(Wide address, Wide) { return address; }

std::optional<std::uint32_t> parse_v4(std::string_view text) {
  const auto address = Address::parse_ip(text, 0);
  if (!address || address->family() != AF_INET) return std::nullopt;
  return read_v4(address->binary());
}

}  // namespace

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view ip = text.substr(0, slash);
  if (ip.starts_with('[')) return std::nullopt;
  const auto address = Address::parse_ip(ip, 0);
  if (!address) return std::nullopt;
  Network network;
  network.is_v6 = address->family() == AF_INET6;
  const unsigned width = network.is_v6 ? 128 : 32;
  std::uint64_t bits = width;
  if (slash != std::string_view::npos) {
    const auto parsed = parse_uint(text.substr(slash + 1));
    if (!parsed || *parsed > width) return std::nullopt;
    bits = *parsed;
  }
  network.bits = static_cast<std::uint8_t>(bits);
  network.start = network.is_v6 ? read_v6(address->binary()) : Wide{0, read_v4(address->binary())};
  const Wide mask = tail_mask(network);
  network.had_low_bits = (network.start.high & mask.high) != 0 || (network.start.low & mask.low) != 0;
  network.start = {network.start.high & ~mask.high, network.start.low & ~mask.low};
  return network;
}

std::optional<AddressRange> parse_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_v4(text.substr(0, dash)), last = parse_v4(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return AddressRange{*first, *last};
}

std::string range_text(AddressRange range) {
  const auto text = [](std::uint32_t a) {
    return fmt::format("{}.{}.{}.{}", a >> 24, a >> 16 & 0xff, a >> 8 & 0xff, a & 0xff);
  };
  return text(range.first) + "-" + text(range.last);
}

// --- look-up ---

template <class Key>
void AddressMap::Steps<Key>::append(Key start, std::uint32_t value) {
  if (!starts.empty() && starts.back() == start) {
    values.back() = value;
    if (values.size() > 1 && values[values.size() - 2] == value) {
      starts.pop_back();
      values.pop_back();
    }
  } else if (starts.empty() || values.back() != value) {
    starts.push_back(start);
    values.push_back(value);
  }
}

void AddressMap::index_v4() {
  if (v4_.starts.size() < few_steps) return;
  index_.resize(0x10000 + 1);
  std::uint32_t step = 0;
  for (std::uint32_t high = 0; high < 0x10000; ++high) {
    while (step < v4_.starts.size() && v4_.starts[step] <= high << 16) ++step;
    index_[high] = step;
  }
  index_.back() = static_cast<std::uint32_t>(v4_.starts.size());
}

std::uint32_t AddressMap::find_v4(std::uint32_t address) const {
  if (v4_.starts.empty()) return npos;
  const std::uint32_t* begin = v4_.starts.data();
  const std::uint32_t* end = begin + v4_.starts.size();
  if (!index_.empty()) {
    const std::uint32_t high = address >> 16;
    end = begin + index_[high + 1];
    begin += index_[high];
  }
  const auto behind = std::upper_bound(begin, end, address) - v4_.starts.data();
  return v4_.values[static_cast<std::size_t>(behind - 1)];
}

std::uint32_t AddressMap::find_v6(Wide address) const {
  if (v6_.starts.empty()) return npos;
  const auto behind = std::upper_bound(v6_.starts.begin(), v6_.starts.end(), address) - v6_.starts.begin();
  return v6_.values[static_cast<std::size_t>(behind - 1)];
}

std::uint32_t AddressMap::find(const Address* address) const {
  if (address == nullptr) return find_v4(no_address);
  if (address->family() == AF_INET) return find_v4(read_v4(address->binary()));
  if (address->family() != AF_INET6) return find_v4(no_address);
  const std::string_view bytes = address->binary();
  const Wide wide = read_v6(bytes);
  if (wide.high == 0 && wide.low >> 32 == 0xffff) return find_v4(static_cast<std::uint32_t>(wide.low));
  return v6_is_unknown_ ? find_v4(no_address) : find_v6(wide);
}

std::size_t AddressMap::memory_bytes() const {
  return v4_.starts.capacity() * sizeof(std::uint32_t) + v6_.starts.capacity() * sizeof(Wide) +
         (v4_.values.capacity() + v6_.values.capacity() + index_.capacity()) * sizeof(std::uint32_t);
}

// --- networks ---

std::size_t NetworkMapBuilder::Hash::operator()(const Network& network) const {
  const std::uint64_t words[] = {network.start.high, network.start.low, network.bits};
  return fnv1a({reinterpret_cast<const char*>(words), sizeof words});
}

bool NetworkMapBuilder::Same::operator()(const Network& a, const Network& b) const {
  return a.start == b.start && a.bits == b.bits && a.is_v6 == b.is_v6;
}

std::optional<std::uint32_t> NetworkMapBuilder::add(const Network& network, std::uint32_t entry) {
  const auto [at, is_new] = networks_.try_emplace(network, entry);
  if (is_new) return std::nullopt;
  return std::exchange(at->second, entry);
}

bool NetworkMapBuilder::remove(const Network& network) { return networks_.erase(network) > 0; }

std::optional<std::uint32_t> NetworkMapBuilder::add_default(std::uint32_t entry) {
  Network all;
  const auto before = add(all, entry);
  all.is_v6 = true;
  const auto before_v6 = add(all, entry);
  return before ? before : before_v6;
}

namespace {

struct Item {
  Network network;
  std::uint32_t entry;
};

/// Networks in the order of their starts, outer ones before what lies in them: those that are open are a stack.
template <class Key, class Steps>
void flatten(std::vector<Item>& items, Steps& steps) {
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return a.network.start != b.network.start ? a.network.start < b.network.start : a.network.bits < b.network.bits;
  });
  struct Open {
    Wide last;
    std::uint32_t entry;
  };
  std::vector<Open> open;
  const auto close = [&] {
    const Wide last = open.back().last;
    open.pop_back();
    const Key behind = as_key(next(last), Key{});
    if (behind != Key{}) steps.append(behind, open.empty() ? AddressMap::npos : open.back().entry);
  };
  steps.append(Key{}, AddressMap::npos);
  for (const Item& item : items) {
    while (!open.empty() && open.back().last < item.network.start) close();
    steps.append(as_key(item.network.start, Key{}), item.entry);
    open.push_back({last_of(item.network), item.entry});
  }
  while (!open.empty()) close();
  steps.starts.shrink_to_fit();
  steps.values.shrink_to_fit();
}

}  // namespace

AddressMap NetworkMapBuilder::build() const {
  std::vector<Item> v4, v6;
  for (const auto& [network, entry] : networks_) (network.is_v6 ? v6 : v4).push_back({network, entry});
  AddressMap map;
  flatten<std::uint32_t>(v4, map.v4_);
  flatten<Wide>(v6, map.v6_);
  map.index_v4();
  return map;
}

// --- ranges ---

namespace {

constexpr AddressRange part_of(AddressRange range, std::uint32_t high) {
  return {std::max(range.first, high << 16), std::min(range.last, high << 16 | 0xffffu)};
}

}  // namespace

/// The piece that `address` lies in, or the end.
RangeMapBuilder::Pieces::iterator RangeMapBuilder::piece_of(std::uint32_t address) {
  auto at = pieces_.upper_bound(address);
  if (at == pieces_.begin()) return pieces_.end();
  --at;
  return at->second.last >= address ? at : pieces_.end();
}

bool RangeMapBuilder::is_free(AddressRange range) const {
  const auto behind = pieces_.upper_bound(range.last);
  return behind == pieces_.begin() || std::prev(behind)->second.last < range.first;
}

/// What is left of a piece on both sides keeps its entry; without an entry a hole is left.
void RangeMapBuilder::put_inside(Pieces::iterator piece, AddressRange range, std::optional<std::uint32_t> entry) {
  const std::uint32_t first = piece->first;
  const Piece old = piece->second;
  pieces_.erase(piece);
  if (first < range.first) pieces_.emplace(first, Piece{range.first - 1, old.entry});
  if (old.last > range.last) pieces_.emplace(range.last + 1, old);
  if (entry) pieces_.emplace(range.first, Piece{range.last, *entry});
}

RangeMapBuilder::Added RangeMapBuilder::add_part(AddressRange part, std::uint32_t entry) {
  if (is_free(part)) {
    pieces_.emplace(part.first, Piece{part.last, entry});
    return {};
  }
  auto piece = std::prev(pieces_.upper_bound(part.last));
  const AddressRange there = part_of({piece->first, piece->second.last}, part.first >> 16);
  if (there.first > part.first || there.last < part.last) return {std::nullopt, there};
  const bool same = there.first == part.first && there.last == part.last;
  Added added;
  if (same) added.replaced = piece->second.entry;
  put_inside(piece, part, entry);
  return added;
}

RangeMapBuilder::Added RangeMapBuilder::add(AddressRange range, std::uint32_t entry) {
  if (is_free(range)) return add_part(range, entry);
  Added all;
  for (std::uint32_t high = range.first >> 16; high <= range.last >> 16; ++high) {
    const Added added = add_part(part_of(range, high), entry);
    if (added.overlapped) return added;
    if (added.replaced) all.replaced = added.replaced;
  }
  return all;
}

bool RangeMapBuilder::remove_part(AddressRange part) {
  const auto piece = piece_of(part.first);
  if (piece == pieces_.end()) return false;
  const AddressRange there = part_of({piece->first, piece->second.last}, part.first >> 16);
  if (there.first != part.first || there.last != part.last) return false;
  put_inside(piece, part, std::nullopt);
  return true;
}

bool RangeMapBuilder::remove(AddressRange range) {
  bool all = true;
  for (std::uint32_t high = range.first >> 16; high <= range.last >> 16; ++high) {
    all = remove_part(part_of(range, high)) && all;
  }
  return all;
}

AddressMap RangeMapBuilder::build() const {
  AddressMap map;
  map.v6_is_unknown_ = true;
  map.v4_.append(0, AddressMap::npos);
  for (const auto& [first, piece] : pieces_) {
    map.v4_.append(first, piece.entry);
    if (piece.last != UINT32_MAX) map.v4_.append(piece.last + 1, AddressMap::npos);
  }
  map.v4_.starts.shrink_to_fit();
  map.v4_.values.shrink_to_fit();
  map.index_v4();
  return map;
}

}  // namespace gh::table
