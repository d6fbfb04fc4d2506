#include "proxy/subexchange.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <memory>
#include <string>

#include "http/proxy_line.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace gh::proxy {

namespace {

constexpr std::uint8_t max_depth = 50;
constexpr std::size_t max_unwanted_bytes = 64 * 1024;  // read, so that the upstream's connection stays of use

std::unique_ptr<const http::ProxyLine> copy_of(const http::ProxyLine* line) {
  return line ? std::make_unique<const http::ProxyLine>(*line) : nullptr;
}

}  // namespace

class Subexchange final : public Client, private net::Deferred {
 public:
  Subexchange(Exchange& parent, const SubRequest& request)
      : parent_(parent),
        worker_(parent.worker),
        request_(request),
        peer_(parent.client->peer_address()),
        local_(parent.client->local_address()),
        serial_(parent.client->serial()),
        requests_(parent.client->requests()),
        connected_ms_(parent.client->connected_ms()),
        tls_(parent.client->tls()),
        proxy_line_(copy_of(parent.client->proxy_line())),
        next_(parent.children_) {
    if (tls_) SSL_up_ref(tls_);
    if (next_) next_->prev_ = this;
    parent.children_ = this;
    worker_.subexchanges.push_back(this);
    worker_.loop.defer(*this);
  }

  // Client
  void send_head(Exchange&, std::span<const iovec> first, bool last) override { take(first, last); }
  void send_interim(Exchange&, unsigned) override {}
  void send_body(Exchange&, std::span<const iovec> parts, bool last) override { take(parts, last); }
  [[nodiscard]] net::Stream* body_stream(Exchange&) override { return nullptr; }
  void moved(Exchange&, std::size_t, bool) override {}
  void abort_body(Exchange&) override { answered(); }
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  void want_body(Exchange&, bool) override {}
  void drop(Exchange&) override { answered(); }
  [[nodiscard]] const Address& peer_address() override { return peer_; }
  [[nodiscard]] const Address& local_address() override { return local_; }
  [[nodiscard]] std::uint64_t serial() const override { return serial_; }
  [[nodiscard]] std::uint64_t requests() const override { return requests_; }
  [[nodiscard]] std::uint64_t bytes_sent() const override { return taken_; }
  [[nodiscard]] bool is_tls() const override { return tls_ != nullptr; }
  [[nodiscard]] SSL* tls() const override { return tls_; }
  [[nodiscard]] const http::ProxyLine* proxy_line() const override { return proxy_line_.get(); }
  [[nodiscard]] std::int64_t connected_ms() const override { return connected_ms_; }
  [[nodiscard]] int socket_fd() const override { return -1; }

  [[nodiscard]] Subexchange* next() const { return next_; }
  /// Does the parent wait for it?
  [[nodiscard]] bool is_awaited() const { return request_.done != nullptr; }
  /// Ends it without an answer.
  void cancel() {
    request_.done = nullptr;
    if (exchange_) exchange_->stage_ = Exchange::Stage::over;
    end();
  }

 private:
  void run_deferred() override { exchange_ ? end() : begin(); }

  void begin() {
    exchange_ = worker_.new_exchange();
    Exchange& x = *exchange_;
    x.client = this;
    x.parent = &parent_;
    x.depth = static_cast<std::uint8_t>(parent_.depth + 1);
    x.snapshot = parent_.snapshot;
    worker_.pin(x.snapshot);
    x.listen = parent_.listen;
    x.server = parent_.server;
    x.route = &x.server->base;
    x.real_address = parent_.real_address;
    x.started_us = worker_.loop.clock().now_us();
    x.started_unix_ms = worker_.loop.clock().unix_ms();
    x.target = parent_.target;
    x.host_name = parent_.host_name;
    x.uri = request_.uri;
    x.args = request_.args;
    x.internal = x.uri_changed = x.body_complete = true;
    share_variables(x);
    copy_request(x);
    x.stage_ = Exchange::Stage::running;
    x.start_over();
  }

