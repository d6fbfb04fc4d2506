// What a location without another handler does: files below `root`, as nginx's index and static modules serve them.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <system_error>

#include "http/accept_encoding.h"
#include "http/target.h"
#include "policy/content/static_file.h"
#include "policy/content/static_preconditions.h"
#include "policy/file_type.h"
#include "policy/gzip_rules.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "proxy/join.h"
#include "proxy/file_path.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;

namespace {

/// gzip_static and its kin: files that lie compressed beside the plain ones.
enum class Precompressed : std::uint8_t { off, on, always };
struct Coding {
  std::string_view name, suffix;
};
constexpr std::array<Coding, 3> codings{{{"br", ".br"}, {"zstd", ".zst"}, {"gzip", ".gz"}}};  // the best one first
struct PrecompressedSettings { std::array<Precompressed, codings.size()> modes{}; };
/// What the step works with where one of them is on; else it has no parameters.
struct StaticPlan {
  PrecompressedSettings precompressed;
  std::shared_ptr<const GzipRules> rules;
};

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
  x.reason = is_missing ? "no such file" : "the file cannot be opened";
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
    x.reason = "a folder without an index";
    return x.error(403);
  }
  if (error == EACCES) {
    x.log(LogLevel::error, fmt::format("\"{}\" is forbidden {}", folder, cause(error)));
    return x.error(403);
  }
  if (x.core().log_not_found) x.log(LogLevel::error, fmt::format("\"{}\" is not found {}", folder, cause(error)));
  x.reason = "no such folder";
  return x.error(404);
}

