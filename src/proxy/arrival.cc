#include "proxy/arrival.h"

#include <algorithm>
#include <utility>

#include "http/h2_gate.h"
#include "proxy/connection.h"
#include "proxy/h2_connection.h"

namespace gh::proxy {

Arrival::~Arrival() {
  if (!closed_) Counters::move(worker_.counters.waiting, -1);
}

void Arrival::opened() {
  Counters::move(worker_.counters.waiting, 1);
  wants_proxy_line_ = listen_address().proxy_protocol;
  transport_.stream.start_reading();
  worker_.loop.timers().set(*this, listen_address().fallback->settings.client_header_timeout_ms);
}

void Arrival::on_read(std::string_view bytes) {
  if (wants_proxy_line_) read_proxy_line(bytes);
  else go_on(bytes);
}

void Arrival::on_eof() {
  if (wants_proxy_line_) log(LogLevel::info, "client closed connection while reading PROXY protocol");
  close();
}

void Arrival::fire() {
  if (handshake_) log(LogLevel::info, "client timed out while SSL handshaking");
  if (wants_proxy_line_) log(LogLevel::info, "client timed out while reading PROXY protocol");
  close();
}

void Arrival::go_on(std::string_view bytes) {
  const table::ListenAddress& listen = listen_address();
  if (listen.tls) return start_tls(bytes);  // where ALPN says whether it is HTTP/2
  if (!listen.http2 && !listen.fallback->settings.http2) return speak_http1(bytes);
  const std::unique_ptr<std::string> held = std::move(held_);
  if (held) bytes = held->append(bytes);
  const std::size_t common = std::min(bytes.size(), http::h2_preface.size());
  if (bytes.substr(0, common) != http::h2_preface.substr(0, common)) return speak_http1(bytes);
  if (common == http::h2_preface.size()) return speak_http2(bytes);
  held_ = std::make_unique<std::string>(bytes);
}

void Arrival::speak_http1(std::string_view bytes) {
  end_tls();
  auto* next = new Connection(worker_, point_, std::move(transport_));
  close();
  next->begin_with(bytes);
}

void Arrival::speak_http2(std::string_view bytes) {
  end_tls();
  auto* next = new H2Connection(worker_, point_, std::move(transport_));
  close();
  next->begin_with(bytes);
}

void Arrival::close() {
  if (std::exchange(closed_, true)) return;
  Counters::move(worker_.counters.waiting, -1);
  worker_.loop.timers().clear(*this);
  end_tls();
  transport_.stream.close();
  worker_.loop.defer(*this);
}

}  // namespace gh::proxy
