// The networks of a `geo`: which entry an address selects. Networks with prefixes (the longest wins) or ranges of IPv4
// addresses become one sorted list of places where the answer changes, so that a look-up is a binary search, whatever
// they were written as: 100,000 networks are 1.6 MB. Bytes in, entry number out. Built once, then read by any thread.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.h"

namespace gh::table {

/// An IPv6 address as a number.
struct Wide {
  std::uint64_t high = 0, low = 0;
  auto operator<=>(const Wide&) const = default;
};

/// "10.0.0.0/8", "2001:db8::/32", or an address alone. Bits behind the prefix are cleared.
struct Network {
  Wide start;                // IPv4: in `low`
  std::uint8_t bits = 0;
  bool is_v6 = false;
  bool had_low_bits = false;
};
std::optional<Network> parse_network(std::string_view text);

/// "10.0.0.0-10.0.255.255"
struct AddressRange {
  std::uint32_t first = 0, last = 0;
};
std::optional<AddressRange> parse_range(std::string_view text);
std::string range_text(AddressRange range);

class AddressMap {
 public:
  static constexpr std::uint32_t npos = 0xffffffff;
  static constexpr std::uint32_t no_address = 0xffffffff;  // unix clients and texts that are no address look this up

  /// An IPv4-mapped IPv6 address is the IPv4 address. Null, unix sockets: `no_address`.
  [[nodiscard]] std::uint32_t find(const Address* address) const;
  [[nodiscard]] std::uint32_t find_v4(std::uint32_t address) const;
  [[nodiscard]] std::uint32_t find_v6(Wide address) const;
  [[nodiscard]] std::size_t memory_bytes() const;
  /// Places where the answer changes, for dumps and tests.
  [[nodiscard]] std::size_t size() const { return v4_.starts.size() + v6_.starts.size(); }

 private:
  friend class NetworkMapBuilder;
  friend class RangeMapBuilder;
  /// From starts[i] up to before starts[i + 1] the answer is values[i]; starts[0] is 0.
  template <class Key>
  struct Steps {
    std::vector<Key> starts;
    std::vector<std::uint32_t> values;
    void append(Key start, std::uint32_t value);
  };
  void index_v4();

  Steps<std::uint32_t> v4_;
  Steps<Wide> v6_;
  std::vector<std::uint32_t> index_;  // by the first 16 bits of an IPv4 address: the first step behind their start
  bool v6_is_unknown_ = false;        // ranges: an IPv6 client is looked up as `no_address`
};

/// Networks in any order.
class NetworkMapBuilder {
 public:
  /// The entry that had this network; it is replaced.
  std::optional<std::uint32_t> add(const Network& network, std::uint32_t entry);
  /// False when there is no such network.
  bool remove(const Network& network);
  /// The default: both 0.0.0.0/0 and ::/0.
  std::optional<std::uint32_t> add_default(std::uint32_t entry);
  [[nodiscard]] AddressMap build() const;

 private:
  struct Hash {
    std::size_t operator()(const Network& network) const;
  };
  struct Same {
    bool operator()(const Network& a, const Network& b) const;
  };
  std::unordered_map<Network, std::uint32_t, Hash, Same> networks_;
};

/// Ranges in file order: a later one may replace an earlier one or lie in it, but not reach over its edge. As in nginx,
/// that is judged for each 65,536 addresses by themselves.
class RangeMapBuilder {
 public:
  struct Added {
    std::optional<std::uint32_t> replaced;   // the entry of the same range before
    std::optional<AddressRange> overlapped;  // the range over whose edge this one reaches; nothing more was added
  };
  Added add(AddressRange range, std::uint32_t entry);
  /// False when a part of the range was not there as such.
  bool remove(AddressRange range);
  [[nodiscard]] AddressMap build() const;

 private:
  struct Piece {
    std::uint32_t last, entry;
  };
  using Pieces = std::map<std::uint32_t, Piece>;  // by first address; apart from each other
  Pieces::iterator piece_of(std::uint32_t address);
  [[nodiscard]] bool is_free(AddressRange range) const;
  void put_inside(Pieces::iterator piece, AddressRange range, std::optional<std::uint32_t> entry);
  Added add_part(AddressRange part, std::uint32_t entry);
  bool remove_part(AddressRange part);
  Pieces pieces_;
};

}  // namespace gh::table
