// DNS messages (RFC 1035, 2782, 3596): a question out, an answer in. Pure: bytes and values, no sockets. An answer is
// from the network: everything in it is checked, and whatever does not fit makes the whole of it unreadable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"

namespace gh::net {

enum class DnsType : std::uint16_t { a = 1, cname = 5, aaaa = 28, srv = 33 };

/// Characters of a name without its last dot. RFC 1035 2.3.4 has 253; four labels of 63 are sometimes seen.
inline constexpr std::size_t most_name_chars = 255;

/// The message; empty when `name` cannot be asked for (an empty or too long label).
std::string write_dns_question(std::uint16_t id, std::string_view name, DnsType type);

struct DnsService {
  std::string target;  // lower case, without the last dot; empty: "." (RFC 2782: there is no such service)
  std::uint16_t priority = 0, weight = 0, port = 0;
};

struct DnsAnswer {
  int code = 0;                      // RFC 1035 4.1.1; 3: no such name
  std::vector<Address> addresses;    // port 0
  std::vector<DnsService> services;
  std::string alias;                 // where the name's CNAMEs end; empty: it has none
  std::uint32_t ttl_s = UINT32_MAX;  // the least of the records that count
};

/// What `message` says about `name`; nothing when it is malformed or says nothing about it that could be read.
std::optional<DnsAnswer> read_dns_answer(std::string_view message, std::string_view name, DnsType type);

}  // namespace gh::net
