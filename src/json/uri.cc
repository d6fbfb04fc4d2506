#include "json/uri.h"

#include <algorithm>

#include "base/text.h"

namespace gh::json {

namespace {

/// RFC 3986 appendix B; each part with its delimiters, so that joining them gives the text again.
struct Parts { std::string_view scheme, authority, path, query, fragment; };

Parts parts_of(std::string_view uri) {
  Parts parts;
  parts.fragment = split_fragment(uri);
  const std::size_t colon = uri.find_first_of(":/?");
  if (colon != std::string_view::npos && uri[colon] == ':' && colon > 0 && is_alpha(uri.front())) {
    parts.scheme = uri.substr(0, colon + 1);
    uri.remove_prefix(colon + 1);
  }
  if (uri.starts_with("//")) {
    const std::size_t end = std::min(uri.find_first_of("/?", 2), uri.size());
    parts.authority = uri.substr(0, end);
    uri.remove_prefix(end);
  }
  const std::size_t query = std::min(uri.find('?'), uri.size());
  parts.path = uri.substr(0, query);
  parts.query = uri.substr(query);
  return parts;
}

/// 5.2.4
std::string remove_dots(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    if (path.starts_with("../")) {
      path.remove_prefix(3);
    } else if (path.starts_with("./")) {
      path.remove_prefix(2);
    } else if (path.starts_with("/./")) {
      path.remove_prefix(2);
    } else if (path == "/.") {
      path = "/";
    } else if (path.starts_with("/../") || path == "/..") {
      path = path == "/.." ? std::string_view("/") : path.substr(3);
      out.erase(std::min(out.rfind('/'), out.size()));
    } else if (path == "." || path == "..") {
      path = {};
    } else {
      const std::size_t end = std::min(path.find('/', 1), path.size());
      out += path.substr(0, end);
      path.remove_prefix(end);
    }
  }
  return out;
}

/// 5.2.3
std::string merge(const Parts& base, std::string_view path) {
  if (!base.authority.empty() && base.path.empty()) return '/' + std::string(path);
  const std::size_t slash = base.path.rfind('/');
  return std::string(slash == std::string_view::npos ? "" : base.path.substr(0, slash + 1)) + std::string(path);
}

}  // namespace

std::string_view split_fragment(std::string_view& uri) {
  const std::size_t hash = uri.find('#');
  if (hash == std::string_view::npos) return {};
  const std::string_view fragment = uri.substr(hash + 1);
  uri = uri.substr(0, hash);
  return fragment;
}

std::optional<std::string> decode_percent(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    if (at + 2 >= text.size() || hex_digit(text[at + 1]) < 0 || hex_digit(text[at + 2]) < 0) return std::nullopt;
    out += static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
    at += 2;
  }
  return out;
}

std::string resolve_uri(std::string_view base, std::string_view reference) {
  const Parts b = parts_of(base), r = parts_of(reference);
  std::string out;
  const auto put = [&](std::string_view scheme, std::string_view authority, const std::string& path,
                       std::string_view query) {
    out.append(scheme).append(authority).append(path).append(query);
  };
  if (!r.scheme.empty()) {
    put(r.scheme, r.authority, r.path.starts_with('/') ? remove_dots(r.path) : std::string(r.path), r.query);
  } else if (!r.authority.empty()) {
    put(b.scheme, r.authority, remove_dots(r.path), r.query);
  } else if (r.path.empty()) {
    put(b.scheme, b.authority, std::string(b.path), r.query.empty() ? b.query : r.query);
  } else if (r.path.starts_with('/')) {
    put(b.scheme, b.authority, remove_dots(r.path), r.query);
  } else {
    put(b.scheme, b.authority, remove_dots(merge(b, r.path)), r.query);
  }
  if (!r.fragment.empty()) out.append("#").append(r.fragment);
  return out;
}

}  // namespace gh::json
