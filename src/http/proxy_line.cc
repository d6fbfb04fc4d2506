#include "http/proxy_line.h"

#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"

namespace gh::http {

namespace {

using State = ProxyLineVerdict::State;
using namespace std::string_view_literals;

constexpr std::string_view text_start = "PROXY ";
constexpr std::string_view signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t fixed_bytes = 16;         // of version 2: signature, command, family, length
constexpr std::size_t tlv_head_bytes = 3;
constexpr std::size_t ssl_head_bytes = 5;       // what the client showed, whether that was right
constexpr std::size_t unix_address_bytes = 108;
constexpr std::size_t most_unique_id = 128;
constexpr unsigned unique_id_type = 0x05, ssl_type = 0x20;

ProxyLineVerdict broken(const char* reason) { return {State::broken, 0, reason}; }
ProxyLineVerdict complete(std::size_t consumed) { return {State::complete, consumed, ""}; }

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }
unsigned number_at(std::string_view bytes, std::size_t at) { return byte_at(bytes, at) << 8 | byte_at(bytes, at + 1); }

// ---- version 1 -----------------------------------------------------------------------------------------------------

/// Up to the next blank, which is taken off, too.
std::string_view take_word(std::string_view& rest) {
  const std::size_t blank = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, blank);
  rest.remove_prefix(std::min(blank + 1, rest.size()));
  return word;
}

/// No heading zeroes: they could be taken for octal.
std::optional<std::uint16_t> read_port(std::string_view text) {
  if (text.size() > 5 || (text.size() > 1 && text.front() == '0')) return {};
  const auto number = parse_uint(text);
  if (!number || *number > 65535) return {};
  return static_cast<std::uint16_t>(*number);
}

bool read_address(std::string_view text, std::string_view port, int family, Address& address) {
  const auto number = read_port(port);
  if (!number || text.starts_with('[')) return false;
  const auto parsed = Address::parse_ip(text, *number);
  if (!parsed || parsed->family() != family) return false;
  address = *parsed;
  return true;
}

ProxyLineVerdict read_text_line(std::string_view text, std::size_t consumed, ProxyLine& line) {
  std::string_view rest = text.substr(text_start.size());
  line.version = 1;
  const std::string_view protocol = take_word(rest);
  if (protocol == "UNKNOWN") return complete(consumed);
  if (protocol != "TCP4" && protocol != "TCP6") return broken("unknown protocol");
  if (std::count(rest.begin(), rest.end(), ' ') != 3) return broken("not two addresses and two ports");
  const int family = protocol == "TCP4" ? AF_INET : AF_INET6;
  const std::string_view source = take_word(rest), destination = take_word(rest), port = take_word(rest);
  if (!read_address(source, port, family, line.source)) return broken("invalid source address");
  if (!read_address(destination, rest, family, line.destination)) return broken("invalid destination address");
  return complete(consumed);
}

ProxyLineVerdict read_text(std::string_view bytes, ProxyLine& line) {
  const std::size_t end = bytes.find_first_of("\r\n");
  if (end == std::string_view::npos || end + 1 == bytes.size()) {  // CR alone: its LF may come
    if (end != std::string_view::npos && bytes[end] == '\n') return broken("line end without CR");
    return bytes.size() < most_proxy_line_v1 ? ProxyLineVerdict{} : broken("line too long");
  }
  if (bytes.substr(end, 2) != "\r\n") return broken("line end is not CRLF");
  if (end + 2 > most_proxy_line_v1) return broken("line too long");
  return read_text_line(bytes.substr(0, end), end + 2, line);
}

// ---- version 2 -----------------------------------------------------------------------------------------------------

/// Takes the first one off `rest`; false when it is cut short.
bool take_tlv(std::string_view& rest, unsigned& type, std::string_view& value) {
  if (rest.size() < tlv_head_bytes) return false;
  const std::size_t size = number_at(rest, 1);
  if (rest.size() - tlv_head_bytes < size) return false;
  type = byte_at(rest, 0);
  value = rest.substr(tlv_head_bytes, size);
  rest.remove_prefix(tlv_head_bytes + size);
  return true;
}

