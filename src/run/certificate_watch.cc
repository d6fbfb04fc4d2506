#include "run/certificate_watch.h"

#include "base/log.h"
#include "base/privileges.h"
#include "table/tls_watch.h"

namespace gh::run {

void CertificateWatch::follow(std::shared_ptr<table::TlsWatch> watch) {
  watch_ = std::move(watch);
  loop_.timers().clear(*this);
  if (watch_ && watch_->interval_ms() > 0) loop_.timers().set(*this, watch_->interval_ms());
}

void CertificateWatch::fire() {
  const Privileged reading;
  const std::vector<table::TlsWatch::News> all = watch_->look();
  for (const table::TlsWatch::News& news : all) process_log()->write(news.level, 0, news.text);
  loop_.timers().set(*this, watch_->interval_ms());
  if (!all.empty() && on_renewal) on_renewal();
}

}  // namespace gh::run
