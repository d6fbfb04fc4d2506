// Any bytes as a PROXY protocol header: a verdict never changes when more bytes come, what is kept is whole, and what is
// written of it is read back.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/proxy_line.h"

using namespace gh;
using namespace gh::http;
using State = ProxyLineVerdict::State;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_tlvs(const ProxyLine& line) {
  std::string scratch;
  for (const char* name : {"alpn", "ssl", "ssl_verify", "ssl_cn", "0xae", "ssl_0xff"}) {
    const auto value = find_tlv(line.tlvs, parse_tlv_name(name), scratch);
    require(!value || value->size() <= line.tlvs.size() || value->size() <= 10);
  }
}

void check_complete(const ProxyLine& line, std::size_t consumed, std::size_t size) {
  require(consumed > 0 && consumed <= size && (line.version == 1 || line.version == 2));
  require(consumed <= (line.version == 1 ? most_proxy_line_v1 : most_proxy_line));
  require(line.source.family() == line.destination.family());
  check_tlvs(line);
  if (!line.source.is_set()) return;
  for (const unsigned version : {1u, 2u}) {
    ProxyLine again;
    const std::string text = write_proxy_line(version, line.source, line.destination);
    require(read_proxy_line(text, again).consumed == text.size());
    require(again.source == line.source && again.destination == line.destination);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ProxyLine line;
  const ProxyLineVerdict whole = read_proxy_line(bytes, line);
  if (whole.state == State::complete) check_complete(line, whole.consumed, size);
  if (whole.state == State::broken) require(*whole.reason != '\0');
  if (whole.state == State::incomplete) require(size < most_proxy_line);
  State before = State::incomplete;
  for (std::size_t part = 0; part < size && part < 300; ++part) {  // as if its bytes came one by one
    ProxyLine partial;
    const ProxyLineVerdict verdict = read_proxy_line(bytes.substr(0, part), partial);
    require(before == State::incomplete || verdict.state == before);
    if (whole.state == State::complete) require((verdict.state == State::complete) == (part >= whole.consumed));
    before = verdict.state;
  }
  return 0;
}
