#include "net/dns_message.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace gh::net {

namespace {

constexpr std::size_t header_bytes = 12;
constexpr std::size_t most_label_bytes = 63;
constexpr unsigned class_in = 1;
constexpr std::size_t most_records = 2048;

/// Bytes of a message with a position; after the first read past the end all is zero and `bad` stays set.
struct Reader {
  std::string_view all;
  std::size_t at = 0;
  bool bad = false;

  unsigned byte() {
    if (at >= all.size()) bad = true;
    return bad ? 0 : static_cast<unsigned char>(all[at++]);
  }
  unsigned two() {
    const unsigned high = byte();
    return high << 8 | byte();
  }
  std::uint32_t four() {
    const std::uint32_t high = two();
    return high << 16 | two();
  }
  std::string_view bytes(std::size_t count) {
    if (all.size() - std::min(at, all.size()) < count) bad = true;
    if (bad) return {};
    at += count;
    return all.substr(at - count, count);
  }
  std::string name();
};

bool is_name_byte(char c) { return c > ' ' && c < 127 && c != '.'; }

/// In lower case. A pointer leads to what stands before it (so there is an end), as RFC 1035 4.1.4 has it.
std::string Reader::name() {
  std::string text;
  std::size_t back = 0;  // where reading goes on after the first pointer
  std::size_t least = at;
  for (unsigned length = byte(); length != 0 && !bad; length = byte()) {
    if (length >= 0xc0) {
      const std::size_t to = (length & 0x3f) << 8 | byte();
      if (back == 0) back = at;
      if (to >= least || to < header_bytes) bad = true;
      at = least = to;
      continue;
    }
    const std::string_view label = length <= most_label_bytes ? bytes(length) : std::string_view();
    if (label.empty() || !std::all_of(label.begin(), label.end(), is_name_byte)) bad = true;
    if (!text.empty()) text += '.';
    text += to_lower(label);
    if (text.size() > most_name_chars) bad = true;
  }
  if (back != 0) at = back;
  return text;
}

struct Record {
  std::string owner;
  unsigned type = 0;
  std::uint32_t ttl_s = 0;
  std::size_t begin = 0, end = 0;  // of its data
};

bool read_question(Reader& in) {
  in.name();
  in.two();
  in.two();
  return !in.bad;
}

bool read_record(Reader& in, Record& record) {
  record.owner = in.name();
  record.type = in.two();
  const bool is_internet = in.two() == class_in;
  record.ttl_s = in.four();
  if (record.ttl_s > INT32_MAX) record.ttl_s = 0;  // RFC 2181 8
  const std::size_t size = in.two();
  record.begin = in.at;
  in.bytes(size);
  record.end = in.at;
  if (!is_internet) record.type = 0;
  return !in.bad;
}

bool add_address(std::string_view data, DnsAnswer& answer) {
  if (data.size() == 4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, data.data(), 4);
    answer.addresses.push_back(Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&v4), sizeof v4));
    return true;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, data.data(), 16);
  answer.addresses.push_back(Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&v6), sizeof v6));
  return true;
}

bool add_data(std::string_view message, const Record& record, DnsType type, DnsAnswer& answer) {
  const std::string_view data = message.substr(record.begin, record.end - record.begin);
  if (type == DnsType::a) return data.size() == 4 && add_address(data, answer);
  if (type == DnsType::aaaa) return data.size() == 16 && add_address(data, answer);
  Reader in{message.substr(0, record.end), record.begin};
  DnsService service;
  service.priority = static_cast<std::uint16_t>(in.two());
  service.weight = static_cast<std::uint16_t>(in.two());
  service.port = static_cast<std::uint16_t>(in.two());
  service.target = in.name();
  if (in.bad || in.at != record.end) return false;
  answer.services.push_back(std::move(service));
  return true;
}

bool has_type(const Record& record, DnsType type) { return record.type == static_cast<unsigned>(type); }

/// Follows the name's aliases in the answer as far as they go. False when one cannot be read.
bool follow_aliases(std::string_view message, const std::vector<Record>& records, std::string& owner,
                    DnsAnswer& answer) {
  for (std::size_t hops = 0; hops <= records.size(); ++hops) {
    const auto at = std::find_if(records.begin(), records.end(), [&](const Record& record) {
      return has_type(record, DnsType::cname) && record.owner == owner;
    });
    if (at == records.end()) return true;
    Reader in{message.substr(0, at->end), at->begin};
    owner = answer.alias = in.name();
    if (in.bad || owner.empty() || in.at != at->end) return false;
    answer.ttl_s = std::min(answer.ttl_s, at->ttl_s);
  }
  return false;  // a ring
}

bool read_records(Reader& in, std::size_t count, std::vector<Record>& records) {
  if (count > most_records) return false;
  records.resize(count);
  for (Record& record : records) {
    if (!read_record(in, record)) return false;
  }
  return true;
}

void put_two(std::string& to, unsigned value) {
  to += static_cast<char>(value >> 8);
  to += static_cast<char>(value & 0xff);
}

}  // namespace

std::string write_dns_question(std::uint16_t id, std::string_view name, DnsType type) {
  std::string out;
  put_two(out, id);
  put_two(out, 0x0100);  // recursion desired
  put_two(out, 1);
  out.append(6, '\0');
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > most_name_chars) return {};
  while (true) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > most_label_bytes) return {};
    out += static_cast<char>(label.size());
    out += label;
    if (label.size() == name.size()) break;
    name.remove_prefix(label.size() + 1);
  }
  out += '\0';
  put_two(out, static_cast<unsigned>(type));
  put_two(out, class_in);
  return out;
}

std::optional<DnsAnswer> read_dns_answer(std::string_view message, std::string_view name, DnsType type) {
  Reader in{message};
  in.two();
  const unsigned flags = in.two();
  const unsigned questions = in.two();
  const std::size_t answers = in.two();
  in.four();
  if (in.bad || (flags & 0x8000) == 0) return std::nullopt;
  DnsAnswer answer;
  answer.code = static_cast<int>(flags & 15);
  if (answer.code != 0) return answer;
  if (questions != 1 || !read_question(in)) return std::nullopt;
  std::vector<Record> records;
  if (!read_records(in, answers, records)) return std::nullopt;
  std::string owner = to_lower(name);
  if (owner.ends_with('.')) owner.pop_back();
  if (!follow_aliases(message, records, owner, answer)) return std::nullopt;
  for (const Record& record : records) {
    if (!has_type(record, type) || record.owner != owner) continue;
    if (!add_data(message, record, type, answer)) return std::nullopt;
    answer.ttl_s = std::min(answer.ttl_s, record.ttl_s);
  }
  return answer;
}

}  // namespace gh::net