const char* why_bad_tlvs(std::string_view rest, bool nested) {
  while (!rest.empty()) {
    unsigned type = 0;
    std::string_view value;
    if (!take_tlv(rest, type, value)) return "TLV cut short";
    if (nested) continue;
    if (type == unique_id_type && value.size() > most_unique_id) return "unique id too long";
    if (type != ssl_type) continue;
    if (value.size() < ssl_head_bytes) return "SSL TLV cut short";
    if (const char* reason = why_bad_tlvs(value.substr(ssl_head_bytes), true)) return reason;
  }
  return nullptr;
}

Address make_address(int family, std::string_view bytes, std::uint16_t port) {
  if (family == AF_INET) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, bytes.data(), sizeof in.sin_addr);
    return Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&in), sizeof in);
  }
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(port);
  std::memcpy(&in6.sin6_addr, bytes.data(), sizeof in6.sin6_addr);
  return Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&in6), sizeof in6);
}

void read_addresses(int family, std::string_view bytes, ProxyLine& line) {
  const std::size_t size = family == AF_INET ? 4 : 16;
  const auto port = [&](std::size_t at) { return static_cast<std::uint16_t>(number_at(bytes, 2 * size + at)); };
  line.source = make_address(family, bytes.substr(0, size), port(0));
  line.destination = make_address(family, bytes.substr(size, size), port(2));
}

constexpr std::array<std::size_t, 4> address_bytes = {0, 2 * 4 + 4, 2 * 16 + 4, 2 * unix_address_bytes};  // by family

/// A header that passes a connection on. `rest` is what stands behind the fixed part.
ProxyLineVerdict read_passed_on(unsigned family, unsigned transport, std::string_view rest, ProxyLine& line) {
  const auto done = complete(fixed_bytes + rest.size());
  if (family >= address_bytes.size() || transport > 2) return done;  // of a later version: as nginx does
  if (family == 0) {  // what follows may be addresses of a kind that we do not know
    if (!why_bad_tlvs(rest, false)) line.tlvs = rest;
    return done;
  }
  const std::size_t size = address_bytes[family];
  if (rest.size() < size) return broken("addresses cut short");
  if (const char* reason = why_bad_tlvs(rest.substr(size), false)) return broken(reason);
  if (transport == 1 && family <= 2) read_addresses(family == 1 ? AF_INET : AF_INET6, rest, line);
  line.tlvs = rest.substr(size);
  return done;
}

ProxyLineVerdict read_binary(std::string_view bytes, ProxyLine& line) {
  if (bytes.size() <= signature.size()) return {};
  const unsigned command = byte_at(bytes, signature.size());
  if (command >> 4 != 2) return broken("unknown version");
  if ((command & 15) > 1) return broken("unknown command");
  if (bytes.size() < fixed_bytes) return {};
  const std::size_t size = fixed_bytes + number_at(bytes, 14);
  if (size > most_proxy_line) return broken("header too large");
  if (bytes.size() < size) return {};
  line.version = 2;
  if ((command & 15) == 0) return complete(size);  // LOCAL: the balancer's own, nothing in it counts
  const unsigned family = byte_at(bytes, 13);
  return read_passed_on(family >> 4, family & 15, bytes.substr(fixed_bytes, size - fixed_bytes), line);
}

bool shares_start(std::string_view bytes, std::string_view start) {
  const std::size_t size = std::min(bytes.size(), start.size());
  return bytes.substr(0, size) == start.substr(0, size);
}

// ---- names of TLVs -------------------------------------------------------------------------------------------------

struct NamedType {
  std::string_view name;
  unsigned type;
};
constexpr NamedType types[] = {{"alpn", 0x01}, {"authority", 0x02}, {"unique_id", unique_id_type}, {"ssl", ssl_type},
                               {"netns", 0x30}};
constexpr NamedType ssl_types[] = {{"version", 0x21}, {"cn", 0x22}, {"cipher", 0x23}, {"sig_alg", 0x24},
                                   {"key_alg", 0x25}, {"group", 0x26}, {"sig_scheme", 0x27}, {"client_cert", 0x28}};

