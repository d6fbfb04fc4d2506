// H2PeerStream: one request and its answer on an HTTP/2 connection to a peer (upstream/h2_session.h). It is what a
// forwarder has as its PeerLink: heads go in in HTTP/1 form and come out as fields, the body is bytes both ways.
// Made and destroyed by its session. Loop thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/field_block.h"
#include "upstream/peer_link.h"

namespace gh::upstream {

class H2Session;

class H2PeerStream final : public PeerLink {
 public:
  [[nodiscard]] bool was_idle() const override { return was_idle_; }
  [[nodiscard]] PeerConnection& connection() override;

 private:
  friend class H2Session;
  friend class H2Callbacks;
  friend struct H2BodySource;
  enum class Reading : std::uint8_t { head, body, over };
  H2PeerStream(net::Loop& loop, H2Session& session, PeerUser& user)
      : PeerLink(loop, nullptr), session_(session), user_(&user) {}
  ~H2PeerStream() = default;
  int write_frames(std::span<const iovec> parts, bool last) override;
  [[nodiscard]] std::size_t queued_frames() const override { return body_.size() - body_sent_; }
  void hold_window(bool held) override;
  void end(const table::Upstream& upstream, bool reusable) override;
  void fire() override;
  /// For a DATA frame: how many bytes, -1: there are none yet. `ends`: they are the last ones.
  ssize_t take_body(std::span<std::uint8_t> to, bool& ends);

  H2Session& session_;
  PeerUser* user_;                    // set for the life of a stream that its user has
  H2PeerStream* prev_ = nullptr;      // of its session
  H2PeerStream* next_ = nullptr;
  std::string body_;                  // of the request: queued for frames
  std::size_t body_sent_ = 0;         // of body_
  std::size_t head_bytes_ = 0;        // most of an answer's head
  std::size_t unconsumed_ = 0;        // bytes of the answer whose window is not given back
  std::int64_t begun_ms_ = 0;
  std::int32_t id_ = -1;              // -1: nothing was submitted
  bool open_ = false;                 // nghttp2 knows it
  Reading reading_ = Reading::head;
  bool begun_ = false;                // its head was submitted
  bool body_ends_ = false;            // nothing comes behind body_
  bool all_sent_ = false;             // END_STREAM is on its way
  bool deferred_ = false;             // DATA waits for bytes
  bool held_ = false;
  // What the read under way has brought, see PeerAnswer.
  std::unique_ptr<http::FieldBlock> head_, trailers_;
  std::vector<iovec> pieces_;
  PeerFailure::Kind failure_{};
  std::string failure_text_;          // empty: none
  bool touched_ = false;              // there is something
  bool reset_ = false;                // a reset has come behind its end
  bool peer_reset_ = false;           // a reset has come
  bool connecting_ = false;           // on_peer_connected() is due
  bool ended_ = false;                // the answer is whole
  bool full_ = false;                 // bytes were left in body_: on_peer_drained() is due when they are gone
  bool was_idle_ = false;
  bool timed_out_ = false;
};

}  // namespace gh::upstream
