#include "base/memory_log.h"

#include <algorithm>

namespace gh {

void MemoryLog::write(LogLevel, std::string_view line) {
  if (line.size() > ring_.size()) line = line.substr(line.size() - ring_.size());
  if (line.empty()) return;
  const std::lock_guard guard(lock_);
  const bool overwrites = wrapped_ || next_ + line.size() > ring_.size();
  cut_ = overwrites && line.size() < ring_.size() && ring_[(next_ + line.size() - 1) % ring_.size()] != '\n';
  const std::size_t first = std::min(line.size(), ring_.size() - next_);
  std::copy_n(line.data(), first, ring_.data() + next_);
  std::copy_n(line.data() + first, line.size() - first, ring_.data());
  wrapped_ = wrapped_ || next_ + line.size() >= ring_.size();
  next_ = (next_ + line.size()) % ring_.size();
}

std::string MemoryLog::text() const {
  const std::lock_guard guard(lock_);
  if (!wrapped_) return ring_.substr(0, next_);
  std::string all = ring_.substr(next_) + ring_.substr(0, next_);
  return cut_ ? all.substr(std::min(all.find('\n'), all.size() - 1) + 1) : all;
}

}  // namespace gh
