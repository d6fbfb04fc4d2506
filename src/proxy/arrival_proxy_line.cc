// Arrival's first stage: the header of the PROXY protocol, where `listen ... proxy_protocol` wants one. What comes
// behind it is not looked at before it is complete and right; without one nobody gets in.
#include <fmt/format.h>

#include "base/text.h"
#include "proxy/arrival.h"

namespace gh::proxy {

using State = http::ProxyLineVerdict::State;

void Arrival::read_proxy_line(std::string_view bytes) {
  const std::unique_ptr<std::string> held = std::move(partial_line_);
  if (held) bytes = held->append(bytes);
  auto line = std::make_unique<http::ProxyLine>();
  const http::ProxyLineVerdict verdict = http::read_proxy_line(bytes, *line);
  if (verdict.state == State::incomplete) {
    partial_line_ = std::make_unique<std::string>(bytes);
    return;
  }
  if (verdict.state == State::broken) {
    log(LogLevel::error, fmt::format("broken header: \"{}\" ({}) while reading PROXY protocol",
                                     printable(http::first_line(bytes), http::most_proxy_line_v1), verdict.reason));
    return close();
  }
  wants_proxy_line_ = false;
  if (line->source.is_set() || !line->tlvs.empty()) transport_.proxy_line = std::move(line);
  bytes.remove_prefix(verdict.consumed);
  if (!bytes.empty()) go_on(bytes);
}

}  // namespace gh::proxy
