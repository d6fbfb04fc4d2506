#include "state/sticky_zone.h"

#include <algorithm>

#include "base/hash.h"
#include "base/md5.h"

namespace gh::state {

StickyZone::StickyZone(std::size_t bytes) : capacity_(std::max(bytes, min_bytes) / session_bytes) {}

// The digest's bytes alone would let a client choose the bucket.
std::size_t StickyZone::KeyHash::operator()(const Key& key) const {
  return static_cast<std::size_t>(keyed_hash({reinterpret_cast<const char*>(key.data()), key.size()}));
}

void StickyZone::drop(Sessions::iterator session) {
  by_key_.erase(session->key);
  sessions_.erase(session);
}

StickyZone::Sessions::iterator StickyZone::alive(const Key& key, std::int64_t now_ms) {
  const auto at = by_key_.find(key);
  if (at == by_key_.end()) return sessions_.end();
  if (at->second->expires_ms > now_ms) return at->second;
  drop(at->second);
  return sessions_.end();
}

std::string StickyZone::find(std::string_view key, std::int64_t now_ms) {
  const Key digest = md5(key);
  const std::lock_guard guard(mutex_);
  const auto session = alive(digest, now_ms);
  return session == sessions_.end() ? std::string() : session->sid;
}

void StickyZone::put(std::string_view key, std::string_view sid, std::int64_t timeout_ms, std::int64_t now_ms) {
  const Key digest = md5(key);
  const std::lock_guard guard(mutex_);
  // Whose time is over go first: they stand near the end, as all live equally long after their last use.
  for (int i = 0; i < 2 && !sessions_.empty() && sessions_.back().expires_ms <= now_ms; ++i) {
    drop(std::prev(sessions_.end()));
  }
  if (const auto known = alive(digest, now_ms); known != sessions_.end()) {
    if (known->sid != sid) known->sid = sid;
    known->expires_ms = now_ms + timeout_ms;
    sessions_.splice(sessions_.begin(), sessions_, known);
    return;
  }
  if (sessions_.size() >= capacity_) drop(std::prev(sessions_.end()));
  sessions_.push_front({digest, std::string(sid), now_ms + timeout_ms});
  by_key_.emplace(digest, sessions_.begin());
}

void StickyZone::touch(std::string_view key, std::int64_t timeout_ms, std::int64_t now_ms) {
  const Key digest = md5(key);
  const std::lock_guard guard(mutex_);
  const auto session = alive(digest, now_ms);
  if (session == sessions_.end()) return;
  session->expires_ms = now_ms + timeout_ms;
  sessions_.splice(sessions_.begin(), sessions_, session);
}

std::size_t StickyZone::size() const {
  const std::lock_guard guard(mutex_);
  return sessions_.size();
}

}  // namespace gh::state
