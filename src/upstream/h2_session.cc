#include "upstream/h2_session.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "http/h1.h"
#include "http/hpack.h"
#include "upstream/h2_callbacks.h"

namespace gh::upstream {

namespace {

constexpr std::uint32_t stream_window_bytes = 256 * 1024;
constexpr std::int32_t connection_window_bytes = 16 * 1024 * 1024;
constexpr std::size_t high_water = 256 * 1024;       // queued on the connection: no more frames are made
constexpr std::size_t most_spare_blocks = 8;
constexpr std::size_t most_sent_kept = 64 * 1024;    // bytes of a body's queue that are sent already
constexpr std::int32_t budget_a_second = 1000;       // frames that carry nothing
constexpr std::int32_t most_budget = 10000;

std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

nghttp2_option* options() {
  static nghttp2_option* const made = [] {
    nghttp2_option* to = nullptr;
    nghttp2_option_new(&to);
    nghttp2_option_set_no_auto_window_update(to, 1);
    nghttp2_option_set_no_http_messaging(to, 1);  // http/field_block.h is stricter, and says what is wrong
    nghttp2_option_set_max_send_header_block_length(to, 1024 * 1024);
    nghttp2_option_set_no_closed_streams(to, 1);
    return to;
  }();
  return made;
}

}  // namespace

// ---- H2PeerStream --------------------------------------------------------------------------------------------------

PeerConnection& H2PeerStream::connection() { return *session_.connection_; }

int H2PeerStream::write_frames(std::span<const iovec> parts, bool last) {
  if (session_.over_ || (begun_ && !open_)) return UV_ECONNRESET;
  std::size_t head = 0;
  if (!begun_) head = http::head_end({static_cast<const char*>(parts[0].iov_base), parts[0].iov_len}, 0);
  if (body_sent_ == body_.size() || body_sent_ > most_sent_kept) {
    body_.erase(0, body_sent_);
    body_sent_ = 0;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t skip = i == 0 ? head : 0;
    body_.append(static_cast<const char*>(parts[i].iov_base) + skip, parts[i].iov_len - skip);
  }
  body_ends_ = last;
  full_ = queued_frames() > 0;
  if (!begun_) {
    begun_ = true;
    const int error = session_.submit(*this, {static_cast<const char*>(parts[0].iov_base), head});
    if (error != 0) return error;
  } else if (deferred_) {
    deferred_ = false;
    nghttp2_session_resume_data(session_.session_, id_);
  }
  session_.flush_soon();
  return 0;
}

void H2PeerStream::hold_window(bool held) {
  held_ = held;
  if (held || unconsumed_ == 0 || !open_) return;
  nghttp2_session_consume_stream(session_.session_, id_, std::exchange(unconsumed_, 0));
  session_.flush_soon();
}

void H2PeerStream::fire() {
  timed_out_ = true;
  user_->on_peer_timeout();
}

void H2PeerStream::end(const table::Upstream& upstream, bool) { session_.released(*this, upstream); }

// ---- H2Session -----------------------------------------------------------------------------------------------------

H2Session::~H2Session() {
  while (first_) forget(*first_);
  if (session_) nghttp2_session_del(session_);
  if (connection_) owner_.pool().close(connection_);
}

int H2Session::connect(const state::Peer& peer, const Origin& origin) {
  int error = 0;
  created_ms_ = owner_.pool().loop().clock().now_ms();
  connection_ = owner_.pool().connect(peer, origin, *this, error);
  return error;
}

bool H2Session::has_room(const table::Upstream& upstream) const {
  if (retired_ || over_ || streams_ >= most_streams_) return false;
  return requests_ < static_cast<std::uint64_t>(std::max<std::int64_t>(1, upstream.keepalive_requests)) &&
         owner_.pool().loop().clock().now_ms() - created_ms_ < upstream.keepalive_time_ms;
}

H2PeerStream& H2Session::open(std::size_t head_bytes, PeerUser& user) {
  auto* stream = new H2PeerStream(owner_.pool().loop(), *this, user);
  stream->head_bytes_ = head_bytes;
  stream->was_idle_ = answers_ > 0;
  stream->connecting_ = !is_connected();
  stream->begun_ms_ = owner_.pool().loop().clock().now_ms();
  stream->next_ = first_;
  if (first_) first_->prev_ = stream;
  first_ = stream;
  if (streams_++ == 0) connection_->clear_timeout();
  ++requests_;
  return *stream;
}

/// The connection stands: our side's preface. RFC 9113 3.4.
int H2Session::start() {
  if (nghttp2_session_client_new2(&session_, h2_callbacks(), this, options()) != 0) return UV_ENOMEM;
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0},
                                             {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window_bytes}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, connection_window_bytes);
  flush_soon();
  return 0;
}

