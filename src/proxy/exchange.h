// Exchange: one request and its answer. It owns the request's memory (arena), pins the Snapshot it was routed by, and
// runs the route's program. Policies see only this class. One worker's thread.
//
//   receive -> server rewrite -> route -> run steps ... -> content
//                                  ^          |               |
//                                  '-- redirect (<= 10) ------'--> reply -> response steps -> sent -> log -> freed
//
// A step that returns Verdict::wait is resumed through the loop's deferred queue, never from inside another callback's
// frame. abort() is the only cancel.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/log.h"
#include "base/regex.h"
#include "http/h1.h"
#include "http/target.h"
#include "net/loop.h"
#include "net/timer_wheel.h"
#include "proxy/blame.h"
#include "proxy/body_filter.h"
#include "proxy/client.h"
#include "proxy/reply.h"
#include "proxy/request_body.h"
#include "table/plan.h"
#include "table/program.h"

namespace gh::proxy {

class Worker;
class Forwarder;
class Kept;
struct Snapshot;
struct LimitReport;
struct Caller;
struct SecureLinkAnswer;
struct VerifiedToken;
struct ExternalIdentity;
class TunnelEnd;
struct TunnelPlan;

/// One try at one peer, for $upstream_* and the log. Times in ms, -1: not reached. Lives in the exchange's arena.
struct AttemptRecord {
  AttemptRecord* next = nullptr;
  std::string_view address;         // "127.0.0.1:80", "unix:/path", or the upstream's name when no peer was found
  std::string_view server;          // the peer's `server` as written; empty when no peer was found
  std::uint16_t status = 0;         // 0: none came
  std::int64_t connect_ms = -1, header_ms = -1, response_ms = -1;
  std::uint64_t bytes_received = 0, bytes_sent = 0, response_length = 0;
  bool new_group = false;           // after an internal redirect: " : " instead of ", "
};

/// Something that answers over time (proxying, a file): gets told what happens to the exchange. Lives in the arena or
/// the exchange; released by detach.
class ContentSource {
 public:
  virtual void on_body(std::string_view bytes) = 0;      // request body, when it streams
  virtual void on_body_end() = 0;
  virtual void on_client_drained() = 0;                  // the client took what was queued
  /// The exchange is over for this source: let go of everything. Not called once it has sent its last byte.
  virtual void on_abort() = 0;
  /// True: goes on when the client has left (proxy_ignore_client_abort).
  [[nodiscard]] virtual bool ignores_client_abort() const { return false; }

