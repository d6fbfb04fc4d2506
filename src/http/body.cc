#include <algorithm>

#include "base/text.h"
#include "http/char_class.h"
#include "http/field_section.h"
#include "http/h1.h"

namespace gh::http {

namespace {

std::uint32_t clamp32(std::size_t n) { return static_cast<std::uint32_t>(std::min<std::size_t>(n, UINT32_MAX)); }

constexpr unsigned most_digits = 16;

}  // namespace

void BodyReader::start(BodyFraming framing, std::uint64_t length, const HeadLimits& limits) {
  *this = BodyReader{};  // gives back the memory of earlier trailers
  trailer_limit_ = clamp32(limits.total_bytes);
  line_limit_ = clamp32(limits.line_bytes);
  field_limit_ = static_cast<std::uint16_t>(std::min<std::size_t>(limits.fields, UINT16_MAX));
  switch (framing) {
    case BodyFraming::none:
      stage_ = Stage::done;
      break;
    case BodyFraming::length:
      stage_ = length > 0 ? Stage::length : Stage::done;
      break;
    case BodyFraming::chunked:
      stage_ = Stage::size;
      break;
    case BodyFraming::until_close:
      stage_ = Stage::until_close;
      break;
  }
  if (framing == BodyFraming::length) left_ = length;
}

BodyReader::Step BodyReader::read(std::string_view in) {
  switch (stage_) {
    case Stage::done:
      return {State::done, 0, {}, ""};
    case Stage::bad:
      return {State::bad, 0, {}, reason_};
    case Stage::length:
      return read_counted(in, 0);
    case Stage::until_close:
      return {in.empty() ? State::more : State::data, in.size(), in, ""};
    default:
      return read_chunked(in);
  }
}

void BodyReader::skip(std::uint64_t bytes) {
  if (stage_ != Stage::length) return;
  left_ -= std::min(bytes, left_);
  if (left_ == 0) stage_ = Stage::done;
}

/// Body bytes of a known number from `at` on.
BodyReader::Step BodyReader::read_counted(std::string_view in, std::size_t at) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size() - at));
  if (size == 0) return {State::more, in.size(), {}, ""};
  left_ -= size;
  if (left_ == 0) stage_ = stage_ == Stage::length ? Stage::done : Stage::chunk_cr;
  return {State::data, at + size, in.substr(at, size), ""};
}

BodyReader::Step BodyReader::fail(std::size_t at, const char* reason) {
  stage_ = Stage::bad;
  reason_ = reason;
  return {State::bad, at, {}, reason};
}

BodyReader::Step BodyReader::read_chunked(std::string_view in) {
  for (std::size_t at = 0; at < in.size();) {
    if (stage_ == Stage::chunk) return read_counted(in, at);
    if (const char* reason = framing_byte(in[at])) return fail(at, reason);
    ++at;
    if (stage_ == Stage::done) return {State::done, at, {}, ""};
  }
  return {State::more, in.size(), {}, ""};
}

/// One byte that is no data; nullptr, or why it is refused.
const char* BodyReader::framing_byte(char c) {
  switch (stage_) {
    case Stage::size:
      return size_byte(c);
    case Stage::blank:
    case Stage::extension:
      return extension_byte(c);
    case Stage::size_lf:
      return end_of_size_line(c);
    case Stage::chunk_cr:
      if (c != '\r') return "chunk data is longer than its size";
      stage_ = Stage::chunk_lf;
      return nullptr;
    case Stage::chunk_lf:
      if (c != '\n') return "CR without LF behind chunk data";
      stage_ = Stage::size;
      return nullptr;
    default:
      return trailer_byte(c);
  }
}

const char* BodyReader::size_byte(char c) {
  const int digit = hex_digit(c);
  if (digit >= 0) {
    if (++line_used_ > most_digits) return "chunk size of too many digits";
    if (left_ >> 59 != 0) return "chunk size too large";  // stays below 2^63: fits a signed offset
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return nullptr;
  }
  if (line_used_ == 0) return "chunk size has no digits";
  if (c == '\r') {
    stage_ = Stage::size_lf;
    return nullptr;
  }
  if (c == ';') {
    stage_ = Stage::extension;
  } else if (c == ' ' || c == '\t') {
    stage_ = Stage::blank;  // RFC 9112 7.1.1: white space only before an extension
  } else {
    return "invalid byte in a chunk size";
  }
  ++line_used_;
  return ++extensions_used_ > extension_bytes ? "too many bytes of chunk extensions" : nullptr;
}

const char* BodyReader::extension_byte(char c) {
  if (++line_used_ > size_line_bytes - 1) return "chunk size line too large";
  if (stage_ == Stage::blank && c != ' ' && c != '\t') {
    if (c != ';') return "white space behind a chunk size";
    stage_ = Stage::extension;
  }
  if (c == '\r') {
    stage_ = Stage::size_lf;
    return nullptr;
  }
  if (!is_class(c, cls_visible)) return "invalid byte in a chunk extension";
  return ++extensions_used_ > extension_bytes ? "too many bytes of chunk extensions" : nullptr;
}

const char* BodyReader::end_of_size_line(char c) {
  if (c != '\n') return "CR without LF behind a chunk size";
  stage_ = left_ > 0 ? Stage::chunk : Stage::trailers;
  line_used_ = 0;
  return nullptr;
}

/// Collects the section; its lines are judged when the blank one is there.
const char* BodyReader::trailer_byte(char c) {
  if (trailers_.size() >= trailer_limit_) return "trailer section too large";
  trailers_ += c;
  if (lone_cr_ && c != '\n') return "CR without LF in a trailer";
  if (!lone_cr_ && c == '\n') return "bare LF in a trailer";
  lone_cr_ = c == '\r';
  if (c != '\n') return nullptr;
  const std::string_view section = trailers_;
  if (section != "\r\n" && !section.ends_with("\r\n\r\n")) return nullptr;
  HeadLimits limits;
  limits.line_bytes = line_limit_;
  limits.fields = field_limit_;
  HeadError error;
  if (!check_field_section(section, limits, error)) return error.reason;
  stage_ = Stage::done;
  return nullptr;
}

std::size_t write_chunk_head(std::size_t bytes, char* to) {
  constexpr char digits[] = "0123456789abcdef";
  unsigned shift = 0;
  while (shift < 60 && bytes >> (shift + 4) != 0) shift += 4;
  std::size_t n = 0;
  for (;; shift -= 4) {
    to[n++] = digits[(bytes >> shift) & 15];
    if (shift == 0) break;
  }
  to[n++] = '\r';
  to[n++] = '\n';
  return n;
}

}  // namespace gh::http
