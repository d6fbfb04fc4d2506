#include "state/sticky_zone.h"

#include <algorithm>
#include <cstring>


namespace gh::state {

StickyZone::StickyZone(std::size_t bytes) : capacity_(std::max(bytes, min_bytes) / session_bytes) {}

// The key is secret, so no client can choose a bucket.
std::size_t StickyZone::KeyHash::operator()(const Proof& key) const {
  std::size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof hash);
  return hash;
}

void StickyZone::drop(Sessions::iterator session) {
  by_key_.erase(session->key);
  sessions_.erase(session);
}

StickyZone::Sessions::iterator StickyZone::alive(const Proof& key, std::int64_t now_ms) {
  const auto at = by_key_.find(key);
  if (at == by_key_.end()) return sessions_.end();
  if (at->second->expires_ms > now_ms) return at->second;
  drop(at->second);
  return sessions_.end();
}

std::string StickyZone::find(std::string_view key, std::int64_t now_ms) {
  const Proof proof = process_hmac(key);
  const std::lock_guard guard(mutex_);
  const auto session = alive(proof, now_ms);
  return session == sessions_.end() ? std::string() : session->sid;
}

void StickyZone::put(std::string_view key, std::string_view sid, std::int64_t timeout_ms, std::int64_t now_ms) {
  const Proof proof = process_hmac(key);
  const std::lock_guard guard(mutex_);
  // Whose time is over go first: they stand near the end, as all live equally long after their last use.
  for (int i = 0; i < 2 && !sessions_.empty() && sessions_.back().expires_ms <= now_ms; ++i) {
    drop(std::prev(sessions_.end()));
  }
  if (const auto known = alive(proof, now_ms); known != sessions_.end()) {
    if (known->sid != sid) known->sid = sid;
    known->expires_ms = now_ms + timeout_ms;
    sessions_.splice(sessions_.begin(), sessions_, known);
    return;
  }
  if (sessions_.size() >= capacity_) drop(std::prev(sessions_.end()));
  sessions_.push_front({proof, std::string(sid), now_ms + timeout_ms});
  by_key_.emplace(proof, sessions_.begin());
}

void StickyZone::touch(std::string_view key, std::int64_t timeout_ms, std::int64_t now_ms) {
  const Proof proof = process_hmac(key);
  const std::lock_guard guard(mutex_);
  const auto session = alive(proof, now_ms);
  if (session == sessions_.end()) return;
  session->expires_ms = now_ms + timeout_ms;
  sessions_.splice(sessions_.begin(), sessions_, session);
}

std::size_t StickyZone::size() const {
  const std::lock_guard guard(mutex_);
  return sessions_.size();
}

}  // namespace gh::state
