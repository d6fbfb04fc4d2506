#include "http/h2_request.h"

#include <algorithm>
#include <cstring>

#include "http/authority.h"
#include "http/char_class.h"
#include "http/method.h"

namespace gh::http {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// RFC 9113 8.2.1.
const char* judge_name(std::string_view name, bool& usual) {
  unsigned classes = cls_usual;
  if (name.empty()) return "empty field name";
  for (const char c : name) {
    if (!is_class(c, cls_token)) return "invalid byte in a field name";
    if (c >= 'A' && c <= 'Z') return "capital letter in a field name";
    classes &= class_of(c);
  }
  usual = classes != 0;
  return nullptr;
}

const char* judge_value(std::string_view value) {
  if (!all_of_class(value, cls_value)) return "control byte in a field value";
  if (!value.empty() && (is_blank(value.front()) || is_blank(value.back()))) return "white space around a field value";
  return nullptr;
}

/// RFC 9113 8.2.2: what is about a connection has no place here.
const char* judge_meaning(const Field& field) {
  switch (field.id) {
    case HeaderId::connection:
    case HeaderId::keep_alive:
    case HeaderId::proxy_connection:
    case HeaderId::transfer_encoding:
    case HeaderId::upgrade: return "a field that is only for HTTP/1.1";
    case HeaderId::te: return iequals(field.value, "trailers") ? nullptr : "TE is not exactly trailers";
    default: return nullptr;
  }
}

/// RFC 3986 3.1.
bool is_scheme(std::string_view text) {
  if (text.empty() || !is_alpha(text.front())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; });
}

}  // namespace

bool H2RequestReader::add(std::string_view name, std::string_view value) {
  bytes_ += name.size() + value.size();
  if (std::max(name.size(), value.size()) > limits_.line_bytes || bytes_ > limits_.total_bytes) return false;
  if (fault_) return true;
  char* const copy = arena_.chars(name.size() + value.size());
  if (!name.empty()) std::memcpy(copy, name.data(), name.size());
  if (!value.empty()) std::memcpy(copy + name.size(), value.data(), value.size());
  name = {copy, name.size()};
  value = {copy + name.size(), value.size()};
  if (name.starts_with(':')) add_pseudo(name, value);
  else add_field(name, value);
  return true;
}

void H2RequestReader::add_pseudo(std::string_view name, std::string_view value) {
  if (fields_begun_) return fail("pseudo-header behind a field");
  const auto take = [&](bool& has, std::string_view& to) {
    if (has) return fail("pseudo-header stated twice");
    has = true;
    to = value;
  };
  if (name == ":method") return take(has_method_, method_);
  if (name == ":path") return take(has_path_, path_);
  if (name == ":scheme") return take(has_scheme_, scheme_);
  if (name == ":authority") return take(has_authority_, authority_);
  if (name == ":protocol" && takes_protocols_) return take(has_protocol_, protocol_);
  fail("unknown pseudo-header");
}

/// The authority is what Host is in HTTP/1.1, and stands where it would.
void H2RequestReader::begin_fields() {
  if (fields_begun_) return;
  fields_begun_ = true;
  if (has_authority_) list_.push({"host", authority_, HeaderId::host});
}

void H2RequestReader::add_field(std::string_view name, std::string_view value) {
  begin_fields();
  bool usual = true;
  const char* reason = judge_name(name, usual);
  if (!reason) reason = judge_value(value);
  if (reason) return fail(reason);
  if (++count_ > limits_.fields) return fail("too large a number of header fields");
  const Field field{name, value, header_id(name)};
  if (!usual && is_dropped(field, limits_)) return;
  reason = judge_meaning(field);
  if (!reason) reason = seen_.note(field);
  if (reason) return fail(reason);
  push(field);
}

void H2RequestReader::push(const Field& field) {
  if (field.id == HeaderId::host && has_authority_) {
    if (!iequals(field.value, authority_)) fail("Host is not :authority");  // RFC 9113 8.3.1
    return;
  }
  if (field.id == HeaderId::cookie) {
    if (cookie_at_ != 0) return crumbs_.push(field);
    cookie_at_ = list_.span().size() + 1;
  }
  list_.push(field);
}

void H2RequestReader::join_cookies() {
  const std::span<Field> crumbs = crumbs_.span();
  if (crumbs.empty()) return;
  Field& whole = list_.span()[cookie_at_ - 1];
  std::size_t size = whole.value.size();
  for (const Field& crumb : crumbs) size += 2 + crumb.value.size();
  char* const text = arena_.chars(size);
  char* to = std::copy(whole.value.begin(), whole.value.end(), text);
  for (const Field& crumb : crumbs) {
    *to++ = ';';
    *to++ = ' ';
    to = std::copy(crumb.value.begin(), crumb.value.end(), to);
  }
  whole.value = {text, size};
}

