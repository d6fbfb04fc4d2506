#include "http/proxy_line.h"

#include <doctest/doctest.h>

#include <string>

using namespace gh;
using namespace gh::http;
using State = ProxyLineVerdict::State;

namespace {

constexpr std::string_view start_v2("\r\n\r\n\0\r\nQUIT\n", 12);

/// "SOURCE > DESTINATION, bytes of the header", "waits" or why it is broken.
std::string read(std::string_view bytes) {
  ProxyLine line;
  const ProxyLineVerdict verdict = read_proxy_line(bytes, line);
  if (verdict.state != State::complete) CHECK(line.version == 0);
  if (verdict.state == State::incomplete) return "waits";
  if (verdict.state == State::broken) return verdict.reason;
  CHECK(line.source.is_set() == line.destination.is_set());
  const std::string says = line.source.is_set() ? line.source.text() + " > " + line.destination.text() : "nothing";
  return says + ", " + std::to_string(verdict.consumed);
}

std::string number(std::size_t n) { return {static_cast<char>(n >> 8), static_cast<char>(n & 0xff)}; }

std::string tlv(int type, std::string_view value) {
  return std::string(1, static_cast<char>(type)) + number(value.size()) + std::string(value);
}

std::string v2(int command, int family, std::string_view rest) {
  return std::string(start_v2) + static_cast<char>(command) + static_cast<char>(family) + number(rest.size()) +
         std::string(rest);
}

const std::string addresses4("\xc0\x00\x02\x01\xc0\x00\x02\x02\x00\x7b\x16\x2e", 12);
const std::string addresses6 = std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + '\1' +
                               std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + '\2' +
                               std::string("\xff\xff\x00\x00", 4);

std::string tlvs_of(std::string_view header) {
  ProxyLine line;
  CHECK(read_proxy_line(header, line).state == State::complete);
  return line.tlvs;
}

std::string value_of(std::string_view tlvs, std::string_view name) {
  std::string scratch;
  const auto value = find_tlv(tlvs, parse_tlv_name(name), scratch);
  return value ? std::string(*value) : "(none)";
}

}  // namespace

TEST_CASE("version 1: addresses and ports") {
  CHECK(read("PROXY TCP4 192.0.2.1 192.0.2.2 123 5678\r\nGET /") == "192.0.2.1:123 > 192.0.2.2:5678, 41");
  CHECK(read("PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n") == "0.0.0.0:0 > 255.255.255.255:65535, 44");
  CHECK(read("PROXY TCP6 2001:Db8::1 2001:DB8::2 1 2\r\n") == "[2001:db8::1]:1 > [2001:db8::2]:2, 40");
  CHECK(read("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535"
             "\r\n").ends_with(", 104"));
}

TEST_CASE("version 1: unknown connections are accepted, whatever the line says of them") {
  CHECK(read("PROXY UNKNOWN\r\n") == "nothing, 15");
  CHECK(read("PROXY UNKNOWN 1 2 3 4 5 6\r\nrest") == "nothing, 27");
  CHECK(read("PROXY UNKNOWN \xff\x01\r\n") == "nothing, 18");
  CHECK(read("PROXY UNKNOWNS\r\n") == "unknown protocol");
}

TEST_CASE("version 1: each byte of it may come alone") {
  const std::string whole = "PROXY TCP4 192.0.2.1 192.0.2.2 123 5678\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(read(std::string_view(whole).substr(0, size)) == "waits");
  CHECK(read(whole) == "192.0.2.1:123 > 192.0.2.2:5678, 41");
}

TEST_CASE("version 1: at most 107 bytes") {
  const std::string longest = "PROXY UNKNOWN " + std::string(91, 'f') + "\r\n";
  REQUIRE(longest.size() == most_proxy_line_v1);
  CHECK(read(longest) == "nothing, 107");
  CHECK(read(longest.substr(0, 106)) == "waits");
  CHECK(read("PROXY UNKNOWN " + std::string(92, 'f') + "\r\n") == "line too long");
  CHECK(read("PROXY UNKNOWN " + std::string(92, 'f')) == "waits");
  CHECK(read("PROXY UNKNOWN " + std::string(93, 'f')) == "line too long");
}

