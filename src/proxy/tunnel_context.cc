#include "proxy/tunnel_context.h"

#include <algorithm>

namespace gh::proxy {

namespace {

constexpr char line_mark = '\1', target_mark = '\2';

void fold(std::string& text, std::string_view part, char mark) {
  const std::size_t at = part.size() > 1 ? text.find(part) : std::string::npos;
  if (at != std::string::npos) text.replace(at, part.size(), 1, mark);
}

}  // namespace

TunnelContext::TunnelContext(std::string_view request_line, std::string_view text) {
  const auto is_mark = [](char c) { return c == line_mark || c == target_mark; };
  if (std::any_of(text.begin(), text.end(), is_mark)) request_line = {};  // then it is kept as it is
  text_ = request_line;
  line_bytes_ = static_cast<std::uint32_t>(request_line.size());
  std::string folded(text);
  fold(folded, request_line, line_mark);
  fold(folded, target(), target_mark);
  text_ += folded;
  text_.shrink_to_fit();
}

std::string TunnelContext::text() const {
  std::string text;
  for (const char c : std::string_view(text_).substr(line_bytes_)) {
    if (line_bytes_ > 0 && c == line_mark) text += request_line();
    else if (line_bytes_ > 0 && c == target_mark) text += target();
    else text += c;
  }
  return text;
}

/// "/uri?args" of "GET /uri?args HTTP/1.1"; empty when there is none.
std::string_view TunnelContext::target() const {
  const std::string_view line = request_line();
  const std::size_t from = line.find(' ') + 1, to = line.rfind(' ');
  return from == 0 || to <= from ? std::string_view() : line.substr(from, to - from);
}

}  // namespace gh::proxy
