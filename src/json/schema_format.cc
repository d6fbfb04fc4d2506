#include "json/schema_format.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "base/address.h"
#include "base/text.h"
#include "json/ecma_regex.h"

namespace gh::json {

namespace {

constexpr std::array<std::string_view, 14> names = {
    "date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uri-reference", "uuid",
    "json-pointer", "relative-json-pointer", "regex"};

/// Digits "12" at the beginning of `text` as a number, taken off; -1 when there are not exactly so many.
int take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// RFC 3339 5.6, full-date, taken off.
bool take_date(std::string_view& text) {
  const int year = take_digits(text, 4);
  if (year < 0 || !take(text, '-')) return false;
  const int month = take_digits(text, 2);
  if (month < 1 || month > 12 || !take(text, '-')) return false;
  const int day = take_digits(text, 2);
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day >= 1 && day <= days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

/// full-time: with its offset; a leap second only where it can be, at 23:59:60 UTC.
bool is_time(std::string_view text) {
  const int hour = take_digits(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return false;
  const int minute = take_digits(text, 2);
  if (minute < 0 || minute > 59 || !take(text, ':')) return false;
  const int second = take_digits(text, 2);
  if (second < 0 || second > 60) return false;
  if (take(text, '.')) {
    if (text.empty() || !is_digit(text.front())) return false;
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
  }
  int offset = 0;
  if (text != "Z" && text != "z") {
    const bool is_west = take(text, '-');
    if (!is_west && !take(text, '+')) return false;
    const int hours = take_digits(text, 2);
    if (hours < 0 || hours > 23 || !take(text, ':')) return false;
    const int minutes = take_digits(text, 2);
    if (minutes < 0 || minutes > 59 || !text.empty()) return false;
    offset = (hours * 60 + minutes) * (is_west ? -1 : 1);
  }
  return second < 60 || ((hour * 60 + minute - offset) % 1440 + 1440) % 1440 == 1439;
}

bool is_date_time(std::string_view text) {
  if (!take_date(text) || (!take(text, 'T') && !take(text, 't'))) return false;
  return is_time(text);
}

/// ISO 8601 as RFC 3339 appendix A has it: P1Y2M3DT4H5M6S, each part once and in order, or weeks alone.
bool is_duration(std::string_view text) {
  if (!take(text, 'P') || text.empty()) return false;
  std::string_view units = "YMD";
  bool in_time = false, has_any = false;
  std::size_t last = 0;
  while (!text.empty()) {
    if (!in_time && take(text, 'T')) {
      in_time = true;
      has_any = false;
      units = "HMS";
      last = 0;
      continue;
    }
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits])) ++digits;
    if (digits == 0 || digits == text.size()) return false;
    const char unit = text[digits];
    text.remove_prefix(digits + 1);
    if (unit == 'W') return !in_time && !has_any && text.empty();
    const std::size_t place = units.find(unit);
    if (place == std::string_view::npos || (has_any && place != last + 1)) return false;
    last = place;
    has_any = true;
  }
  return has_any;
}

bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  for (const std::string_view label : split(text, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; })) {
      return false;
    }
  }
  return true;
}

bool is_ipv4(std::string_view text) {
  const auto parts = split(text, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
    const bool is_canonical = part == "0" || (!part.empty() && part.size() <= 3 && part.front() != '0');
    return is_canonical && parse_uint(part).value_or(256) < 256;
  });
}

bool is_ipv6(std::string_view text) {
  if (text.find(':') == std::string_view::npos) return false;
  const auto allowed = [](char c) { return hex_digit(c) >= 0 || c == ':' || c == '.'; };
  return std::all_of(text.begin(), text.end(), allowed) && Address::parse_ip(text, 0).has_value();
}