 protected:
  ~ContentSource() = default;
};

/// What the access checks of a route have said so far (policy/access.h).
struct AccessState {
  std::uint16_t next = 0;            // check to go on with, after a wait
  std::uint16_t status = 0;          // of the last refusal
  std::uint16_t refusal = 0;         // that `satisfy any` may still overrule
  bool presented = false;            // the refusal under way is of credentials that were sent, not of their lack ...
  bool refusal_presented = false;    // ... and so was the one that stands
  std::uint16_t delayed_status = 0;  // answered when auth_delay is over
  std::string_view refusal_text, refusal_reason;  // page_text and reason of that refusal
  const table::Origin* by = nullptr;           // what refused last: a rule of the check; null: the check
  const table::Origin* refusal_by = nullptr;   // ... and what made `refusal`
  void* pending = nullptr;           // what the check that waits left for itself, in the arena
  table::Verdict (*login)(Exchange&) = nullptr;  // answers a refusal with 401 in place of the error
};

/// Something to be undone when an exchange's memory goes: a count in a zone, a job that must not come back. Lives in
/// the arena.
struct AtEnd {
  void (*run)(AtEnd&) = nullptr;
  AtEnd* next = nullptr;
  /// Where it lasts as long as a tunnel that the exchange becomes: moves it there, so that run() is not called.
  std::unique_ptr<Kept> (*keep)(AtEnd&) = nullptr;
};

/// Adds to the head of the final answer, whichever route sends it. Lives in the arena.
struct AtHead {
  void (*add)(Exchange&, AtHead&) = nullptr;
  AtHead* next = nullptr;
};

/// What an answer with X-Accel-Redirect leaves for the one that is sent in its place.
struct KeptFields {
  std::string_view content_type;
  Fields fields;
};

/// Everything of one request that is gone with it: put back to its defaults as a whole when an exchange is reused.
struct RequestState {
  // --- the request, filled by the client side before start() ---
  Client* client = nullptr;
  const Address* real_address = nullptr;  // the client's address when realip found another one than the connection's
  Snapshot* snapshot = nullptr;
  const table::ListenAddress* listen = nullptr;
  const table::Server* server = nullptr;
  const table::Route* route = nullptr;
  http::RequestHead request;
  http::Target target;               // as received
  std::string_view host_name;        // lower case, no port; empty when absent ($host falls back to server_name)
  std::string_view uri;              // current $uri, changes by redirects
  std::string_view args;             // current $args
  Captures captures;                 // of the last regex that matched; count 0: none
  std::string_view captures_subject;
  const table::Route* path_route = nullptr;        // the `route` block that it came to first ...
  const std::string_view* path_values = nullptr;   // ... and what stands for the names in its path
  std::string_view* slots = nullptr; // variables the configuration defines; allocated at first write
  std::int64_t started_us = 0;       // loop clock
  std::int64_t started_unix_ms = 0;
  std::uint64_t request_bytes = 0;   // head and body bytes read: $request_length
  http::Method method_now = http::Method::get;  // becomes GET by an error_page with a URI
  bool internal = false;             // an internal redirect happened: `internal` locations may be used
  bool uri_changed = false;          // $uri is no longer what the client sent: proxy_pass re-encodes it
  bool adds_uri_to_alias = false;    // try_files found $uri below the alias of a regex location
  bool is_error_page = false;        // an error_page is being served
  bool error_pages_over = false;     // one is, and it stays the only one (recursive_error_pages off)
  bool relocates = false;            // a rewrite asks for another location
  bool stays = false;                // `rewrite ... break`: proxy_pass's URI part is left out
  bool escapes_captures = false;     // while a text with $1 becomes part of a URL or of arguments
  bool escapes_path = false;         // while a text with $path_NAME becomes a URL
  std::uint16_t error_status = 0;    // status that the error page's answer gets; 0: its own
  std::uint8_t redirects = 0;        // internal redirects so far, at most 10
  std::uint8_t relocations = 0;      // locations searched anew after a rewrite, at most 10
  AccessState access;
  Exchange* parent = nullptr;        // of a subexchange
  std::uint8_t depth = 0;            // of subexchanges, one in another
  const RequestBody* body_from = nullptr;  // a subexchange that sends its parent's body
  std::int64_t limit_rate = -1, limit_rate_after = -1;  // bytes a second and bytes; -1: as the location says
  std::uint8_t variable_depth = 0;   // computed variables under evaluation, one in another
  bool variable_cycle = false;       // one of them needs itself: all are given up
  std::int8_t limit_req_status = 0;  // 0 none, 1 passed, 2 delayed, 3 rejected, 4 delayed dry run, 5 rejected dry run
  std::int8_t limit_conn_status = 0; // 0 none, 1 passed, 2 rejected, 3 rejected dry run
  LimitReport* limit_count = nullptr;  // when a limit_count was asked (proxy/limit_report.h)
  const Caller* caller = nullptr;      // when a consumer was recognised (proxy/caller.h)
  AtHead* at_head = nullptr;         // newest first
  AtEnd* at_end = nullptr;           // newest first
  TunnelPlan* tunnel = nullptr;      // it becomes one: log steps leave there what they write at its end
  const VerifiedToken* token = nullptr;  // that auth_jwt found good (proxy/verified_token.h)
  const SecureLinkAnswer* secure_link = nullptr;  // when it was asked for
  ExternalIdentity* external = nullptr;  // what other servers have said of who asks (proxy/external_identity.h)
  bool deadline_exceeded = false;    // of a gRPC call: what its error says
  bool body_complete = false;
  bool body_streaming = false;       // handed to the content source as it comes, not kept

  // --- the answer ---
  Reply reply;
  std::uint64_t body_bytes_sent = 0; // $body_bytes_sent
  std::string_view coding;           // the gateway itself encodes the body: "gzip", "br" or "zstd"
  std::uint64_t coding_in = 0, coding_out = 0;        // its bytes before and after: $gzip_ratio
  AttemptRecord* attempts = nullptr; // first; in order
  AttemptRecord* last_attempt = nullptr;
  const http::ResponseHead* upstream_head = nullptr;  // of the last attempt: $upstream_http_*
  std::span<const http::Field> upstream_trailers;
  const table::ProxyTarget* proxy_target = nullptr;   // $proxy_host, $proxy_port
  std::string_view proxy_host;       // of a proxy_pass with variables
  KeptFields* kept_fields = nullptr; // after X-Accel-Redirect
  std::string_view page_text;        // what the built-in page says instead of the status's phrase
  std::string_view upstream_uri;     // request-target of the last attempt, for the log
  std::string_view upstream_scheme = "http";   // and its scheme
  Blame* blame = nullptr;      // who made the gateway's own answer; null: the step that ran last
  std::string_view reason;           // what the next error() says of itself beside the directive's name
};

class Exchange final : public RequestState, private net::Deferred, private net::Timer {
 public:
  explicit Exchange(Worker& owner);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Worker& worker;
  Arena arena;
  RequestBody body;

