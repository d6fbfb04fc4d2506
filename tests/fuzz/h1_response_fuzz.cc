// Response heads: slices lie inside, errors are 502, what is taken can be written out and read again with the same
// meaning.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "http/h1.h"

using namespace gh;
using namespace gh::http;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void require_inside(std::string_view part, std::string_view whole) {
  if (part.empty()) return;
  require(part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

std::string write_again(const ResponseHead& head) {
  std::string out(head.version_minor > 0 ? "HTTP/1.1 " : "HTTP/1.0 ");
  out.append(std::to_string(head.status)).append(" ").append(head.reason).append("\r\n");
  for (const Field& field : head.fields) out.append(field.name).append(": ").append(field.value).append("\r\n");
  return out + "\r\n";
}

void compare(const ResponseHead& a, const ResponseHead& b) {
  require(a.status == b.status && a.reason == b.reason && a.version_minor == b.version_minor);
  require(a.framing == b.framing && a.content_length == b.content_length);
  require(a.has_content_length == b.has_content_length && a.has_connection_names == b.has_connection_names);
  require(a.fields.size() == b.fields.size());
  for (std::size_t i = 0; i < a.fields.size(); ++i)
    require(a.fields[i].name == b.fields[i].name && a.fields[i].value == b.fields[i].value);
}

void check_taken(std::string_view head, const ResponseHead& parsed, const HeadLimits& limits) {
  require(head.find('\0') == std::string_view::npos);
  require(parsed.status >= 100 && parsed.status <= 599 && parsed.fields.size() <= limits.fields);
  require(parsed.framing != BodyFraming::until_close || !parsed.keep_alive);
  require_inside(parsed.reason, head);
  for (const Field& field : parsed.fields) {
    require_inside(field.name, head);
    require_inside(field.value, head);
    require(trim(field.value) == field.value && field.value.find_first_of("\r\n") == std::string_view::npos);
  }
  for (std::size_t size = 0; size < head.size(); ++size)
    require(check_partial_response(head.substr(0, size), limits).status == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  HeadLimits limits;
  const bool to_head = (data[0] & 1) != 0;
  limits.fields = (data[0] & 4) != 0 ? 3 : 1000;
  limits.line_bytes = (data[0] & 8) != 0 ? 40 : 8192;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t end = head_end(bytes, 0);
  const std::string head = bytes.substr(0, end > 0 ? end : bytes.size());
  Arena arena;
  ResponseHead parsed;
  HeadError error;
  if (!parse_response_head(head, limits, to_head, arena, parsed, error)) {
    require(error.status == 502 && error.reason != nullptr && error.reason[0] != '\0');
    return 0;
  }
  require(end > 0);
  check_taken(head, parsed, limits);
  limits.line_bytes += 3;  // ": " for ":", CRLF for LF
  limits.total_bytes *= 2;
  const std::string again = write_again(parsed);
  ResponseHead second;
  require(parse_response_head(again, limits, to_head, arena, second, error));
  compare(parsed, second);
  return 0;
}
