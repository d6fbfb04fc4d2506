#include "state/tls_sessions.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <iterator>

namespace gh::state {

TlsSessions::TlsSessions(std::size_t bytes, std::size_t sessions)
    : most_bytes_(std::max(bytes, min_bytes)), most_sessions_(std::max<std::size_t>(sessions, 1)) {}

TlsSessions::~TlsSessions() {
  while (!sessions_.empty()) drop(sessions_.begin());
}

void TlsSessions::drop(Sessions::iterator session) {
  used_ -= cost(*session);
  by_id_.erase(session->id);
  OPENSSL_cleanse(session->bytes.data(), session->bytes.size());
  sessions_.erase(session);
}

void TlsSessions::put(std::string_view id, Bytes session, std::int64_t expires_s) {
  if (id.empty() || session.size() > most_session_bytes) return;
  Sessions one;
  one.push_back({std::string(id), std::move(session), expires_s});
  const std::lock_guard guard(mutex_);
  if (const auto known = by_id_.find(id); known != by_id_.end()) drop(known->second);
  while (!sessions_.empty() && (used_ + cost(one.front()) > most_bytes_ || sessions_.size() >= most_sessions_)) {
    drop(std::prev(sessions_.end()));
  }
  used_ += cost(one.front());
  sessions_.splice(sessions_.begin(), one);
  by_id_.emplace(sessions_.front().id, sessions_.begin());
}

TlsSessions::Bytes TlsSessions::find(std::string_view id, std::int64_t now_s) {
  const std::lock_guard guard(mutex_);
  const auto known = by_id_.find(id);
  if (known == by_id_.end()) return {};
  const auto session = known->second;
  if (session->expires_s <= now_s) {
    drop(session);
    return {};
  }
  sessions_.splice(sessions_.begin(), sessions_, session);
  return session->bytes;
}

void TlsSessions::remove(std::string_view id) {
  const std::lock_guard guard(mutex_);
  if (const auto known = by_id_.find(id); known != by_id_.end()) drop(known->second);
}

std::size_t TlsSessions::used_bytes() const {
  const std::lock_guard guard(mutex_);
  return used_;
}

std::size_t TlsSessions::size() const {
  const std::lock_guard guard(mutex_);
  return sessions_.size();
}

}  // namespace gh::state
