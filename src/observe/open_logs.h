// OpenLogs: open_log_file_cache. Log files whose names come from requests, kept open for a while. Shared by the
// workers; a lock for the look-up, none for the writing.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/log.h"

namespace gh::observe {

struct OpenLogsOptions {
  std::size_t most = 1;               // files, at least one; the longest unused one goes
  std::int64_t inactive_ms = 10000;   // unused for so long: closed
  std::int64_t valid_ms = 60000;      // then it is looked whether the name still means this file
  std::int64_t min_uses = 1;          // within inactive, to stay open
};

class OpenLogs {
 public:
  explicit OpenLogs(const OpenLogsOptions& options) : options_(options) {}
  /// The file called so, opened if it is not. `now_ms` only grows.
  Result<std::shared_ptr<LogFile>> file(std::string_view path, std::int64_t now_ms);
  [[nodiscard]] std::size_t open_files() const;

 private:
  struct Entry {
    std::string path;
    std::shared_ptr<LogFile> file;     // null: seen, not used often enough to stay open
    std::int64_t used_ms = 0, checked_ms = 0, uses = 0;
  };
  void drop_old(std::int64_t now_ms);
  void drop(std::list<Entry>::iterator entry);

  const OpenLogsOptions options_;
  mutable std::mutex lock_;
  std::list<Entry> entries_;  // last used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_path_;
};

}  // namespace gh::observe
