// The failing half of Forwarder: what an error is called in the log, whether there is another try
// (proxy_next_upstream), what the client gets when there is none.
#include <fmt/format.h>

#include <cstring>

#include "proxy/forwarder.h"
#include "proxy/worker.h"

namespace gh::proxy {

using upstream::Outcome;

namespace {

/// The proxy_next_upstream condition of a status, 0 when there is none.
std::uint32_t status_bit(unsigned status) {
  switch (status) {
    case 500: return table::next_500;
    case 502: return table::next_502;
    case 503: return table::next_503;
    case 504: return table::next_504;
    case 403: return table::next_403;
    case 404: return table::next_404;
    case 429: return table::next_429;
    default: return 0;
  }
}

}  // namespace

std::string_view Forwarder::doing() const {
  switch (stage_) {
    case Stage::connecting:
      return request_.tls && link_->connection().is_securing() ? "SSL handshaking to upstream"
                                                               : "connecting to upstream";
    case Stage::sending: return "sending request to upstream";
    case Stage::waiting_head: return "reading response header from upstream";
    default: return "reading upstream";
  }
}

/// The answer is under way and cannot be completed: the client must see that.
void Forwarder::cut(std::string_view text) {
  x_.log(LogLevel::error, text);
  record_->response_ms = since_attempt_ms();
  stage_ = Stage::over;
  end_attempt(Outcome::failed, false);
  x_.fail_source();
}

/// Not the peer's fault: no descriptors, no memory, no local port, an unreadable body file.
void Forwarder::failed_here(std::string_view text) {
  x_.log(LogLevel::crit, text);
  record_->response_ms = since_attempt_ms();
  stage_ = Stage::over;
  end_attempt(Outcome::unknown, false);
  x_.reason = x_.arena.copy(text);
  answer_failure(500);
}

void Forwarder::on_peer_eof() {
  if (stage_ == Stage::relaying) {
    record_->response_ms = since_attempt_ms();
    if (reader_.ends_at_eof()) {
      stage_ = Stage::over;
      answer_is_whole();
      end_attempt(Outcome::ok, false);
      return x_.send_body({}, true);
    }
    return cut("upstream prematurely closed connection while reading upstream");
  }
  failed(Failure::error, 502, fmt::format("upstream prematurely closed connection while {}", doing()));
}

void Forwarder::on_peer_broken(int error) {
  if (stage_ == Stage::switching) return link_->connection().stream.close();
  const std::string text = fmt::format("recv() failed ({}: {}) while {}", -error, std::strerror(-error), doing());
  if (stage_ == Stage::relaying) return cut(text);
  failed(Failure::error, 502, text);
}

void Forwarder::on_peer_timeout() {
  const std::string text = fmt::format("upstream timed out (110: Connection timed out) while {}", doing());
  if (stage_ == Stage::relaying) return cut(text);
  failed(Failure::timeout, 504, text);
}

/// The peer closed a kept connection just when it was used, or says that it left the request alone (RFC 9113 8.7).
bool Forwarder::is_race(Failure failure) const {
  if (failure != Failure::error || !link_) return false;
  return (link_->was_idle() && !got_bytes_) || (unprocessed_ && !fresh_only_);
}

/// RFC 9110 9.2.2: a request that may have had an effect is not sent again by itself.
bool Forwarder::may_retry(Failure failure, unsigned status) const {
  const table::ProxySettings& settings = *plan_->settings;
  const bool race = is_race(failure);
  const bool no_tries = tries_left_ == 0 && (!race || settings.next_upstream_tries > 0);
  if ((settings.next_upstream & table::next_off) != 0 || no_tries) return false;
  std::uint32_t wanted = 0;
  switch (failure) {
    case Failure::error: wanted = table::next_error; break;
    case Failure::timeout: wanted = table::next_timeout; break;
    case Failure::invalid_header: wanted = table::next_invalid_header; break;
    case Failure::status: wanted = status_bit(status); break;
  }
  if ((settings.next_upstream & wanted) == 0) return false;
  if (request_started_ && !unprocessed_ && !http::is_idempotent(x_.method_now) &&
      (settings.next_upstream & table::next_non_idempotent) == 0) {
    return false;
  }
  if (request_started_ && x_.body_streaming && request_.has_body) return false;
  return settings.next_upstream_timeout_ms == 0 ||
         x_.clock().now_ms() - started_ms_ < settings.next_upstream_timeout_ms;
}

void Forwarder::failed(Failure failure, unsigned status, std::string_view text) {
  const bool begun = x_.reply.head_prepared;  // response steps have acted on this answer, and cannot act on another
  const bool again = !begun && may_retry(failure, status);
  const bool race = is_race(failure);
  record_->response_ms = since_attempt_ms();
  if (record_->status == 0) record_->status = static_cast<std::uint16_t>(status);
  x_.log(failure == Failure::status ? LogLevel::warn : LogLevel::error, text);
  // A kept connection that its peer had just closed says nothing about the peer's health: the same one may be tried
  // again.
  if (race && !shares_) x_.worker.pool.note_early_close(*upstream_);
  if (race && again) {
    if (x_.attempts == record_) selection_.restart();
    fresh_only_ = true;
    ++tries_left_;
  }
  const bool counts = failure != Failure::status || (status != 403 && status != 404);
  end_attempt(race ? Outcome::unknown : counts ? Outcome::failed : Outcome::ok, false);
  partial_head_.clear();
  const bool close = x_.reply.close_connection;
  x_.reply = {};  // nothing of a failed answer is kept
  x_.reply.close_connection = close;
  x_.reply.head_prepared = begun;  // so that error() takes back what they have added
  if (!again) {
    x_.reason = failure == Failure::timeout ? timeout_reason(text) : x_.arena.copy(text);
    return answer_failure(status);
  }
  next_try();
}

void Forwarder::no_peer(std::string_view why) {
  record_ = &x_.add_attempt(x_.arena.copy(upstream_->name));
  record_->status = 502;
  x_.log(LogLevel::error, fmt::format("{} while connecting to upstream", why));
  x_.reason = x_.arena.copy(why);
  answer_failure(502);
}

bool Forwarder::on_turn() {
  selection_.restart();
  peer_ = pick();
  if (!peer_) return false;
  x_.worker.waiting.leave(*this);
  if (tries_left_ > 0) --tries_left_;
  open(*peer_);
  return true;
}

void Forwarder::on_wait_over() { no_peer("upstream queue timed out"); }

/// With the name of the directive that sets the time.
std::string_view Forwarder::timeout_reason(std::string_view text) const {
  const std::string_view what = stage_ == Stage::connecting ? "connect"
                                : stage_ == Stage::sending  ? "send"
                                                            : "read";
  return x_.arena.copy(fmt::format("{}_{}_timeout: {}", plan_->is_grpc ? "grpc" : "proxy", what, text));
}

void Forwarder::answer_failure(unsigned status) {
  stage_ = Stage::over;
  x_.detach();
  x_.error(status, {plan_->is_grpc ? "grpc_pass" : "proxy_pass", {}}, x_.reason);
}

void Forwarder::on_abort() {
  if (stage_ == Stage::idle || stage_ == Stage::over) return;
  if (stage_ == Stage::resolving) resolver_->cancel(resolving_id_);
  if (stage_ == Stage::queued) x_.worker.waiting.leave(*this);
  const bool has_record = stage_ != Stage::resolving && record_;
  stage_ = Stage::over;
  if (has_record && record_->response_ms < 0) record_->response_ms = since_attempt_ms();
  end_attempt(Outcome::unknown, false);
}

}  // namespace gh::proxy
