// The request's body on its way to a peer: kept and sent a piece at a time, or streaming as it comes.
#include <fmt/format.h>

#include <array>

#include "proxy/forwarder.h"
#include "proxy/worker.h"

namespace gh::proxy {

namespace {

constexpr std::size_t body_high_water = 64 * 1024;  // queued towards the peer, beside what its socket holds
constexpr std::size_t most_parts = 16;

iovec part(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

}  // namespace

/// What came of a streaming body together with the client's head goes out with ours, as one chunk.
void Forwarder::add_begun_body(Output& out) {
  std::string scratch;
  const std::string_view bytes = x_.body.whole(scratch);
  char chunk_head[20];
  if (frames_chunks()) out << std::string_view(chunk_head, http::write_chunk_head(bytes.size(), chunk_head));
  out << bytes;
  if (frames_chunks()) out << "\r\n";
  // What follows is remembered behind it for $request_body, or nothing is.
  const auto most = static_cast<std::size_t>(x_.core().client_body_buffer_bytes);
  if (x_.table().uses_request_body) x_.body.remember({}, most);
  else x_.body.clear();
}

/// Buffered body: keep the peer's queue filled, a piece at a time.
void Forwarder::send_more_body() {
  if (!held_back_) link_->set_timeout(plan_->settings->send_timeout_ms);
  while (!body_sent_ && !send_failed_ && link_->queued_bytes() < body_high_water) {
    std::array<iovec, most_parts> parts;
    std::size_t count = 0;
    if (x_.forwarded_body().in_file()) {
      const std::span<char> piece = x_.worker.file_buffer();
      Result<std::size_t> got = x_.forwarded_body().read_file(body_offset_, piece.data(), piece.size());
      if (!got || *got == 0) return failed_here(got ? "request body file is short" : got.error().text);
      parts[count++] = {piece.data(), *got};
    } else {
      count = x_.forwarded_body().parts(body_offset_, parts.data(), parts.size());
    }
    for (std::size_t i = 0; i < count; ++i) {
      body_offset_ += parts[i].iov_len;
      record_->bytes_sent += parts[i].iov_len;
    }
    body_sent_ = body_offset_ >= x_.forwarded_body().size();
    if (link_->write({parts.data(), count}, body_sent_) != 0) return stop_sending();
  }
  if (body_sent_) request_sent();
}

/// All of the request was handed to the stream; what it could not send at once still counts as sending.
void Forwarder::request_sent() {
  body_sent_ = true;
  if (stage_ == Stage::sending && is_client_full()) {  // its window is shut: the head is wanted, and little behind it
    link_->pause();
    link_->resume();
  }
  if (stage_ == Stage::sending) stage_ = Stage::waiting_head;
  const bool queued = link_->queued_bytes() > 0;
  link_->set_timeout(queued ? plan_->settings->send_timeout_ms : plan_->settings->read_timeout_ms);
}

/// The peer closed its reading side. It may have answered before that (413): wait for what it says.
void Forwarder::stop_sending() {
  send_failed_ = true;
  body_sent_ = false;  // the connection is not fit for another request
  if (stage_ == Stage::sending) stage_ = Stage::waiting_head;
  link_->set_timeout(plan_->settings->read_timeout_ms);
}

void Forwarder::on_body(std::string_view bytes) {
  if (!link_ || body_sent_ || send_failed_) return;
  char chunk_head[20];
  std::array<iovec, 3> parts;
  std::size_t count = 0;
  if (frames_chunks()) parts[count++] = {chunk_head, http::write_chunk_head(bytes.size(), chunk_head)};
  parts[count++] = part(bytes);
  if (frames_chunks()) parts[count++] = part("\r\n");
  record_->bytes_sent += bytes.size();
  if (link_->write({parts.data(), count}, false) != 0) return stop_sending();
  // While nothing is queued, it is the client that is waited for, and its own timeout that counts.
  if (stage_ == Stage::sending && link_->queued_bytes() > 0)
    link_->set_timeout(plan_->settings->send_timeout_ms);
  else if (stage_ == Stage::sending) link_->clear_timeout();
  if (link_->queued_bytes() > body_high_water) x_.want_body(false);
}

void Forwarder::on_body_end() {
  if (!link_ || stage_ == Stage::connecting || body_sent_ || send_failed_) return;  // send_request() looks for it
  const iovec end = part("0\r\n\r\n");
  if (link_->write({&end, frames_chunks() ? 1U : 0U}, true) != 0) return stop_sending();
  request_sent();
}

void Forwarder::on_peer_drained() {
  if (!body_sent_ && !send_failed_) {
    if (!x_.body_streaming) return send_more_body();
    if (stage_ == Stage::sending) link_->clear_timeout();
    return x_.want_body(true);
  }
  if (stage_ == Stage::waiting_head) link_->set_timeout(plan_->settings->read_timeout_ms);
}

}  // namespace gh::proxy