/// The first index file that is there is served by an internal redirect; one that begins with "/" is not looked for.
Verdict serve_index(Exchange& x, std::string_view folder) {
  for (const table::Template& index : x.route->files->index) {
    const std::string_view name = index.render(x, x.arena);
    if (name.empty()) continue;
    if (name.front() == '/') return x.internal_redirect(name, x.args);
    const std::string_view uri = proxy::join(x.arena, x.uri, name);
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
  constexpr std::size_t longest = 2 * 16 + 3;  // "TIME-SIZE" in hexadecimal digits, with its quotes
  char* const to = x.arena.chars(longest);
  char* at = to;
  *at++ = '"';
  at = std::to_chars(at, to + longest, static_cast<std::uint64_t>(info.st_mtime), 16).ptr;
  *at++ = '-';
  at = std::to_chars(at, to + longest, static_cast<std::uint64_t>(info.st_size), 16).ptr;
  *at++ = '"';
  return {to, static_cast<std::size_t>(at - to)};
}

Verdict not_modified(Exchange& x) {
  x.error_status = 0;
  x.reply.status = 304;
  x.send_head({}, true);
  return Verdict::done;
}

/// `coding` is empty for a plain file. An error page's file is sent whatever the request's conditions are.
Verdict send_file(Exchange& x, int fd, const struct stat& info, std::string_view coding) {
  const std::string_view etag = x.core().etag ? etag_of(x, info) : std::string_view();
  const bool is_answer = x.error_status == 0 || x.error_status == 200;
  const Precondition judged = is_answer ? judge_preconditions(x, etag, info.st_mtime) : Precondition::pass;
  if (judged == Precondition::failed) {
    ::close(fd);
    x.reason = "a precondition does not hold";
    return x.error(412);
  }
  if (is_answer) x.reply.last_modified = info.st_mtime;
  if (!etag.empty()) x.reply.fields.add(x.arena, "ETag", etag, http::HeaderId::etag);
  if (judged == Precondition::not_modified) {
    ::close(fd);
    return not_modified(x);
  }
  x.reply.status = 200;
  x.reply.content_type = file_type(*x.route->files, x.uri);
  x.reply.has_content_length = x.reply.allow_ranges = true;
  x.reply.content_length = static_cast<std::uint64_t>(info.st_size);
  if (!coding.empty()) x.reply.fields.add(x.arena, "Content-Encoding", coding, http::HeaderId::content_encoding);
  return start_file(x, fd, x.reply.content_length);
}

/// RFC 9110 15.5.6: a 405 says what is allowed.
Verdict not_allowed(Exchange& x) {
  x.reply.fields.add(x.arena, "Allow", "GET, HEAD");
  x.reason = "files are for GET and HEAD";
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

Verdict not_regular(Exchange& x, std::string_view path) {
  x.log(LogLevel::crit, fmt::format("\"{}\" is not a regular file", path));
  return x.error(404);
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
  if (S_ISREG(info.st_mode) && x.method_now != http::Method::post) return send_file(x, fd, info, {});
  ::close(fd);
  if (S_ISDIR(info.st_mode)) return to_slash_form(x);
  return S_ISREG(info.st_mode) ? not_allowed(x) : not_regular(x, path);
}

// ---- files that lie compressed -------------------------------------------------------------------------------------

/// The compressed file beside `path`: open, or -1 when there is none that can be served; what is odd is logged.
int open_compressed(Exchange& x, std::string_view path, struct stat& info) {
  const int fd = open_file(path.data());
  if (fd >= 0) {
    if (::fstat(fd, &info) == 0 && !S_ISDIR(info.st_mode)) return fd;
    ::close(fd);
    return -1;
  }
  const int error = errno;
  if (error != ENOENT && error != ENOTDIR && error != ENAMETOOLONG) {
    x.log(error == EACCES ? LogLevel::error : LogLevel::crit,
          fmt::format("open() \"{}\" failed {}", path, cause(error)));
  }
  return -1;
}

/// With gzip_vary the field goes with both forms of a file that has two.
void add_vary(Exchange& x, bool& is_added) {
  if (!is_added) x.reply.fields.add(x.arena, "Vary", "Accept-Encoding", http::HeaderId::vary);
  is_added = true;
}

/// Nothing: the plain file it is.
std::optional<Verdict> serve_compressed(Exchange& x, std::string_view path, const StaticPlan& plan) {
  const bool may = may_compress(x, *plan.rules);
  bool has_vary = false;
  for (std::size_t i = 0; i < codings.size(); ++i) {
    const Precompressed mode = plan.precompressed.modes[i];
    if (mode == Precompressed::off) continue;
    const bool wanted =
        mode == Precompressed::always || (may && http::accepts_coding(x.request.fields, codings[i].name));
    if (!wanted && !plan.rules->vary) continue;
    const std::string_view compressed = proxy::join_path(x.arena, path, codings[i].suffix);
    struct stat info;
    const int fd = open_compressed(x, compressed, info);
    if (fd < 0) continue;
    if (mode == Precompressed::on && plan.rules->vary) add_vary(x, has_vary);
    if (wanted && S_ISREG(info.st_mode)) return send_file(x, fd, info, codings[i].name);
    ::close(fd);
    if (wanted) return not_regular(x, compressed);
  }
  return std::nullopt;
}

/// As in nginx POST is refused only when a file is there to be posted to; the path holds no zero byte and no ".."
/// (http/target.h has seen to it).
Verdict run(Exchange& x, const void* params) {
  using http::Method;
  const Method method = x.method_now;
  if (method != Method::get && method != Method::head && method != Method::post) return not_allowed(x);
  if (x.uri.empty() || x.uri.front() != '/') return x.error(404);
  const std::string_view path = proxy::map_to_file(x, x.uri);
  if (leaves_alias(x, path)) {
    x.log(LogLevel::error, fmt::format("\"{}\" is outside of the alias", path));
    return x.error(404);
  }
  if (x.uri.back() == '/') return serve_index(x, path);
  if (params && method != Method::post) {
    if (const auto served = serve_compressed(x, path, *static_cast<const StaticPlan*>(params))) return *served;
  }
  return serve_file(x, path);
}

std::shared_ptr<const StaticPlan> make_plan(table::Scope& scope) {
  const auto& settings = scope.get<PrecompressedSettings>();
  bool any = false;
  for (const Precompressed mode : settings.modes) any = any || mode != Precompressed::off;
  if (!any) return nullptr;
  return std::make_shared<const StaticPlan>(StaticPlan{settings, scope.shared<GzipRules>()});
}

}  // namespace

void apply_precompressed(table::Scope& scope, const config::Bound& directive) {
  const std::string_view name = directive.row->name, word = directive.at(0).text;
  const std::size_t which = name.starts_with("brotli") ? 0 : name.starts_with("zstd") ? 1 : 2;
  scope.edit<PrecompressedSettings>().modes[which] = word == "on"       ? Precompressed::on
                                                     : word == "always" ? Precompressed::always
                                                                        : Precompressed::off;
}

void finish_static(table::Scope& scope, table::Route& route) {
  for (const table::Step& step : route.program.steps) {
    if (step.phase == config::Phase::content) return;
  }
  table::add_step(route, config::Phase::content, run, make_plan(scope), "static");
}

}  // namespace gh::policy