void H2Session::on_peer_connected(int error) {
  if (error == 0) error = start();
  if (error != 0) over_ = true;  // the connection is there until all know: it has words for the error
  // A user may release its stream, and others': none is held here meanwhile.
  for (H2PeerStream* s = first_; s;) {
    if (!std::exchange(s->connecting_, false)) {
      s = s->next_;
      continue;
    }
    s->user_->on_peer_connected(error);
    s = first_;
  }
  flush_soon();
}

void H2Session::on_peer_read(std::string_view bytes) {
  last_read_ms_ = owner_.pool().loop().clock().now_ms();
  if (over_) return;
  fault_.clear();
  const std::uint32_t error = read_frames(bytes);
  flush_soon();
  tell();
  if (error == NGHTTP2_NO_ERROR) return;
  nghttp2_session_terminate_session(session_, error);
  send_frames();
  lost(PeerFailure::Kind::illegal, fault_);
}

/// Not NO_ERROR: the connection is of no use any more, `fault_` says why.
std::uint32_t H2Session::read_frames(std::string_view bytes) {
  using State = http::H2HeadReader::State;
  while (true) {
    http::H2HeadReader::Step step = heads_.next(bytes);
    if (step.state == State::more) return NGHTTP2_NO_ERROR;
    if (step.state == State::bad) {
      fault_ = fmt::format("upstream sent an invalid HTTP/2 frame: {}", step.reason);
      return NGHTTP2_PROTOCOL_ERROR;
    }
    char stand_in[http::H2HeadReader::stand_in_bytes];
    if (step.state == State::head) {
      if (!decode_block(step)) return NGHTTP2_COMPRESSION_ERROR;
      http::H2HeadReader::write_stand_in(step, stand_in);
      step.bytes = {stand_in, sizeof stand_in};
    }
    const ssize_t read = nghttp2_session_mem_recv(session_, bytes_of(step.bytes), step.bytes.size());
    if (read >= 0) continue;
    const char* why = nghttp2_strerror(static_cast<int>(read));
    if (fault_.empty()) fault_ = fmt::format("upstream sent invalid HTTP/2: {}", why);
    return read == NGHTTP2_ERR_CALLBACK_FAILURE || read == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM
                                                                               : NGHTTP2_PROTOCOL_ERROR;
  }
}

bool H2Session::decode_block(const http::H2HeadReader::Step& head) {
  const auto* to = static_cast<const H2PeerStream*>(
      nghttp2_session_get_stream_user_data(session_, static_cast<std::int32_t>(head.id)));
  if (!block_) block_ = take_block();
  block_->clear(to ? to->head_bytes_ : 0);
  const char* fault = http::decode_hpack(head.bytes, *block_);
  if (fault) fault_ = fmt::format("upstream sent an invalid HTTP/2 header block: {}", fault);
  return !fault;
}

void H2Session::on_peer_eof() { lost(PeerFailure::Kind::broken, "upstream prematurely closed connection"); }

void H2Session::on_peer_broken(int error) {
  lost(PeerFailure::Kind::broken, fmt::format("recv() failed ({}: {})", -error, std::strerror(-error)));
}

void H2Session::flush_soon() { owner_.pool().loop().defer(*this); }

void H2Session::run_deferred() {
  if (!over_ && session_) {
    const int error = send_frames();
    if (error != 0) {
      lost(PeerFailure::Kind::broken, fmt::format("send() failed ({}: {})", -error, std::strerror(-error)));
    } else if (!nghttp2_session_want_read(session_) && !nghttp2_session_want_write(session_)) {
      // nghttp2 has given the connection up.
      lost(PeerFailure::Kind::illegal, fault_.empty() ? "upstream ended the HTTP/2 connection" : fault_);
    }
    if (!touched_.empty()) tell();  // whose streams nghttp2 has reset now: no read may follow that would tell
  }
  end_if_unused();
}

/// All frames that are due, in one write.
int H2Session::send_frames() {
  thread_local std::string out;
  out.clear();
  while (connection_->stream.queued_bytes() + out.size() < high_water) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) return UV_ENOMEM;
    if (size == 0) break;
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  const int error = out.empty() ? 0 : connection_->stream.write(out);
  if (error != 0) return error;
  for (H2PeerStream* s = first_; s;) {
    if (s->full_ && s->queued_frames() == 0) {
      s->full_ = false;
      s->user_->on_peer_drained();
      s = first_;  // the user may have released streams
    } else {
      s = s->next_;
    }
  }
  return 0;
}

