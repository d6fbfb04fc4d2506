#include "http/h2_gate.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace gh::http {

namespace {

constexpr std::uint32_t most_block_frames = 100;
constexpr std::uint32_t most_other_bytes = 16 * 1024;   // of a frame that carries neither a body nor fields
constexpr std::uint32_t most_reset_streams = 256;
constexpr std::int64_t budget_step_ms = 100;

std::uint32_t read_number(const std::uint8_t* at, unsigned bytes) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) value = value << 8 | at[i];
  return value;
}

}  // namespace

std::string_view h2_error_name(H2Error error) {
  static constexpr std::string_view names[] = {
      "NO_ERROR",      "PROTOCOL_ERROR",   "INTERNAL_ERROR",      "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
      "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM",      "CANCEL",             "COMPRESSION_ERROR",
      "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"};
  const auto at = static_cast<std::size_t>(error);
  return at < std::size(names) ? names[at] : "an unknown error";
}

void H2Gate::pass_time(std::int64_t now_ms) {
  const std::int64_t passed = now_ms - counted_ms_;
  if (passed < budget_step_ms) return;
  if (counted_ms_ != 0) {
    resets_.pass_time(passed);
    empty_.pass_time(passed);
    control_.pass_time(passed);
  }
  counted_ms_ = now_ms;
}

H2Gate::Step H2Gate::take(std::string_view bytes, std::int64_t now_ms) {
  Step step;
  if (stage_ == Stage::preface) {
    while (step.consumed < bytes.size() && head_used_ < h2_preface.size()) {
      if (bytes[step.consumed] != h2_preface[head_used_]) {
        step.error = H2Error::protocol;
        step.reason = "invalid connection preface";
        return step;
      }
      ++head_used_;
      ++step.consumed;
    }
    if (head_used_ == h2_preface.size()) {
      stage_ = Stage::head;
      head_used_ = 0;
    }
    return step;
  }
  const char* reason = nullptr;
  if (stage_ == Stage::head) {
    const std::size_t count = std::min(bytes.size(), sizeof head_ - head_used_);
    std::memcpy(head_ + head_used_, bytes.data(), count);
    head_used_ = static_cast<std::uint8_t>(head_used_ + count);
    step.consumed = count;
    if (head_used_ == sizeof head_) {
      pass_time(now_ms);
      reason = judge();
      head_used_ = 0;
      const bool may_pad = frame_.is(H2Frame::data) || frame_.is(H2Frame::headers);
      if (left_ == 0) step.frame_ended = true;
      else stage_ = may_pad && (frame_.flags & h2_padded) != 0 ? Stage::pad_length : Stage::payload;
    }
  }
  if (!reason && stage_ == Stage::pad_length && step.consumed < bytes.size()) {
    reason = judge_padding(static_cast<std::uint8_t>(bytes[step.consumed]));
    ++step.consumed;
    --left_;
    stage_ = Stage::payload;
    step.frame_ended = left_ == 0;
  }
  if (reason) {
    step.error = error_;
    step.reason = reason;
    return step;
  }
  if (stage_ == Stage::payload && left_ > 0) {
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(bytes.size() - step.consumed, left_));
    step.consumed += count;
    left_ -= count;
    step.frame_ended = left_ == 0;
  }
  step.pass = bytes.substr(0, step.consumed);
  if (step.frame_ended) end_frame();
  return step;
}

void H2Gate::end_frame() {
  stage_ = Stage::head;
  if (frame_.is(H2Frame::data) && (frame_.flags & h2_end_stream) != 0) client_ended(frame_.stream);
  if ((frame_.is(H2Frame::headers) || frame_.is(H2Frame::continuation)) && (frame_.flags & h2_end_headers) != 0) {
    block_stream_ = 0;
    if (block_ends_stream_) client_ended(frame_.stream);
  }
}

// ---- frames --------------------------------------------------------------------------------------------------------