TEST_CASE("version 1: what is not exactly the protocol is broken") {
  const char* const not_it = "no PROXY protocol header";
  CHECK(read("GET / HTTP/1.1\r\n") == not_it);
  CHECK(read("P") == "waits");
  CHECK(read("PO") == not_it);
  CHECK(read("proxy TCP4 192.0.2.1 192.0.2.2 123 5678\r\n") == not_it);
  CHECK(read("PROXY\tTCP4") == not_it);
  CHECK(read("\x16\x03\x01") == not_it);
  CHECK(read("PROXY UDP4 192.0.2.1 192.0.2.2 123 5678\r\n") == "unknown protocol");
  CHECK(read("PROXY  TCP4 192.0.2.1 192.0.2.2 123 5678\r\n") == "unknown protocol");
  CHECK(read("PROXY TCP4\r\n") == "not two addresses and two ports");
  CHECK(read("PROXY TCP4 192.0.2.1 192.0.2.2 123\r\n") == "not two addresses and two ports");
  CHECK(read("PROXY TCP4 192.0.2.1 192.0.2.2 123 5678 \r\n") == "not two addresses and two ports");
  CHECK(read("PROXY TCP4 192.0.2.1 192.0.2.2 123 5678\n") == "line end without CR");
  CHECK(read("PROXY TCP4 192.0.2.1 192.0.2.2 123 5678\nGET / HTTP/1.1\r\n") == "line end is not CRLF");
  CHECK(read("PROXY TCP4 192.0.2.1 192.0.2.2 123 5678\rX") == "line end is not CRLF");
  CHECK(read("PROXY UNKNOWN a\nb\r\n") == "line end is not CRLF");
}

TEST_CASE("version 1: addresses are those of the family, in their canonical form") {
  const auto with = [](std::string_view source, std::string_view destination, std::string_view ports = "1 2",
                       std::string_view family = "TCP4") {
    return read("PROXY " + std::string(family) + " " + std::string(source) + " " + std::string(destination) + " " +
                std::string(ports) + "\r\n");
  };
  for (const char* bad : {"192.0.2.01", "192.0.2", "192.0.2.256", "::1", "[::1]", "a.b", "192.0.2.1:80", "unix:/x"}) {
    CAPTURE(bad);
    CHECK(with(bad, "192.0.2.2") == "invalid source address");
    CHECK(with("192.0.2.1", bad) == "invalid destination address");
  }
  for (const char* bad : {"192.0.2.1", "[::1]", "::1%lo", ":::", "1:2:3:4:5:6:7:8:9", "12345::1"}) {
    CAPTURE(bad);
    CHECK(with(bad, "::1", "1 2", "TCP6") == "invalid source address");
  }
  for (const char* bad : {"65536", "01", "00", "-1", "+1", "1e1", "999999", "\xd9\xa1"}) {
    CAPTURE(bad);
    CHECK(with("192.0.2.1", "192.0.2.2", std::string(bad) + " 2") == "invalid source address");
    CHECK(with("192.0.2.1", "192.0.2.2", "1 " + std::string(bad)) == "invalid destination address");
  }
  CHECK(with("192.0.2.1", "192.0.2.2", " 2") == "invalid source address");
  CHECK(with("192.0.2.1", "", "1 2") == "invalid destination address");
}

TEST_CASE("version 2: addresses of each family") {
  CHECK(read(v2(0x21, 0x11, addresses4) + "GET /") == "192.0.2.1:123 > 192.0.2.2:5678, 28");
  CHECK(read(v2(0x21, 0x21, addresses6)) == "[2001:db8::1]:65535 > [2001:db8::2]:0, 52");
  CHECK(read(v2(0x21, 0x31, std::string(216, 'x'))) == "nothing, 232");
  CHECK(read(v2(0x21, 0x12, addresses4)) == "nothing, 28");
  CHECK(read(v2(0x21, 0x00, "")) == "nothing, 16");
  CHECK(read(v2(0x21, 0x00, "what nobody knows")) == "nothing, 33");
  CHECK(read(v2(0x21, 0x10, addresses4)) == "nothing, 28");
  CHECK(read(v2(0x21, 0x41, "1234")) == "nothing, 20");
  CHECK(read(v2(0x21, 0x13, addresses4)) == "nothing, 28");
}

