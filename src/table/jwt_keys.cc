#include "table/jwt_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gh::table {

namespace {

constexpr std::size_t slow_rsa_bytes = 512;     // a verification with more bits takes more than a tenth of a ms
constexpr std::size_t told_keys = 5;

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

bool is_slow(const jose::KeySet& keys) {
  return std::any_of(keys.keys().begin(), keys.keys().end(), [](const jose::Key& key) {
    return key.type() == jose::KeyType::rsa && (key.is_private() || key.size_bytes() > slow_rsa_bytes);
  });
}

std::string identity_of(const JwtKeyUrlSettings& settings) {
  std::string text = fmt::format("{}\n{}\n{} {} {} {}\n", settings.text, settings.trusted, settings.cache_ms,
                                 settings.cooldown_ms, settings.timeout_ms, settings.resolver_timeout_ms);
  if (!settings.resolver) return text;
  for (const Address& server : settings.resolver->servers) text += server.text() + ' ';
  return text + fmt::format("{} {} {}", settings.resolver->valid_ms, settings.resolver->ipv4, settings.resolver->ipv6);
}

}  // namespace

JwtKeySet::JwtKeySet(jose::KeySet from, bool slow) : keys(std::move(from)), number(next_number()), is_slow(slow) {}

JwtKeySetPtr make_key_set(jose::KeySet keys) {
  const bool slow = is_slow(keys);
  return std::make_shared<const JwtKeySet>(std::move(keys), slow);
}

std::string skipped_text(const std::vector<jose::SkippedKey>& skipped) {
  std::string text;
  for (std::size_t i = 0; i < skipped.size() && i < told_keys; ++i) {
    const jose::SkippedKey& key = skipped[i];
    text += fmt::format("{}key {}{}: {}", i > 0 ? "; " : "", key.index + 1,
                        key.kid.empty() ? std::string() : fmt::format(" (\"{}\")", key.kid), key.why);
  }
  if (skipped.size() > told_keys) text += fmt::format("; and {} more", skipped.size() - told_keys);
  return text;
}

Result<jose::ReadKeySet> read_remote_keys(std::string_view text, const jose::KeyRules& rules) {
  auto read = jose::read_key_set(text, rules);
  if (read && read->set.empty()) {
    const std::string why = skipped_text(read->skipped);
    return fail(why.empty() ? "there is no key in it" : "no key of it is of use: " + why);
  }
  return read;
}

// ---- one source ----------------------------------------------------------------------------------------------------

JwtKeySetPtr JwtKeys::get() const {
  const std::lock_guard guard(lock_);
  return set_;
}

bool JwtKeys::begin(std::int64_t now_ms, bool forced) {
  const std::lock_guard guard(lock_);
  if (is_busy_ || (!forced && begun_ms_ >= 0 && now_ms - begun_ms_ < cooldown_ms_)) return false;
  is_busy_ = true;
  begun_ms_ = now_ms;
  return true;
}

bool JwtKeys::join(const std::shared_ptr<JwtKeyWaiter>& waiter) {
  const std::lock_guard guard(lock_);
  if (!is_busy_ || waiting_.size() >= most_waiting) return false;
  waiting_.push_back(waiter);
  return true;
}

void JwtKeys::leave(const JwtKeyWaiter& waiter) {
  const std::lock_guard guard(lock_);
  std::erase_if(waiting_, [&](const auto& one) { return one.get() == &waiter; });
}

void JwtKeys::end(JwtKeySetPtr set, std::int64_t now_ms) {
  const std::lock_guard guard(lock_);
  is_busy_ = false;
  if (set) {
    number_.store(set->number, std::memory_order_release);
    renewed_ms_.store(now_ms, std::memory_order_relaxed);
    set_.swap(set);
  }
  tell();
}

void JwtKeys::give_up() {
  const std::lock_guard guard(lock_);
  is_busy_ = false;
  begun_ms_ = -1;
  tell();
}

/// Under the lock: who leaves waits for it, and only then may its loop go.
void JwtKeys::tell() {
  for (std::shared_ptr<JwtKeyWaiter>& waiter : std::exchange(waiting_, {})) {
    net::Loop& loop = waiter->loop;
    loop.post([waiter = std::move(waiter)] {
      if (const auto ready = std::exchange(waiter->ready, nullptr)) ready();
    });
  }
}

// ---- URLs ----------------------------------------------------------------------------------------------------------

bool JwtKeyUrl::ask() {
  std::function<void()> ask;
  {
    const std::lock_guard guard(lock_);
    ask = ask_;
  }
  if (ask) ask();
  return static_cast<bool>(ask);
}

void JwtKeyUrl::fetched_by(std::function<void()> ask) {
  const std::lock_guard guard(lock_);
  ask_ = std::move(ask);
}

std::shared_ptr<JwtKeyUrl> JwtKeyUrls::of(JwtKeyUrlSettings settings) {
  std::erase_if(all_, [](const auto& one) { return one.second.expired(); });
  std::weak_ptr<JwtKeyUrl>& known = all_[identity_of(settings)];
  if (auto url = known.lock()) return url;
  auto made = std::make_shared<JwtKeyUrl>(std::move(settings));
  known = made;
  return made;
}

std::vector<std::shared_ptr<JwtKeyUrl>> JwtKeyUrls::all() {
  std::vector<std::shared_ptr<JwtKeyUrl>> out;
  for (const auto& [text, one] : all_) {
    if (auto url = one.lock()) out.push_back(std::move(url));
  }
  return out;
}

}  // namespace gh::table
