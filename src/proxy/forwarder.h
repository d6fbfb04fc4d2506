// Forwarder: content that comes from an upstream. It owns the attempts of one exchange, one at a time:
//
//   begin -> pick peer -> idle connection ----------> sending -> waiting_head -> relaying -> over
//                \------> connecting ------------------^              |
//                  ^                                                  |
//                  '---- failed, and another try is allowed ----------'   (proxy_next_upstream)
//
// The request body is in memory or a file (proxy_request_buffering on: any try can send it again) or streams (off: once
// its bytes are on the way there is no other try). The answer goes to the client as it comes; reading stops while the
// client's queue is above the high-water mark. Worker thread; lives as long as its Exchange, reused with it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/h1.h"
#include "net/resolver.h"
#include "proxy/exchange.h"
#include "proxy/proxy_plan.h"
#include "proxy/upstream_head.h"
#include "upstream/balance.h"
#include "upstream/pool.h"
#include "upstream/wait_queue.h"

namespace gh::table {
struct ProxyUrl;
}

namespace gh::proxy {

class GrpcDeadline;

class Forwarder final : public ContentSource, private upstream::PeerUser, private upstream::Waiter {
 public:
  explicit Forwarder(Exchange& exchange);
  ~Forwarder();

  /// The content step of proxy_pass. `upstream` is decided already; `uri` is the constant URI part ("" without).
  table::Verdict begin(const ProxyPlan& plan, const table::Upstream& upstream, const ForwardedRequest& request);

  /// proxy_pass with variables: the URL is known only now; a name is resolved first (`resolver`). forwarder_dynamic.cc
  table::Verdict begin_dynamic(const ProxyPlan& plan, ForwardedRequest request);

  /// The content type of the gRPC-Web client that is answered; empty: it is none.
  [[nodiscard]] std::string_view web_type() const { return request_.web_type; }

  // ContentSource
  void on_body(std::string_view bytes) override;
  void on_body_end() override;
  void on_client_drained() override;
  void on_abort() override;
  [[nodiscard]] bool ignores_client_abort() const override { return plan_->settings->ignore_client_abort; }

  /// Behind a 101 that has gone out: the peer's connection becomes a tunnel's end. forwarder_upgrade.cc
  std::unique_ptr<TunnelEnd> hand_over(TunnelPlan& plan);

 private:
  enum class Stage : std::uint8_t {
    idle, resolving, queued, connecting, sending, waiting_head, relaying, switching, over
  };
  enum class Failure : std::uint8_t { error, timeout, invalid_header, status };

  std::string_view dynamic_uri(const ProxyPlan& plan, const table::ProxyUrl& url);
  // upstream::PeerUser
  void on_peer_connected(int error) override;
  void on_peer_read(std::string_view bytes) override;
  void on_peer_spliced(std::size_t bytes) override;
  void on_peer_eof() override;
  void on_peer_broken(int error) override;
  void on_peer_drained() override;
  void on_peer_timeout() override;
  void on_peer_answer(const upstream::PeerAnswer& answer) override;  // forwarder_h2.cc

  // upstream::Waiter
  bool on_turn() override;
  void on_wait_over() override;

  void resolve(std::string_view name, std::uint16_t port, std::string_view key);
  void begin_at(std::string_view key, std::string_view name, std::vector<Address> addresses);
  void next_try();
  [[nodiscard]] state::Peer* pick();
  void no_peer(std::string_view why);
  void open(state::Peer& peer);
  void send_request();
  void add_begun_body(Output& out);
  void send_more_body();
  void request_sent();
  void stop_sending();
  void forget_attempt();
  void read_head(std::string_view bytes);
  [[nodiscard]] bool was_asked_to_switch() const;
  void switch_protocol(std::string_view rest);
  bool judge_head(std::string_view rest);
  bool asks_with_another_token();
  bool may_wait_for_head();
  bool start_reply();
  void take_trailers(std::span<http::Field> trailers);
  void pass_on(std::span<const iovec> parts, bool last, bool head_pending);

