#include "http/llhttp_judge.h"

#include <llhttp.h>

#include <algorithm>

static_assert(LLHTTP_STRICT_MODE == 1, "llhttp and all its users are compiled in strict mode");

namespace gh::http {

namespace {

/// Stops llhttp behind the head: bodies are not its business here.
int stop_at_headers(llhttp_t*) { return HPE_PAUSED; }

constexpr llhttp_settings_t make_settings() {
  llhttp_settings_t settings{};
  settings.on_headers_complete = stop_at_headers;
  return settings;
}
constexpr llhttp_settings_t settings = make_settings();
constexpr std::string_view stand_in = "POST";

bool run(llhttp_t& parser, llhttp_type_t type, std::string_view head, const Reading& ours, const char*& reason) {
  llhttp_init(&parser, type, &settings);
  if (ours.later_minor_version) parser.lenient_flags = LENIENT_VERSION;
  std::string_view to_read = head;
  if (!ours.usual_method) {  // its list of methods is closed: it reads one that it knows in the place of this one
    llhttp_execute(&parser, stand_in.data(), stand_in.size());
    to_read.remove_prefix(ours.method.size());
  }
  const llhttp_errno_t verdict = llhttp_execute(&parser, to_read.data(), to_read.size());
  if (verdict != HPE_PAUSED) {
    reason = verdict == HPE_OK || llhttp_get_error_reason(&parser) == nullptr ? "llhttp: incomplete head"
                                                                              : llhttp_get_error_reason(&parser);
    return false;
  }
  const bool has_length = (parser.flags & F_CONTENT_LENGTH) != 0;
  const bool chunked = (parser.flags & F_CHUNKED) != 0;
  if (llhttp_get_error_pos(&parser) != head.data() + head.size()) {
    reason = "llhttp: the head ends elsewhere";
  } else if (has_length != ours.has_length || (has_length && parser.content_length != ours.length)) {
    reason = "llhttp: reads another Content-Length";
  } else if (chunked != ours.chunked) {
    reason = "llhttp: reads another Transfer-Encoding";
  } else {
    return true;
  }
  return false;
}

}  // namespace

std::string_view with_crlf(std::string_view head, Arena& arena) {
  const auto lines = static_cast<std::size_t>(std::count(head.begin(), head.end(), '\n'));
  char* const copy = arena.chars(head.size() + lines);
  char* to = copy;
  char before = '\0';
  for (const char c : head) {
    if (c == '\n' && before != '\r') *to++ = '\r';
    *to++ = before = c;
  }
  return {copy, static_cast<std::size_t>(to - copy)};
}

bool llhttp_agrees_request(std::string_view head, const Reading& ours, const char*& reason) {
  llhttp_t parser;
  if (!run(parser, HTTP_REQUEST, head, ours, reason)) return false;
  const std::string_view expected = ours.usual_method ? ours.method : stand_in;
  if (expected == llhttp_method_name(static_cast<llhttp_method_t>(parser.method))) return true;
  reason = "llhttp: reads another method";
  return false;
}

bool llhttp_agrees_response(std::string_view head, const Reading& ours, const char*& reason) {
  llhttp_t parser;
  if (!run(parser, HTTP_RESPONSE, head, ours, reason)) return false;
  if (ours.status == parser.status_code) return true;
  reason = "llhttp: reads another status";
  return false;
}

}  // namespace gh::http
