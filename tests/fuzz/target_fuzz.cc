// Targets and hosts: a normal form stays as it is when it is normalised again, never climbs, and survives being escaped
// and decoded; slices never leave the input or the arena.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "http/target.h"

using namespace gh;
using namespace gh::http;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

/// Nothing that whoever decodes it takes for a dot segment, and back in a URL each segment is one again.
void check_route_path(const Target& target, bool merge) {
  Arena arena;
  std::string_view path;
  if (!route_path(target, merge, arena, path)) return;
  require(path[0] == '/' && path.size() <= target.unparsed.size());
  const std::string_view plain = plain_segments(path, arena);
  require(plain.size() == path.size() && plain.find(encoded_slash) == std::string_view::npos);
  require(!has_dot_segment(path) && !has_dot_segment(plain));
  Target again;
  std::string_view same;
  require(parse_target(escape_segments(path, arena), Method::get, merge, arena, again));
  require(route_path(again, merge, arena, same) && same == path);
}

void check_target(std::string_view raw, Method method, bool merge) {
  Arena arena;
  Target target;
  if (!parse_target(raw, method, merge, arena, target)) return;
  if (target.path == "*") return require(method == Method::options);
  require(target.path[0] == '/' && target.path.find('\0') == std::string_view::npos);
  require(!has_dot_segment(target.path));
  if (merge) require(target.path.find("//") == std::string_view::npos);
  require(target.has_args || target.args.empty());
  require(target.unparsed.size() >= target.args.size());
  if (target.path_is_plain) require(target.unparsed.substr(0, target.path.size()) == target.path);
  std::string_view tidy;
  require(normalise_path(target.path, merge, arena, tidy) && tidy == target.path);
  Target again;
  require(parse_target(escape_path(target.path, arena), Method::get, merge, arena, again));
  require(again.path == target.path && !again.has_args);
  check_route_path(target, merge);
}

void check_internal(std::string_view text, bool merge) {
  Arena arena;
  std::string_view path, args, out;
  if (!parse_internal_uri(text, arena, path, args)) return;
  require(path[0] == '/' && path.size() + args.size() <= text.size());
  require(!has_parent_segment(path) && path.find('\0') == std::string_view::npos);
  require(normalise_path(path, merge, arena, out) && out[0] == '/');
}

void check_host(std::string_view host) {
  Arena arena;
  std::string_view name;
  unsigned port = 0;
  if (!parse_host(host, arena, name, port)) return;
  require(port <= 65535 && name.size() <= host.size());
  require(name == to_lower(name) && name.find_first_of("/@\\ ?#") == std::string_view::npos);
  require(host.empty() == name.empty());
}

void check_rest(std::string_view text, bool merge) {
  Arena arena;
  std::string_view out;
  if (normalise_path(text, merge, arena, out)) require(out[0] == '/' && !has_dot_segment(out));
  for (const char c : escape_args(text, arena)) require(c > 0x20 && c < 0x7f);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool merge = (data[0] & 1) != 0;
  check_target(text, (data[0] & 2) != 0 ? Method::options : Method::get, merge);
  check_internal(text, merge);
  check_host(text);
  check_rest(text, merge);
  return 0;
}
