// H2Gate: what a client may send on an HTTP/2 connection, frame by frame. It sees every byte before the session
// (nghttp2) does and refuses at once what breaks RFC 9113 or only costs: a wrong preface, frames of a wrong size or in
// a wrong place, streams that go backwards or are closed, floods. Pure: bytes in, verdict out; no heap but the list of
// open streams.
//
// It keeps for each stream what the client may still send. Field blocks and values are for others to judge.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace gh::http {

/// RFC 9113 7.
enum class H2Error : std::uint32_t {
  none, protocol, internal, flow_control, settings_timeout, stream_closed, frame_size, refused_stream, cancel,
  compression, connect, enhance_your_calm, inadequate_security, http_1_1_required
};
std::string_view h2_error_name(H2Error error);

enum class H2Frame : std::uint8_t {
  data, headers, priority, rst_stream, settings, push_promise, ping, goaway, window_update, continuation
};
inline constexpr std::uint8_t h2_end_stream = 0x1, h2_ack = 0x1, h2_end_headers = 0x4, h2_padded = 0x8,
                              h2_priority_flag = 0x20;
inline constexpr std::string_view h2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct H2GateLimits {
  std::uint32_t frame_bytes = 16 * 1024;   // SETTINGS_MAX_FRAME_SIZE as told to the client
  std::uint32_t block_bytes = 64 * 1024;   // one compressed field block
};

/// So many of something are taken, and some more with time and with each useful thing that happens.
class H2Budget {
 public:
  constexpr H2Budget(std::int32_t most, std::int32_t per_second) : left_(most), most_(most), per_second_(per_second) {}
  /// False: there are too many of them.
  bool take(std::int32_t count = 1) { return (left_ -= count) >= 0; }
  void give(std::int32_t count) { left_ = left_ + count < most_ ? left_ + count : most_; }
  void pass_time(std::int64_t ms) {
    if (left_ < most_) give(static_cast<std::int32_t>(ms < 60'000 ? ms * per_second_ / 1000 : most_));
  }

 private:
  std::int32_t left_, most_, per_second_;
};

class H2Gate {
 public:
  explicit H2Gate(const H2GateLimits& limits) : limits_(limits) {}

  struct Step {
    std::size_t consumed = 0;       // of the bytes given
    std::string_view pass;          // of these, what the session is to see
    bool frame_ended = false;       // with the last byte that was consumed; see frame()
    H2Error error = H2Error::none;  // else the connection ends with this code
    const char* reason = nullptr;   // static text for the log; null: all is well
  };
  /// Looks at the next bytes, to the end of a frame at most. `now_ms` is any clock that does not go back.
  Step take(std::string_view bytes, std::int64_t now_ms);

  struct Frame {
    std::uint32_t length = 0, stream = 0;
    std::uint8_t type = 0, flags = 0;
    bool opens_stream = false;      // HEADERS of a new one
    [[nodiscard]] bool is(H2Frame wanted) const { return type == static_cast<std::uint8_t>(wanted); }
  };
  /// The frame whose bytes passed last.
  [[nodiscard]] const Frame& frame() const { return frame_; }
  /// The preface is through, and no frame has begun.
  [[nodiscard]] bool between_frames() const { return stage_ == Stage::head && head_used_ == 0; }
  [[nodiscard]] std::uint32_t last_stream() const { return last_stream_; }
  /// Of the field block that was read last: payload bytes of its frames, and whether the client says no more after it.
  [[nodiscard]] std::uint32_t block_bytes() const { return block_bytes_; }
  [[nodiscard]] bool block_ends_stream() const { return block_ends_stream_; }

  /// Nothing more is sent on this stream. What the client sends on it before it knows that it was reset is let pass.
  void close_stream(std::uint32_t stream);
  /// A stream of this client had to be reset for what it sent, or was refused. False: there were too many.
  bool charge_reset() { return resets_.take(); }
  /// An answer went out whole.
  void note_answer() {
    resets_.give(1);
    control_.give(4);
  }
  /// A frame of DATA went out: WINDOW_UPDATEs for it are no flood.
  void note_data_sent() { control_.give(2); }

 private:
  enum class Stage : std::uint8_t { preface, head, pad_length, payload };
  enum class Side : std::uint8_t { open, ended, reset };  // what the client may send on it; reset: by us
  struct Stream {
    std::uint32_t id;
    Side side;
  };

  const char* judge();
  const char* judge_data();
  const char* judge_headers();
  const char* judge_continuation();
  const char* judge_on_stream(std::uint32_t length);
  const char* judge_on_connection();
  const char* judge_padding(std::uint8_t pad_bytes);
  const char* fail(H2Error error, const char* reason) {
    error_ = error;
    return reason;
  }
  void end_frame();
  void client_ended(std::uint32_t id);
  void pass_time(std::int64_t now_ms);
  Stream* find(std::uint32_t id);
  void forget_old_resets();

  H2GateLimits limits_;
  Stage stage_ = Stage::preface;
  bool first_seen_ = false;           // the SETTINGS of the client's preface
  bool block_ends_stream_ = false;    // the HEADERS whose block is being read had END_STREAM
  std::uint8_t head_used_ = 0;        // bytes of `head_`, or of the preface
  std::uint8_t head_[9] = {};
  Frame frame_;
  std::uint32_t left_ = 0;            // payload bytes still to come
  std::uint32_t last_stream_ = 0;
  std::uint32_t block_stream_ = 0;    // whose field block is being read; 0: none
  std::uint32_t block_bytes_ = 0;
  std::uint32_t block_frames_ = 0;
  H2Error error_ = H2Error::none;
  H2Budget resets_{100, 10};
  H2Budget empty_{100, 10};           // frames that carry nothing
  H2Budget control_{1000, 100};       // frames that are not a request's
  std::int64_t counted_ms_ = 0;       // until when time was given to the budgets
  std::uint32_t reset_streams_ = 0;   // of streams_, those with Side::reset
  std::vector<Stream> streams_;       // by id
};

}  // namespace gh::http