  void share_variables(Exchange& x) {
    const std::uint32_t count = x.table().variable_slots;
    if (request_.shares_variables) {
      parent_.make_slots();
      x.slots = parent_.slots;
      shared_before_ = x.arena.array<std::string_view>(count);
      std::uninitialized_copy_n(x.slots, count, shared_before_);
    } else if (parent_.slots) {
      x.make_slots();
      std::copy_n(parent_.slots, count, x.slots);
    }
  }

  /// What it set lies in its own memory, which goes now, or in the table.
  void leave_variables() {
    if (!shared_before_) return;
    for (std::uint32_t i = 0; i < exchange_->table().variable_slots; ++i) {
      std::string_view& value = exchange_->slots[i];
      if (value.data() == shared_before_[i].data()) continue;
      value = value.empty() ? std::string_view("") : parent_.arena.copy(value);
    }
  }

  void copy_request(Exchange& x) {
    x.request = parent_.request;
    x.request.method = x.method_now = request_.method;
    x.request.method_text = http::method_name(request_.method);
    x.request.expect_continue = false;
    x.request.framing = http::BodyFraming::none;
    x.request.content_length = 0;
    if (!request_.with_body) return;
    x.body_from = &parent_.forwarded_body();
    x.request.method = x.method_now = parent_.method_now;
    x.request.method_text = parent_.request.method_text;
    if (x.body_from->size() == 0) return;
    x.request.framing = http::BodyFraming::length;
    x.request.content_length = x.body_from->size();
  }

  void take(std::span<const iovec> parts, bool last) {
    for (const iovec& part : parts) {
      taken_ += part.iov_len;
      const std::size_t room = request_.keep_body_bytes - std::min(request_.keep_body_bytes, kept_.size());
      kept_.append(static_cast<const char*>(part.iov_base), std::min(room, part.iov_len));
    }
    // Without a limit on what nobody wants, an answer without an end would hold up its parent for ever.
    if (last || taken_ > request_.keep_body_bytes + max_unwanted_bytes) answered();
  }

  void answered() { worker_.loop.defer(*this); }

  void end() {
    if (exchange_) {
      leave_variables();
      if (request_.done) request_.done(parent_, *exchange_, kept_, request_.context);
      exchange_->finish();
      worker_.free_exchange(exchange_);
    }
    (prev_ ? prev_->next_ : parent_.children_) = next_;
    if (next_) next_->prev_ = prev_;
    std::erase(worker_.subexchanges, this);
    if (parent_.freed_ && !parent_.children_) worker_.free_exchange(&parent_);
    worker_.check_drained();
    SSL_free(tls_);
    delete this;
  }

  Exchange& parent_;
  Worker& worker_;
  SubRequest request_;
  Exchange* exchange_ = nullptr;
  const Address peer_, local_;
  const std::uint64_t serial_, requests_;
  const std::int64_t connected_ms_;
  SSL* const tls_;  // null: none; a reference of its own, as the client may go first
  const std::unique_ptr<const http::ProxyLine> proxy_line_;
  Subexchange* prev_ = nullptr;
  Subexchange* next_;
  std::uint64_t taken_ = 0;
  std::string kept_;
  std::string_view* shared_before_ = nullptr;  // variables as they were, in the exchange's arena
};

bool start_subexchange(Exchange& parent, const SubRequest& request) {
  if (parent.depth >= max_depth) {
    parent.log(LogLevel::error, fmt::format("subrequests cycle while processing \"{}\"", request.uri));
    return false;
  }
  new Subexchange(parent, request);  // owns itself; the parent and the worker know of it
  return true;
}

void Exchange::cancel_children() {
  for (Subexchange* child = children_; child;) {
    Subexchange* const next = child->next();
    if (child->is_awaited()) child->cancel();
    child = next;
  }
}

void Worker::cancel_subexchanges() {
  while (!subexchanges.empty()) subexchanges.back()->cancel();
}

}  // namespace gh::proxy
