#include "proxy/log_buffer.h"

#include "base/gzip.h"

namespace gh::proxy {

void LogBuffer::append(std::string_view line) {
  const std::size_t most = options_.bytes == 0 ? turn_bytes : options_.bytes;
  if (lines_.size() + line.size() > most) flush();
  if (line.size() > most) return put(line);
  if (lines_.empty() && options_.flush_ms > 0) loop_.timers().set(*this, options_.flush_ms);
  lines_.append(line);
}

void LogBuffer::flush() {
  if (is_set()) loop_.timers().clear(*this);
  if (lines_.empty()) return;
  put(lines_);
  lines_.clear();
}

void LogBuffer::put(std::string_view bytes) {
  if (options_.gzip_level == 0) return file_->write(bytes);
  thread_local std::string packed;
  packed.clear();
  if (gzip(bytes, options_.gzip_level, packed)) return file_->write(packed);
  process_log()->write(LogLevel::alert, 0, "cannot compress an access log");
}

}  // namespace gh::proxy
