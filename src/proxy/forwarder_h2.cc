// An attempt over HTTP/2: its link is a stream of a connection that others use, too. The answer comes in pieces that
// are known to be whole messages' parts: head, body, trailers, end (upstream/peer_link.h).
#include <fmt/format.h>

#include "http/field_block.h"
#include "proxy/forwarder.h"
#include "proxy/grpc_deadline.h"
#include "proxy/worker.h"

namespace gh::proxy {

void Forwarder::open_stream(state::Peer& peer, const upstream::Origin& from) {
  int error = 0;
  bool connected = false;
  shares_ = true;
  unprocessed_ = false;
  stage_ = Stage::connecting;
  const auto head_bytes = static_cast<std::size_t>(plan_->settings->buffer_bytes);
  link_ = x_.worker.pool.open_stream(*upstream_, peer, from, head_bytes, *this, error, connected);
  if (!link_) return on_peer_connected(error);
  if (!connected) return link_->set_timeout(plan_->settings->connect_timeout_ms);
  record_->connect_ms = 0;
  send_request();
}

void Forwarder::on_peer_answer(const upstream::PeerAnswer& answer) {
  if (!link_) return;
  got_bytes_ = got_bytes_ || answer.head;
  const AttemptRecord* const attempt = record_;
  if (answer.head) take_head(answer);
  else if (stage_ == Stage::relaying && !answer.failure) take_body(answer, false);
  if (answer.failure && link_ && record_ == attempt) stream_failed(*answer.failure);
}

void Forwarder::stream_failed(const upstream::PeerFailure& failure) {
  using Kind = upstream::PeerFailure::Kind;
  const std::string text = fmt::format("{} while {}", failure.text, doing());
  if (stage_ == Stage::relaying) return cut(text);
  unprocessed_ = failure.kind == Kind::unprocessed;
  failed(failure.kind == Kind::illegal ? Failure::invalid_header : Failure::error, 502, text);
}

void Forwarder::take_head(const upstream::PeerAnswer& answer) {
  if (stage_ != Stage::sending && stage_ != Stage::waiting_head) return;
  record_->bytes_received += answer.head->bytes();
  const bool ends = answer.ends && answer.body.empty() && !answer.trailers;
  http::HeadError error;
  if (!http::read_response_block(*answer.head, request_.head_method, ends, x_.arena, head_, error)) {
    return failed(Failure::invalid_header, 502,
                  fmt::format("upstream sent an invalid header: {} while reading response header from upstream",
                              error.reason));
  }
  if (head_.status < 200) return void(may_wait_for_head());
  if (!judge_head({}) || !start_reply()) return;
  if (head_.framing == http::BodyFraming::none) return end_answer({}, true);
  if (x_.reply.allow_ranges && !x_.prepare_head()) return;  // 416: this attempt is over
  take_body(answer, true);
}

/// Body bytes go on as they came; the length that the head stated is what they must come to.
void Forwarder::take_body(const upstream::PeerAnswer& answer, bool head_pending) {
  if (answer.failure) return pass_on({}, false, head_pending);  // what was to follow does not come
  std::size_t bytes = 0;
  for (const iovec& piece : answer.body) bytes += piece.iov_len;
  record_->bytes_received += bytes;
  record_->response_length += bytes;
  const bool stated = head_.has_content_length;
  const bool too_much = stated && record_->response_length > head_.content_length;
  const bool too_little = stated && answer.ends && record_->response_length < head_.content_length;
  if (too_much || too_little) {
    const std::string text = fmt::format("upstream sent {} data than specified in \"Content-Length\" header",
                                         too_much ? "more" : "less");
    if (head_pending) return failed(Failure::invalid_header, 502, text);
    return cut(text);
  }
  if (answer.ends) return end_answer(answer, head_pending);
  if (bytes > 0 || head_pending) pass_on(answer.body, false, head_pending);
  if (stage_ == Stage::relaying && link_) hold_back();
}

void Forwarder::end_answer(const upstream::PeerAnswer& answer, bool head_pending) {
  if (answer.trailers) {
    record_->bytes_received += answer.trailers->bytes();
    std::span<http::Field> trailers;
    http::HeadError error;
    if (!http::read_trailer_block(*answer.trailers, x_.arena, trailers, error)) {
      const std::string text = fmt::format("upstream sent an invalid trailer: {} while reading upstream", error.reason);
      return head_pending ? failed(Failure::invalid_header, 502, text) : cut(text);
    }
    if (plan_->settings->pass_trailers) take_trailers(trailers);
  }
  if (head_pending && !x_.prepare_head()) return;
  finish_reply(false);
  pass_on(answer.body, true, head_pending);
}

// ---- gRPC ----------------------------------------------------------------------------------------------------------

/// 0: none.
void Forwarder::set_deadline(std::int64_t ms) {
  net::TimerWheel& timers = x_.worker.loop.timers();
  if (ms == 0) return timers.clear(*deadline_);
  if (!deadline_) deadline_ = std::make_unique<GrpcDeadline>(*this);
  timers.set(*deadline_, ms);
}

/// The client waits no longer: upstream the call is cancelled, and it is told why.
void Forwarder::on_deadline() {
  if (stage_ == Stage::idle || stage_ == Stage::over) return;
  x_.log(LogLevel::info, fmt::format("deadline of the gRPC call exceeded while {}", doing()));
  on_abort();
  x_.reason = "deadline exceeded";
  if (!x_.reply.head_sent) {
    x_.deadline_exceeded = true;
    return answer_failure(504);
  }
  constexpr std::string_view deadline_exceeded = "4";
  x_.reply.trailers.add(x_.arena, "grpc-status", deadline_exceeded);
  x_.reply.trailers.add(x_.arena, "grpc-message", "deadline exceeded");
  x_.send_body({}, true);
}

}  // namespace gh::proxy
