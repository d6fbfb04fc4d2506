// ip_hash, hash, hash consistent: known answers by formulas written apart from the code and from nginx, and
// who moves when a peer goes.
#include <algorithm>
#include <map>

#include "balance_fixture.h"

using namespace gh::upstream;
using namespace gh::upstream::test;
using gh::state::Peer;
using gh::state::ServerConfig;

namespace {

// CRC-32 bit by bit, apart from base/hash.
std::uint32_t slow_crc(const std::string& bytes) {
  std::uint32_t crc = ~0U;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320U : 0);
  }
  return ~crc;
}

/// Which of the weights a point falls on, as a letter.
char letter_at(std::uint64_t point, const std::vector<std::uint32_t>& weights) {
  char letter = 'a';
  for (const auto weight : weights) {
    if (point < weight) return letter;
    point -= weight;
    ++letter;
  }
  return '?';
}

std::vector<ServerConfig> servers_of(const std::vector<std::uint32_t>& weights) {
  std::vector<ServerConfig> servers;
  for (std::size_t i = 0; i < weights.size(); ++i) servers.push_back(server(static_cast<int>(i) + 1, weights[i]));
  return servers;
}

std::string ip4(int a, int b, int c, int d) {
  std::string bytes;
  for (const int octet : {a, b, c, d}) bytes += static_cast<char>(octet);
  return bytes;
}

std::uint32_t ip_hash_of(const std::string& octets, std::uint32_t hash = 89) {
  for (const char octet : octets) hash = (hash * 113 + static_cast<unsigned char>(octet)) % 6271;
  return hash;
}

/// The ring, made slowly: all points of all servers, then the nearest at or after the key's.
char ketama(const std::vector<ServerConfig>& servers, const std::string& key) {
  std::map<std::uint32_t, char> points;
  char letter = 'a';
  for (const auto& config : servers) {
    std::string name = config.name;
    std::replace(name.begin(), name.end(), ':', '\0');
    std::uint32_t previous = 0;
    for (std::uint32_t i = 0; i < 160 * config.weight; ++i) {
      std::string input = name;
      for (int shift = 0; shift < 32; shift += 8) input += static_cast<char>(previous >> shift);
      previous = slow_crc(input);
      points.emplace(previous, letter);
    }
    ++letter;
  }
  const auto at = points.lower_bound(slow_crc(key));
  return at == points.end() ? points.begin()->second : at->second;
}

}  // namespace

TEST_CASE("ip_hash: the first three octets of IPv4, all of IPv6, by weight") {
  const std::vector<std::uint32_t> weights = {3, 1, 2};
  Rig rig(Policy::ip_hash, servers_of(weights));
  for (int i = 0; i < 200; ++i) {
    const std::string octets = ip4(10, i, 255 - i, 0).substr(0, 3);
    const char expected = letter_at(ip_hash_of(octets) % 6, weights);
    CHECK(rig.request(ip4(10, i, 255 - i, 1)) == expected);
    CHECK(rig.request(ip4(10, i, 255 - i, 200)) == expected);
    const std::string six = "\x20\x01\x0d\xb8" + std::string(11, '\0') + static_cast<char>(i);
    CHECK(rig.request(six) == letter_at(ip_hash_of(six) % 6, weights));
  }
  CHECK(rig.request({}) == letter_at(ip_hash_of(std::string(3, '\0')) % 6, weights));
}

TEST_CASE("ip_hash: the next try hashes on; a client comes back when its peer does") {
  const std::vector<std::uint32_t> weights = {1, 1, 1};
  Rig rig(Policy::ip_hash, servers_of(weights));
  const std::string client = ip4(192, 0, 2, 7);
  const std::string octets = client.substr(0, 3);
  std::uint32_t hash = ip_hash_of(octets);
  const char home = letter_at(hash % 3, weights);
  CHECK(rig.request(client) == home);
  char away = home;
  while (away == home) {
    hash = ip_hash_of(octets, hash);
    away = letter_at(hash % 3, weights);
  }
  rig.fail_on(home - 'a' + 1);
  CHECK(rig.request(client) == away);
  CHECK(rig.request(client) == away);
  rig.now_ms += 10'001;
  CHECK(rig.request(client) == home);
}

TEST_CASE("hash KEY: Cache::Memcached's points, and its rehash on a further try") {
  const std::vector<std::uint32_t> weights = {2, 1, 1, 3};
  Rig rig(Policy::hash, servers_of(weights));
  for (int i = 0; i < 500; ++i) {
    const std::string key = "/file/" + std::to_string(i);
    std::uint64_t point = slow_crc(key) >> 16 & 0x7fff;
    const char first = letter_at(point % 7, weights);
    CHECK(rig.request(key) == first);

    Selection selection;
    CHECK(Rig::letter(*rig.pick_with(selection, key)) == first);
    char second = first;
    for (int rehash = 1; second == first && rehash <= 20; ++rehash) {
      point += slow_crc(std::to_string(rehash) + key) >> 16 & 0x7fff;
      second = letter_at(point % 7, weights);
    }
    CHECK(Rig::letter(*rig.pick_with(selection, key)) == second);
  }
}

