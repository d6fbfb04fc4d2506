#include "upstream/h2_callbacks.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>

#include "upstream/h2_session.h"

namespace gh::upstream {

class H2Callbacks {
 public:
  static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* user);
  static int data(nghttp2_session* h2, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                  void* user);
  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int closed(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user);
  static int bad_frame(nghttp2_session*, const nghttp2_frame* frame, int error, void* user);
  static int sent(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int complaint(nghttp2_session*, int, const char* text, std::size_t size, void* user);

 private:
  static H2Session& session(void* user) { return *static_cast<H2Session*>(user); }
  static H2PeerStream* stream(H2Session& s, std::int32_t id) {
    return static_cast<H2PeerStream*>(nghttp2_session_get_stream_user_data(s.session_, id));
  }
  static void illegal(H2Session& s, H2PeerStream& stream, std::string_view why);
  static void heads(H2Session& s, const nghttp2_frame& frame);
  static void ended(H2PeerStream& stream);
  static void reset(H2Session& s, std::int32_t id, std::uint32_t code);
};

namespace {

constexpr int flooded = NGHTTP2_ERR_CALLBACK_FAILURE;

}  // namespace

/// The stream is reset; its user is told at the end of the read.
void H2Callbacks::illegal(H2Session& s, H2PeerStream& stream, std::string_view why) {
  nghttp2_submit_rst_stream(s.session_, NGHTTP2_FLAG_NONE, stream.id_, NGHTTP2_PROTOCOL_ERROR);
  s.fail(stream, PeerFailure::Kind::illegal, fmt::format("upstream sent an invalid HTTP/2 message: {}", why));
}

/// What carries nothing may come now and then only: RFC 9113 10.5.
int H2Callbacks::begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* user) {
  H2Session& s = session(user);
  const bool ends = (head->flags & NGHTTP2_FLAG_END_STREAM) != 0;
  const bool carries = head->type == NGHTTP2_HEADERS || (head->type == NGHTTP2_DATA && (head->length > 0 || ends));
  if (carries) {
    s.earn();
    return 0;
  }
  if (s.spend()) return 0;
  s.fault_ = "upstream sent too many HTTP/2 frames that carry nothing";
  return flooded;
}

int H2Callbacks::data(nghttp2_session* h2, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                      void* user) {
  H2Session& s = session(user);
  nghttp2_session_consume_connection(h2, size);  // one stream that is held back does not hold the others
  H2PeerStream* to = stream(s, id);
  if (!to || to->reading_ == H2PeerStream::Reading::over) {
    nghttp2_session_consume_stream(h2, id, size);
  } else if (to->reading_ == H2PeerStream::Reading::head) {
    illegal(s, *to, "DATA before a response head");
  } else {
    to->unconsumed_ += size;
    s.touch(*to).pieces_.push_back({const_cast<std::uint8_t*>(bytes), size});
  }
  return 0;
}

/// A complete header block: an interim head, the head, or the trailers.
void H2Callbacks::heads(H2Session& s, const nghttp2_frame& frame) {
  H2PeerStream* to = stream(s, frame.hd.stream_id);
  if (!to || to->reading_ == H2PeerStream::Reading::over) return;
  if (s.block_->is_too_big()) return illegal(s, *to, "header block is too big");
  const bool ends = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (to->reading_ == H2PeerStream::Reading::body) {
    if (!ends) return illegal(s, *to, "trailers do not end the stream");  // RFC 9113 8.1
    s.touch(*to).trailers_ = std::move(s.block_);
    return ended(*to);
  }
  const http::FieldBlock& block = *s.block_;
  const bool interim = block.size() > 0 && block[0].name == ":status" && block[0].value.starts_with('1');
  if (interim) {
    if (ends) return illegal(s, *to, "interim response ends the stream");
    PeerAnswer answer;
    answer.head = &block;
    return to->user_->on_peer_answer(answer);
  }
  s.touch(*to).head_ = std::move(s.block_);
  to->reading_ = H2PeerStream::Reading::body;
  if (ends) ended(*to);
}

void H2Callbacks::ended(H2PeerStream& stream) {
  stream.reading_ = H2PeerStream::Reading::over;
  stream.ended_ = true;
}

