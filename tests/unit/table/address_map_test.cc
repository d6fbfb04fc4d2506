// Networks and ranges are compared with what a plain walk over all of them says.
#include "table/address_map.h"

#include <chrono>
#include <random>
#include <string>

#include <doctest/doctest.h>

using namespace gh;
using namespace gh::table;

namespace {

std::uint32_t find(const AddressMap& map, std::string_view ip) {
  const auto address = Address::parse_ip(ip, 0);
  REQUIRE(address);
  return map.find(&*address);
}

Network network(std::string_view text) {
  const auto parsed = parse_network(text);
  REQUIRE(parsed);
  return *parsed;
}

AddressRange range(std::string_view text) {
  const auto parsed = parse_range(text);
  REQUIRE(parsed);
  return *parsed;
}

constexpr std::uint32_t npos = AddressMap::npos;

struct Dice {
  explicit Dice(std::uint32_t seed) : engine(seed) {}
  std::uint32_t operator()() { return static_cast<std::uint32_t>(engine()); }
  std::mt19937 engine;
};

}  // namespace

TEST_CASE("networks as text") {
  CHECK(network("10.1.2.3/8").had_low_bits);
  CHECK(network("10.1.2.3/8").start.low == 0x0a000000);
  CHECK(!network("10.0.0.0/8").had_low_bits);
  CHECK(network("1.2.3.4").bits == 32);
  CHECK(network("2001:db8::1").bits == 128);
  CHECK(network("2001:db8::1/64").start.high == 0x20010db800000000);
  CHECK(network("2001:db8::1/64").had_low_bits);
  CHECK(network("::/0").is_v6);
  for (const char* bad : {"", "10", "10.0.0.0/", "10.0.0.0/33", "::/129", "[::1]/128", "10.0.0.0-10.0.0.1", "host",
                          "10.0.0.0/255.0.0.0", "1.2.3.4.5"}) {
    CAPTURE(bad);
    CHECK(!parse_network(bad));
  }
  CHECK(range_text(range("10.0.0.0-10.255.0.9")) == "10.0.0.0-10.255.0.9");
  for (const char* bad : {"", "10.0.0.1", "10.0.0.2-10.0.0.1", "::1-::2", "10.0.0.0/8", "a-b", "-", "1.1.1.1-"}) {
    CAPTURE(bad);
    CHECK(!parse_range(bad));
  }
}

TEST_CASE("the longest prefix wins, in any order") {
  NetworkMapBuilder builder;
  CHECK(!builder.add(network("192.168.1.0/24"), 3));
  CHECK(!builder.add_default(0));
  CHECK(!builder.add(network("192.168.0.0/16"), 2));
  CHECK(!builder.add(network("192.168.1.7"), 4));
  CHECK(!builder.add(network("255.255.255.255"), 5));
  CHECK(!builder.add(network("2001:db8::/32"), 6));
  CHECK(!builder.add(network("2001:db8::1"), 7));
  CHECK(builder.add(network("0.0.0.0/0"), 1) == 0);
  const AddressMap map = builder.build();
  CHECK(find(map, "192.168.1.7") == 4);
  CHECK(find(map, "192.168.1.8") == 3);
  CHECK(find(map, "192.168.2.0") == 2);
  CHECK(find(map, "192.169.0.0") == 1);
  CHECK(find(map, "255.255.255.254") == 1);
  CHECK(find(map, "255.255.255.255") == 5);
  CHECK(find(map, "::ffff:192.168.1.7") == 4);
  CHECK(find(map, "2001:db8::1") == 7);
  CHECK(find(map, "2001:db8::2") == 6);
  CHECK(find(map, "2001:db9::") == 0);
  CHECK(map.find(nullptr) == 5);
  CHECK(map.find_v6({~0ull, ~0ull}) == 0);
}

TEST_CASE("a network taken out uncovers what lies around it") {
  NetworkMapBuilder builder;
  builder.add(network("10.0.0.0/8"), 1);
  builder.add(network("10.1.0.0/16"), 2);
  CHECK(!builder.remove(network("10.1.0.0/17")));
  CHECK(builder.remove(network("10.1.0.0/16")));
  const AddressMap map = builder.build();
  CHECK(find(map, "10.1.0.0") == 1);
  CHECK(find(map, "11.0.0.0") == npos);
  CHECK(find(map, "9.255.255.255") == npos);
  CHECK(find(AddressMap(), "10.0.0.0") == npos);
}

TEST_CASE("random networks") {
  Dice dice(11);
  for (int round = 0; round < 300; ++round) {
    NetworkMapBuilder builder;
    std::vector<std::pair<Network, std::uint32_t>> all;
    const std::size_t count = round < 290 ? dice() % 12 : 3000;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t bits = dice() % 33;
      const std::uint32_t space = round < 290 ? 0xe0070000 : 0xffffffff;  // few addresses, so that networks meet
      const std::uint32_t start = bits == 0 ? 0 : (dice() & space) & (0xffffffffu << (32 - bits));
      const Network one{{0, start}, static_cast<std::uint8_t>(bits), false, false};
      std::erase_if(all, [&](const auto& other) { return other.first.start == one.start && other.first.bits == bits; });
      builder.add(one, i);
      all.emplace_back(one, i);
    }
    const AddressMap map = builder.build();
    for (int i = 0; i < 200; ++i) {
      std::uint32_t address = dice();
      if (!all.empty() && i % 2 == 0) {  // at the edge of one
        const Network& one = all[dice() % all.size()].first;
        address = static_cast<std::uint32_t>(one.start.low + (one.bits == 0 ? 0 : std::uint64_t{1} << (32 - one.bits))) -
                  dice() % 2;
        if (dice() % 2) address = static_cast<std::uint32_t>(one.start.low) - dice() % 2;
      }
      std::uint32_t want = npos;
      int longest = -1;
      for (const auto& [one, entry] : all) {
        const bool inside = one.bits == 0 || (address >> (32 - one.bits)) == (one.start.low >> (32 - one.bits));
        if (inside && one.bits > longest) {
          longest = one.bits;
          want = entry;
        }
      }
      REQUIRE(map.find_v4(address) == want);
    }
  }
}

