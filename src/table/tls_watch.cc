#include "table/tls_watch.h"

#include <algorithm>

#include "config/diagnostic.h"
#include "table/tls_loader.h"

namespace gh::table {

namespace {

std::int64_t ns_of(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

TlsWatch::Mark mark_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return {};
  return {found.st_dev, found.st_ino, found.st_size, ns_of(found.st_mtim), ns_of(found.st_ctim)};
}

LogLevel level_of(config::Severity severity) {
  return severity == config::Severity::error ? LogLevel::error : LogLevel::warn;
}

}  // namespace

TlsWatch::Marks TlsWatch::marks_of(const TlsStated& stated) {
  Marks marks;
  const auto add = [&marks](const TlsWord& word) {
    const bool has_variables = word.text.find('$') != std::string::npos;
    const bool is_file = !word.text.empty() && !word.text.starts_with("data:") && !has_variables;
    if (is_file) marks.push_back(mark_of(word.text));
  };
  for (const TlsWord& word : stated.certificates->list) add(word);
  for (const TlsWord& word : stated.keys->list) add(word);
  const TlsSettings& settings = *stated.settings;
  for (const TlsWord* word : {&settings.password_file, &settings.client_certificate, &settings.trusted_certificate,
                              &settings.revocations, &settings.dh_parameters, &settings.stapling_file}) {
    add(*word);
  }
  return marks;
}

void TlsWatch::add(std::shared_ptr<const TlsPlan> plan, TlsStated stated, Marks marks) {
  const std::int64_t wanted = stated.settings->watch_ms;
  interval_ms_ = interval_ms_ == 0 ? wanted : std::min(interval_ms_, wanted);
  watched_.push_back({std::move(plan), std::move(stated), marks, marks});
}

std::vector<TlsWatch::News> TlsWatch::look() {
  std::vector<News> news;
  config::Diagnostics diagnostics;
  TlsLoader loader(diagnostics);
  for (Watched& each : watched_) {
    Marks now = marks_of(each.stated);
    const bool is_settled = now == each.seen;
    each.seen = now;
    if (now == each.tried || !is_settled) continue;
    each.tried = std::move(now);
    const std::size_t said = diagnostics.all().size();
    const auto renewed = loader.renew(*each.plan, each.stated);
    const std::vector<config::Diagnostic>& all = diagnostics.all();
    for (std::size_t i = said; i < all.size(); ++i) news.push_back({level_of(all[i].severity), all[i].message});
    const std::string name = each.plan->identities.empty() ? "" : each.plan->identities.front()->name;
    if (!renewed) {
      news.push_back({LogLevel::error, "files of TLS have changed and cannot be used, the certificate \"" + name +
                                           "\" stays as it was"});
      continue;
    }
    each.plan->renewal.set(renewed);
    news.push_back({LogLevel::notice, "files of TLS have changed, the certificate \"" + name + "\" was loaded anew"});
  }
  return news;
}

}  // namespace gh::table
