// The error log. A line is `YYYY/MM/DD HH:MM:SS [level] pid#tid: *connection text`, one write(2) with O_APPEND, so
// lines of many threads never mix. Sinks are shared by threads; a LogFile is reopened in place by USR1. Other sinks are
// base/syslog_sink.h and base/memory_log.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gh {

enum class LogLevel : std::uint8_t { emerg, alert, crit, error, warn, notice, info, debug };
std::string_view log_level_name(LogLevel level);

/// Where lines of an error log go. write() may be called by any thread at any time.
class LogSink {
 public:
  virtual ~LogSink() = default;
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;
  virtual void write(LogLevel level, std::string_view line) = 0;  // one line with its line feed

 protected:
  LogSink() = default;
};

/// One open file that any thread may append to. reopen() swaps the descriptor (USR1); a failed reopen keeps the old
/// one.
class LogFile final : public LogSink {
 public:
  static Result<std::shared_ptr<LogFile>> open(const std::string& path);  // "stderr" and "/dev/stdout" as expected
  static std::shared_ptr<LogFile> standard_error();
  ~LogFile() override;

  void write(std::string_view bytes);  // whole or lost; never blocks the caller on a lock
  void write(LogLevel, std::string_view line) override { write(line); }
  Result<void> reopen();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  LogFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  std::string path_;
  std::atomic<int> fd_;
};

/// Where lines of one configuration level go: each target has its own threshold. Immutable once built.
class ErrorLog {
 public:
  struct Target { std::shared_ptr<LogSink> sink; LogLevel level; };
  ErrorLog() = default;
  explicit ErrorLog(std::vector<Target> targets);
  [[nodiscard]] bool wants(LogLevel level) const { return level <= most_verbose_; }
  /// `connection` 0 leaves the "*N" out. Control bytes in `text` are escaped: a peer cannot forge lines.
  void write(LogLevel level, std::uint64_t connection, std::string_view text) const;

 private:
  std::vector<Target> targets_;
  LogLevel most_verbose_ = LogLevel::emerg;
};

/// The process's own log: used by main, supervisor and where no configuration is at hand. Defaults to stderr, `notice`.
void set_process_log(std::shared_ptr<const ErrorLog> log);
std::shared_ptr<const ErrorLog> process_log();

}  // namespace gh
