#include "proxy/connection.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "proxy/exchange.h"

namespace gh::proxy {

namespace {

constexpr std::size_t max_pending_bytes = 64 * 1024;   // pipelined bytes held while an exchange runs

/// As in nginx a body whose framing is broken in what came with its head is refused before anything is answered.
const char* broken_start(const http::RequestHead& request, std::string_view body, const http::HeadLimits& limits) {
  if (request.framing != http::BodyFraming::chunked) return nullptr;
  http::BodyReader probe;
  probe.start(request.framing, 0, limits);
  while (!body.empty() && !probe.done()) {
    const http::BodyReader::Step step = probe.read(body);
    if (step.state == http::BodyReader::State::bad) return step.reason;
    body.remove_prefix(step.consumed);
  }
  return nullptr;
}

/// Data of several chunks that lie in one buffer, as one piece: the bytes of the framing between them are written over.
void join(std::string_view& gathered, std::string_view data) {
  if (gathered.empty()) {
    gathered = data;
    return;
  }
  std::memmove(const_cast<char*>(gathered.data() + gathered.size()), data.data(), data.size());
  gathered = {gathered.data(), gathered.size() + data.size()};
}

}  // namespace

void Connection::opened() {
  Counters::move(worker_.counters.waiting, 1);
  transport_.stream.start_reading();
  worker_.loop.timers().set(*this, head_settings().client_header_timeout_ms);
}

void Connection::begin_with(std::string_view bytes) {
  opened();
  if (!bytes.empty()) on_read(bytes);
}

const table::ServerSettings& Connection::head_settings() { return first_server().settings; }

void Connection::set_stage(Stage stage) {
  if (stage_ == stage) return;
  if (stage_ == Stage::idle) Counters::move(worker_.counters.waiting, -1);
  if (stage_ == Stage::reading_head) Counters::move(worker_.counters.reading, -1);
  if (stage_ == Stage::exchange) Counters::move(worker_.counters.writing, -1);
  if (stage == Stage::idle) Counters::move(worker_.counters.waiting, 1);
  if (stage == Stage::reading_head) Counters::move(worker_.counters.reading, 1);
  if (stage == Stage::exchange) Counters::move(worker_.counters.writing, 1);
  stage_ = stage;
}

// ---- reading -------------------------------------------------------------------------------------------------------

void Connection::on_read(std::string_view bytes) {
  in_read_ = true;
  switch (stage_) {
    case Stage::idle:
    case Stage::reading_head: read_heads(bytes); break;
    case Stage::exchange:
      if (body_ && !body_->done() && body_wanted_ && !pending_) feed_body(bytes);
      else stash(bytes);
      break;
    case Stage::discarding: {
      arm_linger_timer();
      std::string_view none;
      while (stage_ == Stage::discarding && feed_body_step(bytes, none)) {}
      if (stage_ == Stage::discarding && body_->done()) {
        if (!bytes.empty()) stash(bytes);
        worker_.loop.defer(*this);
      }
      break;
    }
    case Stage::lingering:
      arm_linger_timer();
      break;
    case Stage::closed: break;
  }
  in_read_ = false;
}

/// Works through heads (and bodies that exchanges want) as far as the bytes go.
void Connection::read_heads(std::string_view bytes) {
  std::unique_ptr<std::string> held = std::move(pending_);
  if (held && !bytes.empty()) held->append(bytes);
  if (held) bytes = *held;
  // RFC 9112 2.2: empty lines before a request line are passed over.
  while (stage_ == Stage::idle && bytes.starts_with("\r\n")) bytes.remove_prefix(2);
  while (!bytes.empty() && (stage_ == Stage::idle || stage_ == Stage::reading_head)) {
    const std::size_t used = try_head(bytes);
    if (used == 0) return wait_for_head(bytes, std::move(held));
    bytes.remove_prefix(used);
    if (stage_ != Stage::exchange) return;
    if (body_ && !body_->done() && body_wanted_) feed_body(bytes);
    else if (!bytes.empty()) stash(bytes);
    return;  // the next head is read when this exchange has ended (run_deferred)
  }
}

std::size_t Connection::try_head(std::string_view bytes) {
  const std::size_t size = http::head_end(bytes, scanned_);
  if (size == 0) return 0;
  scanned_ = 0;
  begin(bytes.substr(0, size), bytes.substr(size));
  return size;
}

/// The head is not complete: keep what is there, unless waiting for more is pointless.
void Connection::wait_for_head(std::string_view bytes, std::unique_ptr<std::string> held) {
  const http::HeadError error = http::check_partial_request(bytes, first_server().limits);
  if (error.status != 0) {
    begin({});
    refused_ = true;
    exchange_->start_refused(error);
    return;
  }
  if (stage_ == Stage::idle) worker_.loop.timers().set(*this, head_settings().client_header_timeout_ms);
  set_stage(Stage::reading_head);
  scanned_ = static_cast<std::uint32_t>(bytes.size() > 3 ? bytes.size() - 3 : 0);
  if (held) held->erase(0, held->size() - bytes.size());
  pending_ = held ? std::move(held) : std::make_unique<std::string>(bytes);
}

/// A head is complete. An empty one makes an exchange only to refuse what came.
void Connection::begin(std::string_view head, std::string_view behind) {
  const table::ListenAddress& listen = listen_address();
  set_stage(Stage::exchange);
  worker_.loop.timers().clear(*this);
  ++requests_;
  Counters::add(worker_.counters.requests);
  sent_ = 0;
  keep_until_ms_ = 0;
  reply_done_ = aborted_ = continue_sent_ = head_only_ = body_wanted_ = false;
  framing_ = Framing::none;
  pace_ = Pace::none;
  exchange_ = worker_.new_exchange();
  Exchange& x = *exchange_;
  x.client = this;
  x.snapshot = point_.snapshot;
  worker_.pin(x.snapshot);
  x.listen = &listen;
  x.started_us = worker_.loop.clock().now_us();
  x.started_unix_ms = worker_.loop.clock().unix_ms();
  x.server = &first_server();
  x.route = &x.server->base;
  x.request_bytes = head.size();
  body_.reset();
  x.body_complete = true;
  if (head.empty()) return;
  http::HeadError error;
  if (!http::parse_request_head(x.arena.copy(head), x.server->limits, x.arena, x.request, error)) {
    refused_ = true;
    x.start_refused(error);
    return;
  }
  keep_alive_ = x.request.keep_alive;
  const bool has_body = x.request.framing == http::BodyFraming::chunked || x.request.content_length > 0;
  if (has_body) {
    if (!body_) body_ = std::make_unique<http::BodyReader>();
    body_->start(x.request.framing, x.request.content_length, x.server->limits);
    x.body_complete = false;
    if (const char* fault = broken_start(x.request, behind, x.server->limits)) {
      refused_ = true;
      x.start_refused({400, fault});
      return;
    }
  }
  x.start();
}

/// Hands on what was gathered. `gathered` is empty then.
void Connection::deliver(std::string_view& gathered) {
  const std::string_view data = std::exchange(gathered, {});
  if (!data.empty() && stage_ == Stage::exchange && exchange_) exchange_->on_body(data);
}

/// One piece of body from `bytes`, which lie in a buffer that may be written to. False: nothing more can be done now.
bool Connection::feed_body_step(std::string_view& bytes, std::string_view& gathered) {
  if (!body_ || body_->done() || bytes.empty()) return false;
  const http::BodyReader::Step step = body_->read(bytes);
  bytes.remove_prefix(step.consumed);
  if (exchange_) exchange_->request_bytes += step.consumed;
  if (step.state == http::BodyReader::State::bad) {
    deliver(gathered);
    keep_alive_ = false;
    refused_ = true;
    if (stage_ == Stage::discarding) close();
    else if (stage_ == Stage::exchange && !reply_done_) exchange_->start_refused({400, step.reason});
    return false;
  }
  if (stage_ == Stage::exchange && !reply_done_ && body_->chunk_left() > 0 &&
      exchange_->refuses_body_of(gathered.size() + body_->chunk_left())) {
    gathered = {};
    return false;
  }
  if (step.state == http::BodyReader::State::data) {
    phase_bytes_ += step.data.size();
    if (stage_ == Stage::exchange) join(gathered, step.data);
  }
  if (body_->done()) {
    deliver(gathered);
    rearm();
    if (stage_ == Stage::exchange && exchange_) exchange_->on_body_end();
    return false;
  }
  return step.state == http::BodyReader::State::data && !bytes.empty() && stage_ != Stage::closed &&
         (stage_ == Stage::discarding || body_wanted_);
}

void Connection::feed_body(std::string_view bytes) {
  std::string_view gathered;
  while (feed_body_step(bytes, gathered)) {}
  deliver(gathered);
  if (stage_ == Stage::exchange && !bytes.empty()) stash(bytes);
  last_progress_ms_ = worker_.loop.clock().now_ms();
}

/// Bytes that nobody wants yet wait here; reading stops while there are too many.
void Connection::stash(std::string_view bytes) {
  if (!pending_) pending_ = std::make_unique<std::string>();
  pending_->append(bytes);
  if (pending_->size() >= max_pending_bytes) transport_.stream.pause();
}

void Connection::want_body(Exchange& exchange, bool wanted) {
  if (body_wanted_ == wanted || !body_ || body_->done()) return;
  body_wanted_ = wanted;
  if (!wanted) {
    transport_.stream.pause();
    return rearm();
  }
  // RFC 9110 10.1.1: only when the client waits for it: none of the body has come, and no answer has gone out.
  if (exchange.request.expect_continue && !std::exchange(continue_sent_, true) && !pending_ &&
      exchange.request.version_minor >= 1 && !exchange.reply.head_sent) {
    send_interim(exchange, 100);
  }
  transport_.stream.resume();
  rearm();
  if (pending_ && !in_read_) worker_.loop.defer(*this);
}

void Connection::on_eof() {
  saw_eof_ = true;
  if (tunnels_) return;
  switch (stage_) {
    case Stage::exchange:
      // Pipelined requests may still be answered; a request whose client has gone is not worth finishing (499).
      if (!pending_ && !reply_done_) exchange_->on_client_gone();
      break;
    case Stage::closed: break;
    default: close(); break;
  }
}

void Connection::on_broken(int) {
  saw_eof_ = true;
  keep_alive_ = false;
  pending_.reset();
  if (stage_ != Stage::exchange) return close();
  close_stream(false);
  if (tunnels_) return;
  if (reply_done_) worker_.loop.defer(*this);
  else exchange_->on_client_gone();
}

// ---- turning over --------------------------------------------------------------------------------------------------

void Connection::run_deferred() {
  switch (stage_) {
    case Stage::closed: delete this; return;
    case Stage::discarding:
      if (body_->done()) after_exchange();
      return;
    case Stage::exchange: break;
    default: return;
  }
  if (reply_done_) return end_exchange();
  if (tunnels_) return become_tunnel();
  if (!transport_.stream.is_open()) return exchange_->on_client_gone();
  if (pending_ && body_ && !body_->done() && body_wanted_) {
    const std::unique_ptr<std::string> held = std::move(pending_);
    in_read_ = true;
    feed_body(*held);
    in_read_ = false;
    if (stage_ == Stage::exchange && saw_eof_ && !pending_ && !reply_done_) exchange_->on_client_gone();
  }
}

void Connection::end_exchange() {
  const bool at_once = closes_at_once() || exchange_->reply.status == 408;
  Exchange* x = std::exchange(exchange_, nullptr);
  keepalive_ms_ = x->core().keepalive_timeout_ms;
  if (x->core().keepalive_min_timeout_ms > 0)
    keep_until_ms_ = worker_.loop.clock().now_ms() + x->core().keepalive_min_timeout_ms;
  linger_step_ms_ = x->core().lingering_timeout_ms;
  linger_until_ms_ = worker_.loop.clock().now_ms() + x->core().lingering_time_ms;
  x->finish();
  worker_.free_exchange(x);
  // A cut answer must not look complete.
  if (aborted_ && framing_ == Framing::until_close) transport_.stream.close(true);
  if (!transport_.stream.is_open()) return close();
  if (!keep_alive_) {
    if (!at_once) return linger_or_close();
    // What is held back for the FIN goes out even if the client has sent more meanwhile.
    transport_.stream.shut_down_write();
    return close();
  }
  if (body_ && !body_->done()) return start_discarding();
  after_exchange();
}

/// After the answer's last byte: does nothing keep the connection, not even bytes that the client may still be sending?
bool Connection::closes_at_once() const {
  if (keep_alive_) return false;
  const table::Lingering lingering = exchange_->core().lingering;
  if (lingering == table::Lingering::off || saw_eof_) return true;
  return lingering == table::Lingering::on && !refused_ && !pending_ && (!body_ || body_->done());
}

/// Keep-alive: the next head may be waiting already.
void Connection::after_exchange() {
  body_.reset();
  body_wanted_ = false;
  pipelined_ = pending_ != nullptr;
  scanned_ = 0;
  worker_.loop.timers().set(*this, keepalive_ms_);
  set_stage(Stage::idle);
  if (draining_ && !pending_) return close();
  transport_.stream.resume();
  if (pending_) {
    in_read_ = true;
    read_heads({});
    in_read_ = false;
  }
  if (!saw_eof_) return;
  if (stage_ != Stage::exchange) close();
  else if (!pending_ && !reply_done_ && body_ && !body_->done()) exchange_->on_client_gone();  // no more of it comes
}

/// The answer went out before the body was read: take the rest off the wire, as long as it comes.
void Connection::start_discarding() {
  set_stage(Stage::discarding);
  arm_linger_timer();
  transport_.stream.resume();
  if (pending_) {
    const std::unique_ptr<std::string> held = std::move(pending_);
    on_read(*held);
  }
  if (saw_eof_ && stage_ == Stage::discarding && !body_->done()) close();
}

/// Half closes and reads what still comes, so that the answer is not lost to a reset (RFC 9112 9.6).
void Connection::linger_or_close() {
  set_stage(Stage::lingering);
  pending_.reset();
  transport_.stream.shut_down_write();
  transport_.stream.resume();
  arm_linger_timer();
}

/// lingering_timeout after each read, lingering_time in all.
void Connection::arm_linger_timer() {
  const std::int64_t left = linger_until_ms_ - worker_.loop.clock().now_ms();
  if (left <= 0) return close();
  worker_.loop.timers().set(*this, std::min(left, linger_step_ms_));
}

void Connection::close() {
  if (stage_ == Stage::closed) return;
  set_stage(Stage::closed);
  worker_.loop.timers().clear(*this);
  transport_.stream.close();
  worker_.loop.defer(*this);
}

void Connection::close_now() {
  keep_alive_ = false;
  if (stage_ == Stage::exchange) {
    close_stream(false);
    if (tunnels_) return;
    if (reply_done_) worker_.loop.defer(*this);
    else exchange_->on_client_gone();
    return;
  }
  close();
}

void Connection::drain() {
  draining_ = true;
  const std::int64_t spared_ms = stage_ == Stage::idle ? keep_until_ms_ - worker_.loop.clock().now_ms() : 0;
  if (spared_ms > 0) return worker_.loop.timers().set(*this, std::min(spared_ms, keepalive_ms_));
  if (stage_ == Stage::idle || stage_ == Stage::lingering || stage_ == Stage::discarding) close();
}

}  // namespace gh::proxy
