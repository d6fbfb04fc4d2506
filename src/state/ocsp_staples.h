// OcspStaples: what responders have said of the certificates that are served, kept over reloads: a certificate that is
// asked about at the same responder in the same way goes on with the response it has. A staple is set by the main
// thread and read by handshakes of any worker; the rest is the main thread's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "state/spin_lock.h"

namespace gh::state {

class OcspStaple {
 public:
  using Response = std::shared_ptr<const std::string>;  // in DER

  /// What may be given to clients at this time (Unix seconds); null: nothing. Any thread.
  [[nodiscard]] Response get(std::int64_t now_s) const;
  void set(std::string der, std::int64_t valid_until_s);
  void clear();

  /// When it is asked for next, for who does it. Main thread.
  std::int64_t due_ms = 0;  // monotonic; 0: it never was
  unsigned failures = 0;    // one after the other

 private:
  mutable SpinLock lock_;
  Response response_;
  std::int64_t valid_until_s_ = 0;
};

class OcspStaples {
 public:
  /// `key` is all that makes a response right for a certificate. Lives as long as someone holds it.
  std::shared_ptr<OcspStaple> of(const std::string& key);

 private:
  std::map<std::string, std::weak_ptr<OcspStaple>> all_;
};

/// How long a response that was taken at `now_s` is not asked for again, in seconds.
std::int64_t ocsp_refresh_s(std::int64_t now_s, std::int64_t valid_until_s);
/// The same after so many failures in a row (at least one).
std::int64_t ocsp_retry_s(unsigned failures);

}  // namespace gh::state
