#include "base/temp_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace gh {

namespace {

constexpr int name_tries = 1000;  // files of an earlier process may be left over
constexpr mode_t folder_mode = 0700, file_mode = 0600;

std::uint32_t next_number() {
  static std::atomic<std::uint32_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

/// The folder that ends at byte `from` of `name`, and those inside it.
void make_folders(const std::string& name, std::size_t from) {
  for (std::size_t at = name.find('/', from); at != std::string::npos; at = name.find('/', at + 1)) {
    ::mkdir(name.substr(0, at).c_str(), folder_mode);
  }
}

Unexpected<Error> cannot_make(const TempPath& path) {
  const int code = errno;
  return fail(fmt::format("cannot make a temporary file in \"{}\": {}", path.folder, std::strerror(code)), code);
}

}  // namespace

std::string temp_file_name(const TempPath& path, std::uint32_t number) {
  const std::string digits = fmt::format("{:010}", number);
  std::string out = path.folder + "/";
  std::size_t end = digits.size();
  for (const std::size_t level : path.levels) {
    if (level == 0 || level > end) break;
    end -= level;
    out.append(digits, end, level).push_back('/');
  }
  return out + digits;
}

Result<void> TempFile::open(const TempPath& path, Form form) {
  close();
  path_ = &path;
  if (form == Form::named) return open_named();
  fd_ = ::open(path.folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, file_mode);
  if (fd_ < 0 && errno == ENOENT) {
    ::mkdir(path.folder.c_str(), folder_mode);
    fd_ = ::open(path.folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, file_mode);
  }
  return fd_ >= 0 ? Result<void>() : open_named();  // not every file system knows O_TMPFILE
}

Result<void> TempFile::open_named() {
  for (int left = name_tries; left > 0; --left) {
    name_ = temp_file_name(*path_, next_number());
    const int flags = O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC;
    fd_ = ::open(name_.c_str(), flags, file_mode);
    if (fd_ < 0 && errno == ENOENT) {
      make_folders(name_, path_->folder.size());
      fd_ = ::open(name_.c_str(), flags, file_mode);
    }
    if (fd_ >= 0) return {};
    if (errno != EEXIST) break;
  }
  name_.clear();
  return cannot_make(*path_);
}

std::string_view TempFile::name() {
  if (fd_ < 0 || !name_.empty()) return name_;
  const std::string mine = fmt::format("/proc/self/fd/{}", fd_);
  for (int left = name_tries; left > 0; --left) {
    std::string wanted = temp_file_name(*path_, next_number());
    int done = ::linkat(AT_FDCWD, mine.c_str(), AT_FDCWD, wanted.c_str(), AT_SYMLINK_FOLLOW);
    if (done != 0 && errno == ENOENT) {
      make_folders(wanted, path_->folder.size());
      done = ::linkat(AT_FDCWD, mine.c_str(), AT_FDCWD, wanted.c_str(), AT_SYMLINK_FOLLOW);
    }
    if (done == 0) name_ = std::move(wanted);
    if (done == 0 || errno != EEXIST) break;
  }
  return name_;
}

void TempFile::close() {
  if (fd_ >= 0) ::close(fd_);
  if (!name_.empty() && !kept_) ::unlink(name_.c_str());
  fd_ = -1;
  name_.clear();
  kept_ = false;
}

}  // namespace gh