TEST_CASE("version 2: nothing in a LOCAL header counts") {
  CHECK(read(v2(0x20, 0x00, "")) == "nothing, 16");
  CHECK(read(v2(0x20, 0x11, addresses4)) == "nothing, 28");
  CHECK(read(v2(0x20, 0xff, "junk")) == "nothing, 20");
  CHECK(tlvs_of(v2(0x20, 0x11, addresses4 + tlv(1, "h2"))).empty());
}

TEST_CASE("version 2: each byte of it may come alone") {
  const std::string whole = v2(0x21, 0x11, addresses4 + tlv(1, "h2"));
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(read(std::string_view(whole).substr(0, size)) == "waits");
  CHECK(read(whole) == "192.0.2.1:123 > 192.0.2.2:5678, 33");
}

TEST_CASE("version 2: what is not exactly the protocol is broken, as soon as that is seen") {
  CHECK(read(std::string(start_v2) + '\x11') == "unknown version");
  CHECK(read(std::string(start_v2) + '\x31') == "unknown version");
  CHECK(read(std::string(start_v2) + '\x22') == "unknown command");
  CHECK(read(v2(0x21, 0x11, addresses4.substr(1))) == "addresses cut short");
  CHECK(read(v2(0x21, 0x21, addresses6.substr(1))) == "addresses cut short");
  CHECK(read(v2(0x21, 0x31, std::string(215, 'x'))) == "addresses cut short");
  CHECK(read("\r\n\r\nX") == "no PROXY protocol header");
  CHECK(read(std::string("\r\n\r\n\0\r\nQUIX", 11)) == "no PROXY protocol header");
}

TEST_CASE("version 2: at most 4096 bytes") {
  const std::size_t room = most_proxy_line - 16 - addresses4.size() - 3;
  CHECK(read(v2(0x21, 0x11, addresses4 + tlv(4, std::string(room, 'x')))) == "192.0.2.1:123 > 192.0.2.2:5678, 4096");
  CHECK(read(v2(0x21, 0x11, addresses4 + tlv(4, std::string(room + 1, 'x'))).substr(0, 16)) == "header too large");
  CHECK(read(std::string(start_v2) + "\x20\xff" + number(65535)) == "header too large");
}

TEST_CASE("version 2: TLVs are found by name and by number, the first of a type") {
  const std::string ssl("\x01\x00\x00\x00\xff", 5);
  const std::string inside = tlv(0x21, "TLSv1.2") + tlv(0x22, "example.com") + tlv(0x23, "AES256-SHA") +
                             tlv(0x24, "SHA1") + tlv(0x25, "RSA512");
  const std::string tlvs = tlvs_of(v2(0x21, 0x11, addresses4 + tlv(1, "ALPN1") + tlv(2, "localhost") + tlv(4, "") +
                                                      tlv(5, "UNIQQ") + tlv(0x20, ssl + inside) + tlv(0x30, "NS") +
                                                      tlv(0xae, "12345") + tlv(1, "second")));
  const std::pair<const char*, const char*> wanted[] = {
      {"alpn", "ALPN1"}, {"0x01", "ALPN1"}, {"0x0001", "ALPN1"}, {"authority", "localhost"}, {"unique_id", "UNIQQ"},
      {"netns", "NS"}, {"0xAE", "12345"}, {"0x4", ""}, {"ssl_verify", "255"}, {"ssl_version", "TLSv1.2"},
      {"ssl_cn", "example.com"}, {"ssl_cipher", "AES256-SHA"}, {"ssl_sig_alg", "SHA1"}, {"ssl_key_alg", "RSA512"},
      {"ssl_0x22", "example.com"}, {"0x22", "(none)"}, {"ssl_0x01", "(none)"}, {"0x100", "(none)"}, {"0x", "(none)"},
      {"0xfffffffff01", "(none)"}, {"nothing", "(none)"}, {"ssl_", "(none)"}, {"", "(none)"}};
  for (const auto& [name, value] : wanted) {
    CAPTURE(name);
    CHECK(value_of(tlvs, name) == value);
  }
  CHECK(value_of(tlvs, "ssl") == ssl + inside);
  CHECK(value_of("", "ssl_verify") == "(none)");
  CHECK(value_of(tlv(0x20, std::string("\x01\xff\xff\xff\xff", 5)), "ssl_verify") == "4294967295");
}