TEST_CASE("random IPv6 networks") {
  std::mt19937_64 dice(12);
  for (int round = 0; round < 300; ++round) {
    NetworkMapBuilder builder;
    std::vector<std::pair<Network, std::uint32_t>> all;
    for (std::uint32_t i = 0; i < dice() % 12; ++i) {
      const unsigned bits = static_cast<unsigned>(dice() % 129);
      std::string text = "2001:db8:" + std::to_string(dice() % 3) + "::" + std::to_string(dice() % 3) + "/";
      const Network one = network(text + std::to_string(bits));
      std::erase_if(all, [&](const auto& other) { return other.first.start == one.start && other.first.bits == bits; });
      builder.add(one, i);
      all.emplace_back(one, i);
    }
    const AddressMap map = builder.build();
    for (int i = 0; i < 100; ++i) {
      const Wide address{0x20010db800000000 + (dice() % 4 << 16) - dice() % 2, dice() % 4};
      std::uint32_t want = npos;
      int longest = -1;
      for (const auto& [one, entry] : all) {
        const auto top = [bits = one.bits](Wide w) {
          if (bits == 0) return Wide{};
          if (bits <= 64) return Wide{w.high >> (64 - bits), 0};
          return Wide{w.high, w.low >> (128 - bits)};
        };
        if (top(address) == top(one.start) && one.bits > longest) {
          longest = one.bits;
          want = entry;
        }
      }
      REQUIRE(map.find_v6(address) == want);
    }
  }
}

TEST_CASE("ranges: inside, the same again, over an edge") {
  RangeMapBuilder builder;
  CHECK(!builder.add(range("127.0.0.0-127.0.0.255"), 0).replaced);
  builder.add(range("127.0.0.1-127.0.0.2"), 1);
  builder.add(range("127.0.0.1-127.0.0.1"), 2);
  CHECK(builder.add(range("127.0.0.3-127.0.0.255"), 3).replaced == 0);
  CHECK(builder.add(range("126.0.0.0-127.0.0.0"), 4).overlapped == std::nullopt);  // the same in its second /16
  const auto over = builder.add(range("127.0.0.2-127.0.0.3"), 5);
  REQUIRE(over.overlapped);
  CHECK(range_text(*over.overlapped) == "127.0.0.3-127.0.0.255");
  const AddressMap map = builder.build();
  CHECK(find(map, "126.9.0.0") == 4);
  CHECK(find(map, "127.0.0.0") == 4);
  CHECK(find(map, "127.0.0.1") == 2);
  CHECK(find(map, "127.0.0.2") == 1);
  CHECK(find(map, "127.0.0.9") == 3);
  CHECK(find(map, "127.0.1.0") == npos);
  CHECK(find(map, "::ffff:127.0.0.1") == 2);
  CHECK(find(map, "2001:db8::1") == npos);
}

TEST_CASE("ranges are taken out as they are written, each /16 by itself") {
  RangeMapBuilder builder;
  builder.add(range("10.10.3.0-10.11.2.255"), 1);
  builder.add(range("10.12.3.0-10.13.2.255"), 2);
  CHECK(!builder.remove(range("10.10.3.0-10.11.2.254")));  // the first /16 goes, as in nginx
  CHECK(!builder.remove(range("10.10.3.0-10.11.2.255")));
  const AddressMap map = builder.build();
  CHECK(find(map, "10.10.9.9") == npos);
  CHECK(find(map, "10.11.2.1") == npos);
  CHECK(find(map, "10.13.2.1") == 2);
  RangeMapBuilder all;
  all.add(range("0.0.0.0-255.255.255.255"), 1);
  CHECK(all.build().find(nullptr) == 1);
  CHECK(all.remove(range("0.0.0.0-255.255.255.255")));
  CHECK(all.build().find(nullptr) == npos);
}

TEST_CASE("100,000 networks are small and found fast") {
  Dice dice(13);
  NetworkMapBuilder builder;
  for (std::uint32_t i = 0; i < 100000; ++i) {
    const unsigned bits = 12 + dice() % 17;
    builder.add({{0, dice() & (0xffffffffu << (32 - bits))}, static_cast<std::uint8_t>(bits), false, false}, i % 200);
  }
  const auto before = std::chrono::steady_clock::now();
  const AddressMap map = builder.build();
  const auto built = std::chrono::steady_clock::now();
  std::uint32_t sum = 0;
  for (int i = 0; i < 1000000; ++i) sum += map.find_v4(dice());
  const auto done = std::chrono::steady_clock::now();
  CHECK(sum != 0);
  CHECK(map.memory_bytes() < 3000000);
  MESSAGE("build ", std::chrono::duration<double, std::milli>(built - before).count(), " ms, look-up ",
          std::chrono::duration<double, std::nano>(done - built).count() / 1e6, " ns");
}