/// RFC 8441 4. What asks for a WebSocket is a GET from here on, as it is in HTTP/1.1.
void H2RequestReader::judge_protocol(RequestHead& out) {
  if (method_ != "CONNECT") return fail(":protocol without CONNECT");
  if (!has_scheme_ || !has_path_ || !has_authority_) return fail("CONNECT with :protocol lacks what makes a URI");
  if (seen_.framing.has_length) return fail("Content-Length of a tunnel");
  if (protocol_.empty() || !all_of_class(protocol_, cls_token)) return fail("invalid :protocol");
  out.protocol = protocol_;
  if (iequals(protocol_, "websocket")) method_ = "GET";
}

/// For $request and the log: as HTTP/1.1 would have it.
void H2RequestReader::make_request_line(RequestHead& out) {
  constexpr std::string_view version = " HTTP/2.0";
  if (!all_of_class(method_, cls_token) || !all_of_class(path_, cls_target)) return;
  const std::size_t size = method_.size() + 1 + path_.size() + version.size();
  char* const text = arena_.chars(size);
  char* to = std::copy(method_.begin(), method_.end(), text);
  *to++ = ' ';
  to = std::copy(path_.begin(), path_.end(), to);
  std::copy(version.begin(), version.end(), to);
  out.request_line = {text, size};
}

bool H2RequestReader::finish(bool ends_stream, RequestHead& out, HeadError& error) {
  error = {0, ""};
  begin_fields();
  join_cookies();
  out.http2 = true;
  out.fields = list_.span();
  if (has_protocol_) judge_protocol(out);
  if (has_method_ && has_path_) make_request_line(out);
  if (fault_) {
    error = {400, fault_, count_ > limits_.fields};
    return false;
  }
  if (!judge_target(out, error) || !judge_host(out, error) || !judge_body(ends_stream, out, error)) return false;
  out.keep_alive = true;
  out.expect_continue = seen_.expect_continue && !ends_stream && !has_protocol_;
  if (out.method == Method::connect && has_protocol_) return refuse(error, 501, "unknown :protocol");
  return true;
}

bool H2RequestReader::judge_target(RequestHead& out, HeadError& error) const {
  if (!has_method_) return refuse(error, 400, "no :method");
  out.method_text = method_;
  if (!find_method(method_, out.method)) return refuse(error, 400, "invalid :method");
  if (out.method == Method::connect && !has_protocol_) {  // RFC 9113 8.5
    // Malformed, but no form of it would be served.
    if (has_scheme_ || has_path_) return refuse(error, 405, "CONNECT with :scheme or :path");
    out.target = authority_;
    return true;
  }
  if (!has_scheme_ || !is_scheme(scheme_)) return refuse(error, 400, "no :scheme, or an invalid one");
  if (!has_path_ || path_.empty()) return refuse(error, 400, "no :path");
  if (!all_of_class(path_, cls_target)) return refuse(error, 400, "invalid byte in :path");
  if (path_[0] != '/' && !(path_ == "*" && out.method == Method::options)) return refuse(error, 400, "invalid :path");
  out.target = path_;
  return true;
}

bool H2RequestReader::judge_host(RequestHead& out, HeadError& error) const {
  if (!has_authority_ && !seen_.has_host) return refuse(error, 400, "neither :authority nor Host");
  out.host = has_authority_ ? authority_ : seen_.host;
  std::string_view name;
  int port = -1;
  if (!split_authority(out.host, name, port)) return refuse(error, 400, "invalid :authority or Host");
  return true;
}

bool H2RequestReader::judge_body(bool ends_stream, RequestHead& out, HeadError& error) const {
  const FramingFields& framing = seen_.framing;
  if (ends_stream && framing.has_length && framing.length > 0) {
    return refuse(error, 400, "Content-Length of a body that does not come");  // RFC 9113 8.1.1
  }
  if (framing.has_length) {
    out.framing = BodyFraming::length;
    out.content_length = framing.length;
  } else if (!ends_stream && !has_protocol_) {
    out.framing = BodyFraming::chunked;
  }
  return true;
}

const char* judge_h2_trailer(std::string_view name, std::string_view value) {
  bool usual = true;
  if (name.starts_with(':')) return "pseudo-header in a trailer section";
  if (const char* reason = judge_name(name, usual)) return reason;
  if (const char* reason = judge_value(value)) return reason;
  const Field field{name, value, header_id(name)};
  return judge_meaning(field);
}

}  // namespace gh::http
