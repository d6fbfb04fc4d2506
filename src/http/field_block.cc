#include "http/field_block.h"

#include "base/text.h"
#include "http/char_class.h"
#include "http/field_section.h"

namespace gh::http {

/// A block's text in an arena.
class FieldBlockCopy {
 public:
  FieldBlockCopy(const FieldBlock& block, Arena& arena) : block_(block), text_(arena.copy(block.text_)) {}
  [[nodiscard]] FieldBlock::Pair operator[](std::size_t i) const { return block_.slice(text_, i); }

 private:
  const FieldBlock& block_;
  std::string_view text_;
};

namespace {

constexpr std::uint16_t bad_gateway = 502;
constexpr std::size_t most_fields = 1000;

/// RFC 9113 8.2.1; nullptr: a good field.
const char* fault_of(FieldBlock::Pair pair) {
  if (pair.name.empty()) return "empty header name";
  for (const char c : pair.name) {
    if (c >= 'A' && c <= 'Z') return "upper-case letter in a header name";
    if (!is_class(c, cls_token)) return "invalid byte in a header name";
  }
  if (!all_of_class(pair.value, cls_value)) return "control byte in a header value";
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  if (!pair.value.empty() && (is_blank(pair.value.front()) || is_blank(pair.value.back())))
    return "white space around a header value";
  return nullptr;
}

/// RFC 9113 8.2.2.
bool is_connection_specific(HeaderId id) {
  return id == HeaderId::connection || id == HeaderId::keep_alive || id == HeaderId::proxy_connection ||
         id == HeaderId::transfer_encoding || id == HeaderId::upgrade;
}

const char* read_status(FieldBlock::Pair pair, ResponseHead& out) {
  if (pair.name != ":status") return "pseudo header that no response has";
  if (out.status != 0) return "duplicate :status";
  const std::string_view v = pair.value;
  if (v.size() != 3 || !is_digit(v[0]) || !is_digit(v[1]) || !is_digit(v[2])) return "status is not of three digits";
  const int status = (v[0] - '0') * 100 + (v[1] - '0') * 10 + (v[2] - '0');
  if (status < 100 || status > 599) return "status out of range";
  if (status == 101) return "101 in HTTP/2";  // RFC 9113 8.6
  out.status = static_cast<std::uint16_t>(status);
  return nullptr;
}

const char* read_fields(const FieldBlock& block, Arena& arena, ResponseHead& out, FramingFields& framing) {
  if (block.size() > most_fields) return "too large a number of header fields";
  const FieldBlockCopy copy(block, arena);
  FieldList list(arena);
  for (std::size_t i = 0; i < block.size(); ++i) {
    const FieldBlock::Pair pair = copy[i];
    if (pair.name.starts_with(':')) {
      if (list.span().size() != 0) return "pseudo header behind a header";
      if (const char* fault = read_status(pair, out)) return fault;
      continue;
    }
    if (const char* fault = fault_of(pair)) return fault;
    const Field field{pair.name, pair.value, header_id(pair.name)};
    if (is_connection_specific(field.id)) return "header of a connection in HTTP/2";
    if (const char* fault = framing.note(field)) return fault;
    list.push(field);
  }
  out.fields = list.span();
  return out.status == 0 ? "no :status" : nullptr;
}

const char* judge_body(bool to_head, bool ends, const FramingFields& framing, ResponseHead& out) {
  const bool interim = out.status < 200;
  if (interim && ends) return "interim response ends the stream";
  if (interim && framing.length > 0) return "interim response announces a body";
  const bool never_body = interim || to_head || out.status == 204 || out.status == 304;
  out.has_content_length = framing.has_length && !interim && out.status != 204;
  out.content_length = out.has_content_length ? framing.length : 0;
  if (never_body || ends) out.framing = BodyFraming::none;
  else out.framing = BodyFraming::until_close;
  if (!never_body && ends && framing.length > 0) return "no body, but a Content-Length that is not 0";
  return nullptr;
}

}  // namespace

bool read_response_block(const FieldBlock& block, bool to_head, bool ends, Arena& arena, ResponseHead& out,
                         HeadError& error) {
  out = ResponseHead{};
  error = {0, ""};
  FramingFields framing;
  const char* fault = read_fields(block, arena, out, framing);
  if (!fault) fault = judge_body(to_head, ends, framing, out);
  return !fault || refuse(error, bad_gateway, fault);
}

bool read_trailer_block(const FieldBlock& block, Arena& arena, std::span<Field>& out, HeadError& error) {
  out = {};
  error = {0, ""};
  if (block.size() > most_fields) return refuse(error, bad_gateway, "too large a number of trailer fields");
  const FieldBlockCopy copy(block, arena);
  FieldList list(arena);
  for (std::size_t i = 0; i < block.size(); ++i) {
    const FieldBlock::Pair pair = copy[i];
    if (pair.name.starts_with(':')) return refuse(error, bad_gateway, "pseudo header in a trailer section");
    if (const char* fault = fault_of(pair)) return refuse(error, bad_gateway, fault);
    const Field field{pair.name, pair.value, header_id(pair.name)};
    if (is_connection_specific(field.id)) return refuse(error, bad_gateway, "header of a connection in HTTP/2");
    if (may_be_trailer(field)) list.push(field);
  }
  out = list.span();
  return true;
}

namespace {

bool is_for_http1(const Field& field) {
  switch (field.id) {
    case HeaderId::host:              // :authority
    case HeaderId::connection:
    case HeaderId::keep_alive:
    case HeaderId::proxy_connection:
    case HeaderId::transfer_encoding:
    case HeaderId::upgrade:
    case HeaderId::http2_settings: return true;
    case HeaderId::te: return !iequals(field.value, "trailers");
    default: return false;
  }
}

}  // namespace

bool request_block_of(std::string_view head, std::string_view scheme, std::string& names,
                      std::vector<FieldBlock::Pair>& out) {
  out.clear();
  const std::size_t line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const std::size_t method_end = line.find(' ');
  const std::size_t target_end = line.rfind(' ');
  if (line_end == std::string_view::npos || method_end == std::string_view::npos) return false;
  if (target_end == method_end) return false;
  out.push_back({":method", line.substr(0, method_end)});
  out.push_back({":scheme", scheme});
  out.push_back({":path", line.substr(method_end + 1, target_end - method_end - 1)});
  const std::string_view section = head.substr(line_end + 2);
  if (section.empty() || section.back() != '\n') return false;
  names.resize(section.size());  // not moved below: slices go into it
  static constexpr HeadLimits limits{SIZE_MAX, SIZE_MAX, SIZE_MAX, true, false};
  FieldReader reader(section, limits, LineEnd::crlf);
  Field field;
  std::string_view authority;
  for (FieldStep step = reader.next(field); step != FieldStep::end; step = reader.next(field)) {
    if (step == FieldStep::bad) return false;
    if (field.id == HeaderId::host) authority = field.value;
    if (is_for_http1(field)) continue;
    const auto at = static_cast<std::size_t>(field.name.data() - section.data());
    for (std::size_t i = 0; i < field.name.size(); ++i) names[at + i] = lower(field.name[i]);
    out.push_back({std::string_view(names).substr(at, field.name.size()), field.value});
  }
  if (!authority.empty()) out.insert(out.begin() + 3, {":authority", authority});
  return true;
}

}  // namespace gh::http