  void set_deadline(std::int64_t ms);
  void on_deadline();
  friend class GrpcDeadline;

  // an attempt over HTTP/2; forwarder_h2.cc
  void open_stream(state::Peer& peer, const upstream::Origin& from);
  void take_head(const upstream::PeerAnswer& answer);
  void take_body(const upstream::PeerAnswer& answer, bool head_pending);
  void end_answer(const upstream::PeerAnswer& answer, bool head_pending);
  void stream_failed(const upstream::PeerFailure& failure);
  [[nodiscard]] bool frames_chunks() const { return request_.chunked && !shares_; }
  bool wants_next(unsigned status) const;
  void begin_reply(std::string_view rest);
  bool obey_accel_fields();           // forwarder_accel.cc
  void relay(std::string_view bytes, bool head_pending);
  void finish_reply(bool leftover);
  void hold_back();
  void splice_on();
  [[nodiscard]] bool is_client_full() const;
  [[nodiscard]] std::int64_t read_rate();
  void cut(std::string_view text);
  void failed_here(std::string_view text);
  void failed(Failure failure, unsigned status, std::string_view text);
  [[nodiscard]] bool is_race(Failure failure) const;
  [[nodiscard]] bool may_retry(Failure failure, unsigned status) const;
  [[nodiscard]] std::string_view timeout_reason(std::string_view text) const;
  void answer_failure(unsigned status);
  void answer_is_whole();
  void end_attempt(upstream::Outcome outcome, bool reusable);
  [[nodiscard]] std::int64_t since_attempt_ms() const;
  [[nodiscard]] std::string_view doing() const;
  const Address* bind_address();
  [[nodiscard]] std::string_view proxy_line();
  const upstream::TlsUse* tls_use();      // forwarder_tls.cc
  void tls_failed(int error);

  // of an upstream with `sticky`; forwarder_sticky.cc
  void find_session();
  void head_in_session();
  void end_in_session();
  void learn_session();
  void keep_session(TunnelPlan& plan);

  Exchange& x_;
  std::shared_ptr<const table::Upstream> dynamic_;   // keeps an upstream made for one URL
  net::Resolver* resolver_ = nullptr;
  std::uint64_t resolving_id_ = 0;
  const ProxyPlan* plan_ = nullptr;
  const table::Upstream* upstream_ = nullptr;
  state::Peer* peer_ = nullptr;
  upstream::PeerLink* link_ = nullptr;
  upstream::Selection selection_;
  std::string_view session_;          // sticky learn: of the request
  ForwardedRequest request_;
  AttemptRecord* record_ = nullptr;
  http::ResponseHead head_;
  http::BodyReader reader_;
  std::string partial_head_;          // only while a head comes in several reads
  Address bind_;
  std::int64_t started_ms_ = 0;       // of the first try
  std::int64_t attempt_ms_ = 0;       // of this one
  std::uint64_t body_offset_ = 0;     // of the request body: sent so far
  std::uint32_t tries_left_ = 0;
  std::uint32_t interim_ = 0;         // 1xx heads seen
  Stage stage_ = Stage::idle;
  std::unique_ptr<GrpcDeadline> deadline_;   // of a gRPC call that has one
  bool request_started_ = false;      // bytes of the request may have reached a peer
  bool body_sent_ = false;
  bool held_back_ = false;
  bool buffering_ = true;             // proxy_buffering, or what the answer's X-Accel-Buffering says
  bool got_bytes_ = false;
  bool shares_ = false;               // the link is a stream of an HTTP/2 connection
  bool unprocessed_ = false;          // the peer says that it has not looked at the request
  bool fresh_only_ = false;           // after a keep-alive race: no more idle connections for this request
  bool send_failed_ = false;          // the peer takes no more of the request; its answer may still come
};

}  // namespace gh::proxy
