// CertificateWatch: looks at the files of the served table's certificates, at most every tenth of a second
// (table/tls_watch.h). Main thread.
#pragma once

#include <functional>
#include <memory>

#include "net/loop.h"
#include "net/timer_wheel.h"

namespace gh::table {
class TlsWatch;
}

namespace gh::run {

class CertificateWatch final : private net::Timer {
 public:
  explicit CertificateWatch(net::Loop& loop) : loop_(loop) {}

  /// From now on those of `watch`; null: none.
  void follow(std::shared_ptr<table::TlsWatch> watch);
  /// Told when some were loaded anew.
  std::function<void()> on_renewal;

 private:
  void fire() override;
  net::Loop& loop_;
  std::shared_ptr<table::TlsWatch> watch_;
};

}  // namespace gh::run
