// TlsSessions: sessions of TLS that clients may resume (`ssl_session_cache`), shared by workers and generations. What
// OpenSSL serialises is kept as it is, by session id. Memory is bounded: a full cache forgets the session that was not
// used for the longest. Any thread: one mutex, held for a look-up or an insertion, never while OpenSSL works. Times are
// Unix seconds, as in the sessions themselves. What goes is wiped: sessions hold keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gh::state {

class TlsSessions {
 public:
  using Bytes = std::vector<unsigned char>;
  static constexpr std::size_t min_bytes = 32 * 1024;
  static constexpr std::size_t most_session_bytes = 16 * 1024;  // with a client's certificate; larger ones are not kept
  static constexpr std::size_t entry_bytes = 256;               // what one costs beside its own bytes

  explicit TlsSessions(std::size_t bytes, std::size_t sessions = std::numeric_limits<std::size_t>::max());
  ~TlsSessions();
  TlsSessions(const TlsSessions&) = delete;
  TlsSessions& operator=(const TlsSessions&) = delete;

  /// Takes the place of one with the same id.
  void put(std::string_view id, Bytes session, std::int64_t expires_s);
  /// A copy; empty when there is none or its time is over.
  [[nodiscard]] Bytes find(std::string_view id, std::int64_t now_s);
  void remove(std::string_view id);

  [[nodiscard]] std::size_t bytes() const { return most_bytes_; }  // what it may use
  [[nodiscard]] std::size_t used_bytes() const;
  [[nodiscard]] std::size_t size() const;

 private:
  struct Session {
    std::string id;
    Bytes bytes;
    std::int64_t expires_s;
  };
  using Sessions = std::list<Session>;  // last used first
  void drop(Sessions::iterator session);
  [[nodiscard]] static std::size_t cost(const Session& session) { return session.bytes.size() + entry_bytes; }

  const std::size_t most_bytes_, most_sessions_;
  mutable std::mutex mutex_;
  std::size_t used_ = 0;
  Sessions sessions_;
  std::unordered_map<std::string_view, Sessions::iterator> by_id_;  // ids are random, and ours: nobody chooses a bucket
};

}  // namespace gh::state
