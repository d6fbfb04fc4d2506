// The keys that tokens are checked with, and how those of a remote set come and are renewed: JwtKeys is what a worker
// sees of one source, JwtKeyUrls the sources of auth_jwt_key_url, which run/key_fetching asks on the main thread.
//
// A set that is there stays until a better one comes: an issuer that is down, slow or lies changes nothing. Whoever
// meets a token with a key that no set has asks for a renewal: one is under way at a time, all wait for that one, and
// the next one is `cooldown_ms` away, whoever asks.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/http_url.h"
#include "jose/key_set.h"
#include "net/loop.h"
#include "table/plan.h"

namespace gh::upstream {
class FetchTls;  // upstream/fetch_tls.h
}

namespace gh::table {

/// Keys as they are used, immutable. Two sets never have the same number.
struct JwtKeySet {
  JwtKeySet(jose::KeySet from, bool slow);
  jose::KeySet keys;
  const std::uint64_t number;
  const bool is_slow;  // to use them takes so long that a loop should not do it
};
using JwtKeySetPtr = std::shared_ptr<const JwtKeySet>;
JwtKeySetPtr make_key_set(jose::KeySet keys);

/// What is said about the keys of `text` that are of no use, for logs: "key 2 (\"kid\"): why; ...". Empty: all are.
std::string skipped_text(const std::vector<jose::SkippedKey>& skipped);
/// A JWKS document that came from elsewhere: at least one usable key in it, and no secrets or private ones unless
/// the rules say so.
Result<jose::ReadKeySet> read_remote_keys(std::string_view text, const jose::KeyRules& rules);

/// One who waits for a renewal. `ready` is called on its loop, once; the loop's thread takes it away, and leaves, when
/// nobody waits any more. So no mail goes to a loop that is no more.
struct JwtKeyWaiter {
  explicit JwtKeyWaiter(net::Loop& its_loop) : loop(its_loop) {}
  net::Loop& loop;
  std::function<void()> ready;
};

class JwtKeys {
 public:
  static constexpr std::size_t most_waiting = 4096;

  explicit JwtKeys(std::int64_t cooldown_ms) : cooldown_ms_(cooldown_ms) {}

  /// Any thread; null: none came so far.
  [[nodiscard]] JwtKeySetPtr get() const;
  /// Of the set that get() would give; 0: none.
  [[nodiscard]] std::uint64_t number() const { return number_.load(std::memory_order_acquire); }
  /// Monotonic, of the last renewal that brought a set; 0: none did.
  [[nodiscard]] std::int64_t renewed_ms() const { return renewed_ms_.load(std::memory_order_relaxed); }

  /// Any thread. True: a renewal is begun, to be done by who asked; end() ends it. False: one is under way, or there
  /// was one less than the cooldown ago. `forced`: however long ago.
  bool begin(std::int64_t now_ms, bool forced = false);
  /// Any thread. True: one is under way, and `waiter` is told when it ends.
  bool join(const std::shared_ptr<JwtKeyWaiter>& waiter);
  void leave(const JwtKeyWaiter& waiter);
  /// Of a renewal that was begun: the new set, or null when there is none. Those who wait are told.
  void end(JwtKeySetPtr set, std::int64_t now_ms);
  /// As if it had not been begun: who waits asks again.
  void give_up();

 private:
  void tell();

  const std::int64_t cooldown_ms_;
  mutable std::mutex lock_;
  JwtKeySetPtr set_;
  std::atomic<std::uint64_t> number_{0};
  std::atomic<std::int64_t> renewed_ms_{0};
  std::int64_t begun_ms_ = -1;  // -1: never
  bool is_busy_ = false;
  std::vector<std::shared_ptr<JwtKeyWaiter>> waiting_;
};

/// How one URL is asked.
struct JwtKeyUrlSettings {
  http::HttpUrl url{};
  std::string text{};     // as stated
  std::string trusted{};  // digest of the authorities of `trusted=`; empty: the system's
  std::shared_ptr<const upstream::FetchTls> tls{};  // for https://
  std::int64_t cache_ms = 0, cooldown_ms = 0, timeout_ms = 0;
  std::shared_ptr<const ResolverSettings> resolver{};
  std::int64_t resolver_timeout_ms = 30000;
};

/// The keys of one URL, kept over reloads.
struct JwtKeyUrl {
  explicit JwtKeyUrl(JwtKeyUrlSettings how) : settings(std::move(how)), keys(settings.cooldown_ms) {}
  const JwtKeyUrlSettings settings;
  JwtKeys keys;
  /// Asks whoever fetches for a renewal that has been begun. False: nobody does.
  bool ask();
  /// `ask` is called on any thread; none: nobody fetches any more.
  void fetched_by(std::function<void()> ask);

 private:
  std::mutex lock_;
  std::function<void()> ask_;
};

/// All URLs that tables in memory name. Main thread.
class JwtKeyUrls {
 public:
  static constexpr std::string_view registry_name = "auth_jwt/urls";
  std::shared_ptr<JwtKeyUrl> of(JwtKeyUrlSettings settings);
  [[nodiscard]] std::vector<std::shared_ptr<JwtKeyUrl>> all();

 private:
  std::map<std::string, std::weak_ptr<JwtKeyUrl>> all_;  // by all that makes an answer the right one
};

}  // namespace gh::table
