// What a location without another handler does: files below `root`, as nginx's index and static modules serve them.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "http/target.h"
#include "policy/content/static_range.h"
#include "policy/content/static_preconditions.h"
#include "policy/content/static_file.h"
#include "policy/file_type.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "proxy/file_path.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;

namespace {

std::string cause(int error) { return fmt::format("({}: {})", error, std::generic_category().message(error)); }

/// Never blocks on a FIFO or device that lies there.
int open_file(const char* path) { return ::open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); }

Verdict cannot_open(Exchange& x, std::string_view path, int error) {
  const bool is_missing = error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG;
  const bool is_forbidden = error == EACCES || error == ELOOP || error == EMLINK;
  if (!is_missing || x.core().log_not_found) {
    x.log(is_missing || is_forbidden ? LogLevel::error : LogLevel::crit,
          fmt::format("open() \"{}\" failed {}", path, cause(error)));
  }
  return x.error(is_missing ? 404 : is_forbidden ? 403 : 500);
}

// ---- index ---------------------------------------------------------------------------------------------------------

/// The folder of a path that ends in "/": 0, or why it cannot be one.
int test_folder(const char* path) {
  struct stat info;
  if (::stat(path, &info) != 0) return errno;
  return S_ISDIR(info.st_mode) ? 0 : ENOTDIR;
}

Verdict no_index(Exchange& x, std::string_view folder) {
  const int error = test_folder(folder.data());
  if (error == 0) {
    x.log(LogLevel::error, fmt::format("directory index of \"{}\" is forbidden", folder));
    return x.error(403);
  }
  if (error == EACCES) {
    x.log(LogLevel::error, fmt::format("\"{}\" is forbidden {}", folder, cause(error)));
    return x.error(403);
  }
  if (x.core().log_not_found) x.log(LogLevel::error, fmt::format("\"{}\" is not found {}", folder, cause(error)));
  return x.error(404);
}

std::string_view join(Exchange& x, std::string_view a, std::string_view b) {
  char* const to = x.arena.chars(a.size() + b.size());
  std::memcpy(to, a.data(), a.size());
  std::memcpy(to + a.size(), b.data(), b.size());
  return {to, a.size() + b.size()};
}

/// The first index file that is there is served by an internal redirect; one that begins with "/" is not looked for.
Verdict serve_index(Exchange& x, std::string_view folder) {
  for (const table::Template& index : x.route->files->index) {
    const std::string_view name = index.render(x, x.arena);
    if (name.empty()) continue;
    if (name.front() == '/') return x.internal_redirect(name, x.args);
    const std::string_view uri = join(x, x.uri, name);
    struct stat info;
    if (::stat(proxy::map_to_file(x, uri).data(), &info) == 0) return x.internal_redirect(uri, x.args);
    if (errno == EACCES) return cannot_open(x, proxy::map_to_file(x, uri), EACCES);
  }
  return no_index(x, folder);
}

// ---- a file --------------------------------------------------------------------------------------------------------

Verdict to_slash_form(Exchange& x) {
  const std::string_view path = http::escape_path(x.uri, x.arena);
  std::string location = fmt::format("{}/{}{}", path, x.args.empty() ? "" : "?", x.args);
  return x.redirect(301, x.arena.copy(location));
}

std::string_view etag_of(Exchange& x, const struct stat& info) {
  char* const to = x.arena.chars(40);
  const auto end = fmt::format_to_n(to, 40, "\"{:x}-{:x}\"", static_cast<std::uint64_t>(info.st_mtime),
                                    static_cast<std::uint64_t>(info.st_size))
                       .out;
  return {to, static_cast<std::size_t>(end - to)};
}

Verdict not_modified(Exchange& x) {
  x.reply.status = 304;
  x.send_head({}, true);
  return Verdict::done;
}

/// RFC 9110 15.5.17: the answer says how long the file is.
Verdict no_such_range(Exchange& x, std::uint64_t size) {
  x.reply.fields.clear();
  x.reply.last_modified = -1;
  x.reply.fields.add(x.arena, "Content-Range", x.arena.copy(fmt::format("bytes */{}", size)),
                     http::HeaderId::content_range);
  return x.error(416);
}