bool is_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > 64) return false;
  std::string_view local = text.substr(0, at), domain = text.substr(at + 1);
  if (local.size() >= 2 && local.front() == '"' && local.back() == '"') {
    local = local.substr(1, local.size() - 2);
    for (std::size_t i = 0; i < local.size(); ++i) {
      if (local[i] == '\\' && ++i >= local.size()) return false;
      if (local[i] < ' ' || local[i] == 0x7f) return false;
    }
  } else {
    for (const std::string_view atom : split(local, '.')) {
      const auto is_atom = [](char c) { return is_tchar(c) || std::string_view("/=?{}").find(c) < 5; };
      if (atom.empty() || !std::all_of(atom.begin(), atom.end(), is_atom)) return false;
    }
  }
  if (domain.size() > 2 && domain.front() == '[' && domain.back() == ']') {
    domain = domain.substr(1, domain.size() - 2);
    return domain.starts_with("IPv6:") ? is_ipv6(domain.substr(5)) : is_ipv4(domain);
  }
  return is_hostname(domain);
}

bool is_in(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

/// Letters that a URI may have, whole escapes, one fragment.
bool has_uri_letters(std::string_view text) {
  bool in_fragment = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0) return false;
    } else if (c == '#') {
      if (in_fragment) return false;
      in_fragment = true;
    } else if (!is_alpha(c) && !is_digit(c) && !is_in(c, "-._~:/?[]@!$&'()*+,;=")) {
      return false;
    }
  }
  return true;
}

/// RFC 3986 3.2: user, host, port; brackets are for IPv6 alone.
bool is_authority(std::string_view text) {
  const std::size_t user = text.rfind('@');
  if (user != std::string_view::npos) {
    if (text.substr(0, user).find_first_of("[]@") != std::string_view::npos) return false;
    text.remove_prefix(user + 1);
  }
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6(text.substr(1, close - 1))) return false;
    text.remove_prefix(close + 1);
    if (!text.empty() && text.front() != ':') return false;
  }
  if (text.find_first_of("[]") != std::string_view::npos) return false;
  const std::size_t colon = std::min(text.find(':'), text.size());
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(colon), text.end(),
                     [first = true](char c) mutable { return std::exchange(first, false) ? c == ':' : is_digit(c); });
}

bool is_uri_text(std::string_view text, bool needs_scheme) {
  if (!has_uri_letters(text)) return false;
  const std::size_t end = std::min(text.find_first_of(":/?#"), text.size());
  const std::string_view scheme = end < text.size() && text[end] == ':' ? text.substr(0, end) : std::string_view();
  const auto is_scheme_letter = [](char c) { return is_alpha(c) || is_digit(c) || is_in(c, "+-."); };
  const bool has_scheme = !scheme.empty() && is_alpha(scheme.front()) &&
                          std::all_of(scheme.begin(), scheme.end(), is_scheme_letter);
  if (!has_scheme && (needs_scheme || (end < text.size() && text[end] == ':'))) return false;
  if (has_scheme) text.remove_prefix(end + 1);
  if (text.starts_with("//")) {
    const std::size_t stop = std::min(text.find_first_of("/?#", 2), text.size());
    if (!is_authority(text.substr(2, stop - 2))) return false;
    text.remove_prefix(stop);
  }
  return text.find_first_of("[]") == std::string_view::npos;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash ? text[i] != '-' : hex_digit(text[i]) < 0) return false;
  }
  return true;
}

bool is_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 >= text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) return false;
  }
  return true;
}

bool is_relative_pointer(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || (digits > 1 && text.front() == '0')) return false;
  return text.substr(digits) == "#" || is_pointer(text.substr(digits));
}

}  // namespace

std::optional<Format> find_format(std::string_view name) {
  const auto* found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Format>(found - names.begin());
}

std::string_view format_name(Format format) { return names[static_cast<std::size_t>(format)]; }

bool has_format(std::string_view text, Format format) {
  switch (format) {
    case Format::date_time: return is_date_time(text);
    case Format::date: return take_date(text) && text.empty();
    case Format::time: return is_time(text);
    case Format::duration: return is_duration(text);
    case Format::email: return is_email(text);
    case Format::hostname: return is_hostname(text);
    case Format::ipv4: return is_ipv4(text);
    case Format::ipv6: return is_ipv6(text);
    case Format::uri: return is_uri_text(text, true);
    case Format::uri_reference: return is_uri_text(text, false);
    case Format::uuid: return is_uuid(text);
    case Format::json_pointer: return is_pointer(text);
    case Format::relative_json_pointer: return is_relative_pointer(text);
    case Format::regex: return text.size() <= 1000 && compile_ecma(text).has_value();
  }
  return true;
}

}  // namespace gh::json
