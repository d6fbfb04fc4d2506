#include "base/text.h"

namespace gh {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

void append_escaped(std::string& to, char c) {
  static constexpr char digits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  to += "\\x";
  to += digits[byte >> 4];
  to += digits[byte & 15];
}

/// Where the element that starts `text` ends: the next comma outside a quoted-string (RFC 9110 5.6.4), or the end.
std::size_t list_element_end(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      quoted = !quoted;
    } else if (quoted && text[i] == '\\') {
      ++i;
    } else if (!quoted && text[i] == ',') {
      return i;
    }
  }
  return text.size();
}

}  // namespace

bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> parse_uint(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : text) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool next_list_element(std::string_view& rest, std::string_view& element) {
  while (!rest.empty()) {
    const std::size_t end = list_element_end(rest);
    element = trim(rest.substr(0, end));
    rest.remove_prefix(end < rest.size() ? end + 1 : end);
    if (!element.empty()) return true;  // RFC 9110 5.6.1.2: empty elements are ignored
  }
  return false;
}

bool list_has(std::string_view list, std::string_view token) {
  std::string_view element;
  while (next_list_element(list, element)) {
    if (iequals(element, token)) return true;
  }
  return false;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string result;
  result.reserve(text.size() < limit ? text.size() : limit + 3);
  for (char c : text.substr(0, limit)) {
    if (c >= 0x20 && c < 0x7f) {
      result += c;
    } else {
      append_escaped(result, c);
    }
  }
  if (text.size() > limit) result += "...";
  return result;
}

}  // namespace gh
