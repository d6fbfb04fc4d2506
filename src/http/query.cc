#include "http/query.h"

#include <algorithm>

#include "base/text.h"

namespace gh::http {

namespace {

/// Joins what is kept: never more bytes than `size`.
class Joined {
 public:
  Joined(std::size_t size, std::string_view separator, Arena& arena)
      : begin_(arena.chars(size)), end_(begin_), separator_(separator) {}
  void add(std::string_view pair) {
    if (end_ != begin_) end_ += separator_.copy(end_, separator_.size());
    end_ += pair.copy(end_, pair.size());
  }
  [[nodiscard]] std::string_view text() const { return {begin_, static_cast<std::size_t>(end_ - begin_)}; }

 private:
  char* begin_;
  char* end_;
  std::string_view separator_;
};

}  // namespace

bool is_argument(std::string_view raw, std::string_view name) {
  std::size_t at = 0;
  for (const char c : name) {
    if (at == raw.size()) return false;
    char found = raw[at];
    const int high = found == '%' && at + 2 < raw.size() ? hex_digit(raw[at + 1]) : -1;
    const int low = high >= 0 ? hex_digit(raw[at + 2]) : -1;
    if (low >= 0) found = static_cast<char>(high * 16 + low);
    if (lower(found) != lower(c)) return false;
    at += low >= 0 ? 3 : 1;
  }
  return at == raw.size();
}

std::string_view without_argument(std::string_view args, std::string_view name, Arena& arena) {
  bool found = false;
  each_argument(args, [&](std::string_view, std::string_view other, std::string_view) {
    found = found || is_argument(other, name);
  });
  if (!found) return args;
  Joined kept(args.size(), "&", arena);
  each_argument(args, [&](std::string_view pair, std::string_view other, std::string_view) {
    if (!is_argument(other, name)) kept.add(pair);
  });
  return kept.text();
}

bool mask_arguments(std::string_view text, std::span<const std::string> names, std::string& out) {
  const auto is_secret = [&](std::string_view name) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& each) { return is_argument(name, each); });
  };
  std::string masked;
  std::size_t copied = 0;
  const std::size_t question = text.find('?');
  for (std::size_t at = question == std::string_view::npos ? 0 : question + 1; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of("& ", at), text.size());
    const std::size_t equals = text.substr(at, end - at).find('=');
    const bool has_value = equals != std::string_view::npos && at + equals + 1 < end;
    if (has_value && is_secret(text.substr(at, equals))) {
      masked.append(text, copied, at + equals + 1 - copied).append("***");
      copied = end;
    }
    at = end + 1;
  }
  if (copied == 0) return false;
  out = masked.append(text, copied);
  return true;
}

std::string_view without_cookie(std::string_view cookies, std::string_view name, Arena& arena) {
  bool found = false;
  each_cookie(cookies, [&](std::string_view, std::string_view other, std::string_view) {
    found = found || other == name;
  });
  if (!found) return cookies;
  Joined kept(cookies.size() * 2, "; ", arena);  // "a;b" has a separator of one byte
  each_cookie(cookies, [&](std::string_view pair, std::string_view other, std::string_view) {
    if (other != name) kept.add(pair);
  });
  return kept.text();
}

std::string_view percent_decode(std::string_view text, Arena& arena) {
  if (text.find('%') == std::string_view::npos) return text;
  char* const begin = arena.chars(text.size());
  char* to = begin;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      *to++ = text[i];
      continue;
    }
    *to++ = static_cast<char>(high * 16 + low);
    i += 2;
  }
  return {begin, static_cast<std::size_t>(to - begin)};
}

}  // namespace gh::http