TEST_CASE("an empty key goes round robin") {
  for (const Policy policy : {Policy::hash, Policy::hash_consistent}) {
    Rig rig(policy, servers_of({1, 1}));
    CHECK(rig.requests(4) == "abab");
  }
}

TEST_CASE("hash consistent: every key where ketama's points put it") {
  const auto servers = servers_of({1, 2, 1, 3});
  Rig rig(Policy::hash_consistent, servers);
  for (int i = 0; i < 500; ++i) {
    const std::string key = "user-" + std::to_string(i);
    CHECK(rig.request(key) == ketama(servers, key));
  }
}

TEST_CASE("hash consistent: when one of n goes only its keys move, about 1/n") {
  constexpr int keys = 10'000, peers = 10;
  auto servers = servers_of(std::vector<std::uint32_t>(peers, 1));
  Rig before(Policy::hash_consistent, servers);
  servers.erase(servers.begin() + 3);
  Rig after(Policy::hash_consistent, servers);
  int moved = 0;
  for (int i = 0; i < keys; ++i) {
    const std::string key = "key" + std::to_string(i);
    const char from = before.request(key), to = after.request(key);
    if (from == to) continue;
    ++moved;
    REQUIRE(from == 'd');
  }
  CHECK(moved > keys / peers / 2);
  CHECK(moved < keys / peers * 3 / 2);
}

TEST_CASE("hash consistent: a failed peer's keys go to the next points, spread, and come back") {
  Rig rig(Policy::hash_consistent, servers_of(std::vector<std::uint32_t>(5, 1)));
  std::map<std::string, char> homes;
  for (int i = 0; i < 1000; ++i) homes["key" + std::to_string(i)] = rig.request("key" + std::to_string(i));
  rig.fail_on(2);
  std::map<char, int> heirs;
  for (const auto& [key, home] : homes) {
    const char now = rig.request(key);
    CHECK(now != 'b');
    if (home != 'b') CHECK(now == home);
    else ++heirs[now];
  }
  CHECK(heirs.size() == 4);
  rig.now_ms += 10'001;
  for (const auto& [key, home] : homes) CHECK(rig.request(key) == home);
}

TEST_CASE("hash consistent: a name with several addresses is one server that serves by turns") {
  ServerConfig name = server(1);
  name.addresses.push_back(*gh::Address::parse_ip("10.0.0.2", 80));
  name.name = "backend:80";
  Rig rig(Policy::hash_consistent, {name, server(3)});
  std::string of_name;
  for (int i = 0; of_name.empty() && i < 100; ++i) {
    const std::string key = "key" + std::to_string(i);
    if (rig.request(key) != 'c') of_name = key;
  }
  const char first = rig.request(of_name), second = rig.request(of_name);
  CHECK(first != second);
  CHECK(rig.request(of_name) == first);
}

TEST_CASE("nginx 1.22 sends these keys to the same servers") {
  // user-0 ... user-99 as $upstream_addr showed them; the ports are part of the hashed names.
  const int ports[] = {41089, 44557, 55187, 46025};
  auto servers = servers_of({1, 2, 1, 3});
  for (std::size_t i = 0; i < 4; ++i) servers[i].name = "127.0.0.1:" + std::to_string(ports[i]);
  const std::string consistent =
      "bbdccddbbbccaddcdbdbbdddbbddbbbcdadddbdddcdddcccca"
      "bdcdcdabcbbdddbcacdcddabdbddbdcdcdcddabbdbdbbccbcb";
  const std::string plain =
      "dcddddbadbacbddbadbcbddddbbdcdadddbbbbdcabbdddaddd"
      "cbbdcadcdbdbaddbcdddbabbbcbabdaddcddddddcbbadbbddd";
  Rig ring(Policy::hash_consistent, servers), modulo(Policy::hash, servers);
  std::string from_ring, from_modulo;
  for (int i = 0; i < 100; ++i) {
    from_ring += ring.request("user-" + std::to_string(i));
    from_modulo += modulo.request("user-" + std::to_string(i));
  }
  CHECK(from_ring == consistent);
  CHECK(from_modulo == plain);
  CHECK(Rig(Policy::round_robin, servers).requests(28) == "dbadcbddbadcbddbadcbddbadcbd");
  CHECK(Rig(Policy::least_conn, servers).requests(28) == "dbadcbddbadcbddbadcbddbadcbd");
}