/// Behind the end of an answer one reset without an error may come: the rest of the request is not wanted
/// (RFC 9113 8.1). Any other one takes back what the same read brought.
void H2Callbacks::reset(H2Session& s, std::int32_t id, std::uint32_t code) {
  if (H2PeerStream* const open = stream(s, id)) open->peer_reset_ = true;
  for (H2PeerStream* to : s.touched_) {
    if (!to || to->id_ != id || !to->ended_) continue;
    if (code != NGHTTP2_NO_ERROR || to->reset_) {
      s.fail(*to, PeerFailure::Kind::illegal, "upstream reset the HTTP/2 stream behind its end");
    }
    to->reset_ = true;
  }
}

int H2Callbacks::frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  H2Session& s = session(user);
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS: heads(s, *frame); break;
    case NGHTTP2_DATA:
      if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        H2PeerStream* to = stream(s, frame->hd.stream_id);
        if (to && to->reading_ == H2PeerStream::Reading::body) ended(s.touch(*to));
      }
      break;
    case NGHTTP2_RST_STREAM: reset(s, frame->hd.stream_id, frame->rst_stream.error_code); break;
    case NGHTTP2_SETTINGS:
      s.most_streams_ = std::min<std::size_t>(
          nghttp2_session_get_remote_settings(s.session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS), 1024);
      break;
    case NGHTTP2_GOAWAY: s.retired_ = true; break;
    default: break;
  }
  return 0;
}

/// The stream is over for nghttp2. A user that has its whole answer is not told.
int H2Callbacks::closed(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
  H2Session& s = session(user);
  H2PeerStream* to = stream(s, id);
  if (!to) return 0;
  to->open_ = false;
  if (to->reading_ == H2PeerStream::Reading::over) return 0;
  const bool unprocessed = code == NGHTTP2_REFUSED_STREAM;
  // More of them at once is not what this peer wants.
  if (unprocessed && !s.retired_) s.most_streams_ = std::max<std::size_t>(1, s.streams_ - 1);
  if (unprocessed && s.streams_ == 1) s.retired_ = true;
  if (unprocessed) s.fail(*to, PeerFailure::Kind::unprocessed, "upstream refused the HTTP/2 request");
  const char* const what = to->peer_reset_ ? "upstream reset the HTTP/2 stream"
                                           : "upstream broke the rules of HTTP/2, so that its stream was reset";
  if (!unprocessed) s.fail(*to, PeerFailure::Kind::illegal, fmt::format("{} ({})", what, nghttp2_http2_strerror(code)));
  return 0;
}

/// nghttp2 answers it with a reset of the stream or with the end of the connection.
int H2Callbacks::bad_frame(nghttp2_session*, const nghttp2_frame* frame, int error, void* user) {
  H2Session& s = session(user);
  s.fault_ = fmt::format("upstream sent an invalid HTTP/2 frame: {}", nghttp2_strerror(error));
  H2PeerStream* const to = stream(s, frame->hd.stream_id);
  if (to && to->reading_ != H2PeerStream::Reading::over) s.fail(*to, PeerFailure::Kind::illegal, s.fault_);
  return 0;
}

/// The end of a connection that nghttp2 has decided upon, and told nobody why.
int H2Callbacks::sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  H2Session& s = session(user);
  if (frame->hd.type != NGHTTP2_GOAWAY || frame->goaway.error_code == NGHTTP2_NO_ERROR || !s.fault_.empty()) return 0;
  const std::string_view why(reinterpret_cast<const char*>(frame->goaway.opaque_data), frame->goaway.opaque_data_len);
  s.fault_ = fmt::format("upstream broke the rules of HTTP/2: {} ({})", why.empty() ? "an illegal frame" : why,
                         nghttp2_http2_strerror(frame->goaway.error_code));
  return 0;
}

int H2Callbacks::complaint(nghttp2_session*, int, const char* text, std::size_t size, void* user) {
  H2Session& s = session(user);
  s.fault_ = fmt::format("upstream sent an invalid HTTP/2 frame: {}", std::string_view(text, size));
  return 0;
}

const nghttp2_session_callbacks* h2_callbacks() {
  static const nghttp2_session_callbacks* const made = [] {
    nghttp2_session_callbacks* to = nullptr;
    nghttp2_session_callbacks_new(&to);
    nghttp2_session_callbacks_set_on_begin_frame_callback(to, &H2Callbacks::begin_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(to, &H2Callbacks::data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(to, &H2Callbacks::frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(to, &H2Callbacks::closed);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(to, &H2Callbacks::bad_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(to, &H2Callbacks::sent);
    nghttp2_session_callbacks_set_error_callback2(to, &H2Callbacks::complaint);
    return to;
  }();
  return made;
}

}  // namespace gh::upstream
