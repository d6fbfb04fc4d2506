// MemoryLog: error_log memory:SIZE. The newest whole lines that fit into SIZE bytes, written at the price of a copy,
// for `debug` under load. Any thread writes; the control socket reads.
#pragma once

#include <mutex>
#include <string>

#include "base/log.h"

namespace gh {

class MemoryLog final : public LogSink {
 public:
  explicit MemoryLog(std::size_t bytes) : ring_(bytes, '\0') {}
  void write(LogLevel level, std::string_view line) override;  // of a longer one its end
  [[nodiscard]] std::string text() const;                      // oldest line first

 private:
  mutable std::mutex lock_;
  std::string ring_;
  std::size_t next_ = 0;      // where the next byte goes
  bool wrapped_ = false;      // all of the ring is in use
  bool cut_ = false;          // a part of the oldest line is written over
};

}  // namespace gh
