#include "config/source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace gh::config {
namespace {

constexpr std::size_t max_file_bytes = 64u << 20;
constexpr std::size_t max_files = 1000;

std::vector<std::uint32_t> line_starts_of(const std::string& text) {
  std::vector<std::uint32_t> starts = {0};
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
    starts.push_back(static_cast<std::uint32_t>(at + 1));
  }
  return starts;
}

std::string system_text(int number) { return std::generic_category().message(number); }

/// The whole of an open file. EFBIG when it is over the limit (it may grow while it is read, and pipes have no size).
Result<std::string> read_all(int fd, std::size_t expected) {
  std::string text;
  std::size_t used = 0;
  for (;;) {
    if (used == text.size()) text.resize(std::max(used * 2, expected + 1));  // one more: to see the end
    const ssize_t got = ::read(fd, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(system_text(errno), errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > max_file_bytes) return fail("the file is larger than 64 MiB", EFBIG);
  }
  text.resize(used);
  return text;
}

}  // namespace

Result<std::uint32_t> Sources::read(const std::string& path, Span included_from) {
  if (files_.size() >= max_files) return fail("more than 1000 files", EMFILE);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return fail(system_text(errno), errno);
  struct stat info = {};
  const bool known = ::fstat(fd, &info) == 0;
  if (known && S_ISDIR(info.st_mode)) {
    ::close(fd);
    return fail(system_text(EISDIR), EISDIR);
  }
  const auto size = static_cast<std::size_t>(known && info.st_size > 0 ? info.st_size : 0);
  const std::size_t expected = std::clamp<std::size_t>(size, 4096, max_file_bytes);
  Result<std::string> text = read_all(fd, expected);
  ::close(fd);
  if (!text) return fail(text.error().text, text.error().code);
  return add(path, std::move(*text), included_from);
}

std::uint32_t Sources::add(std::string path, std::string text, Span included_from) {
  SourceFile& file = files_.emplace_back();
  file.path = std::move(path);
  file.text = std::move(text);
  file.included_from = included_from;
  file.line_starts = line_starts_of(file.text);
  return static_cast<std::uint32_t>(files_.size() - 1);
}

Place Sources::place(const Span& span) const {
  if (!span.is_set() || span.file >= files_.size()) return {};
  const auto& starts = files_[span.file].line_starts;
  const auto next = std::upper_bound(starts.begin(), starts.end(), span.begin);
  const auto line = static_cast<std::uint32_t>(next - starts.begin());
  return {line, span.begin - starts[line - 1] + 1};
}

std::string_view Sources::text(const Span& span) const {
  if (!span.is_set() || span.file >= files_.size()) return {};
  const std::string_view all = files_[span.file].text;
  const std::size_t begin = std::min<std::size_t>(span.begin, all.size());
  return all.substr(begin, std::max(span.end, span.begin) - span.begin);
}

std::string_view Sources::line(std::uint32_t file, std::uint32_t number) const {
  if (file >= files_.size() || number == 0 || number > files_[file].line_starts.size()) return {};
  std::string_view rest = std::string_view(files_[file].text).substr(files_[file].line_starts[number - 1]);
  rest = rest.substr(0, rest.find('\n'));
  if (!rest.empty() && rest.back() == '\r') rest.remove_suffix(1);
  return rest;
}

std::string Sources::where(const Span& span) const {
  if (!span.is_set() || span.file >= files_.size()) return "built in";
  const Place at = place(span);
  return fmt::format("{}:{}:{}", files_[span.file].path, at.line, at.column);
}

std::string_view Sources::shown_path(std::uint32_t id) const {
  const std::string_view path = files_[id].path;
  return shown_from_.size() > 1 && path.starts_with(shown_from_) ? path.substr(shown_from_.size()) : path;
}

}  // namespace gh::config