  // --- running (client side) ---
  /// Routes and runs. The head must be filled in; the body may still be coming.
  void start();
  /// A head that could not be understood: answers `status` from what is known, then the connection closes.
  void start_refused(const http::HeadError& error);
  void on_body(std::string_view bytes);
  void on_body_end();
  /// `more` bytes are announced (a chunk): true when they would be too many; then the answer is 413.
  bool refuses_body_of(std::uint64_t more);
  void on_client_drained();
  void on_client_gone();             // reset, or EOF while an answer is due: 499
  void on_body_timeout();            // 408
  void on_send_timeout();
  /// Everything was handed to the kernel (or the connection is lost): log, then the exchange is freed by its worker.
  void finish();
  /// Instead of finish(): the answer, a 101, was its head. What a tunnel needs goes into `plan`, which holds nothing of
  /// the exchange or its table; gives the peer's end of it.
  std::unique_ptr<TunnelEnd> become_tunnel(TunnelPlan& plan);

  // --- for steps and content handlers ---
  const table::CoreSettings& core() const { return *route->core; }
  const table::Table& table() const;
  Clock& clock() const;
  /// Who asks: access rules, keys and $remote_addr mean this one.
  const Address& client_address() const { return real_address ? *real_address : client->peer_address(); }
  /// The exchange that a client asked for: this one, or that around a subexchange.
  Exchange& main() {
    Exchange* x = this;
    while (x->parent) x = x->parent;
    return *x;
  }
  void when_answered(AtHead& fields) {
    fields.next = at_head;
    at_head = &fields;
  }
  void when_freed(AtEnd& work) {
    work.next = at_end;
    at_end = &work;
  }
  /// Continues behind the step that returned `wait`, at the end of this loop turn.
  void resume();
  /// Changes when another route's program takes over: what a step has waited for means nothing to that.
  [[nodiscard]] std::uint32_t run_number() const { return runs_; }
  /// resume() after `ms`.
  void resume_after(std::int64_t ms);
  /// The whole body is in `body` when this returns true; otherwise the step returns `wait` and is run again.
  bool body_is_read();
  /// What came of the body together with the head is in `body` when this returns true; otherwise as above.
  bool body_has_begun();
  /// For proxy_request_buffering off: from now on the body goes to the content source.
  void stream_body();
  void want_body(bool wanted);       // back pressure on a streaming body
  /// What is left of the request's body is not wanted by anybody: it is taken off the wire, and the connection ends.
  void discard_body();

  /// A short answer made here: status, type, body. The body must outlive the exchange or lie in its arena.
  table::Verdict respond(unsigned status, std::string_view content_type, std::string_view body);
  /// 301, 302, 303, 307, 308 with Location.
  table::Verdict redirect(unsigned status, std::string_view location);
  /// An error by its status: error_page if there is one, else the built-in page in error_format's form.
  /// The running step is to blame, with `reason` as the detail.
  table::Verdict error(unsigned status);
  /// The same, where another directive is, or one of several. `detail` lives as long as the exchange.
  table::Verdict error(unsigned status, const table::Origin& by, std::string_view detail = {}) {
    refused_by(by, detail);
    return fail(status);
  }
  /// For $gateway_reason, beside an answer that is none of error()'s. What has refused before stays the one to blame.
  void answered_by(const table::Origin& by);
  void refused_by(const table::Origin& by, std::string_view detail);
  [[nodiscard]] table::Origin answering_step() const;   // that ran last
  /// Starts again at routing with another URI (error_page, index, X-Accel-Redirect, try_files). At most ten times.
  table::Verdict internal_redirect(std::string_view uri, std::string_view args);
  table::Verdict named_redirect(std::string_view name);
  /// Closes without an answer (444).
  table::Verdict drop();
  /// A source that answers over time takes over. It calls send_head/send_body/fail_source.
  table::Verdict attach(ContentSource& source);
  /// Runs the response steps, once; send_head() does so itself. For a source that must know whether only a part of its
  /// body is wanted (Reply::partial). False: a step has answered otherwise, and the source is not needed any more.
  bool prepare_head();
  void send_head(std::span<const iovec> first, bool last);
  void send_body(std::span<const iovec> parts, bool last);
  /// client->body_stream(), unless the body has filters to pass.
  [[nodiscard]] net::Stream* body_stream() { return filters_ ? nullptr : client->body_stream(*this); }
  /// Instead of send_body: bytes that the kernel moved to body_stream().
  void body_moved(std::size_t bytes, bool last);
  /// From a response step: the next stage for the body's bytes.
  void add_body_filter(std::unique_ptr<BodyFilter> filter);
  /// Does the answer being prepared have a body on the wire? (Filters are for those.)
  [[nodiscard]] bool sends_body() const {
    return request.method != http::Method::head && reply.status >= 200 && reply.status != 204 && reply.status != 304;
  }
  /// A filter holds fewer bytes than before: at the end of this turn those before it and the source are told.
  void on_filter_drained();
  /// A filter cannot go on: the source is aborted, and the client must see a cut answer.
  void fail_answer();
  /// What is forwarded: this request's body, or that of the parent of a subexchange.
  [[nodiscard]] const RequestBody& forwarded_body() const { return body_from ? *body_from : body; }
  /// The source is broken after the head went out: the client must see a cut answer.
  void fail_source();
  /// Takes the source off without an answer yet (before error(), a redirect ...).
  void detach() { source_ = nullptr; }
  [[nodiscard]] std::size_t queued_bytes() const { return client->queued_bytes() + (filters_ ? held_bytes() : 0); }
  [[nodiscard]] bool is_over() const { return stage_ == Stage::over; }
  void set_slot(std::uint32_t slot, std::string_view value);
  void make_slots();                 // at the first write
  /// A regex matched `subject`: $1 ... are its groups from now on, and its named ones go to `slots_of_names`.
  void keep_captures(const Regex& regex, const Captures& found, std::string_view subject,
                     std::span<const std::uint32_t> slots_of_names);
  AttemptRecord& add_attempt(std::string_view address);
  /// Finds the location for `uri` and runs its program.
  void route_and_run();
  /// From the server's rewrite on, as after an internal redirect; a subexchange begins here.
  void start_over();
  /// The steps of the route from `phase` on act once more, at the end of this turn: its content was given up.
  void run_again_from(table::Phase phase);
  /// From a rewrite step: $uri has changed, the location is searched anew, at most ten times.
  table::Verdict relocate();
  /// From a rewrite step: the request goes on in `overlay`, an `if` block that held true, behind its rewrite steps.
  void switch_route(const table::Route& overlay);