/// The frame's nine bytes are there. nullptr, or why the connection ends.
const char* H2Gate::judge() {
  frame_.length = left_ = read_number(head_, 3);
  frame_.type = head_[3];
  frame_.flags = head_[4];
  frame_.stream = read_number(head_ + 5, 4) & 0x7fffffff;
  frame_.opens_stream = false;
  if (!first_seen_ && !frame_.is(H2Frame::settings)) {  // RFC 9113 3.4
    return fail(H2Error::protocol, "the first frame is not SETTINGS");
  }
  first_seen_ = true;
  const bool carries = frame_.is(H2Frame::data) || frame_.is(H2Frame::headers) || frame_.is(H2Frame::continuation);
  const std::uint32_t most = carries ? limits_.frame_bytes : std::min(limits_.frame_bytes, most_other_bytes);
  if (frame_.length > most) return fail(H2Error::frame_size, "a frame is larger than allowed");
  if (block_stream_ != 0 && !(frame_.is(H2Frame::continuation) && frame_.stream == block_stream_)) {  // RFC 9113 6.10
    return fail(H2Error::protocol, "a field block was not continued");
  }
  switch (static_cast<H2Frame>(frame_.type)) {
    case H2Frame::data: return judge_data();
    case H2Frame::headers: return judge_headers();
    case H2Frame::continuation: return judge_continuation();
    case H2Frame::priority: return judge_on_stream(5);
    case H2Frame::rst_stream: return judge_on_stream(4);
    case H2Frame::window_update:
      if (frame_.stream != 0) return judge_on_stream(4);
      if (frame_.length != 4) return fail(H2Error::frame_size, "a WINDOW_UPDATE frame of a wrong size");
      break;
    case H2Frame::push_promise: return fail(H2Error::protocol, "a client sent PUSH_PROMISE");
    case H2Frame::settings:
    case H2Frame::ping:
    case H2Frame::goaway: return judge_on_connection();
    default: break;  // RFC 9113 5.5: of an unknown type, to be passed over
  }
  return control_.take() ? nullptr : fail(H2Error::enhance_your_calm, "too many control frames");
}

const char* H2Gate::judge_data() {
  if (frame_.stream == 0) return fail(H2Error::protocol, "DATA on stream 0");
  const Stream* stream = find(frame_.stream);
  if (!stream && frame_.stream > last_stream_) return fail(H2Error::protocol, "DATA on an idle stream");
  if (!stream || stream->side == Side::ended) return fail(H2Error::stream_closed, "DATA on a closed stream");
  if ((frame_.flags & h2_padded) != 0 && frame_.length == 0) {
    return fail(H2Error::frame_size, "a padded frame without its pad length");
  }
  if (frame_.length == 0 && (frame_.flags & h2_end_stream) == 0 && !empty_.take()) {
    return fail(H2Error::enhance_your_calm, "too many empty frames");
  }
  if (frame_.length > 0) empty_.give(1);
  return nullptr;
}

const char* H2Gate::judge_headers() {
  if (frame_.stream % 2 == 0) return fail(H2Error::protocol, "HEADERS on a stream that no client may open");
  const std::uint32_t least = ((frame_.flags & h2_padded) != 0 ? 1u : 0u) +
                              ((frame_.flags & h2_priority_flag) != 0 ? 5u : 0u);
  if (frame_.length < least) return fail(H2Error::frame_size, "a HEADERS frame is too short");
  if (frame_.length > limits_.block_bytes) return fail(H2Error::enhance_your_calm, "a field block is too large");
  const Stream* stream = find(frame_.stream);
  if (stream && stream->side == Side::ended) return fail(H2Error::stream_closed, "HEADERS on a closed stream");
  if (!stream) {
    if (frame_.stream <= last_stream_) return fail(H2Error::protocol, "stream identifiers go down");  // RFC 9113 5.1.1
    last_stream_ = frame_.stream;
    frame_.opens_stream = true;
    streams_.push_back({frame_.stream, Side::open});
  }
  block_stream_ = (frame_.flags & h2_end_headers) != 0 ? 0 : frame_.stream;
  block_ends_stream_ = (frame_.flags & h2_end_stream) != 0;
  block_bytes_ = frame_.length;
  block_frames_ = 0;
  return nullptr;
}

const char* H2Gate::judge_continuation() {
  if (block_stream_ == 0) return fail(H2Error::protocol, "CONTINUATION without a field block");
  block_bytes_ += frame_.length;
  const bool is_last = (frame_.flags & h2_end_headers) != 0;
  if (block_bytes_ > limits_.block_bytes || ++block_frames_ > most_block_frames ||
      (frame_.length == 0 && !is_last && !empty_.take())) {
    return fail(H2Error::enhance_your_calm, "a field block of too many parts");
  }
  return nullptr;
}

