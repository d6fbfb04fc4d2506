#include "proxy/exchange.h"

#include <fmt/format.h>

#include <utility>

#include "http/field_value.h"
#include "proxy/body_events.h"
#include "proxy/error_page.h"
#include "proxy/forwarder.h"
#include "proxy/worker.h"

namespace gh::proxy {

using table::Verdict;

namespace {

constexpr std::uint8_t max_redirects = 10;

iovec part(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

}  // namespace

Exchange::Exchange(Worker& owner) : worker(owner) {}
Exchange::~Exchange() = default;

void Exchange::reset() {
  worker.loop.timers().clear(*this);
  static_cast<RequestState&>(*this) = RequestState{};
  body.clear();
  arena.reset();
  stage_ = Stage::receiving;
  pc_ = 0;
  in_server_program_ = waiting_for_body_ = resume_due_ = false;
  runs_ = 0;
  body_received_ = 0;
  source_ = nullptr;
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
    error(405);
    return;
  }
  if (!http::parse_target(request.target, request.method, server->settings.merge_slashes, arena, target)) {
    return start_refused({400, "invalid request target"});
  }
  uri = target.path;
  args = target.args;
  if (!find_server()) return start_refused({400, "invalid host"});
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
  reason = refused.reason;
  if (refused.status == 400 && reason.find("too large") != std::string_view::npos)
    page_text = "Request Header Or Cookie Too Large";
  abort_source();
  discard_body();
  log(LogLevel::info, fmt::format("client sent an invalid request: {}", refused.reason));
  if (reply.head_sent) return client->abort_body(*this);
  error(refused.status);
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
  if (hit.server != table::ServerNames::npos) server = listen->servers[hit.server].get();
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
  if (it == slots_of.end()) return;
  for (std::size_t i = 0; i < it->second.size(); ++i) {
    set_slot(it->second[i], found.group(subject, regex.names()[i].group));
  }
}

void Exchange::set_slot(std::uint32_t slot, std::string_view value) {
  if (!slots) {
    slots = arena.array<std::string_view>(table().variable_slots);
    for (std::uint32_t i = 0; i < table().variable_slots; ++i) new (slots + i) std::string_view();
  }
  slots[slot] = value.data() ? value : std::string_view("");
}

void Exchange::use_route(const table::Route* next) {
  route = next;
  pc_ = 0;
  ++runs_;
}

/// False: the answer is decided here (404, redirect to the slash form, 413 ...).
bool Exchange::find_location() {
  const table::LocationTree::Hit hit = server->locations.find(uri);
  if (hit.limit_hit) {
    log(LogLevel::error, "a location's regex ran into its match limit");
    error(500);
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
  const auto& steps = route->program.steps;
  while (pc_ < steps.size() && steps[pc_].phase <= table::Phase::server_rewrite) ++pc_;
  if (hit.redirect) {
    const std::string_view query = target.has_args ? args : std::string_view();
    const std::string_view escaped = http::escape_path(uri, arena);
    const std::size_t size = escaped.size() + 1 + (query.empty() ? 0 : 1 + query.size());
    char* to = arena.chars(size);
    fmt::format_to(to, "{}/{}{}", escaped, query.empty() ? "" : "?", query);
    redirect(301, {to, size});
    return false;
  }
  if (route->internal && !internal) {
    error(404);
    return false;
  }
  return true;
}

void Exchange::route_and_run() {
  in_server_program_ = false;
  stage_ = Stage::running;
  if (!find_location()) return;
  const std::int64_t limit = route->core->client_max_body_bytes;
  if (limit > 0 && !body_complete && request.content_length > static_cast<std::uint64_t>(limit) && !is_error_page) {
    log(LogLevel::error, fmt::format("client intended to send too large body: {} bytes", request.content_length));
    discard_body();
    error(413);
    return;
  }
  run();
}

void Exchange::run() {
  while (true) {
    const std::uint32_t running = runs_;
    const auto& steps = route->program.steps;
    // Before routing only the server's own rewrite acts; its other steps are for requests that no location takes.
    while (pc_ < steps.size() && !(in_server_program_ && steps[pc_].phase > table::Phase::server_rewrite)) {
      const table::Step& step = steps[pc_];
      stage_ = Stage::running;
      switch (step.run(*this, step.params)) {
        case Verdict::next: ++pc_; break;
        case Verdict::done: return;
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
  error(404);
}

void Exchange::resume() {
  resume_due_ = true;
  worker.loop.defer(*this);
}

void Exchange::resume_after(std::int64_t ms) { worker.loop.timers().set(*this, ms); }
void Exchange::fire() { resume(); }

void Exchange::run_deferred() {
  if (!std::exchange(resume_due_, false)) return;  // put off by an earlier request of this recycled exchange
  if (stage_ == Stage::waiting && !source_) run();
}

// ---- the request body ----------------------------------------------------------------------------------------------

bool Exchange::body_is_read() {
  waiting_for_body_ = !body_complete;
  if (waiting_for_body_) client->want_body(*this, true);
  else body_was_there(*this);
  return body_complete;
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
  error(413);
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
  const bool was_in_file = body.in_file();
  if (const Result<void> kept = body.append(bytes, settings, request.content_length); !kept) {
    log(LogLevel::crit, kept.error().text);
    discard_body();
    error(500);
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
  reason = "client sent its body too slowly";
  log(LogLevel::info, "client timed out while its body was read");
  abort_source();
  discard_body();
  if (reply.head_sent) return client->abort_body(*this);
  error(408);
}

// ---- the end -------------------------------------------------------------------------------------------------------

void Exchange::abort_source() {
  if (!source_) return;
  ContentSource* source = source_;
  source_ = nullptr;
  source->on_abort();
}

void Exchange::on_client_drained() {
  if (source_) source_->on_client_drained();
}

void Exchange::on_client_gone() {
  if (stage_ == Stage::over) return;
  if (source_ && source_->ignores_client_abort() && body_complete && !worker.draining()) {
    return source_->on_client_drained();  // nothing is queued for this client any more
  }
  if (!reply.head_sent) reply.status = 499;
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
  if (!reply.head_sent) reply.status = 408;
  client->drop(*this);
}

void Exchange::finish() {
  stage_ = Stage::over;
  abort_source();
  for (const table::Step& step : route->program.log) step.run(*this, step.params);
}

// ---- answering -----------------------------------------------------------------------------------------------------

Verdict Exchange::attach(ContentSource& source) {
  source_ = &source;
  stage_ = Stage::waiting;
  return Verdict::wait;
}

void Exchange::run_response_steps() {
  if (error_status != 0) {
    reply.status = error_status;
    reply.reason = {};
    error_status = 0;
  }
  for (const table::Step& step : route->program.response) step.run(*this, step.params);
}

void Exchange::send_head(std::span<const iovec> first, bool last) {
  stage_ = Stage::answering;
  if (last && reply.has_content_length && request.method != http::Method::head && reply.status != 304) {
    // RFC 9112 6.3: a length is only promised for bytes that come (HEAD upstream for a GET, a 304 behind an error page)
    reply.content_length = 0;
    for (const iovec& p : first) reply.content_length += p.iov_len;
  }
  run_response_steps();
  reply.head_sent = true;
  if (last) complete_reply();
  client->send_head(*this, first, last);
}

void Exchange::complete_reply() {
  reply.complete = true;
  source_ = nullptr;
}

void Exchange::send_body(std::span<const iovec> parts, bool last) {
  if (last) complete_reply();
  client->send_body(*this, parts, last);
}

void Exchange::body_moved(std::size_t bytes, bool last) {
  if (last) complete_reply();
  client->moved(*this, bytes, last);
}

void Exchange::fail_source() {
  source_ = nullptr;
  client->abort_body(*this);
}

Verdict Exchange::send_whole(std::string_view bytes) {
  reply.has_content_length = true;
  reply.content_length = bytes.size();
  const iovec one = part(bytes);
  send_head({&one, 1}, true);
  return Verdict::done;
}

Verdict Exchange::respond(unsigned status, std::string_view content_type, std::string_view bytes) {
  reply.status = static_cast<std::uint16_t>(status);
  reply.content_type = content_type;
  return send_whole(bytes);
}

Verdict Exchange::redirect(unsigned status, std::string_view location) {
  reply.location = http::safe_field_value(location, arena);
  return builtin_page(status);
}

Verdict Exchange::error(unsigned status) {
  if (reply.head_sent) {
    abort_source();
    client->abort_body(*this);
    return Verdict::done;
  }
  abort_source();
  if (status == 400 || status == 413 || status == 414 || status == 431 || status == 408 || status == 500 ||
      status == 501 || status == 505) {
    reply.close_connection = true;
  }
  Verdict verdict = Verdict::done;
  if (error_page(status, verdict)) return verdict;
  return builtin_page(status);
}

/// True when an error_page takes over.
bool Exchange::error_page(unsigned status, Verdict& verdict) {
  if (is_error_page && !core().recursive_error_pages) return false;
  const table::ErrorPage* page = find_error_page(*route, status);
  if (!page || redirects >= max_redirects) return false;
  reply.fields.remove_if([](const http::Field& field) { return field.id != http::HeaderId::www_authenticate; });
  is_error_page = true;
  reply.status = static_cast<std::uint16_t>(status);  // what $status says in the page's URI
  const std::string_view to = page->target.render(*this, arena);
  if (page->external) {
    const bool is_redirect = page->overwrite == 301 || page->overwrite == 302 || page->overwrite == 303 ||
                             page->overwrite == 307 || page->overwrite == 308;
    verdict = redirect(is_redirect ? static_cast<unsigned>(page->overwrite) : 302u, to);
    return true;
  }
  error_status = static_cast<std::uint16_t>(page->overwrite < 0 ? static_cast<int>(status) : page->overwrite);
  if (page->named) {
    verdict = named_redirect(to);
    return true;
  }
  if (method_now != http::Method::head) method_now = http::Method::get;
  const std::size_t question = to.find('?');
  verdict = internal_redirect(to.substr(0, question),
                              question == std::string_view::npos ? std::string_view("") : to.substr(question + 1));
  return true;
}

Verdict Exchange::builtin_page(unsigned status) {
  error_status = 0;  // what is answered here has its own status, also inside an error page
  reply.status = static_cast<std::uint16_t>(status);
  if (status == 304 || status == 204) {
    send_head({}, true);
    return Verdict::done;
  }
  if (status < 300) return send_whole({});
  const BuiltinPage page = make_builtin_page(*this, status);
  reply.content_type = page.content_type;
  return send_whole(page.body);
}

Verdict Exchange::internal_redirect(std::string_view to, std::string_view new_args) {
  if (++redirects > max_redirects) {
    log(LogLevel::error, "rewrite or internal redirection cycle");
    error_status = 0;
    return builtin_page(500);
  }
  abort_source();
  if (!http::normalise_path(to, server->settings.merge_slashes, arena, uri)) return builtin_page(500);
  args = http::safe_field_value(new_args, arena);
  uri_changed = internal = true;
  route_and_run();
  return Verdict::done;
}

Verdict Exchange::named_redirect(std::string_view name) {
  const auto it = server->named.find(std::string(name));
  if (it == server->named.end() || ++redirects > max_redirects) {
    log(LogLevel::error, fmt::format("could not find named location \"{}\"", name));
    error_status = 0;
    return builtin_page(500);
  }
  abort_source();
  internal = true;
  in_server_program_ = false;
  use_route(server->routes[it->second].get());
  run();
  return Verdict::done;
}

Verdict Exchange::drop() {
  reply.status = reply.status ? reply.status : 444;
  stage_ = Stage::over;
  client->drop(*this);
  return Verdict::done;
}

AttemptRecord& Exchange::add_attempt(std::string_view address) {
  auto* record = arena.make<AttemptRecord>();
  record->address = address;
  (last_attempt ? last_attempt->next : attempts) = record;
  last_attempt = record;
  return *record;
}

}  // namespace gh::proxy
