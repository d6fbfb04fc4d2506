#include "state/tls_tickets.h"

#include <doctest/doctest.h>

#include <string>

using gh::state::TlsTicketKey;
using gh::state::TlsTickets;

namespace {

std::string name_of(const TlsTicketKey& key) { return {key.name.begin(), key.name.end()}; }

}  // namespace

TEST_CASE("ticket key files") {
  std::string text;
  for (char c = 'a'; c < 'f'; ++c) text.append(16, c);
  const auto large = TlsTicketKey::parse(text);
  REQUIRE(large);
  CHECK(large->is_long);
  CHECK(large->key_bytes() == 32);
  CHECK(name_of(*large) == text.substr(0, 16));
  CHECK(std::string(large->hmac.begin(), large->hmac.end()) == text.substr(16, 32));
  CHECK(std::string(large->aes.begin(), large->aes.end()) == text.substr(48, 32));
  const auto small = TlsTicketKey::parse(text.substr(0, 48));
  REQUIRE(small);
  CHECK_FALSE(small->is_long);
  CHECK(small->key_bytes() == 16);
  CHECK(std::string(small->aes.begin(), small->aes.begin() + 16) == text.substr(16, 16));
  CHECK(std::string(small->hmac.begin(), small->hmac.begin() + 16) == text.substr(32, 16));
  for (const std::size_t size : {0, 47, 49, 79}) CHECK_FALSE(TlsTicketKey::parse(text.substr(0, size)));
  CHECK_FALSE(TlsTicketKey::parse(text + "x"));
}

TEST_CASE("of given keys the first encrypts and all decrypt") {
  TlsTickets tickets({*TlsTicketKey::parse(std::string(48, '1')), *TlsTicketKey::parse(std::string(80, '2'))});
  CHECK(name_of(*tickets.current(0)) == std::string(16, '1'));
  CHECK(tickets.find(std::string(16, '1'), 0)->is_current);
  CHECK_FALSE(tickets.find(std::string(16, '2'), 1'000'000)->is_current);
  CHECK_FALSE(tickets.find(std::string(16, '3'), 0));
}

TEST_CASE("random keys change with time, and decrypt for one lifetime more") {
  TlsTickets tickets(std::int64_t{300});
  CHECK_FALSE(tickets.find(std::string(16, '\0'), 1000));
  const std::string first = name_of(*tickets.current(1000));
  CHECK(name_of(*tickets.current(1299)) == first);
  CHECK(tickets.find(first, 1299)->is_current);
  const std::string second = name_of(*tickets.current(1300));
  CHECK(second != first);
  CHECK_FALSE(tickets.find(first, 1300)->is_current);
  CHECK(tickets.find(second, 1300)->is_current);
  CHECK(tickets.find(first, 1599));
  CHECK_FALSE(tickets.find(first, 1600));
  CHECK(tickets.find(second, 1600));
  CHECK_FALSE(tickets.find(std::string(16, '\0'), 1600));
}

TEST_CASE("a pause of any length ends all keys") {
  TlsTickets tickets(std::int64_t{300});
  const std::string first = name_of(*tickets.current(1000));
  CHECK_FALSE(tickets.find(first, 100'000));
  CHECK(name_of(*tickets.current(100'000)) != first);
}
