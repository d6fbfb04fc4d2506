#include "policy/cors/cors_origins.h"

#include <algorithm>

#include "base/text.h"

namespace gh::policy {

namespace {

constexpr std::size_t most_bytes = 2048;  // of an origin that patterns and regular expressions look at

constexpr bool is_host_char(char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.'; }

bool all_of(std::string_view text, bool (*fits)(char)) { return std::all_of(text.begin(), text.end(), fits); }

bool is_port(std::string_view text) { return !text.empty() && text.size() <= 5 && all_of(text, is_digit); }

/// The port that browsers leave out.
std::string_view usual_port(std::string_view scheme) {
  return scheme == "https" ? "443" : scheme == "http" ? "80" : "";
}

/// Of a host, which may be a bracketed IPv6 address: where its port's colon stands; npos without one.
std::size_t port_colon(std::string_view authority) {
  const std::size_t bracket = authority.find(']');
  return authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
}

Origins::Fault fault(std::string_view word, std::string_view why, std::string help) {
  return {"`" + printable(word) + "` " + std::string(why), std::move(help), false};
}

/// What keeps it from ever being equal to what a browser sends; nothing: it may be.
std::optional<Origins::Fault> fault_of(std::string_view word) {
  const std::size_t slashes = word.find("://");
  const std::string_view scheme = word.substr(0, slashes);
  if (slashes == std::string_view::npos || scheme.empty()) {
    return fault(word, "is no origin", "an origin has a scheme and a host: https://" + std::string(trim(word)));
  }
  const std::string_view authority = word.substr(slashes + 3);
  const std::size_t end = authority.find_first_of("/?#");
  if (end != std::string_view::npos) {
    return fault(word, "has more than an origin has",
                 "browsers send no path: " + std::string(word.substr(0, slashes + 3 + end)));
  }
  if (const std::string low = to_lower(word); low != word) {
    return fault(word, "is never sent: browsers send lower case", "write " + low);
  }
  const std::size_t colon = port_colon(authority);
  if (authority.empty() || colon == 0 || authority.find('@') != std::string_view::npos) {
    return fault(word, "has no host", "an origin is SCHEME://HOST or SCHEME://HOST:PORT");
  }
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view port = authority.substr(colon + 1);
  if (port != "*" && !is_port(port)) return fault(word, "has no port behind its colon", "a number, or `*` for any");
  if (port == usual_port(scheme)) {
    return fault(word, "is never sent: browsers leave the usual port out",
                 "write " + std::string(word.substr(0, slashes + 3 + colon)));
  }
  return std::nullopt;
}

bool is_anchored(std::string_view pattern) { return pattern.starts_with('^') && pattern.ends_with('$'); }

}  // namespace

std::optional<Origins::Fault> Origins::add(std::string_view word) {
  if (word == "*") {
    any_ = true;
    return std::nullopt;
  }
  if (word == "null") {
    null_ = true;
    return std::nullopt;
  }
  if (word.starts_with('~')) return add_regex(word);
  if (auto wrong = fault_of(word)) return wrong;
  if (word.find('*') != std::string_view::npos) return add_pattern(word);
  exact_.emplace_back(word);
  return std::nullopt;
}

std::optional<Origins::Fault> Origins::add_regex(std::string_view word) {
  const bool ignores_case = word.starts_with("~*");
  const std::string_view pattern = word.substr(ignores_case ? 2 : 1);
  auto regex = Regex::compile(pattern, ignores_case);
  if (!regex) {
    return Fault{"invalid regular expression: " + regex.error().text,
                 "byte " + std::to_string(regex.error().code + 1) + " of the expression is not understood", true};
  }
  if (!is_anchored(pattern)) {
    return fault(word, "fits other people's origins, too",
                 "begin it with `^` and end it with `$`: \"shop.example\" is a part of https://shop.example.evil.test");
  }
  regexes_.push_back(std::make_shared<const Regex>(std::move(*regex)));
  return std::nullopt;
}

std::optional<Origins::Fault> Origins::add_pattern(std::string_view word) {
  constexpr const char* help =
      "a `*` stands for subdomains, https://*.shop.example, or for the port, http://localhost:*";
  Pattern pattern;
  pattern.any_port = word.ends_with(":*");
  if (pattern.any_port) word.remove_suffix(2);
  const std::size_t star = word.find('*');
  pattern.any_host = star != std::string_view::npos;
  pattern.before = word.substr(0, star);
  if (pattern.any_host) {
    pattern.behind = word.substr(star + 1);
    const bool is_good = pattern.before.ends_with("://") && pattern.behind.starts_with('.') &&
                         pattern.behind.size() > 1 && pattern.behind.find('*') == std::string::npos;
    if (!is_good) return fault(word, "has a `*` in the wrong place", help);
  }
  patterns_.push_back(std::move(pattern));
  return std::nullopt;
}

bool Origins::fits(const Pattern& pattern, std::string_view origin) {
  if (!origin.starts_with(pattern.before)) return false;
  if (pattern.any_port) {
    const std::size_t colon = origin.rfind(':');
    if (colon < pattern.before.size() || colon == std::string_view::npos) {
      return !pattern.any_host && origin == pattern.before;  // the usual port
    }
    if (!is_port(origin.substr(colon + 1))) return false;
    origin = origin.substr(0, colon);
  }
  if (!pattern.any_host) return origin == pattern.before;
  if (origin.size() <= pattern.before.size() + pattern.behind.size() || !origin.ends_with(pattern.behind)) return false;
  std::string_view host = origin.substr(pattern.before.size());
  host.remove_suffix(pattern.behind.size());
  return host.front() != '.' && all_of(host, is_host_char);
}

bool Origins::allows(std::string_view origin) const {
  if (any_) return true;
  if (origin == "null") return null_;
  if (std::find(exact_.begin(), exact_.end(), origin) != exact_.end()) return true;
  if (origin.size() > most_bytes) return false;
  for (const Pattern& pattern : patterns_) {
    if (fits(pattern, origin)) return true;
  }
  return std::any_of(regexes_.begin(), regexes_.end(), [&](const std::shared_ptr<const Regex>& regex) {
    return regex->match(origin, nullptr) == Regex::Match::yes;
  });
}

}  // namespace gh::policy
