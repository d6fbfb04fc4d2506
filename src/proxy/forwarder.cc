#include "proxy/forwarder.h"

#include <fmt/format.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "config/values.h"
#include "http/proxy_line.h"
#include "proxy/error_page.h"
#include "proxy/grpc_deadline.h"
#include "proxy/grpc_web.h"
#include "proxy/rate_filter.h"
#include "proxy/worker.h"
#include "table/proxy_target.h"

namespace gh::proxy {

using table::Verdict;
using upstream::Outcome;

namespace {

constexpr std::uint32_t max_interim_heads = 16;
constexpr std::size_t relay_parts = 16;
constexpr std::uint64_t least_splice_bytes = 64 * 1024;  // less is copied as fast as it is moved

std::string bad_head(const char* reason) {
  return fmt::format("upstream sent an invalid header: {} while reading response header from upstream", reason);
}

iovec part(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

}  // namespace

Forwarder::Forwarder(Exchange& exchange) : x_(exchange) {}

Forwarder::~Forwarder() {
  record_ = nullptr;  // it lay in the exchange's arena
  on_abort();
}

/// The members of an earlier request, whose arena is gone.
void Forwarder::forget_attempt() {
  stage_ = Stage::idle;
  record_ = nullptr;
  link_ = nullptr;
  peer_ = nullptr;
  fresh_only_ = send_failed_ = shares_ = false;
}

Verdict Forwarder::begin(const ProxyPlan& plan, const table::Upstream& up, const ForwardedRequest& request) {
  forget_attempt();
  plan_ = &plan;
  upstream_ = &up;
  request_ = request;
  x_.upstream_uri = request_.uri;
  x_.upstream_scheme = request_.tls ? "https" : "http";
  selection_ = {};
  if (up.sticky) find_session();
  partial_head_.clear();
  started_ms_ = x_.clock().now_ms();
  body_offset_ = 0;
  interim_ = 0;
  buffering_ = plan.settings->buffering;
  request_started_ = body_sent_ = held_back_ = false;
  tries_left_ = up.peers->tries();
  if (plan.settings->next_upstream_tries > 0) {
    tries_left_ = std::min(tries_left_, static_cast<std::uint32_t>(plan.settings->next_upstream_tries));
  }
  x_.attach(*this);
  if (request.deadline_ms != 0 || deadline_) set_deadline(request.deadline_ms);
  next_try();
  return Verdict::wait;
}

// ---- connecting ----------------------------------------------------------------------------------------------------

state::Peer* Forwarder::pick() {
  state::PeerView& view = x_.worker.pool.view(upstream_->peers);
  upstream::PickInput input;
  input.now_ms = x_.clock().now_ms();
  input.measure = upstream_->measure;
  if (upstream_->policy == upstream::Policy::ip_hash) input.key = x_.client_address().binary();
  else if (!upstream_->hash_key.is_empty()) input.key = upstream_->hash_key.render(x_, x_.arena);
  attempt_ms_ = input.now_ms;
  return upstream::pick(upstream_->policy, view, selection_, input);
}

void Forwarder::next_try() {
  const bool may_wait = upstream_->queue_requests != 0 && !record_;
  const bool others_wait = may_wait && upstream_->peers->waiting.load(std::memory_order_relaxed) > 0;
  peer_ = others_wait ? nullptr : pick();  // they come first
  if (peer_) {
    if (tries_left_ > 0) --tries_left_;
    return open(*peer_);
  }
  if (!may_wait) return no_peer("no live upstreams");
  stage_ = Stage::queued;
  upstream::WaitQueue& queue = x_.worker.waiting;
  if (!queue.join(*upstream_->peers, upstream_->queue_requests, upstream_->queue_timeout_ms, *this)) {
    return no_peer("upstream queue is full");
  }
  if (others_wait) queue.peer_is_free();  // perhaps one is: it is not looked for above
}

const Address* Forwarder::bind_address() {
  const table::ProxySettings& settings = *plan_->settings;
  if (settings.bind_off) return nullptr;
  if (settings.bind) return &*settings.bind;
  if (!settings.bind_template) return nullptr;
  const std::string_view text = settings.bind_template->render(x_, x_.arena);
  Result<Address> parsed = Address::parse(text, 0);
  if (!parsed) {
    if (!text.empty() && text != "off") x_.log(LogLevel::error, fmt::format("invalid local address \"{}\"", text));
    return nullptr;
  }
  bind_ = *parsed;
  return &bind_;
}

std::string_view Forwarder::proxy_line() {
  const unsigned version = plan_->settings->proxy_line_version;
  if (version == 0) return {};
  return x_.arena.copy(http::write_proxy_line(version, x_.client_address(), x_.client->local_address()));
}

void Forwarder::open(state::Peer& peer) {
  record_ = &x_.add_attempt(peer.text);
  record_->server = peer.server;
  if (is_inflight(upstream_->measure)) upstream::begin_inflight(peer, attempt_ms_);
  got_bytes_ = false;
  head_ = {};
  const Address* bind = bind_address();
  const bool repeatable = http::is_idempotent(x_.method_now);
  const bool http2 = plan_->settings->http2 && !request_.websocket;  // a handshake's own form is HTTP/1.1
  const upstream::Origin from{bind, upstream_->keepalive_local ? plan_ : nullptr, proxy_line(),
                              request_.tls ? tls_use() : nullptr, http2};
  if (http2) return open_stream(peer, from);
  link_ = fresh_only_ ? nullptr : x_.worker.pool.take_idle(*upstream_, peer, from, repeatable, *this);
  if (link_) {
    record_->connect_ms = 0;
    return send_request();
  }
  int error = 0;
  stage_ = Stage::connecting;
  link_ = x_.worker.pool.connect(peer, from, *this, error);
  if (!link_) return on_peer_connected(error);  // could not even start
  link_->set_timeout(plan_->settings->connect_timeout_ms);
}

void Forwarder::on_peer_connected(int error) {
  if (error != 0 && request_.tls && (!link_ ? error == upstream::tls_not_ready : link_->connection().is_securing())) {
    return tls_failed(error);
  }
  if (error == UV_EMFILE || error == UV_ENFILE || error == UV_ENOBUFS || error == UV_ENOMEM ||
      error == UV_EADDRNOTAVAIL) {
    return failed_here(fmt::format("cannot connect to upstream ({}: {})", -error, uv_strerror(error)));
  }
  if (error != 0) {
    return failed(
        Failure::error, 502,
        fmt::format("connect() failed ({}: {}) while connecting to upstream", -error, std::strerror(-error)));
  }
  record_->connect_ms = since_attempt_ms();
  if (plan_->settings->socket_keepalive) link_->connection().stream.set_keep_alive(true);
  send_request();
}

// ---- the request ---------------------------------------------------------------------------------------------------

void Forwarder::send_request() {
  stage_ = Stage::sending;
  body_offset_ = 0;
  request_started_ = true;
  Output& out = x_.worker.out;
  out.clear();
  write_upstream_request(out, x_, *plan_, request_);
  if (x_.body_streaming && x_.body.size() > 0) add_begun_body(out);
  std::array<iovec, relay_parts> parts;
  std::size_t count = 1;
  parts[0] = part(out.view());
  body_sent_ = !request_.has_body || request_.has_own_body || (!x_.body_streaming && x_.forwarded_body().size() == 0);
  if (request_.has_own_body) {
    parts[count++] = part(request_.own_body);
  } else if (request_.has_body && !x_.body_streaming && !x_.forwarded_body().in_file()) {
    const std::size_t filled = x_.forwarded_body().parts(0, &parts[1], relay_parts - 1);
    for (std::size_t i = 0; i < filled; ++i) body_offset_ += parts[1 + i].iov_len;
    count += filled;
    body_sent_ = body_offset_ == x_.forwarded_body().size();
  }
  record_->bytes_sent = out.size() + body_offset_;
  if (const int error = link_->write({parts.data(), count}, body_sent_); error != 0) return on_peer_broken(error);
  if (body_sent_) return request_sent();
  if (x_.body_streaming) {
    if (link_->queued_bytes() > 0) link_->set_timeout(plan_->settings->send_timeout_ms);
    else link_->clear_timeout();
    x_.stream_body();
    if (x_.body_complete) on_body_end();
    return;
  }
  send_more_body();
}

// ---- the answer's head ---------------------------------------------------------------------------------------------

void Forwarder::on_peer_read(std::string_view bytes) {
  got_bytes_ = true;
  record_->bytes_received += bytes.size();
  switch (stage_) {
    case Stage::sending:
    case Stage::waiting_head: return read_head(bytes);
    case Stage::relaying: return relay(bytes, false);
    default: return;
  }
}

void Forwarder::read_head(std::string_view bytes) {
  std::string_view all = bytes;
  std::string held;
  if (!partial_head_.empty()) {
    partial_head_.append(bytes);
    held.swap(partial_head_);
    all = held;
  }
  while (true) {
    const std::size_t size = http::head_end(all, 0);
    const auto most = static_cast<std::size_t>(plan_->settings->buffer_bytes);
    if (size > most || (size == 0 && all.size() > most)) {
      return failed(Failure::invalid_header, 502,
                    "upstream sent too big header while reading response header from upstream");
    }
    http::HeadError error;
    const http::HeadLimits limits{most, most, 1000, true, false};
    if (size == 0) {
      error = http::check_partial_response(all, limits);
      if (error.status != 0) {
        return failed(Failure::invalid_header, 502, bad_head(error.reason));
      }
      partial_head_.assign(all);
      return;
    }
    const std::string_view kept = x_.arena.copy(all.substr(0, size));
    if (!http::parse_response_head(kept, limits, request_.head_method, x_.arena, head_, error)) {
      return failed(Failure::invalid_header, 502, bad_head(error.reason));
    }
    all.remove_prefix(size);
    if (head_.status >= 200) break;
    if (head_.status == 101 && was_asked_to_switch()) return switch_protocol(all);
    if (!may_wait_for_head() || all.empty()) return;
  }
  if (judge_head(all)) begin_reply(all);
}

/// RFC 9110 15.2: interim answers may come in any number; a bound keeps a flood from holding a worker.
bool Forwarder::may_wait_for_head() {
  if (head_.status != 101 && ++interim_ <= max_interim_heads) {
    if (head_.status == 103 && plan_->early_hints) pass_early_hints(x_, *plan_, head_);
    return true;
  }
  failed(Failure::invalid_header, 502,
         head_.status == 101 ? "upstream switched protocols without being asked"
                             : "upstream sent too many interim responses");
  return false;
}

bool Forwarder::wants_next(unsigned status) const {
  return may_retry(Failure::status, status);
}

/// The service refuses the token that the gateway gave: as it has done nothing else, any method may be sent again.
bool Forwarder::asks_with_another_token() {
  if (request_started_ && x_.body_streaming && request_.has_body) return false;
  if (!plan_->renew_token(x_)) return false;
  record_->response_ms = since_attempt_ms();
  stage_ = Stage::over;
  end_attempt(Outcome::ok, false);
  x_.detach();
  partial_head_.clear();
  x_.upstream_head = nullptr;
  x_.run_again_from(table::Phase::request);
  return true;
}

/// False: this answer does not go to the client.
bool Forwarder::judge_head(std::string_view) {
  record_->status = head_.status;
  record_->header_ms = since_attempt_ms();
  x_.upstream_head = x_.arena.make<http::ResponseHead>(head_);
  if (wants_next(head_.status)) {
    failed(Failure::status, head_.status, fmt::format("upstream answered {}", head_.status));
    return false;
  }
  if (head_.status == 401 && plan_->renew_token && asks_with_another_token()) return false;
  if (plan_->settings->intercept_errors && head_.status >= 300 && find_error_page(*x_.route, head_.status)) {
    const unsigned status = head_.status;
    const http::ResponseHead* head = x_.upstream_head;
    record_->response_ms = since_attempt_ms();
    stage_ = Stage::over;
    end_attempt(Outcome::ok, false);
    x_.detach();
    // RFC 9110 11.6.1: a 401 is useless to the client without its challenge.
    for (const http::Field& field : head->fields) {
      if (status == 401 && field.id == http::HeaderId::www_authenticate) x_.reply.fields.add(x_.arena, field);
    }
    x_.error(status, {plan_->is_grpc ? "grpc_intercept_errors" : "proxy_intercept_errors", {}},
             x_.arena.copy(fmt::format("upstream answered {}", status)));
    return false;
  }
  return true;
}

/// The answer's head becomes the reply's. False: the answer is given up.
bool Forwarder::start_reply() {
  stage_ = Stage::relaying;
  constexpr FieldBits accel = field_bit(http::HeaderId::x_accel_redirect) |
                              field_bit(http::HeaderId::x_accel_buffering) |
                              field_bit(http::HeaderId::x_accel_limit_rate);
  const FieldBits seen = take_upstream_head(x_, *plan_, head_);
  if ((seen & accel) != 0 && obey_accel_fields()) return false;
  if (upstream_->sticky) head_in_session();
  if (is_header(upstream_->measure)) upstream::add_time(*peer_, since_attempt_ms(), x_.clock().now_ms());
  if (plan_->settings->force_ranges) x_.reply.allow_ranges = true;
  return true;
}

void Forwarder::begin_reply(std::string_view rest) {
  if (!start_reply()) return;
  const http::HeadLimits limits{8192, 32 * 1024, 1000, true, false};
  reader_.start(head_.framing, head_.content_length, limits);
  const bool empty = head_.framing == http::BodyFraming::none ||
                     (head_.framing == http::BodyFraming::length && head_.content_length == 0);
  if (empty) {
    finish_reply(!rest.empty());
    x_.send_head({}, true);
    return;
  }
  if (x_.reply.allow_ranges && !x_.prepare_head()) return;  // 416: this attempt is over
  link_->set_timeout(plan_->settings->read_timeout_ms);
  relay(rest, true);
}

// ---- the answer's body ---------------------------------------------------------------------------------------------

void Forwarder::take_trailers(std::span<http::Field> trailers) {
  for (const http::Field& field : trailers) x_.reply.trailers.add(x_.arena, field);
  x_.upstream_trailers = trailers;
}

void Forwarder::pass_on(std::span<const iovec> parts, bool last, bool head_pending) {
  if (!head_pending) return x_.send_body(parts, last);
  if (!request_.web_type.empty()) translate_to_grpc_web(x_, request_.web_type);
  const std::int64_t rate = x_.sends_body() ? read_rate() : 0;
  if (rate > 0) x_.add_body_filter(make_source_rate_filter(x_, rate));
  x_.send_head(parts, last);
}

/// Body bytes go on as they came. `head_pending`: the reply's head goes out with them.
void Forwarder::relay(std::string_view bytes, bool head_pending) {
  std::array<iovec, relay_parts> parts;
  std::size_t count = 0;
  auto flush = [&](bool last) {
    if (head_pending || count > 0 || last) pass_on({parts.data(), count}, last, head_pending);
    head_pending = false;
    count = 0;
  };
  while (!bytes.empty()) {
    const http::BodyReader::Step step = reader_.read(bytes);
    bytes.remove_prefix(step.consumed);
    if (step.state == http::BodyReader::State::bad) {
      const std::string text = fmt::format("upstream sent an invalid body: {} while reading upstream", step.reason);
      if (head_pending) return failed(Failure::invalid_header, 502, text);
      if (count > 0) flush(false);
      return cut(text);
    }
    if (step.state == http::BodyReader::State::data) {
      record_->response_length += step.data.size();
      parts[count++] = part(step.data);
      if (count == relay_parts - 1) {
        flush(false);
        if (stage_ != Stage::relaying) return;  // a body filter gave the answer up
      }
    }
    if (reader_.done()) {
      if (plan_->settings->pass_trailers && reader_.trailer_section().size() > 2) {
        std::span<http::Field> trailers;
        http::HeadError error;
        const http::HeadLimits limits{8192, 32 * 1024, 100, true, false};
        if (http::parse_trailers(x_.arena.copy(reader_.trailer_section()), limits, x_.arena, trailers, error)) {
          take_trailers(trailers);
        }
      }
      finish_reply(!bytes.empty());
      return flush(true);
    }
    if (step.state == http::BodyReader::State::more) break;
  }
  if (head_pending || count > 0) flush(false);
  if (stage_ != Stage::relaying || !link_) return;
  splice_on();
  hold_back();
}

/// A large rest of a body that goes on byte for byte need not be seen here: the kernel moves it.
void Forwarder::splice_on() {
  const std::uint64_t rest = reader_.may_skip();
  net::Stream* to = rest >= least_splice_bytes ? x_.body_stream() : nullptr;
  link_->splice_to(to, rest);
}

void Forwarder::on_peer_spliced(std::size_t bytes) {
  record_->bytes_received += bytes;
  record_->response_length += bytes;
  reader_.skip(bytes);
  const bool last = reader_.done();
  if (last) finish_reply(false);
  x_.body_moved(bytes, last);
  if (stage_ == Stage::relaying && link_) hold_back();
}

/// Back pressure: the peer waits while the client has enough to read.
void Forwarder::hold_back() {
  if (!is_client_full()) return link_->set_timeout(plan_->settings->read_timeout_ms);
  held_back_ = true;
  link_->pause();
  link_->clear_timeout();
}

bool Forwarder::is_client_full() const {
  const table::ProxySettings& settings = *plan_->settings;
  return x_.queued_bytes() > static_cast<std::size_t>(buffering_ ? settings.buffers * settings.buffers_bytes
                                                                         : settings.buffer_bytes);
}

/// proxy_limit_rate, 0: none.
std::int64_t Forwarder::read_rate() {
  const table::Template& rate = plan_->settings->limit_rate;
  if (rate.is_empty()) return 0;
  const std::string_view text = rate.render(x_, x_.arena);
  const auto bytes = config::parse_size(text, false);
  if (!bytes && !text.empty()) x_.log(LogLevel::error, fmt::format("invalid size \"{}\"", text));
  return bytes.value_or(0);
}

void Forwarder::on_client_drained() {
  if (!held_back_ || !link_ || is_client_full()) return;
  held_back_ = false;
  link_->resume();
  link_->set_timeout(plan_->settings->read_timeout_ms);
}

/// The answer is whole: the connection goes back to the pool unless something was left over or is still unsent.
void Forwarder::finish_reply(bool leftover) {
  stage_ = Stage::over;
  record_->response_ms = since_attempt_ms();
  answer_is_whole();
  // As in nginx: where no `upstream` block says what is kept, a certificate that requests name is looked at each time.
  const bool is_personal = request_.tls && upstream_->is_implicit && plan_->tls->certificate_name;
  const bool reusable = head_.keep_alive && !leftover && body_sent_ && !plan_->settings->http_1_0 &&
                        head_.framing != http::BodyFraming::until_close && !is_personal;
  end_attempt(Outcome::ok, reusable);
}

void Forwarder::end_attempt(Outcome outcome, bool reusable) {
  if (link_) x_.worker.pool.release(*std::exchange(link_, nullptr), *upstream_, reusable);
  if (!peer_) return;
  if (is_inflight(upstream_->measure)) upstream::end_inflight(*peer_, attempt_ms_);
  if (upstream::done(*upstream_->peers, *peer_, outcome, x_.clock().now_ms())) {
    x_.log(LogLevel::warn, "upstream server temporarily disabled");
  }
  peer_ = nullptr;
  if (upstream_->queue_requests != 0) x_.worker.waiting.peer_is_free();
}

std::int64_t Forwarder::since_attempt_ms() const { return x_.clock().now_ms() - attempt_ms_; }

}  // namespace gh::proxy
