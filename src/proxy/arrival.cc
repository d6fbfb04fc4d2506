#include "proxy/arrival.h"

#include <utility>

#include "proxy/connection.h"

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
  if (wants_proxy_line_) log(LogLevel::info, "client timed out while reading PROXY protocol");
  close();
}

void Arrival::go_on(std::string_view bytes) { speak_http1(bytes); }

void Arrival::speak_http1(std::string_view bytes) {
  auto* next = new Connection(worker_, point_, std::move(transport_));
  close();
  next->begin_with(bytes);
}

void Arrival::close() {
  if (std::exchange(closed_, true)) return;
  Counters::move(worker_.counters.waiting, -1);
  worker_.loop.timers().clear(*this);
  transport_.stream.close();
  worker_.loop.defer(*this);
}

}  // namespace gh::proxy
