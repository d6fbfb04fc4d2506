#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <mutex>

#include <fmt/format.h>

namespace gh {

namespace {

constexpr mode_t log_file_mode = 0644;

/// A FIFO that nobody reads is an error here, not a wait.
int open_for_append(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, log_file_mode);
}

/// The descriptor that the process was given under this name, or -1: such files are never closed or reopened.
int standard_descriptor(const std::string& path) {
  if (path == "stderr" || path == "/dev/stderr") return STDERR_FILENO;
  if (path == "/dev/stdout") return STDOUT_FILENO;
  return -1;
}

Unexpected<Error> open_failed(const std::string& path) {
  const int code = errno;
  return fail(fmt::format("cannot open log file `{}`: {}", path, ::strerror(code)), code);
}

/// "1994/11/06 08:49:37" of now, made once a second by each thread.
std::string_view now_text() {
  thread_local std::time_t made_at = -1;
  thread_local char text[32];
  thread_local std::size_t size = 0;
  const std::time_t now = std::time(nullptr);
  if (now != made_at) {
    tm t;
    localtime_r(&now, &t);
    size = std::strftime(text, sizeof text, "%Y/%m/%d %H:%M:%S", &t);
    made_at = now;
  }
  return {text, size};
}

using Line = fmt::basic_memory_buffer<char, 512>;

void append_without_controls(Line& line, std::string_view text) {
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(line), "\\x{:02X}", byte);
    } else {
      line.push_back(c);
    }
  }
}

struct ProcessLog {
  std::mutex lock;
  std::shared_ptr<const ErrorLog> log = std::make_shared<ErrorLog>(
      std::vector<ErrorLog::Target>{{LogFile::standard_error(), LogLevel::notice}});
};
ProcessLog& the_process_log() {
  static ProcessLog instance;
  return instance;
}

}  // namespace

std::string_view log_level_name(LogLevel level) {
  static constexpr std::string_view names[] = {"emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"};
  return names[static_cast<std::size_t>(level)];
}

Result<std::shared_ptr<LogFile>> LogFile::open(const std::string& path) {
  int fd = standard_descriptor(path);
  if (fd < 0) fd = open_for_append(path);
  if (fd < 0) return open_failed(path);
  return std::shared_ptr<LogFile>(new LogFile(path, fd));
}

std::shared_ptr<LogFile> LogFile::standard_error() {
  return std::shared_ptr<LogFile>(new LogFile("stderr", STDERR_FILENO));
}

LogFile::~LogFile() {
  if (standard_descriptor(path_) < 0) ::close(fd_.load(std::memory_order_relaxed));
}

void LogFile::write(std::string_view bytes) {
  ssize_t written;
  do {
    written = ::write(fd_.load(std::memory_order_relaxed), bytes.data(), bytes.size());
  } while (written < 0 && errno == EINTR);
}

Result<void> LogFile::reopen() {
  if (standard_descriptor(path_) >= 0) return {};
  const int opened = open_for_append(path_);
  if (opened < 0) return open_failed(path_);
  // dup3 swaps the file behind the number in one step: a thread inside write() meets the old file or the new one.
  const int swapped = ::dup3(opened, fd_.load(std::memory_order_relaxed), O_CLOEXEC);
  const int code = errno;
  ::close(opened);
  if (swapped < 0) {
    errno = code;
    return open_failed(path_);
  }
  return {};
}

ErrorLog::ErrorLog(std::vector<Target> targets) : targets_(std::move(targets)) {
  for (const Target& target : targets_) most_verbose_ = std::max(most_verbose_, target.level);
}

void ErrorLog::write(LogLevel level, std::uint64_t connection, std::string_view text) const {
  if (!wants(level) || targets_.empty()) return;
  Line line;
  fmt::format_to(std::back_inserter(line), "{} [{}] {}#{}: ", now_text(), log_level_name(level), ::getpid(),
                 ::gettid());
  if (connection != 0) fmt::format_to(std::back_inserter(line), "*{} ", connection);
  append_without_controls(line, text);
  line.push_back('\n');
  for (const Target& target : targets_) {
    if (level <= target.level) target.sink->write(level, {line.data(), line.size()});
  }
}

void set_process_log(std::shared_ptr<const ErrorLog> log) {
  ProcessLog& process = the_process_log();
  const std::lock_guard guard(process.lock);
  process.log.swap(log);
}

std::shared_ptr<const ErrorLog> process_log() {
  ProcessLog& process = the_process_log();
  const std::lock_guard guard(process.lock);
  return process.log;
}

}  // namespace gh
