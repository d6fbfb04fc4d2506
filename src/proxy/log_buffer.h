// LogBuffer: lines of one access log that one worker gathers: for the rest of its loop turn, or, with buffer=, until
// they fill the buffer or flush= has passed. One worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "net/loop.h"

namespace gh::proxy {

/// access_log's buffer=, flush= and gzip=. The same for all lines of one file.
struct LogBufferOptions {
  std::size_t bytes = 0;       // 0: written at the end of the turn
  std::int64_t flush_ms = 0;   // 0: no limit
  int gzip_level = 0;          // 0: as they are; else each write is a gzip member of its own
  bool operator==(const LogBufferOptions&) const = default;
};

class LogBuffer final : private net::Timer {
 public:
  LogBuffer(net::Loop& loop, std::shared_ptr<LogFile> file, const LogBufferOptions& options)
      : loop_(loop), file_(std::move(file)), options_(options) {}
  void append(std::string_view line);
  void flush();
  void turn_ended() {
    if (options_.bytes == 0 && !lines_.empty()) flush();
  }
  [[nodiscard]] const LogFile* file() const { return file_.get(); }

 private:
  static constexpr std::size_t turn_bytes = 64 * 1024;
  void fire() override { flush(); }
  void put(std::string_view bytes);

  net::Loop& loop_;
  std::shared_ptr<LogFile> file_;
  LogBufferOptions options_;
  std::string lines_;
};

}  // namespace gh::proxy