/// 0xNN, with any number of zeroes in front.
std::optional<unsigned> read_type(std::string_view text) {
  if (!text.starts_with("0x") || text.size() == 2) return {};
  unsigned type = 0;
  for (const char c : text.substr(2)) {
    const int digit = hex_digit(c);
    if (digit < 0 || type > 0xff) return {};
    type = type * 16 + static_cast<unsigned>(digit);
  }
  return type <= 0xff ? std::optional<unsigned>(type) : std::nullopt;
}

template <std::size_t Count>
TlvName name_in(const NamedType (&known)[Count], std::string_view name, TlvName::Kind kind) {
  if (const auto type = read_type(name)) return {kind, *type};
  for (const NamedType& each : known) {
    if (each.name == name) return {kind, each.type};
  }
  return {};
}

// ---- writing -------------------------------------------------------------------------------------------------------

bool is_ip(const Address& address) { return address.family() == AF_INET || address.family() == AF_INET6; }

/// ::ffff:1.2.3.4
Address as_v6(const Address& address) {
  if (address.family() == AF_INET6) return address;
  std::string bytes(10, '\0');
  bytes += "\xff\xff";
  bytes += address.binary();
  return make_address(AF_INET6, bytes, address.port());
}

void add_number(std::string& out, std::size_t number) {
  out += static_cast<char>(number >> 8 & 0xff);
  out += static_cast<char>(number & 0xff);
}

}  // namespace

ProxyLineVerdict read_proxy_line(std::string_view bytes, ProxyLine& line) {
  line = {};
  ProxyLineVerdict verdict;
  if (shares_start(bytes, signature)) {
    if (bytes.size() >= signature.size()) verdict = read_binary(bytes, line);
  } else if (shares_start(bytes, text_start)) {
    if (bytes.size() >= text_start.size()) verdict = read_text(bytes, line);
  } else {
    verdict = broken("no PROXY protocol header");
  }
  if (verdict.state != State::complete) line = {};
  return verdict;
}

std::string_view first_line(std::string_view bytes) { return bytes.substr(0, bytes.find_first_of("\r\n")); }

std::optional<std::string_view> find_tlv(std::string_view tlvs, unsigned type) {
  unsigned found = 0;
  std::string_view value;
  while (take_tlv(tlvs, found, value)) {
    if (found == type) return value;
  }
  return {};
}

TlvName parse_tlv_name(std::string_view name) {
  if (!name.starts_with("ssl_")) return name_in(types, name, TlvName::Kind::plain);
  name.remove_prefix(4);
  if (name == "verify") return {TlvName::Kind::ssl_verify, ssl_type};
  return name_in(ssl_types, name, TlvName::Kind::in_ssl);
}

std::optional<std::string_view> find_tlv(std::string_view tlvs, const TlvName& name, std::string& scratch) {
  if (name.kind == TlvName::Kind::unknown) return {};
  if (name.kind == TlvName::Kind::plain) return find_tlv(tlvs, name.type);
  const auto ssl = find_tlv(tlvs, ssl_type);
  if (!ssl || ssl->size() < ssl_head_bytes) return {};
  if (name.kind == TlvName::Kind::in_ssl) return find_tlv(ssl->substr(ssl_head_bytes), name.type);
  const std::uint32_t verify = std::uint32_t{number_at(*ssl, 1)} << 16 | number_at(*ssl, 3);
  scratch = std::to_string(verify);
  return scratch;
}

std::string write_proxy_line(unsigned version, const Address& client, const Address& server) {
  const bool known = is_ip(client) && is_ip(server);
  const bool same = known && client.family() == server.family();
  const Address from = same ? client : known ? as_v6(client) : Address();
  const Address to = same ? server : known ? as_v6(server) : Address();
  const bool v6 = from.family() == AF_INET6;
  if (version == 1) {
    if (!known) return "PROXY UNKNOWN\r\n";
    return fmt::format("PROXY {} {} {} {} {}\r\n", v6 ? "TCP6" : "TCP4", from.ip_text(), to.ip_text(), from.port(),
                       to.port());
  }
  std::string out(signature);
  out += '\x21';
  out += !known ? '\x00' : v6 ? '\x21' : '\x11';
  add_number(out, known ? 2 * from.binary().size() + 4 : 0);
  if (!known) return out;
  out += from.binary();
  out += to.binary();
  add_number(out, from.port());
  add_number(out, to.port());
  return out;
}

}  // namespace gh::http
