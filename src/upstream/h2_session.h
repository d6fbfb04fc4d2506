// HTTP/2 to peers. H2Session: one connection that speaks it, many streams over it (RFC 9113; frames by nghttp2, header
// blocks of answers by http/h2_heads.h). H2Sessions: those of one worker's pool.
//
// All that is to be sent in a loop turn goes out with one write at its end. A stream whose user holds it back gives no
// window back, so that the peer stops sending it; the connection's window is given back at once, so that the others go
// on. What a peer may make us hold or do is bounded: its streams are ours, a head by proxy_buffer_size, a body by the
// stream's window, and frames that carry nothing by a budget. Loop thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "http/field_block.h"
#include "http/h2_heads.h"
#include "net/loop.h"
#include "upstream/h2_peer_stream.h"
#include "upstream/pool.h"

struct nghttp2_session;

namespace gh::upstream {

class H2Sessions;

class H2Session final : private PeerUser, private net::Deferred {
 public:
  explicit H2Session(H2Sessions& owner) : owner_(owner) {}
  ~H2Session() override;
  /// 0 or why it cannot even start.
  int connect(const state::Peer& peer, const Origin& origin);
  [[nodiscard]] bool fits(const state::Peer& peer, const Origin& origin) const {
    return connection_ && connection_->fits(peer, origin);
  }
  /// Another stream can be opened now, and `upstream` lets connections serve that long.
  [[nodiscard]] bool has_room(const table::Upstream& upstream) const;
  [[nodiscard]] bool is_connected() const { return session_ != nullptr; }
  [[nodiscard]] bool is_idle() const { return is_connected() && streams_ == 0 && !retired_; }
  H2PeerStream& open(std::size_t head_bytes, PeerUser& user);
  /// No further streams; it ends with the last one it has.
  void retire();

 private:
  friend class H2PeerStream;
  friend class H2Callbacks;
  friend class H2Sessions;
  // PeerUser of the connection
  void on_peer_connected(int error) override;
  void on_peer_read(std::string_view bytes) override;
  void on_peer_spliced(std::size_t) override {}
  void on_peer_eof() override;
  void on_peer_broken(int error) override;
  void on_peer_drained() override { flush_soon(); }
  void on_peer_timeout() override { retire(); }
  void run_deferred() override;

  int start();
  std::uint32_t read_frames(std::string_view bytes);
  bool decode_block(const http::H2HeadReader::Step& head);
  int submit(H2PeerStream& stream, std::string_view head);
  void flush_soon();
  int send_frames();
  void released(H2PeerStream& stream, const table::Upstream& upstream);
  void forget(H2PeerStream& stream);
  H2PeerStream& touch(H2PeerStream& stream);
  void fail(H2PeerStream& stream, PeerFailure::Kind kind, std::string_view text);
  void tell();
  void tell(H2PeerStream& stream);
  std::unique_ptr<http::FieldBlock> take_block();
  void give_block(std::unique_ptr<http::FieldBlock> block);
  void lost(PeerFailure::Kind kind, std::string_view text);
  void end_if_unused();
  /// A frame that carries nothing: false when there were too many.
  bool spend();
  void earn();

  H2Sessions& owner_;
  PeerConnection* connection_ = nullptr;   // null: it is over
  nghttp2_session* session_ = nullptr;     // null: not connected yet
  H2PeerStream* first_ = nullptr;
  static constexpr std::size_t most_block_bytes = 1024 * 1024;   // as it comes; a stream may allow less, see head_bytes
  static constexpr std::size_t most_continuations = 1024;        // frames in a block
  http::H2HeadReader heads_{most_block_bytes, most_continuations};
  std::unique_ptr<http::FieldBlock> block_;                 // of the frame that is being read
  std::vector<std::unique_ptr<http::FieldBlock>> spare_;    // blocks to be used again
  std::vector<H2PeerStream*> touched_;     // to be told at the end of the read; null: released meanwhile
  std::string fault_;                      // what nghttp2 said last
  const state::PeerGroup* group_ = nullptr;
  H2PeerStream* told_ = nullptr;           // its user is being told
  std::vector<iovec> pieces_;              // what it is told of
  std::uint64_t requests_ = 0;             // streams begun
  std::uint64_t answers_ = 0;              // streams that ended well
  std::int64_t created_ms_ = 0;
  std::int64_t last_read_ms_ = 0;
  std::int64_t idle_since_ms_ = 0;
  std::int64_t budget_ms_ = 0;
  std::size_t streams_ = 0;
  std::size_t most_streams_ = 100;         // RFC 9113 6.5.2: what may be taken for granted until SETTINGS come
  std::int32_t budget_ = 1000;
  bool retired_ = false;
  bool over_ = false;                      // lost or closed: to be deleted at the end of the turn
};

class H2Sessions {
 public:
  explicit H2Sessions(Pool& pool) : pool_(pool) {}
  ~H2Sessions();
  H2Sessions(const H2Sessions&) = delete;
  H2Sessions& operator=(const H2Sessions&) = delete;
  /// See Pool::open_stream().
  PeerLink* open(const table::Upstream& upstream, const state::Peer& peer, const Origin& origin, std::size_t head_bytes,
                 PeerUser& user, int& error, bool& connected);
  void retire(const state::PeerGroup& group);
  void keep_only(const std::unordered_set<const state::PeerGroup*>& groups);
  Pool& pool() { return pool_; }

 private:
  friend class H2Session;
  using List = std::vector<H2Session*>;
  void became_idle(H2Session& session, std::int64_t most);
  void remove(H2Session& session);   // and deletes it
  Pool& pool_;
  std::unordered_map<const state::PeerGroup*, List> by_group_;
};

}  // namespace gh::upstream
