#include "proxy/client_connection.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <utility>

namespace gh::proxy {

ClientConnection::ClientConnection(Worker& worker, ListenPoint& point) : worker_(worker), point_(point) {
  transport_.serial = worker.next_connection_serial();
  ++point_.connections;
  worker_.link(*this);
}

ClientConnection::ClientConnection(Worker& worker, ListenPoint& point, Transport&& transport)
    : worker_(worker), point_(point), transport_(std::move(transport)) {
  transport_.stream.set_events(*this);
  ++point_.connections;
  worker_.link(*this);
}

ClientConnection::~ClientConnection() {
  --point_.connections;
  worker_.release_if_unused(point_);
  worker_.unlink(*this);
}

int ClientConnection::open(uv_stream_t* listening) {
  const int error = transport_.stream.accept(worker_.loop, *this, listening);
  transport_.connected_ms = worker_.loop.clock().now_ms();
  if (error == 0) opened();
  return error;
}

int ClientConnection::open(int fd) {
  const int error = transport_.stream.adopt(worker_.loop, *this, fd, true);
  transport_.connected_ms = worker_.loop.clock().now_ms();
  if (error == 0) opened();
  return error;
}

const table::ListenAddress& ClientConnection::listen_address() {
  const table::Table& table = *point_.snapshot->table;
  if (listen_ && listen_generation_ == table.generation) return *listen_;
  const auto& candidates = point_.socket->addresses;
  listen_ = table.addresses[candidates.front()].get();
  if (candidates.size() > 1) {
    for (const std::uint32_t index : candidates) {
      if (table.addresses[index]->address == own_address()) listen_ = table.addresses[index].get();
    }
  }
  listen_generation_ = table.generation;
  first_server_ = listen_->fallback.get();
  if (const SSL* const ssl = transport_.stream.tls()) {
    if (const table::Server* const named = named_server(*listen_, ssl)) first_server_ = named;
  }
  return *listen_;
}

ssl_st* ClientConnection::tls_session() const {
  if (SSL* const ssl = transport_.stream.tls()) return ssl;
  return transport_.addresses ? transport_.addresses->tls : nullptr;
}

Transport::Addresses::~Addresses() { SSL_free(tls); }

void ClientConnection::close_stream(bool reset) {
  if (!transport_.stream.is_open()) return;
  client_address();
  own_address();
  if (SSL* const ssl = transport_.stream.tls(); ssl && !transport_.addresses->tls) {
    SSL_up_ref(ssl);
    transport_.addresses->tls = ssl;
  }
  transport_.stream.close(reset);
}

void ClientConnection::log(LogLevel level, std::string_view text) {
  const table::ListenAddress& listen = listen_address();
  const auto& logs = listen.fallback->base.logs;
  if (!logs || !logs->error_log || !logs->error_log->wants(level)) return;
  logs->error_log->write(level, transport_.serial, fmt::format("{}, client: {}, server: {}", text,
                                                               client_address().ip_text(), listen.address.text()));
}

const Address& ClientConnection::client_address() {
  if (!transport_.addresses) transport_.addresses = std::make_unique<Transport::Addresses>();
  Transport::Addresses& known = *transport_.addresses;
  if (!known.peer.is_set()) known.peer = transport_.stream.peer_address();
  return known.peer;
}

const Address& ClientConnection::own_address() {
  if (!transport_.addresses) transport_.addresses = std::make_unique<Transport::Addresses>();
  Transport::Addresses& known = *transport_.addresses;
  if (!known.local) known.local = std::make_unique<const Address>(transport_.stream.local_address());
  return *known.local;
}

}  // namespace gh::proxy