/// DATA of a request, as much as is there.
struct H2BodySource {
  static ssize_t read(nghttp2_session* session, std::int32_t id, std::uint8_t* to, std::size_t most,
                      std::uint32_t* flags, nghttp2_data_source*, void*) {
    auto* stream = static_cast<H2PeerStream*>(nghttp2_session_get_stream_user_data(session, id));
    if (!stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // it was released; its reset is on the way
    bool ends = false;
    const ssize_t size = stream->take_body({to, most}, ends);
    if (ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return size < 0 ? static_cast<ssize_t>(NGHTTP2_ERR_DEFERRED) : size;
  }
};

int H2Session::submit(H2PeerStream& stream, std::string_view head) {
  thread_local std::string names;
  thread_local std::vector<http::FieldBlock::Pair> pairs;
  thread_local std::vector<nghttp2_nv> fields;
  const std::string_view scheme = connection_->stream.tls() ? "https" : "http";
  if (!http::request_block_of(head, scheme, names, pairs)) return UV_EINVAL;
  fields.clear();
  for (const auto& [name, value] : pairs)
    fields.push_back({bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  nghttp2_data_provider body{};
  body.source.ptr = &stream;
  body.read_callback = &H2BodySource::read;
  const bool no_body = stream.body_ends_ && stream.body_.empty();
  stream.all_sent_ = no_body;
  const nghttp2_data_provider* const source = no_body ? nullptr : &body;
  stream.id_ = nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), source, &stream);
  stream.open_ = stream.id_ >= 0;
  if (stream.open_) return 0;
  retired_ = true;  // ids are used up
  return UV_ECONNRESET;
}

void H2Session::released(H2PeerStream& stream, const table::Upstream& upstream) {
  stream.user_ = nullptr;
  const bool well = stream.ended_;
  if (well) ++answers_;
  // Nothing at all came while it waited: nobody else should wait there.
  if (stream.timed_out_ && last_read_ms_ <= stream.begun_ms_) retired_ = true;
  if (stream.open_ && !over_) {
    nghttp2_session_set_stream_user_data(session_, stream.id_, nullptr);
    if (!well || !stream.all_sent_) {
      nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id_, well ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL);
    }
  }
  forget(stream);
  if (streams_ == 0) {
    const bool kept = !upstream.is_implicit && upstream.keepalive_connections > 0 && is_connected();
    if (!kept || !has_room(upstream)) retired_ = true;
    else if (!retired_ && !over_) owner_.became_idle(*this, upstream.keepalive_connections);
    if (connection_ && !retired_) connection_->set_timeout(upstream.keepalive_timeout_ms);
  }
  flush_soon();
}

void H2Session::forget(H2PeerStream& stream) {
  stream.clear_timeout();
  if (told_ == &stream) told_ = nullptr;
  if (stream.touched_) std::replace(touched_.begin(), touched_.end(), &stream, static_cast<H2PeerStream*>(nullptr));
  (stream.prev_ ? stream.prev_->next_ : first_) = stream.next_;
  if (stream.next_) stream.next_->prev_ = stream.prev_;
  --streams_;
  delete &stream;
}

/// The connection is of no use any more: whoever waits for an answer is told.
void H2Session::lost(PeerFailure::Kind kind, std::string_view text) {
  if (over_) return;
  over_ = true;
  for (H2PeerStream* s = first_; s; s = s->next_) {
    if (s->reading_ != H2PeerStream::Reading::over) fail(*s, kind, text);
  }
  tell();
  flush_soon();
}

H2PeerStream& H2Session::touch(H2PeerStream& stream) {
  if (!std::exchange(stream.touched_, true)) touched_.push_back(&stream);
  return stream;
}

void H2Session::fail(H2PeerStream& stream, PeerFailure::Kind kind, std::string_view text) {
  touch(stream);
  stream.reading_ = H2PeerStream::Reading::over;
  stream.ended_ = false;
  stream.failure_ = kind;
  stream.failure_text_ = text;
}

/// What a read brought, stream by stream. A user may release its stream, and others'.
void H2Session::tell() {
  for (std::size_t i = 0; i < touched_.size(); ++i) {
    if (!touched_[i]) continue;
    told_ = touched_[i];
    touched_[i] = nullptr;
    tell(*told_);
    if (told_ && !told_->held_) told_->hold_window(false);
  }
  told_ = nullptr;
  touched_.clear();
}

void H2Session::tell(H2PeerStream& stream) {
  stream.touched_ = false;
  auto head = std::move(stream.head_);
  auto trailers = std::move(stream.trailers_);
  const std::string text = std::move(stream.failure_text_);
  const PeerFailure failure{stream.failure_, text};
  pieces_.clear();
  pieces_.swap(stream.pieces_);
  const PeerFailure* const failed = text.empty() ? nullptr : &failure;
  stream.user_->on_peer_answer({head.get(), pieces_, trailers.get(), stream.ended_, failed});
  give_block(std::move(head));
  give_block(std::move(trailers));
}

std::unique_ptr<http::FieldBlock> H2Session::take_block() {
  if (spare_.empty()) return std::make_unique<http::FieldBlock>();
  auto block = std::move(spare_.back());
  spare_.pop_back();
  return block;
}

void H2Session::give_block(std::unique_ptr<http::FieldBlock> block) {
  if (block && spare_.size() < most_spare_blocks) spare_.push_back(std::move(block));
}

void H2Session::retire() {
  retired_ = true;
  flush_soon();
}

void H2Session::end_if_unused() {
  if (streams_ == 0 && (over_ || retired_)) owner_.remove(*this);
}

bool H2Session::spend() {
  const std::int64_t now = last_read_ms_;
  if (now - budget_ms_ >= 1000) {
    budget_ms_ = now;
    budget_ = std::max(budget_, budget_a_second);
  }
  return --budget_ > 0;
}

void H2Session::earn() { budget_ = std::min(budget_ + 4, most_budget); }

/// -1: there is nothing yet.
ssize_t H2PeerStream::take_body(std::span<std::uint8_t> to, bool& ends) {
  const std::size_t size = std::min(to.size(), queued_frames());
  if (size == 0 && !body_ends_) {
    deferred_ = true;
    return -1;
  }
  if (size > 0) std::memcpy(to.data(), body_.data() + body_sent_, size);
  body_sent_ += size;
  session_.earn();  // an acknowledgement may come for it
  all_sent_ = ends = body_ends_ && queued_frames() == 0;
  return static_cast<ssize_t>(size);
}

// ---- H2Sessions ----------------------------------------------------------------------------------------------------

H2Sessions::~H2Sessions() {
  for (auto& [group, list] : by_group_) {
    for (H2Session* session : list) delete session;
  }
}

/// A FIN that the loop has not seen yet.
static bool has_ended(const PeerConnection& connection) {
  char byte = 0;
  const ssize_t got = ::recv(connection.stream.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

PeerLink* H2Sessions::open(const table::Upstream& upstream, const state::Peer& peer, const Origin& origin,
                           std::size_t head_bytes, PeerUser& user, int& error, bool& connected) {
  List& list = by_group_[upstream.peers.get()];
  for (H2Session* session : list) {
    if (!session->has_room(upstream) || !session->fits(peer, origin)) continue;
    if (session->is_idle() && has_ended(*session->connection_)) {
      session->retire();
      continue;
    }
    connected = session->is_connected();
    return &session->open(head_bytes, user);
  }
  auto* session = new H2Session(*this);
  session->group_ = upstream.peers.get();
  list.push_back(session);
  connected = false;
  error = session->connect(peer, origin);
  if (error == 0) return &session->open(head_bytes, user);
  remove(*session);
  return nullptr;
}

/// Of more than `most` that wait for work, the one that has waited longest goes.
void H2Sessions::became_idle(H2Session& session, std::int64_t most) {
  session.idle_since_ms_ = pool_.loop().clock().now_ms();
  std::int64_t count = 0;
  H2Session* oldest = &session;
  for (H2Session* other : by_group_[session.group_]) {
    if (!other->is_idle()) continue;
    ++count;
    if (other != &session && (oldest == &session || other->idle_since_ms_ < oldest->idle_since_ms_)) oldest = other;
  }
  if (count > most) oldest->retire();
}

void H2Sessions::retire(const state::PeerGroup& group) {
  const auto it = by_group_.find(&group);
  if (it == by_group_.end()) return;
  for (H2Session* session : it->second) session->retire();
}

void H2Sessions::keep_only(const std::unordered_set<const state::PeerGroup*>& groups) {
  for (auto& [group, list] : by_group_) {
    if (groups.count(group) != 0) continue;
    for (H2Session* session : list) session->retire();
  }
}

void H2Sessions::remove(H2Session& session) {
  const auto it = by_group_.find(session.group_);
  std::erase(it->second, &session);
  if (it->second.empty()) by_group_.erase(it);
  delete &session;
}

}  // namespace gh::upstream
