// Pool: one worker's connections to peers, idle ones kept for reuse, last used first. No locks: nothing is shared.
// Idle connections keep reading started, so that a close by the peer is seen at once and a dead one is never handed
// out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/stream.h"
#include "state/peers.h"
#include "table/plan.h"
#include "upstream/peer_link.h"
#include "upstream/tls_client.h"

namespace gh::upstream {

class Pool;
class H2Sessions;

/// Of connect(), beside libuv's: there is no session for TLS; Pool::tls_error() tells why.
inline constexpr int tls_not_ready = UV_ERRNO_MAX - 1;

/// What makes connections different from others to the same peer: they are never mixed.
struct Origin {
  const Address* bind = nullptr;   // proxy_bind
  const void* place = nullptr;     // `keepalive ... local`: the location; null: all share
  std::string_view proxy_line;     // PROXY protocol header that a new connection begins with; empty: none
  const TlsUse* tls = nullptr;     // null: plain
  bool http2 = false;              // is spoken: TLS offers "h2"
};

/// One connection to one peer. Created and destroyed by its pool only.
class PeerConnection final : public PeerLink, private net::StreamEvents {
 public:
  [[nodiscard]] std::uint64_t requests() const { return requests_; }   // made before the current one
  [[nodiscard]] bool was_idle() const override { return requests_ > 0; }
  [[nodiscard]] PeerConnection& connection() override { return *this; }
  [[nodiscard]] const Address& local_address();
  /// TLS is wanted, and its handshake is not over, or has failed: then tls_failure() has words for the error that
  /// on_peer_connected() brought.
  [[nodiscard]] bool is_securing() const { return securing_; }
  [[nodiscard]] std::string tls_failure(int error) const;
  /// Was it made for the like of this one?
  [[nodiscard]] bool fits(const state::Peer& peer, const Origin& origin) const;
  net::Stream stream;

 private:
  friend class Pool;
  explicit PeerConnection(Pool& pool);
  ~PeerConnection() = default;
  int write_frames(std::span<const iovec> parts, bool last) override;
  [[nodiscard]] std::size_t queued_frames() const override;
  void hold_window(bool held) override;
  void end(const table::Upstream& upstream, bool reusable) override;
  [[nodiscard]] bool fits(std::uint64_t peer_id, std::size_t origin_key, const Origin& origin) const;
  int start_tls();
  void on_connected(int error) override;
  void on_secured(int error) override;
  void on_read(std::string_view bytes) override;
  void on_spliced(std::size_t bytes) override;
  void on_eof() override;
  void on_broken(int error) override;
  void on_drained() override;
  void fire() override;

  Pool& pool_;
  PeerUser* user_ = nullptr;                 // null: idle
  PeerConnection* newer_ = nullptr;          // idle list of its group, and of all idle ones when free
  PeerConnection* older_ = nullptr;
  struct IdleList* list_ = nullptr;
  const state::PeerGroup* group_ = nullptr;  // while idle
  std::uint64_t peer_id_ = 0;
  std::uint64_t requests_ = 0;
  std::int64_t created_ms_ = 0;
  std::int64_t idle_since_ms_ = 0;
  std::size_t origin_ = 0;                   // connections of another Origin are never shared
  std::unique_ptr<const std::string> proxy_line_;  // it began with this one: only for requests that it is true of
  std::unique_ptr<TlsPeer> tls_;             // null: plain
  bool securing_ = false;
};

struct IdleList {
  PeerConnection* newest = nullptr;
  PeerConnection* oldest = nullptr;
  std::int64_t count = 0;
};

class Pool {
 public:
  explicit Pool(net::Loop& loop);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// This worker's view of a group of peers (picks go through it). `seed` differs by worker.
  state::PeerView& view(const std::shared_ptr<state::PeerGroup>& group);

  /// An idle connection to `peer`, or null. From now on its events go to `user`. A request that is not `repeatable`
  /// gets one only if nothing says that its peer closes early: losing it to that race cannot be made good.
  PeerConnection* take_idle(const table::Upstream& upstream, const state::Peer& peer, const Origin& origin,
                            bool repeatable, PeerUser& user);
  /// A peer closed a kept connection just when it was used: its peers close early, see take_idle().
  void note_early_close(const table::Upstream& upstream);
  /// A new one that is connecting; on_peer_connected tells. Null: `error` is set (out of descriptors ...).
  PeerConnection* connect(const state::Peer& peer, const Origin& origin, PeerUser& user, int& error);
  /// A stream of a connection to `peer` that speaks HTTP/2; upstream/h2_session.h. `head_bytes`: the most of an
  /// answer's head. Null as above. `connected`: on_peer_connected() will not come, as the connection stands.
  PeerLink* open_stream(const table::Upstream& upstream, const state::Peer& peer, const Origin& origin,
                        std::size_t head_bytes, PeerUser& user, int& error, bool& connected);
  /// The attempt is over. `reusable`: nothing of it is left on the way, so that the next one may have the link if the
  /// upstream's settings allow it.
  void release(PeerLink& link, const table::Upstream& upstream, bool reusable) { link.end(upstream, reusable); }
  /// An attempt's own connection becomes something else: all but its stream is closed. Set that one's events next.
  net::Stream take_out(PeerLink& link);
  /// Drops what is kept for one group (an upstream made for a single URL).
  void forget(const state::PeerGroup& peers);
  /// Drops idle connections and views of groups that `table` does not use any more.
  void keep_only(const table::Table& table);
  /// Why there was no session for TLS (tls_not_ready).
  [[nodiscard]] const std::string& tls_error() const { return tls_.error(); }
  [[nodiscard]] std::size_t idle() const { return idle_; }
  net::Loop& loop() { return loop_; }

 private:
  friend class PeerConnection;
  friend class H2Session;
  void give_back(PeerConnection* connection, const table::Upstream& upstream);
  void close(PeerConnection* connection);
  void closed_by_peer(PeerConnection* connection);
  void unlink_idle(PeerConnection* connection);
  struct Group {
    std::shared_ptr<state::PeerGroup> peers;
    std::unique_ptr<state::PeerView> view;
    IdleList idle;
    std::int64_t early_close_ms = 0;    // when a kept connection was last closed soon after it was given back
    unsigned early_closes = 0;          // of late: one alone is an accident
  };
  Group& group(const std::shared_ptr<state::PeerGroup>& peers);
  void note_early_close(Group& group);
  void close_retired(IdleList& list);
  net::Loop& loop_;
  TlsClient tls_;
  std::unordered_map<const state::PeerGroup*, std::unique_ptr<Group>> groups_;
  Group* last_group_ = nullptr;   // most requests go where the last one went
  std::size_t idle_ = 0;
  std::unique_ptr<H2Sessions> h2_;   // made when it is first needed
};

}  // namespace gh::upstream
