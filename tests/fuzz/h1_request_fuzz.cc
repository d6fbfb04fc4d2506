// Request heads. What must hold for any bytes: slices lie inside the head or its target; a refused head has a status;
// what is taken, written out again by us, is taken again with the same meaning; an unfinished part of a head that is
// taken is never called hopeless.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "http/h1.h"
#include "http/target.h"

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

std::string write_again(const RequestHead& head) {
  std::string out(head.method_text);
  out.append(" ").append(head.target).append(head.version_minor > 0 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
  for (const Field& field : head.fields) out.append(field.name).append(": ").append(field.value).append("\r\n");
  return out + "\r\n";
}

void compare(const RequestHead& a, const RequestHead& b) {
  require(a.method == b.method && a.target == b.target && a.version_minor == b.version_minor && a.host == b.host);
  require(a.framing == b.framing && a.content_length == b.content_length && a.keep_alive == b.keep_alive);
  require(a.has_upgrade == b.has_upgrade && a.has_connection_names == b.has_connection_names);
  require(a.expect_continue == b.expect_continue && a.fields.size() == b.fields.size());
  for (std::size_t i = 0; i < a.fields.size(); ++i)
    require(a.fields[i].name == b.fields[i].name && a.fields[i].value == b.fields[i].value &&
            a.fields[i].id == b.fields[i].id);
}

void check_taken(std::string_view head, const RequestHead& parsed, const HeadLimits& limits) {
  require(head.find('\0') == std::string_view::npos && head.size() <= limits.total_bytes);
  require(parsed.fields.size() <= limits.fields);
  require_inside(parsed.target, head);
  require_inside(parsed.host, head);
  require_inside(parsed.request_line, head);
  for (const Field& field : parsed.fields) {
    require_inside(field.name, head);
    require_inside(field.value, head);
    require(trim(field.value) == field.value && field.value.find_first_of("\r\n") == std::string_view::npos);
  }
  for (std::size_t size = 0; size < head.size(); ++size) {
    require(check_partial_request(head.substr(0, size), limits).status == 0);
    require(head_end(head.substr(0, size), size / 2) == 0);
  }
  Arena arena;
  Target target;
  if (parse_target(parsed.target, parsed.method, true, arena, target))
    require(target.path == "*" || target.path[0] == '/');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  HeadLimits limits;
  limits.underscores = (data[0] & 1) != 0;
  limits.ignore_invalid = (data[0] & 2) == 0;
  limits.fields = (data[0] & 4) != 0 ? 3 : 1000;
  limits.line_bytes = (data[0] & 8) != 0 ? 40 : 8192;
  // An exact copy, so that the sanitizer sees a read behind the end.
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t end = head_end(bytes, 0);
  require(end <= bytes.size());
  const std::string head = bytes.substr(0, end > 0 ? end : bytes.size());
  Arena arena;
  RequestHead parsed;
  HeadError error;
  if (!parse_request_head(head, limits, arena, parsed, error)) {
    require(error.status >= 400 && error.status <= 505 && error.reason != nullptr && error.reason[0] != '\0');
    return 0;
  }
  require(end > 0);
  check_taken(head, parsed, limits);
  limits.line_bytes += 2;  // ": " where there was ":"
  limits.total_bytes += 2 * parsed.fields.size();
  const std::string again = write_again(parsed);
  RequestHead second;
  require(parse_request_head(again, limits, arena, second, error));
  compare(parsed, second);
  return 0;
}
