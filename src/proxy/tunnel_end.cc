#include "proxy/tunnel_end.h"

#include <utility>

#include "proxy/client_connection.h"
#include "proxy/tunnel.h"

namespace gh::proxy {

namespace {

/// A stream as the end of a tunnel. `Base` has it as transport_.stream and is its StreamEvents.
template <class Base>
class StreamEnd : public Base, public TunnelEnd {
 public:
  using Base::Base;

  int write(std::string_view bytes) override { return own().write(bytes); }
  [[nodiscard]] std::size_t queued_bytes() const override { return own().queued_bytes(); }
  [[nodiscard]] std::uint64_t progress() const override { return own().bytes_sent(); }
  [[nodiscard]] bool is_open() const override { return own().is_open(); }
  void pause() override { own().pause(); }
  void resume() override { own().resume(); }
  void shut_down_write() override { own().shut_down_write(); }
  void close() override { own().close(); }
  [[nodiscard]] net::Stream* stream() override { return own().tls() ? nullptr : &own(); }

 protected:
  net::Stream& own() { return this->transport_.stream; }
  [[nodiscard]] const net::Stream& own() const { return this->transport_.stream; }

 private:
  void on_read(std::string_view bytes) override { tunnel_->on_read(*this, bytes); }
  void on_spliced(std::size_t bytes) override { tunnel_->on_moved(*this, bytes); }
  void on_eof() override { tunnel_->on_eof(*this); }
  void on_broken(int error) override { tunnel_->on_broken(*this, error); }
  void on_drained() override { tunnel_->on_drained(*this); }
};

class ClientEnd final : public StreamEnd<ClientConnection> {
 public:
  ClientEnd(Worker& worker, Transport&& transport, std::uint64_t generation)
      : StreamEnd(worker, worker.no_point, std::move(transport)), generation_(generation) {
    transport_.addresses.reset();
    own().set_no_delay();
    Counters::move(worker_.counters.writing, 1);
  }
  ~ClientEnd() override { Counters::move(worker_.counters.writing, -1); }

 private:
  void opened() override {}
  /// As in nginx it goes on until one side ends it, or worker_shutdown_timeout.
  void drain() override {}
  [[nodiscard]] bool follows(std::uint64_t generation) const override { return generation_ >= generation; }
  void close_now() override { tunnel_->close_now(); }

  const std::uint64_t generation_;
};

struct PeerTransport : protected net::StreamEvents {
  explicit PeerTransport(net::Stream&& stream) : transport_{std::move(stream)} { transport_.stream.set_events(*this); }

 protected:
  ~PeerTransport() = default;
  void on_connected(int) override {}
  struct { net::Stream stream; } transport_;
};

class PeerEnd final : public StreamEnd<PeerTransport> {
  using StreamEnd::StreamEnd;
};

}  // namespace

std::unique_ptr<TunnelEnd> make_client_end(Worker& worker, Transport&& transport, std::uint64_t generation) {
  return std::make_unique<ClientEnd>(worker, std::move(transport), generation);
}

std::unique_ptr<TunnelEnd> make_peer_end(net::Stream&& stream) { return std::make_unique<PeerEnd>(std::move(stream)); }

}  // namespace gh::proxy
