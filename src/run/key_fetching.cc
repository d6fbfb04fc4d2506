#include "run/key_fetching.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/log.h"

namespace gh::run {

namespace {

constexpr unsigned status_ok = 200;
constexpr std::int64_t first_retry_ms = 1000;
constexpr unsigned most_doublings = 6;
constexpr jose::KeyRules public_keys{.private_keys = false, .secrets = false, .short_secrets = false};

void say(LogLevel level, const table::JwtKeyUrl& url, const std::string& what) {
  process_log()->write(level, 0, fmt::format("keys of {}: {}", url.settings.text, what));
}

}  // namespace

struct KeyFetching::Handle {
  KeyFetching* owner = nullptr;  // null: it is gone; main thread
};

/// One URL, as long as a table names it.
struct KeyFetching::Job final : net::Timer {
  Job(KeyFetching& by, const std::shared_ptr<table::JwtKeyUrl>& what, net::Resolver& names)
      : owner(by), url(what), resolver(names) {}
  void fire() override { owner.due(*this); }

  KeyFetching& owner;
  const std::weak_ptr<table::JwtKeyUrl> url;
  net::Resolver& resolver;
  std::shared_ptr<table::JwtKeyUrl> asked;  // while it is
  std::unique_ptr<upstream::Fetch> fetch;
  std::string known;                        // digest of the answer that gave the keys in use
  unsigned failures = 0;
};

KeyFetching::KeyFetching(net::Loop& loop) : loop_(loop), resolvers_(loop), handle_(std::make_shared<Handle>()) {
  handle_->owner = this;
}

KeyFetching::~KeyFetching() {
  handle_->owner = nullptr;
  for (const auto& [key, job] : jobs_) {
    if (const auto url = job->url.lock()) url->fetched_by(nullptr);
  }
}

void KeyFetching::follow(table::JwtKeyUrls* urls) {
  forget_gone();
  if (!urls) return;
  for (const std::shared_ptr<table::JwtKeyUrl>& url : urls->all()) {
    auto& job = jobs_[url.get()];
    if (job) continue;
    const table::JwtKeyUrlSettings& how = url->settings;
    net::Resolver& resolver = resolvers_.of(how.resolver.get(), how.resolver_timeout_ms, !how.resolver);
    job = std::make_unique<Job>(*this, url, resolver);
    // Of a worker that has begun a renewal: by the time the mail is read, either side may be gone.
    url->fetched_by([&loop = loop_, handle = handle_, weak = std::weak_ptr(url)] {
      loop.post([handle, weak] {
        const auto wanted = weak.lock();
        if (!wanted) return;
        const auto at = handle->owner ? handle->owner->jobs_.find(wanted.get()) : decltype(jobs_)::iterator();
        if (handle->owner && at != handle->owner->jobs_.end()) handle->owner->fetch(*at->second);
        else wanted->keys.give_up();
      });
    });
    due(*job);
  }
}

void KeyFetching::forget_gone() {
  std::erase_if(jobs_, [](const auto& one) { return one.second->url.expired(); });
}

/// Its time has come: if a worker was first, that one's renewal is as good.
void KeyFetching::due(Job& job) {
  const auto url = job.url.lock();
  if (url && url->keys.begin(loop_.clock().now_ms(), true)) fetch(job);
}

/// A renewal has been begun.
void KeyFetching::fetch(Job& job) {
  const auto url = job.url.lock();
  if (!url) return;
  job.asked = url;
  loop_.timers().clear(job);
  upstream::FetchRequest request;
  request.url = url->settings.url;
  request.timeout_ms = url->settings.timeout_ms;
  request.most_bytes = jose::most_set_bytes;
  request.tls = url->settings.tls;
  request.fields.emplace_back("Accept", "application/jwk-set+json, application/json");
  job.fetch = std::make_unique<upstream::Fetch>(
      loop_, job.resolver, std::move(request),
      [this, &job](const Result<upstream::FetchAnswer>& answer) { answered(job, answer); });
}

/// Null: the keys are those that are in use.
Result<table::JwtKeySetPtr> KeyFetching::read(Job& job, const Result<upstream::FetchAnswer>& answer) {
  if (!answer) return Unexpected(Error(answer.error()));
  if (answer->status != status_ok) return fail(fmt::format("the answer has status {}", answer->status));
  std::string known = digest(DigestKind::sha256, {answer->body});
  if (!known.empty() && known == job.known) return table::JwtKeySetPtr();
  auto keys = table::read_remote_keys(answer->body, public_keys);
  if (!keys) return Unexpected(Error(keys.error()));
  job.known = std::move(known);
  if (!keys->skipped.empty()) {
    say(LogLevel::warn, *job.asked, "left out: " + table::skipped_text(keys->skipped));
  }
  say(LogLevel::info, *job.asked, fmt::format("{} in use from now on", keys->set.keys().size()));
  return table::make_key_set(std::move(keys->set));
}

void KeyFetching::answered(Job& job, const Result<upstream::FetchAnswer>& answer) {
  const auto set = read(job, answer);
  const std::shared_ptr<table::JwtKeyUrl> url = std::exchange(job.asked, nullptr);
  std::int64_t wait_ms = url->settings.cache_ms;
  job.failures = set ? 0 : job.failures + 1;
  if (!set) {
    wait_ms = std::min(wait_ms, first_retry_ms << std::min(job.failures - 1, most_doublings));
    say(LogLevel::error, *url,
        fmt::format("{}; {}, asked again in {} ms", set.error().text,
                    url->keys.number() != 0 ? "those that came before stay in use" : "there are none so far", wait_ms));
  }
  loop_.timers().set(job, wait_ms);
  url->keys.end(set ? *set : nullptr, loop_.clock().now_ms());
  job.fetch.reset();  // within its last call, which allows that
}

}  // namespace gh::run
