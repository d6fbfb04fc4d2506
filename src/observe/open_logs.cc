#include "observe/open_logs.h"

#include <iterator>

namespace gh::observe {

Result<std::shared_ptr<LogFile>> OpenLogs::file(std::string_view path, std::int64_t now_ms) {
  const std::lock_guard guard(lock_);
  drop_old(now_ms);
  const auto it = by_path_.find(path);
  if (it != by_path_.end()) {
    entries_.splice(entries_.begin(), entries_, it->second);
    Entry& entry = entries_.front();
    ++entry.uses;
    entry.used_ms = now_ms;
    if (entry.file && now_ms - entry.checked_ms <= options_.valid_ms) return entry.file;
  }
  auto opened = LogFile::open(std::string(path));
  if (!opened) {  // does not take the place of another one
    if (it != by_path_.end()) drop(entries_.begin());
    return opened;
  }
  if (it == by_path_.end()) {
    if (entries_.size() >= options_.most) drop(std::prev(entries_.end()));
    entries_.push_front({std::string(path), nullptr, now_ms, now_ms, 1});
    by_path_.emplace(entries_.front().path, entries_.begin());
  }
  Entry& entry = entries_.front();
  entry.checked_ms = now_ms;
  if (entry.uses >= options_.min_uses) entry.file = *opened;
  return opened;
}

void OpenLogs::drop(std::list<Entry>::iterator entry) {
  by_path_.erase(entry->path);
  entries_.erase(entry);
}

void OpenLogs::drop_old(std::int64_t now_ms) {
  while (!entries_.empty() && now_ms - entries_.back().used_ms > options_.inactive_ms) {
    drop(std::prev(entries_.end()));
  }
}

std::size_t OpenLogs::open_files() const {
  const std::lock_guard guard(lock_);
  std::size_t count = 0;
  for (const Entry& entry : entries_) count += entry.file ? 1 : 0;
  return count;
}

}  // namespace gh::observe
