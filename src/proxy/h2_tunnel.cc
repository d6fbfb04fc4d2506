// WebSocket over HTTP/2 (RFC 8441): an extended CONNECT goes on as a handshake of HTTP/1.1, and where the upstream
// switches, its stream becomes the client's end of a tunnel. Flow control is the stream's window: what the tunnel does
// not want yet is not credited.
#include <sys/random.h>
#include <uv.h>

#include <array>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "http/upgrade.h"
#include "proxy/exchange.h"
#include "proxy/h2_connection.h"
#include "proxy/h2_stream.h"
#include "proxy/tunnel.h"
#include "proxy/worker.h"

namespace gh::proxy {

namespace {

constexpr std::int32_t tunnel_window = 256 * 1024;

/// RFC 6455 4.1: what nobody else can know, so that an answer to it is one to this handshake.
std::string random_key() {
  std::array<char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return {};
  return encode_base64({bytes.data(), bytes.size()});
}

}  // namespace

class H2TunnelEnd final : public TunnelEnd {
 public:
  explicit H2TunnelEnd(H2Stream& stream) : stream_(&stream) {}
  ~H2TunnelEnd() override { H2TunnelEnd::close(); }

  int write(std::string_view bytes) override {
    if (!is_open()) return UV_EPIPE;
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    stream_->offer({&part, 1}, bytes.size(), false);
    return 0;
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return stream_ ? stream_->unsent_bytes() : 0; }
  [[nodiscard]] std::uint64_t progress() const override {
    return stream_ ? stream_->tunnel_progress() : 0;
  }
  [[nodiscard]] bool is_open() const override { return stream_ && !stream_->closed_ && !stream_->reset_asked_; }
  void pause() override {
    if (stream_) stream_->paused_ = true;
  }
  void resume() override {
    if (stream_) stream_->resume_tunnel();
  }
  void shut_down_write() override {
    if (is_open()) stream_->offer({}, 0, true);
  }
  void close() override {
    if (H2Stream* const stream = std::exchange(stream_, nullptr)) stream->leave_tunnel();
  }

  // from the stream
  void on_read(std::string_view bytes) { tunnel_->on_read(*this, bytes); }
  void on_eof() { tunnel_->on_eof(*this); }
  void on_broken(int error) { tunnel_->on_broken(*this, error); }
  void on_drained() { tunnel_->on_drained(*this); }

 private:
  H2Stream* stream_;   // null: closed
};

/// Its DATA is no body: it waits for the tunnel.
void H2Stream::begin_handshake() {
  Exchange& x = *exchange_;
  is_handshake_ = body_told_ = x.body_complete = true;
  http::make_handshake(x.request, x.arena.copy(random_key()), x.arena);
}

/// RFC 8441 5: 200 stands for 101 here, and without a tunnel no answer may be of its class.
void H2Stream::fit_answer(Exchange& x) {
  Reply& reply = x.reply;
  if (reply.status == 101) {
    reply.status = 200;
    reply.fields.remove_if([](const http::Field& field) { return iequals(field.name, "sec-websocket-accept"); });
  } else if (reply.status < 300) {
    x.log(LogLevel::info, "an extended CONNECT was answered as an ordinary request");
    reply.status = 501;
    reply.content_type = {};
    reply.fields.clear();
    reply.trailers.clear();
    reply.fill_trailers = nullptr;
    reply.last_modified = -1;
    reply.has_content_length = false;
    head_only_ = true;
  }
}

void H2Stream::start_tunnel(Exchange&) {
  tunnel_due_ = true;
  connection_->touch(*this);
}

/// The answer's head is written, so that nothing looks into the exchange's memory any more.
void H2Stream::begin_tunnel() {
  tunnel_due_ = false;
  Worker& worker = connection_->worker_;
  Exchange* const x = std::exchange(exchange_, nullptr);
  pace_ = Pace::none;
  worker.loop.timers().clear(*this);
  connection_->idle_ms_ = x->core().keepalive_timeout_ms;
  TunnelPlan plan;
  std::unique_ptr<TunnelEnd> peer = x->become_tunnel(plan);
  worker.free_exchange(x);
  generation_ = plan.generation;
  auto end = std::make_unique<H2TunnelEnd>(*this);
  end_ = end.get();
  paused_ = true;
  if (!closed_ && !client_ended_) {
    nghttp2_session_set_local_window_size(connection_->session_, NGHTTP2_FLAG_NONE, id_, tunnel_window);
  }
  end_told_ = client_ended_;
  const std::string early = std::exchange(pending_, {});
  Tunnel::begin(worker, std::move(plan), std::move(end), std::move(peer), early, client_ended_);
}

/// Tells the tunnel what was noted.
void H2Stream::settle_tunnel() {
  if (closed_ && !(client_ended_ && sent_end_)) {
    if (!std::exchange(gone_told_, true)) end_->on_broken(UV_ECONNRESET);
    return;
  }
  if (!paused_) deliver_to_tunnel();
  if (end_ && client_ended_ && pending_.empty() && !std::exchange(end_told_, true)) end_->on_eof();
  if (std::exchange(drained_due_, false) && end_) end_->on_drained();
}

void H2Stream::resume_tunnel() {
  if (std::exchange(paused_, false)) connection_->touch(*this);
}

std::uint64_t H2Stream::tunnel_progress() const {
  return queue_.empty() ? connection_->transport_.stream.bytes_sent() : sent_;
}

/// The tunnel may still have to begin.
void H2Stream::take_for_tunnel(std::string_view bytes) {
  if (is_free() || reply_over_) return;
  uncredited_ += bytes.size();
  if (!end_ || paused_ || !pending_.empty()) {
    pending_.append(bytes);
  } else {
    end_->on_read(bytes);
    if (end_ && !paused_) credit();
  }
}

void H2Stream::deliver_to_tunnel() {
  if (!pending_.empty()) {
    const std::string held = std::exchange(pending_, {});
    end_->on_read(held);
  }
  if (end_ && !paused_) credit();
}

/// The tunnel is through with it. A stream that has not ended by now is cut.
void H2Stream::leave_tunnel() {
  end_ = nullptr;
  pending_.clear();
  if (!sent_end_) reset(http::H2Error::cancel);
  else if (!client_ended_) reset(http::H2Error::none);
  connection_->touch(*this);
}

}  // namespace gh::proxy
