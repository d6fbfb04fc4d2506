// The answering half of Exchange: heads and bodies on their way to the client, errors and their pages, redirects.
#include <fmt/format.h>

#include "base/text.h"
#include "http/field_value.h"
#include "proxy/error_page.h"
#include "proxy/exchange.h"
#include "proxy/forwarder.h"
#include "proxy/grpc_answer.h"
#include "proxy/rate_filter.h"
#include "proxy/worker.h"

namespace gh::proxy {

using table::Verdict;

namespace {

constexpr std::uint8_t max_redirects = 10;

/// nginx's own statuses for error_page; on the wire they are 400. Empty: another status.
std::string_view tls_fault(unsigned status) {
  switch (status) {
    case 495: return "The SSL certificate error";
    case 496: return "No required SSL certificate was sent";
    case 497: return "The plain HTTP request was sent to HTTPS port";
    default: return {};
  }
}

iovec part(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

}  // namespace

// ---- answering -----------------------------------------------------------------------------------------------------

Verdict Exchange::attach(ContentSource& source) {
  source_ = &source;
  stage_ = Stage::waiting;
  return Verdict::wait;
}

/// After X-Accel-Redirect: what the first answer said of the content. An upstream knows its own type, though.
void Exchange::add_kept_fields() {
  const bool unknown = !reply.from_upstream || reply.content_type.empty();
  if (unknown && !kept_fields->content_type.empty()) reply.content_type = kept_fields->content_type;
  for (const http::Field& field : kept_fields->fields.view()) reply.fields.add(arena, field);
}

bool Exchange::prepare_head() {
  if (reply.head_prepared) return true;
  reply.head_prepared = true;
  if (error_status != 0) {
    reply.status = error_status;
    reply.reason = {};
    error_status = 0;
  }
  if (kept_fields) add_kept_fields();
  for (AtHead* fields = at_head; fields; fields = fields->next) fields->add(*this, *fields);
  for (const table::Step& step : route->program.response) {
    if (step.run(*this, step.params) == Verdict::done) return false;
  }
  return true;
}

void Exchange::send_head(std::span<const iovec> first, bool last) {
  if (last && !reply.head_prepared && reply.has_content_length && request.method != http::Method::head &&
      reply.status != 304) {
    // RFC 9112 6.3: a length is only promised for bytes that come (HEAD upstream for a GET, a 304 behind an error page)
    reply.content_length = 0;
    for (const iovec& p : first) reply.content_length += p.iov_len;
  }
  if (!prepare_head()) return;
  stage_ = Stage::answering;
  if (limit_rate > 0 && sends_body() && !parent) add_body_filter(make_rate_filter(*this));
  reply.head_sent = true;
  if (filters_) {
    reply.body_at_once = false;  // they may keep its bytes for a while
    return filter_head(first, last);
  }
  if (last) complete_reply();
  client->send_head(*this, first, last);
}

// ---- filters -------------------------------------------------------------------------------------------------------

void BodyFilter::pass(std::span<const iovec> parts, bool last) {
  if (next_) next_->put(parts, last);
  else x_.pass_to_client(parts, last);
}

void Exchange::add_body_filter(std::unique_ptr<BodyFilter> filter) {
  std::unique_ptr<BodyFilter>* end = &filters_;
  while (*end) end = &(*end)->next_;
  *end = std::move(filter);
}

std::size_t Exchange::held_bytes() const {
  std::size_t bytes = 0;
  for (const BodyFilter* filter = filters_.get(); filter; filter = filter->next_.get()) bytes += filter->held_bytes();
  return bytes;
}

/// The head goes out with the filters' first bytes, but does not wait for bytes that come later.
void Exchange::filter_head(std::span<const iovec> first, bool last) {
  head_pending_ = true;
  if (last) source_ = nullptr;
  filters_->put(first, last);
  if (stage_ != Stage::over && !cut_) send_pending_head();
}

void Exchange::send_pending_head() {
  if (!head_pending_) return;
  head_pending_ = false;
  client->send_head(*this, {}, false);
}

/// Nested calls would put bytes into a filter that is just passing some on; so it waits for the end of the turn.
void Exchange::on_filter_drained() {
  drained_due_ = true;
  worker.loop.defer(*this);
}

/// Those nearest to the client first: they make room for what the ones before them pass on.
void Exchange::tell_drained() {
  if (stage_ == Stage::over || cut_) return;
  if (filters_) filters_->tell_drained();
  if (source_) source_->on_client_drained();
}

std::size_t BodyFilter::bytes_ahead() const {
  std::size_t bytes = x_.client->queued_bytes();
  for (const BodyFilter* filter = next_.get(); filter; filter = filter->next_.get()) bytes += filter->held_bytes();
  return bytes;
}

void BodyFilter::tell_drained() {
  if (next_) next_->tell_drained();
  on_drained();
}

void Exchange::fail_answer() {
  abort_source();
  cut_answer();
}

void Exchange::cut_answer() {
  if (stage_ == Stage::over || reply.complete || cut_) return;
  cut_ = true;
  send_pending_head();
  client->abort_body(*this);
}

void Exchange::pass_to_client(std::span<const iovec> parts, bool last) {
  if (stage_ == Stage::over || reply.complete || cut_) return;
  if (last) complete_reply();
  if (head_pending_) {
    head_pending_ = false;
    client->send_head(*this, parts, last);
  } else if (last || !parts.empty()) {
    client->send_body(*this, parts, last);
  }
}

// ---- bodies --------------------------------------------------------------------------------------------------------

void Exchange::complete_reply() {
  reply.complete = true;
  source_ = nullptr;
}

void Exchange::send_body(std::span<const iovec> parts, bool last) {
  if (filters_) {
    if (last) source_ = nullptr;
    if (!cut_) filters_->put(parts, last);
    return;
  }
  if (last) complete_reply();
  client->send_body(*this, parts, last);
}

void Exchange::body_moved(std::size_t bytes, bool last) {
  if (last) complete_reply();
  client->moved(*this, bytes, last);
}

void Exchange::fail_source() {
  source_ = nullptr;
  cut_answer();
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
  Verdict verdict = Verdict::done;
  if (error_page(status, verdict)) return verdict;
  return builtin_page(status);
}

Verdict Exchange::error(unsigned status) {
  blame_step();
  return fail(status);
}

Verdict Exchange::fail(unsigned status) {
  if (reply.head_sent) {
    abort_source();
    cut_answer();
    return Verdict::done;
  }
  abort_source();
  if (reply.head_prepared) {  // by an answer that does not go out after all
    filters_.reset();
    reply.take_back_head();
  }
  if (status == 400 || status == 413 || status == 414 || status == 431 || status == 408 || status == 500 ||
      status == 501 || status == 505 || !tls_fault(status).empty()) {
    reply.close_connection = true;
  }
  Verdict verdict = Verdict::done;
  if (error_page(status, verdict)) return verdict;
  return builtin_page(status);
}

/// True when an error_page takes over.
bool Exchange::error_page(unsigned status, Verdict& verdict) {
  if (error_pages_over) return false;
  const table::ErrorPage* page = find_error_page(*route, status);
  if (!page || redirects >= max_redirects) return false;
  if (blame) blame->gives_way = page->overwrite == 0 && !page->external;
  reply.fields.remove_if([](const http::Field& field) { return field.id != http::HeaderId::www_authenticate; });
  is_error_page = true;
  error_pages_over = !core().recursive_error_pages;
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
  if (const std::string_view fault = tls_fault(status); !fault.empty()) {
    page_text = fault;
    status = 400;
  }
  reply.status = static_cast<std::uint16_t>(status);
  if (status == 304 || status == 204) {
    send_head({}, true);
    return Verdict::done;
  }
  if (status < 300) return send_whole({});
  if (status >= 400 && is_grpc_call(*this)) {
    make_grpc_error(*this, status);
    send_head({}, true);
    return Verdict::done;
  }
  const BuiltinPage page = make_builtin_page(*this, status);
  if (kept_fields) kept_fields->content_type = {};
  reply.content_type = page.content_type;
  return send_whole(page.body);
}

Verdict Exchange::internal_redirect(std::string_view to, std::string_view new_args) {
  if (++redirects > max_redirects) {
    log(LogLevel::error, "rewrite or internal redirection cycle");
    refused_by({}, "a cycle of internal redirects");
    error_status = 0;
    return builtin_page(500);
  }
  abort_source();
  if (!http::normalise_path(to, server->settings.merge_slashes, arena, uri)) {
    log(LogLevel::error, fmt::format("the URI \"{}\" of an internal redirect leaves its root", printable(to)));
    refused_by({}, "the URI of an internal redirect leaves its root");
    return builtin_page(500);
  }
  args = http::safe_field_value(new_args, arena);
  uri_changed = internal = true;
  stays = false;
  access = {};
  start_over();
  return Verdict::done;
}

Verdict Exchange::named_redirect(std::string_view name) {
  const auto it = server->named.find(std::string(name));
  if (it == server->named.end() || ++redirects > max_redirects) {
    log(LogLevel::error, fmt::format("could not find named location \"{}\"", name));
    refused_by({}, arena.copy(fmt::format("there is no location {}", name)));
    error_status = 0;
    return builtin_page(500);
  }
  abort_source();
  internal = true;
  access = {};
  in_server_program_ = false;
  use_route(server->routes[it->second].get());
  if (route->except) leave_to_exception();
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