  bool wants_log(LogLevel level) const;
  /// With nginx's context: client, server, request, upstream, host.
  void log(LogLevel level, std::string_view text) const;
  [[nodiscard]] std::string log_context() const;   // ", client: ..."
  std::unique_ptr<Forwarder> forwarder;  // kept for its memory when the exchange is reused; see forwarder.h

 private:
  enum class Stage : std::uint8_t { receiving, running, waiting, answering, over };
  void run_deferred() override;
  void fire() override;
  void run();
  bool find_server();
  bool refused_by_tls();             // exchange_tls.cc
  void add_kept_fields();
  void blame_step();
  table::Verdict fail(unsigned status);
  bool error_page(unsigned status, table::Verdict& verdict);
  table::Verdict builtin_page(unsigned status);
  void use_route(const table::Route* next);
  void set_slots(const Regex& regex, const Captures& found, std::string_view subject,
                 const table::RegexSlots& slots_of);
  void set_slots(const Regex& regex, const Captures& found, std::string_view subject,
                 std::span<const std::uint32_t> slots_of_names);
  bool find_location();
  bool find_path(std::uint32_t& other_methods);
  static bool condition_holds(void* exchange, std::uint32_t route, std::span<const std::string_view> values);
  void skip_server_rewrite();
  bool method_not_allowed(std::uint32_t allowed);
  void leave_to_exception();
  void abort_source();
  void complete_reply();             // its last byte is handed over: the source is through
  table::Verdict send_whole(std::string_view bytes);

  void filter_head(std::span<const iovec> first, bool last);
  void cut_answer();                 // what was sent so far must not look complete
  void send_pending_head();
  void tell_drained();
  void cancel_children();
  void pass_to_client(std::span<const iovec> parts, bool last);
  [[nodiscard]] std::size_t held_bytes() const;

  friend class Worker;
  friend class BodyFilter;
  friend class Subexchange;
  void reset();                      // ready for the next request
  std::unique_ptr<BodyFilter> filters_;
  class Subexchange* children_ = nullptr;  // running, newest first
  bool head_pending_ = false;        // filters have the body, and the head waits for their first bytes
  bool cut_ = false;                 // the answer was given up: filters that still work have nobody to give to
  bool drained_due_ = false;         // tell_drained() at the end of this turn
  bool freed_ = false;               // the client side is through with it; it waits for its subexchanges
  Stage stage_ = Stage::receiving;
  std::uint32_t pc_ = 0;             // next step
  bool in_server_program_ = false;
  bool waiting_for_body_ = false;
  bool body_begun_ = false;
  bool resume_due_ = false;
  std::uint32_t runs_ = 0;           // programs begun: tells a waiting step whether another one took over
  std::uint64_t body_received_ = 0;
  ContentSource* source_ = nullptr;
};

}  // namespace gh::proxy
