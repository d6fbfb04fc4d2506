#include "proxy/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "http/field_value.h"
#include "proxy/body_events.h"
#include "proxy/error_page.h"
#include "proxy/forwarder.h"
#include "proxy/join.h"
#include "proxy/preflight.h"
#include "proxy/worker.h"

namespace gh::proxy {

using table::Verdict;

namespace {

constexpr std::uint8_t max_relocations = 10;

/// A preflight may ask for a route of the method that is meant, if that one has a `cors` to answer it.
void find_meant_route(const Exchange& x, std::string_view path, const table::RouteTree::Conditions& conditions,
                      table::RouteTree::Hit& hit) {
  const http::Field* const meant = preflight_method(x);
  if (!meant || hit.route != table::RouteTree::npos) return;
  for (unsigned i = 0; i < static_cast<unsigned>(http::Method::other); ++i) {
    const auto method = static_cast<http::Method>(i);
    if (http::method_name(method) != meant->value) continue;
    const table::RouteTree::Hit found = x.server->paths->find(path, method, conditions);
    if (found.route == table::RouteTree::npos) return;
    const auto& steps = x.server->routes[found.route]->program.steps;
    const bool answers = std::any_of(steps.begin(), steps.end(),
                                     [](const table::Step& step) { return step.phase == table::Phase::cors; });
    if (answers) hit = found;
    return;
  }
}

}  // namespace

Exchange::Exchange(Worker& owner) : worker(owner) {}
Exchange::~Exchange() = default;

void Exchange::reset() {
  worker.loop.timers().clear(*this);
  for (AtEnd* work = at_end; work; work = work->next) work->run(*work);
  static_cast<RequestState&>(*this) = RequestState{};
  body.clear();
  arena.reset();
  stage_ = Stage::receiving;
  pc_ = 0;
  in_server_program_ = waiting_for_body_ = body_begun_ = resume_due_ = false;
  runs_ = 0;
  body_received_ = 0;
  source_ = nullptr;
  filters_.reset();
  head_pending_ = cut_ = freed_ = drained_due_ = false;
}

const table::Table& Exchange::table() const { return *snapshot->table; }
Clock& Exchange::clock() const { return worker.loop.clock(); }

// ---- start and routing ---------------------------------------------------------------------------------------------

void Exchange::start() {
  stage_ = Stage::running;
  method_now = request.method;
  // A gateway is no forward proxy; TRACE would show a client what is between it and the origin (as nginx: neither).
  if (request.method == http::Method::connect || request.method == http::Method::trace) {
    uri = "/";
    discard_body();
    error(405, {}, "CONNECT and TRACE are not served");
    return;
  }
  if (!http::parse_target(request.target, request.method, server->settings.merge_slashes, arena, target)) {
    return start_refused({400, "invalid request target"});
  }
  uri = target.path;
  args = target.args;
  if (!find_server()) return start_refused({400, "invalid host"});
  if (listen->tls && refused_by_tls()) return;
  start_over();
}

void Exchange::start_over() {
  const auto& server_steps = server->base.program.steps;
  if (server_steps.empty() || server_steps.front().phase > table::Phase::server_rewrite) {
    route_and_run();
    return;
  }
  in_server_program_ = true;
  use_route(&server->base);
  run();
}

void Exchange::start_refused(const http::HeadError& refused) {
  stage_ = Stage::running;
  const std::string_view why = refused.reason;
  if (refused.head_too_large) page_text = "Request Header Or Cookie Too Large";
  abort_source();
  discard_body();
  log(LogLevel::info, fmt::format("client sent an invalid request: {}", refused.reason));
  if (reply.head_sent) return cut_answer();
  error(refused.status, limit_behind(refused), refused.status == 408 ? why : join(arena, "bad request: ", why));
}

/// RFC 9112 3.2.2: the authority of an absolute target wins over Host; parse_request_head has seen to it.
bool Exchange::find_server() {
  const http::Field* field = http::find(request.fields, http::HeaderId::host);
  if (field && field->value.empty() && target.authority.empty()) return false;  // nginx too takes no empty Host
  if (!request.host.empty()) {
    unsigned port = 0;
    if (!http::parse_host(request.host, arena, host_name, port)) return false;
  }
  const table::ServerNames::Hit hit = listen->names.find(host_name);
  server = hit.server != table::ServerNames::npos ? listen->servers[hit.server].get() : listen->fallback.get();
  route = &server->base;
  if (hit.regex) {
    captures = hit.captures;
    captures_subject = host_name;
    set_slots(*hit.regex, hit.captures, host_name, listen->regex_slots);
  }
  return true;
}

void Exchange::set_slots(const Regex& regex, const Captures& found, std::string_view subject,
                         const table::RegexSlots& slots_of) {
  const auto it = slots_of.find(&regex);
  if (it != slots_of.end()) set_slots(regex, found, subject, it->second);
}

void Exchange::set_slots(const Regex& regex, const Captures& found, std::string_view subject,
                         std::span<const std::uint32_t> slots_of_names) {
  for (std::size_t i = 0; i < slots_of_names.size(); ++i) {
    set_slot(slots_of_names[i], found.group(subject, regex.names()[i].group));
  }
}

void Exchange::keep_captures(const Regex& regex, const Captures& found, std::string_view subject,
                             std::span<const std::uint32_t> slots_of_names) {
  captures = found;
  captures_subject = subject;
  if (!slots_of_names.empty()) set_slots(regex, found, subject, slots_of_names);
}

void Exchange::make_slots() {
  if (slots) return;
  slots = arena.array<std::string_view>(table().variable_slots);
  for (std::uint32_t i = 0; i < table().variable_slots; ++i) new (slots + i) std::string_view();
}

void Exchange::set_slot(std::uint32_t slot, std::string_view value) {
  make_slots();
  slots[slot] = value.data() ? value : std::string_view("");
}

void Exchange::use_route(const table::Route* next) {
  route = next;
  adds_uri_to_alias = false;
  pc_ = 0;
  ++runs_;
}

/// `when` of a route: it sees the names of that route's path.
bool Exchange::condition_holds(void* exchange, std::uint32_t number, std::span<const std::string_view> values) {
  Exchange& x = *static_cast<Exchange*>(exchange);
  x.path_route = x.server->routes[number].get();
  x.path_values = values.data();
  return x.path_route->when.holds({x, x.arena, x.clock().unix_ms()});
}

/// The server's `route` blocks: only for what the client asked for, not for what it was made into later.
bool Exchange::find_path(std::uint32_t& other_methods) {
  if (parent || redirects > 0 || relocations > 0) return false;
  std::string_view path = uri;
  const bool as_received = uri.data() == target.path.data() && uri.size() == target.path.size();
  if (as_received && !http::route_path(target, server->settings.merge_slashes, arena, path)) return false;
  const table::RouteTree::Conditions conditions{&Exchange::condition_holds, this};
  table::RouteTree::Hit hit = server->paths->find(path, method_now, conditions);
  if (hit.other_methods != 0) find_meant_route(*this, path, conditions, hit);
  path_route = nullptr;  // of a condition that did not hold
  path_values = nullptr;
  other_methods = hit.other_methods;
  if (hit.route == table::RouteTree::npos) return false;
  use_route(server->routes[hit.route].get());
  path_route = route;
  if (hit.values.count > 0) {
    auto* const values = arena.array<std::string_view>(hit.values.count);
    std::uninitialized_copy_n(hit.values.at.data(), hit.values.count, values);
    path_values = values;
  }
  skip_server_rewrite();
  return true;
}

/// The path is that of routes, all for other methods (RFC 9110 15.5.6).
bool Exchange::method_not_allowed(std::uint32_t allowed) {
  std::string methods;
  for (unsigned i = 0; i < static_cast<unsigned>(http::Method::other); ++i) {
    if ((allowed >> i & 1) == 0) continue;
    if (!methods.empty()) methods += ", ";
    methods += http::method_name(static_cast<http::Method>(i));
  }
  reply.fields.add(arena, "Allow", arena.copy(methods));
  std::string_view path = uri;
  http::route_path(target, server->settings.merge_slashes, arena, path);
  const auto fitting = server->paths->candidates(path);
  error(405, {"route", fitting.empty() ? config::Span{} : server->routes[fitting.front().route]->where},
        "no route for this method");
  return false;
}

/// The server's own rewrite has run by then, and is part of each route.
void Exchange::skip_server_rewrite() {
  const auto& steps = route->program.steps;
  while (pc_ < steps.size() && steps[pc_].phase <= table::Phase::server_rewrite) ++pc_;
}

/// False: the answer is decided here (404, redirect to the slash form, 413 ...).
bool Exchange::find_location() {
  std::uint32_t other_methods = 0;
  if (server->paths && find_path(other_methods)) return true;
  const table::LocationTree::Hit hit = server->locations.find(uri);
  if (hit.limit_hit) {
    log(LogLevel::error, "a location's regex ran into its match limit");
    error(500, {"location", route->where}, "a regular expression ran into its match limit");
    return false;
  }
  if (hit.regex) {
    captures = hit.captures;
    captures_subject = uri;
    set_slots(*hit.regex, hit.captures, uri, server->regex_slots);
    for (std::size_t i = 0; i < hit.outer_count; ++i) {
      Captures outer;
      if (hit.outer[i]->match(uri, &outer) == Regex::Match::yes)
        set_slots(*hit.outer[i], outer, uri, server->regex_slots);
    }
  }
  use_route(hit.route == table::LocationTree::npos ? &server->base : server->routes[hit.route].get());
  skip_server_rewrite();
  if (other_methods != 0 && hit.route == table::LocationTree::npos) return method_not_allowed(other_methods);
  if (hit.redirect) {
    const std::string_view query = target.has_args ? args : std::string_view();
    const std::string_view escaped = http::escape_path(uri, arena);
    const std::size_t size = escaped.size() + 1 + (query.empty() ? 0 : 1 + query.size());
    char* to = arena.chars(size);
    fmt::format_to(to, "{}/{}{}", escaped, query.empty() ? "" : "?", query);
    answered_by({"location", route->where});
    redirect(301, {to, size});
    return false;
  }
  if (route->internal && !internal) {
    error(404, {"internal", {}});
    return false;
  }
  if (route->except) leave_to_exception();
  return true;
}

/// limit_except: other methods than those it names go on in its block.
void Exchange::leave_to_exception() {
  if ((route->except_allows >> static_cast<unsigned>(method_now) & 1) == 0) use_route(route->except);
}

void Exchange::route_and_run() {
  in_server_program_ = false;
  stage_ = Stage::running;
  if (!find_location()) return;
  const std::int64_t limit = route->core->client_max_body_bytes;
  if (limit > 0 && !body_complete && request.content_length > static_cast<std::uint64_t>(limit) && !is_error_page) {
    log(LogLevel::error, fmt::format("client intended to send too large body: {} bytes", request.content_length));
    const std::string_view size = arena.copy(fmt::format("{} bytes", request.content_length));
    discard_body();
    error(413, {"client_max_body_size", {}}, size);
    return;
  }
  run();
}

void Exchange::run() {
  while (true) {
    const std::uint32_t running = runs_;
    // Before routing only the server's own rewrite acts; its other steps are for requests that no location takes.
    while (pc_ < route->program.steps.size()) {
      const table::Step& step = route->program.steps[pc_];
      if (in_server_program_ && step.phase > table::Phase::server_rewrite) break;
      stage_ = Stage::running;
      switch (step.run(*this, step.params)) {
        case Verdict::next: ++pc_; break;
        case Verdict::done: return;
        case Verdict::again:
          if (stage_ == Stage::running) stage_ = Stage::waiting;
          return;
        case Verdict::wait:
          if (!waiting_for_body_ && runs_ == running) ++pc_;
          if (stage_ == Stage::running) stage_ = Stage::waiting;
          return;
      }
    }
    if (!in_server_program_) break;
    in_server_program_ = false;
    return route_and_run();
  }
  error(404, {"location", route->where}, "nothing answers here");
}

Verdict Exchange::relocate() {
  if (++relocations > max_relocations) {
    log(LogLevel::error, "rewrite or internal redirection cycle while processing");
    return error(500, {"rewrite", {}}, "a cycle of rewrites");
  }
  route_and_run();
  return Verdict::done;
}

/// Rewriting is over with the step that calls this: the interpreter goes on behind the overlay's own.
void Exchange::switch_route(const table::Route& overlay) {
  const table::Phase reached = in_server_program_ ? table::Phase::server_rewrite : table::Phase::rewrite;
  route = &overlay;
  pc_ = 0;
  const auto& steps = overlay.program.steps;
  while (pc_ < steps.size() && steps[pc_].phase <= reached) ++pc_;
  --pc_;  // behind the step that returns `next`
}

void Exchange::run_again_from(table::Phase phase) {
  const auto& steps = route->program.steps;
  pc_ = 0;
  while (pc_ < steps.size() && steps[pc_].phase < phase) ++pc_;
  stage_ = Stage::waiting;
  resume();
}

void Exchange::resume() {
  resume_due_ = true;
  worker.loop.defer(*this);
}

void Exchange::resume_after(std::int64_t ms) { worker.loop.timers().set(*this, ms); }
void Exchange::fire() { resume(); }

void Exchange::run_deferred() {
  if (std::exchange(drained_due_, false)) tell_drained();
  if (!std::exchange(resume_due_, false)) return;  // put off by an earlier request of this recycled exchange
  if (stage_ == Stage::waiting && !source_) run();
  else if (stage_ == Stage::answering && source_) source_->on_client_drained();  // it gave way to others
}

// ---- the request body ----------------------------------------------------------------------------------------------

bool Exchange::body_is_read() {
  waiting_for_body_ = !body_complete;
  if (waiting_for_body_) client->want_body(*this, true);
  else body_was_there(*this);
  return body_complete;
}

bool Exchange::body_has_begun() {
  if (body_complete) return body_is_read();
  const bool waits = request.expect_continue;  // nothing comes before it is told to send
  if (!waits && !std::exchange(body_begun_, true)) {
    body_is_read();
    resume();
    return false;
  }
  waiting_for_body_ = body_begun_ = false;
  client->want_body(*this, false);
  return true;
}

void Exchange::stream_body() {
  body_streaming = true;
  if (!body_complete) client->want_body(*this, true);
}

void Exchange::want_body(bool wanted) { client->want_body(*this, wanted); }

bool Exchange::refuses_body_of(std::uint64_t more) {
  const auto limit = static_cast<std::uint64_t>(core().client_max_body_bytes);
  if (limit == 0 || body_complete || reply.complete || body_received_ + more <= limit) return false;
  log(LogLevel::error, "client intended to send too large chunked body");
  abort_source();
  discard_body();
  error(413, {"client_max_body_size", {}}, "a chunked body");
  return true;
}

void Exchange::on_body(std::string_view bytes) {
  if (stage_ == Stage::over || reply.complete || body_complete || refuses_body_of(bytes.size())) return;
  const table::CoreSettings& settings = core();
  body_received_ += bytes.size();
  if (body_streaming) {
    if (table().uses_request_body) body.remember(bytes, static_cast<std::size_t>(settings.client_body_buffer_bytes));
    if (source_) source_->on_body(bytes);
    return;
  }
  if (!waiting_for_body_) return;  // nobody needs it any more
  if (body_begun_) return body.hold(bytes);
  const bool was_in_file = body.in_file();
  if (const Result<void> kept = body.append(bytes, settings, request.content_length); !kept) {
    log(LogLevel::crit, kept.error().text);
    discard_body();
    error(500, {"client_body_temp_path", {}}, "the body could not be stored");
  } else if (!was_in_file && body.in_file()) {
    body_went_to_file(*this);
  }
}

void Exchange::discard_body() {
  if (!body_complete) client->want_body(*this, false);
  body.clear();
  body_complete = true;
  waiting_for_body_ = body_streaming = false;
  request.framing = http::BodyFraming::none;
  request.content_length = 0;
  reply.close_connection = true;
}

void Exchange::on_body_end() {
  if (body_complete) return;
  body_complete = true;
  if (source_ && body_streaming) return source_->on_body_end();
  if (!waiting_for_body_) return;
  waiting_for_body_ = false;
  resume();
}

void Exchange::on_body_timeout() {
  log(LogLevel::info, "client timed out while its body was read");
  abort_source();
  discard_body();
  if (reply.head_sent) return cut_answer();
  error(408, {"client_body_timeout", {}}, "client sent its body too slowly");
}

// ---- the end -------------------------------------------------------------------------------------------------------

void Exchange::abort_source() {
  if (!source_) return;
  ContentSource* source = source_;
  source_ = nullptr;
  source->on_abort();
}

void Exchange::on_client_drained() { tell_drained(); }

void Exchange::on_client_gone() {
  if (stage_ == Stage::over) return;
  if (source_ && source_->ignores_client_abort() && body_complete && !worker.draining()) {
    return source_->on_client_drained();  // nothing is queued for this client any more
  }
  if (!reply.head_sent) {
    reply.status = 499;
    refused_by({}, "client closed the connection");
  }
  const bool upstream_too = reply.from_upstream || source_;
  log(LogLevel::info, upstream_too ? "client prematurely closed connection, so upstream connection is closed too"
                                   : "client prematurely closed connection");
  abort_source();
  stage_ = Stage::over;
  client->drop(*this);
}

void Exchange::on_send_timeout() {
  abort_source();
  stage_ = Stage::over;
  if (!reply.head_sent) {
    reply.status = 408;
    refused_by({"send_timeout", {}}, {});
  }
  client->drop(*this);
}

void Exchange::finish() {
  stage_ = Stage::over;
  abort_source();
  filters_.reset();
  if (children_) cancel_children();
  if (parent && !core().log_subrequest) return;
  for (const table::Step& step : route->program.log) step.run(*this, step.params);
}

}  // namespace gh::proxy
