// Exchange's lines in the error log: the text, then who asked for what, as nginx writes it.
#include <fmt/format.h>

#include "proxy/exchange.h"
#include "proxy/secret_text.h"

namespace gh::proxy {

bool Exchange::wants_log(LogLevel level) const {
  return route && route->logs && route->logs->error_log && route->logs->error_log->wants(level);
}

void Exchange::log(LogLevel level, std::string_view text) const {
  if (!wants_log(level)) return;
  route->logs->error_log->write(level, client->serial(), fmt::format("{}{}", text, log_context()));
}

std::string Exchange::log_context() const {
  std::string line = fmt::format(", client: {}, server: {}", client_address().ip_text(), server->name);
  if (!request.request_line.empty()) {
    line += fmt::format(", request: \"{}\"", without_secrets(*this, request.request_line));
  }
  if (parent) line += fmt::format(", subrequest: \"{}\"", uri);
  if (last_attempt) {
    line += fmt::format(", upstream: \"{}://{}{}\"", upstream_scheme, last_attempt->address,
                        without_secrets(*this, upstream_uri));
  }
  if (!request.host.empty()) line += fmt::format(", host: \"{}\"", request.host);
  line.shrink_to_fit();  // a tunnel keeps it
  return line;
}

}  // namespace gh::proxy