TEST_CASE("version 2: TLVs that are cut short break the header") {
  const auto with = [](const std::string& tlvs) { return read(v2(0x21, 0x11, addresses4 + tlvs)); };
  CHECK(with("\x01") == "TLV cut short");
  CHECK(with(std::string("\x01\x00", 2)) == "TLV cut short");
  CHECK(with(std::string("\x01\x00\x02x", 4)) == "TLV cut short");
  CHECK(with(tlv(1, "h2") + "\xff\xff\xff") == "TLV cut short");
  CHECK(with(tlv(0x20, "1234")) == "SSL TLV cut short");
  CHECK(with(tlv(0x20, "12345" + std::string("\x21\x00\x09TLS", 6))) == "TLV cut short");
  CHECK(with(tlv(5, std::string(129, 'u'))) == "unique id too long");
  CHECK(with(tlv(5, std::string(128, 'u'))).starts_with("192.0.2.1"));
}

TEST_CASE("TLVs of connections without addresses are kept when they are whole") {
  CHECK(value_of(tlvs_of(v2(0x21, 0x00, tlv(5, "id"))), "unique_id") == "id");
  CHECK(value_of(tlvs_of(v2(0x21, 0x31, std::string(216, '\0') + tlv(5, "id"))), "unique_id") == "id");
  CHECK(tlvs_of(v2(0x21, 0x00, "\xff\xff\xff")).empty());
}

TEST_CASE("a header that is written says the same when it is read") {
  const auto both = [](const char* client, const char* server) {
    const Address from = *Address::parse(client, 0), to = *Address::parse(server, 0);
    const std::string first = read(write_proxy_line(1, from, to)), second = read(write_proxy_line(2, from, to));
    CHECK(first.substr(0, first.find(',')) == second.substr(0, second.find(',')));
    return first;
  };
  CHECK(both("192.0.2.1:123", "192.0.2.2:5678") == "192.0.2.1:123 > 192.0.2.2:5678, 41");
  CHECK(both("[2001:db8::1]:1", "[::1]:2").starts_with("[2001:db8::1]:1 > [::1]:2"));
  CHECK(both("192.0.2.1:1", "[::1]:2").starts_with("[::ffff:192.0.2.1]:1 > [::1]:2"));
  CHECK(both("[::1]:2", "192.0.2.1:1").starts_with("[::1]:2 > [::ffff:192.0.2.1]:1"));
  CHECK(write_proxy_line(1, *Address::parse("192.0.2.1:123", 0), *Address::parse("192.0.2.2:5678", 0)) ==
        "PROXY TCP4 192.0.2.1 192.0.2.2 123 5678\r\n");
  CHECK(write_proxy_line(2, *Address::parse("192.0.2.1:123", 0), *Address::parse("192.0.2.2:5678", 0)) ==
        v2(0x21, 0x11, addresses4));
  const Address path = *Address::unix_path("/run/x.sock");
  CHECK(write_proxy_line(1, path, path) == "PROXY UNKNOWN\r\n");
  CHECK(write_proxy_line(1, *Address::parse("192.0.2.1", 1), path) == "PROXY UNKNOWN\r\n");
  CHECK(write_proxy_line(2, path, Address()) == v2(0x21, 0, ""));
}

TEST_CASE("a log shows the first line of a broken header") {
  CHECK(first_line("GET / HTTP/1.1\r\nHost: x") == "GET / HTTP/1.1");
  CHECK(first_line("PROXY") == "PROXY");
  CHECK(first_line("\r\n\r\n").empty());
}