/// PRIORITY, RST_STREAM and WINDOW_UPDATE of a stream.
const char* H2Gate::judge_on_stream(std::uint32_t length) {
  if (frame_.stream == 0) return fail(H2Error::protocol, "a stream's frame on stream 0");
  if (frame_.length != length) {
    return fail(H2Error::frame_size, "a PRIORITY, RST_STREAM or WINDOW_UPDATE frame of a wrong size");
  }
  if (frame_.is(H2Frame::priority)) {
    return control_.take() ? nullptr : fail(H2Error::enhance_your_calm, "too many control frames");
  }
  if (frame_.stream > last_stream_ || frame_.stream % 2 == 0) {
    return fail(H2Error::protocol, "RST_STREAM or WINDOW_UPDATE on an idle stream");
  }
  Stream* const stream = find(frame_.stream);
  if (!frame_.is(H2Frame::rst_stream) || !stream) {
    return control_.take() ? nullptr : fail(H2Error::enhance_your_calm, "too many control frames");
  }
  const bool is_news = stream->side != Side::reset;
  if (!is_news) --reset_streams_;
  streams_.erase(streams_.begin() + (stream - streams_.data()));
  return !is_news || resets_.take() ? nullptr : fail(H2Error::enhance_your_calm, "too many streams were reset");
}

const char* H2Gate::judge_on_connection() {
  if (frame_.stream != 0) return fail(H2Error::protocol, "a connection's frame on a stream");
  const bool is_ack = frame_.is(H2Frame::settings) && (frame_.flags & h2_ack) != 0;
  const bool wrong = frame_.is(H2Frame::ping)     ? frame_.length != 8
                     : frame_.is(H2Frame::goaway) ? frame_.length < 8
                                                  : frame_.length % 6 != 0 || (is_ack && frame_.length != 0);
  if (wrong) return fail(H2Error::frame_size, "a SETTINGS, PING or GOAWAY frame of a wrong size");
  return control_.take() ? nullptr : fail(H2Error::enhance_your_calm, "too many control frames");
}

/// RFC 9113 6.1: padding must leave room for itself; what is nothing but padding counts as empty.
const char* H2Gate::judge_padding(std::uint8_t pad_bytes) {
  const std::uint32_t other = 1u + (frame_.is(H2Frame::headers) && (frame_.flags & h2_priority_flag) != 0 ? 5u : 0u);
  if (pad_bytes + other > frame_.length) return fail(H2Error::protocol, "padding is longer than its frame");
  const bool is_empty = frame_.is(H2Frame::data) && pad_bytes + other == frame_.length;
  // Two, as one was given for its size.
  if (is_empty && (frame_.flags & h2_end_stream) == 0 && !empty_.take(2)) {
    return fail(H2Error::enhance_your_calm, "too many empty frames");
  }
  return nullptr;
}

// ---- streams -------------------------------------------------------------------------------------------------------

H2Gate::Stream* H2Gate::find(std::uint32_t id) {
  const auto at = std::lower_bound(streams_.begin(), streams_.end(), id,
                                   [](const Stream& stream, std::uint32_t wanted) { return stream.id < wanted; });
  return at != streams_.end() && at->id == id ? &*at : nullptr;
}

void H2Gate::client_ended(std::uint32_t id) {
  Stream* const stream = find(id);
  if (!stream) return;
  if (stream->side == Side::open) {
    stream->side = Side::ended;
    return;
  }
  if (stream->side == Side::reset) --reset_streams_;
  streams_.erase(streams_.begin() + (stream - streams_.data()));
}

void H2Gate::close_stream(std::uint32_t id) {
  Stream* const stream = find(id);
  if (!stream || stream->side == Side::reset) return;
  if (stream->side == Side::ended) {
    streams_.erase(streams_.begin() + (stream - streams_.data()));
    return;
  }
  stream->side = Side::reset;
  if (++reset_streams_ > most_reset_streams) forget_old_resets();
}

void H2Gate::forget_old_resets() {
  const auto at = std::find_if(streams_.begin(), streams_.end(),
                               [this](const Stream& s) { return s.side == Side::reset && s.id != block_stream_; });
  if (at == streams_.end()) return;
  streams_.erase(at);
  --reset_streams_;
}

}  // namespace gh::http
