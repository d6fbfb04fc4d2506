#include "http/target.h"

#include "base/text.h"
#include "http/authority.h"
#include "http/char_class.h"
#include "http/percent.h"

namespace gh::http {

namespace {

/// True when the path needs no work at all. `size` is its length up to "?" or the end; a "/." may be harmless
/// ("/.well-known"), the slow way finds out. False with `size` npos: a byte that may not stand in a target.
bool scan_path(std::string_view raw, bool merge_slashes, std::size_t& size) {
  bool plain = true;
  char before = 0;
  std::size_t at = 0;
  for (; at < raw.size() && raw[at] != '?'; ++at) {
    const char c = raw[at];
    if (!is_class(c, cls_target)) {
      size = std::string_view::npos;
      return false;
    }
    if (c == '%' || (before == '/' && (c == '.' || (c == '/' && merge_slashes)))) plain = false;
    before = c;
  }
  size = at;
  return plain;
}

/// Decodes %XX once into `to`, %2F as `slash`. False for a broken escape and for %00.
bool decode(std::string_view raw, char* to, std::size_t& size, char slash = '/') {
  size = 0;
  for (std::size_t at = 0; at < raw.size(); ++at) {
    char c = raw[at];
    if (c == '%') {
      if (raw.size() - at < 3) return false;
      const int high = hex_digit(raw[at + 1]);
      const int low = hex_digit(raw[at + 2]);
      if (high < 0 || low < 0 || (high | low) == 0) return false;
      c = static_cast<char>(high * 16 + low);
      if (c == '/') c = slash;
      at += 2;
    }
    to[size++] = c;
  }
  return true;
}

/// Writes one segment (without its slashes) behind the slash at to[size - 1]; `last`: no slash follows it.
/// False when ".." climbs above the root.
bool put_segment(std::string_view segment, bool last, bool merge_slashes, char* to, std::size_t& size) {
  if (segment == ".") return true;
  if (segment == "..") {
    if (size == 1) return false;
    --size;  // its own slash; then back to the one before (RFC 3986 5.2.4)
    while (to[size - 1] != '/') --size;
    return true;
  }
  if (segment.empty() && (last || merge_slashes)) return true;
  for (const char c : segment) to[size++] = c;
  if (!last) to[size++] = '/';
  return true;
}

/// Removes dot segments and, when asked, empty ones. In place: `to` may be where `path` is, as it never gets longer.
bool tidy(std::string_view path, bool merge_slashes, char* to, std::size_t& size) {
  if (path.empty() || path[0] != '/') return false;
  to[0] = '/';
  size = 1;
  std::size_t at = 1;
  for (;;) {
    const std::size_t slash = path.find('/', at);
    const bool last = slash == std::string_view::npos;
    if (!put_segment(path.substr(at, last ? slash : slash - at), last, merge_slashes, to, size)) return false;
    if (last) return true;
    at = slash + 1;
  }
}

bool no_control_or_high_bytes(std::string_view text) { return all_of_class(text, cls_target); }

bool parse_path(std::string_view raw, bool merge_slashes, Arena& arena, Target& out) {
  std::size_t size = 0;
  out.path_is_plain = scan_path(raw, merge_slashes, size);
  if (size == std::string_view::npos) return false;
  out.unparsed = raw;
  out.has_args = size < raw.size();
  if (out.has_args) out.args = raw.substr(size + 1);
  if (!no_control_or_high_bytes(out.args)) return false;
  const std::string_view path = raw.substr(0, size);
  out.path = path;
  if (out.path_is_plain) return true;
  char* const decoded = arena.chars(size);
  std::size_t decoded_size = 0;
  std::size_t final_size = 0;
  if (!decode(path, decoded, decoded_size)) return false;
  if (!tidy({decoded, decoded_size}, merge_slashes, decoded, final_size)) return false;
  const std::string_view result(decoded, final_size);
  out.path_is_plain = result == path;
  if (!out.path_is_plain) out.path = result;
  return true;
}

/// RFC 9112 3.2.2 and 3.2.4: an absolute target without a path means "/", or "*" when the method is OPTIONS.
std::string_view path_of_absolute(std::string_view rest, Method method, Arena& arena) {
  if (rest.empty()) return method == Method::options ? "*" : "/";
  if (rest[0] == '/') return rest;
  char* const copy = arena.chars(rest.size() + 1);
  copy[0] = '/';
  rest.copy(copy + 1, rest.size());
  return {copy, rest.size() + 1};
}

/// Never legal in a URI (RFC 3986 2): controls, non-ASCII, and the delimiters that no rule names.
bool is_unsafe(char c) {
  if (!is_class(c, cls_target)) return true;
  return c == '"' || c == '<' || c == '>' || c == '\\' || c == '^' || c == '`' || c == '{' || c == '|' || c == '}';
}

}  // namespace

bool parse_target(std::string_view raw, Method method, bool merge_slashes, Arena& arena, Target& out) {
  out = Target{};
  if (raw.empty() || method == Method::connect) return false;
  if (raw[0] != '/' && raw != "*") {
    std::string_view rest;
    std::string_view name;
    int port = -1;
    if (!split_absolute(raw, out.authority, rest) || !split_authority(out.authority, name, port)) return false;
    raw = path_of_absolute(rest, method, arena);
  }
  if (raw[0] == '/') return parse_path(raw, merge_slashes, arena, out);
  if (method != Method::options) return false;
  out.path = out.unparsed = raw;
  out.path_is_plain = true;
  return true;
}

namespace {

bool is_slash(char c) { return c == '/' || c == encoded_slash; }

/// "a%2F..%2Fb": whoever decodes it sees a way up.
bool hides_dot_segment(std::string_view path) {
  for (std::size_t at = path.find('.'); at != std::string_view::npos; at = path.find('.', at + 1)) {
    if (at > 0 && !is_slash(path[at - 1])) continue;
    const std::size_t end = path.substr(at).starts_with("..") ? at + 2 : at + 1;
    if (end == path.size() || is_slash(path[end])) return true;
  }
  return false;
}

bool has_encoded_slash(std::string_view raw) {
  for (std::size_t at = raw.find("%2"); at != std::string_view::npos; at = raw.find("%2", at + 1)) {
    if (at + 2 < raw.size() && (raw[at + 2] == 'F' || raw[at + 2] == 'f')) return true;
  }
  return false;
}

}  // namespace

bool route_path(const Target& target, bool merge_slashes, Arena& arena, std::string_view& path) {
  path = target.path;
  const std::string_view raw = target.unparsed.substr(0, target.unparsed.find('?'));
  if (target.path_is_plain || !has_encoded_slash(raw)) return true;
  char* const copy = arena.chars(raw.size());
  std::size_t decoded = 0, size = 0;
  if (!decode(raw, copy, decoded, encoded_slash)) return false;
  if (!tidy({copy, decoded}, merge_slashes, copy, size)) return false;
  path = {copy, size};
  return !hides_dot_segment(path);
}

std::string_view plain_segments(std::string_view value, Arena& arena) {
  if (value.find(encoded_slash) == std::string_view::npos) return value;
  char* const copy = arena.chars(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) copy[i] = value[i] == encoded_slash ? '/' : value[i];
  return {copy, value.size()};
}

std::string_view escape_segments(std::string_view value, Arena& arena) {
  static constexpr char digits[] = "0123456789ABCDEF";
  const auto stays = [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
  };
  const auto escaped = static_cast<std::size_t>(value.size()) -
                       static_cast<std::size_t>(std::count_if(value.begin(), value.end(), stays));
  if (escaped == 0) return value;
  char* const copy = arena.chars(value.size() + 2 * escaped);
  char* to = copy;
  for (const char c : value) {
    if (stays(c)) {
      *to++ = c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c == encoded_slash ? '/' : c);
    *to++ = '%';
    *to++ = digits[byte >> 4];
    *to++ = digits[byte & 15];
  }
  return {copy, value.size() + 2 * escaped};
}

bool normalise_path(std::string_view path, bool merge_slashes, Arena& arena, std::string_view& out) {
  if (path.empty() || path[0] != '/' || path.find('\0') != std::string_view::npos) return false;
  out = path;
  const bool plain =
      path.find("/.") == std::string_view::npos && (!merge_slashes || path.find("//") == std::string_view::npos);
  if (plain) return true;
  char* const copy = arena.chars(path.size());
  std::size_t size = 0;
  if (!tidy(path, merge_slashes, copy, size)) return false;
  out = {copy, size};
  return true;
}

bool parse_internal_uri(std::string_view text, Arena& arena, std::string_view& path, std::string_view& args) {
  const std::size_t question = text.find('?');
  path = text.substr(0, question);
  args = question == std::string_view::npos ? std::string_view() : text.substr(question + 1);
  if (path.empty() || path[0] != '/' || text.find('\0') != std::string_view::npos) return false;
  if (has_parent_segment(path)) return false;
  if (path.find('%') == std::string_view::npos) return true;
  char* const decoded = arena.chars(path.size());
  std::size_t size = 0;
  if (!decode(path, decoded, size)) return false;
  path = {decoded, size};
  return !has_parent_segment(path);
}

bool has_parent_segment(std::string_view path) {
  for (std::size_t at = path.find(".."); at != std::string_view::npos; at = path.find("..", at + 1)) {
    const bool begins = at == 0 || path[at - 1] == '/';
    const bool ends = at + 2 == path.size() || path[at + 2] == '/';
    if (begins && ends) return true;
  }
  return false;
}

std::string_view escape_path(std::string_view path, Arena& arena) {
  return percent_encode(path, arena, [](char c) { return is_unsafe(c) || c == '%' || c == '?'; });
}

std::string_view unescape_redirect(std::string_view path, Arena& arena) {
  if (path.find('%') == std::string_view::npos) return path;
  char* const copy = arena.chars(path.size());
  char* to = copy;
  bool decodes = true;
  for (std::size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (decodes && c == '%' && i + 2 < path.size()) {
      const int high = hex_digit(path[i + 1]), low = hex_digit(path[i + 2]);
      const int byte = high < 0 || low < 0 ? -1 : high * 16 + low;
      if (byte > '%' && byte < 0x7f) {
        c = static_cast<char>(byte);
        i += 2;
      }
    }
    decodes = decodes && c != '?';
    *to++ = c;
  }
  return {copy, static_cast<std::size_t>(to - copy)};
}

std::string_view escape_args(std::string_view text, Arena& arena) {
  const auto is_escaped = [](char c) {
    return is_unsafe(c) || c == '%' || c == '&' || c == '+' || c == ';' || c == '?';
  };
  return percent_encode(text, arena, is_escaped);
}

bool parse_host(std::string_view host, Arena& arena, std::string_view& name, unsigned& port) {
  name = {};
  port = 0;
  if (host.empty()) return true;  // a Host field may be empty (RFC 9110 7.2)
  int number = -1;
  if (!split_authority(host, name, number)) return false;
  if (number > 0) port = static_cast<unsigned>(number);
  if (name.ends_with('.')) name.remove_suffix(1);
  std::size_t at = 0;
  while (at < name.size() && lower(name[at]) == name[at]) ++at;
  if (at == name.size()) return true;
  char* const copy = arena.chars(name.size());
  for (std::size_t i = 0; i < name.size(); ++i) copy[i] = lower(name[i]);
  name = {copy, name.size()};
  return true;
}

}  // namespace gh::http
