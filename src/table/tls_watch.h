// TlsWatch: plans whose files are looked at from time to time (ssl_certificate_watch). When some have changed, the plan
// is made anew and put behind the old one (TlsPlan::renewal), where the next handshake of each worker finds it;
// connections go on. What cannot be loaded changes nothing. One a table, published with it. Main thread.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "table/tls_stated.h"

namespace gh::table {

class TlsWatch {
 public:
  struct News {
    LogLevel level;
    std::string text;
  };

  /// What a file is known by. All 0 when there is none.
  struct Mark {
    std::uint64_t device = 0, inode = 0;
    std::int64_t size = 0, modified_ns = 0, changed_ns = 0;
    friend bool operator==(const Mark&, const Mark&) = default;
  };
  using Marks = std::vector<Mark>;
  /// Of all files that `stated` names. To be taken before they are read.
  static Marks marks_of(const TlsStated& stated);

  void add(std::shared_ptr<const TlsPlan> plan, TlsStated stated, Marks marks);
  /// How often look() is wanted; 0: never.
  [[nodiscard]] std::int64_t interval_ms() const { return interval_ms_; }
  /// Loads what has changed, and has not changed any more since the last look: a certificate and its key are seldom
  /// replaced at once.
  std::vector<News> look();

 private:
  struct Watched {
    std::shared_ptr<const TlsPlan> plan;
    TlsStated stated;
    Marks tried, seen;
  };
  std::vector<Watched> watched_;
  std::int64_t interval_ms_ = 0;
};

}  // namespace gh::table