/// The whole file or the part that was asked for. An error page's file is always sent whole.
Verdict send_content(Exchange& x, int fd, std::string_view etag, const struct stat& info) {
  const auto size = static_cast<std::uint64_t>(info.st_size);
  x.reply.status = 200;
  x.reply.content_type = file_type(*x.route->files, x.uri);
  x.reply.has_content_length = true;
  ByteRange range;
  if (x.error_status == 0) {
    range = read_byte_range(wanted_range(x, etag, info.st_mtime), size);
    x.reply.fields.add(x.arena, "Accept-Ranges", "bytes", http::HeaderId::accept_ranges);
  }
  if (range.kind == ByteRange::Kind::whole) {
    x.reply.content_length = size;
    return start_file(x, fd, 0, size);
  }
  if (range.kind == ByteRange::Kind::unsatisfiable) {
    ::close(fd);
    x.reply.has_content_length = false;
    return no_such_range(x, size);
  }
  x.reply.status = 206;
  x.reply.content_length = range.length;
  const std::string place = fmt::format("bytes {}-{}/{}", range.first, range.first + range.length - 1, size);
  x.reply.fields.add(x.arena, "Content-Range", x.arena.copy(place), http::HeaderId::content_range);
  return start_file(x, fd, range.first, range.length);
}

Verdict send_file(Exchange& x, int fd, const struct stat& info) {
  const std::string_view etag = x.core().etag ? etag_of(x, info) : std::string_view();
  const Precondition judged =
      x.error_status == 0 ? judge_preconditions(x, etag, info.st_mtime) : Precondition::pass;
  if (judged == Precondition::failed) {
    ::close(fd);
    return x.error(412);
  }
  x.reply.last_modified = info.st_mtime;
  if (!etag.empty()) x.reply.fields.add(x.arena, "ETag", etag, http::HeaderId::etag);
  if (judged == Precondition::pass) return send_content(x, fd, etag, info);
  ::close(fd);
  return not_modified(x);
}

/// RFC 9110 15.5.6: a 405 says what is allowed.
Verdict not_allowed(Exchange& x) {
  x.reply.fields.add(x.arena, "Allow", "GET, HEAD");
  return x.error(405);
}

/// $uri holds no dot segments, but one may arise where it is joined to an alias: `location /img` with `alias /data/`
/// and "/img../secret", or a regex location's capture behind a slash.
bool leaves_alias(Exchange& x, std::string_view path) {
  const table::FileSettings& files = *x.route->files;
  if (!files.is_alias) return false;
  const std::string_view root = files.root.is_constant() ? files.root.render(x, x.arena) : std::string_view();
  path.remove_prefix(root.empty() ? 0 : root.size() - 1);
  return http::has_parent_segment(path);
}

Verdict serve_file(Exchange& x, std::string_view path) {
  const int fd = open_file(path.data());
  if (fd < 0) return cannot_open(x, path, errno);
  struct stat info;
  if (::fstat(fd, &info) != 0) {
    const int error = errno;
    ::close(fd);
    return cannot_open(x, path, error);
  }
  if (S_ISREG(info.st_mode) && x.method_now != http::Method::post) return send_file(x, fd, info);
  ::close(fd);
  if (S_ISDIR(info.st_mode)) return to_slash_form(x);
  if (S_ISREG(info.st_mode)) return not_allowed(x);
  x.log(LogLevel::crit, fmt::format("\"{}\" is not a regular file", path));
  return x.error(404);
}

/// As in nginx POST is refused only when a file is there to be posted to; the path holds no zero byte and no ".."
/// (http/target.h has seen to it).
Verdict run(Exchange& x, const void*) {
  using http::Method;
  const Method method = x.method_now;
  if (method != Method::get && method != Method::head && method != Method::post) return not_allowed(x);
  if (x.uri.empty() || x.uri.front() != '/') return x.error(404);
  const std::string_view path = proxy::map_to_file(x, x.uri);
  if (leaves_alias(x, path)) {
    x.log(LogLevel::error, fmt::format("\"{}\" is outside of the alias", path));
    return x.error(404);
  }
  return x.uri.back() == '/' ? serve_index(x, path) : serve_file(x, path);
}

}  // namespace

void finish_static(table::Scope&, table::Route& route) {
  for (const table::Step& step : route.program.steps) {
    if (step.phase == config::Phase::content) return;
  }
  table::add_step(route, config::Phase::content, run, nullptr, "static");
}

}  // namespace gh::policy
