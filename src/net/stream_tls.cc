// The TLS half of a stream: the socket's bytes go through a TlsSession on their way to and from the owner.
#include <algorithm>

#include "net/stream_handle.h"

namespace gh::net {

namespace {

constexpr std::size_t most_out_bytes = 64 * 1024;   // of ciphertext, before the kernel is given some
constexpr std::uint32_t most_answer_bytes = 64 * 1024;
constexpr std::size_t most_kept_bytes = 256 * 1024;  // of the shared buffer, after a flight that was larger

std::uint32_t record_size(std::size_t wanted) {
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(wanted, 1, Stream::most_tls_record_bytes));
}

iovec part_of(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

}  // namespace

int Stream::start_tls(SSL* ssl, std::string_view already_read, std::size_t record_bytes) {
  const int refused = !handle_ ? UV_ENOTCONN : handle_->tls || handle_->ended ? UV_EINVAL : 0;
  if (refused != 0) {
    SSL_free(ssl);
    return refused;
  }
  handle_->tls = std::make_unique<TlsLink>(*handle_, ssl, handle_->loop().tls(), record_size(record_bytes));
  if (!already_read.empty()) handle_->tls->unread = std::make_unique<std::string>(already_read);
  if (!handle_->connecting) handle_->begin_tls();
  return 0;
}

void Stream::set_tls_record_bytes(std::size_t most) {
  if (handle_ && handle_->tls) handle_->tls->record_bytes = record_size(most);
}

SSL* Stream::tls() const { return handle_ && handle_->tls ? handle_->tls->session.ssl() : nullptr; }

std::string_view Stream::tls_error() const {
  return handle_ && handle_->tls ? handle_->tls->session.error() : std::string_view();
}

void Stream::Handle::begin_tls() {
  tls->starts = SSL_is_server(tls->session.ssl()) == 0;
  if (!reading && !paused) start_read();
  if (tls->has_work()) defer_tls();
}

void Stream::Handle::defer_tls() {
  tls->share.enqueue(*tls);
  loop().defer_tls();
}

void Stream::TlsLink::run_tls_work() {
  if (!handle.is_alive() || handle.paused || handle.ended) return;  // resume() queues it again
  if (held_end != TlsSession::End::none) return handle.records_end(held_end);
  if (!handle.reading) handle.start_read();
  if (!has_work()) return handle.receive_ciphertext();  // its handshake had to wait
  starts = false;
  const auto bytes = std::exchange(unread, nullptr);
  handle.take_ciphertext(bytes ? *bytes : std::string_view());
}

/// Reading says again and again that there is something to read, so that nothing is lost by not doing it now.
void Stream::Handle::read_tls() {
  if (tls->has_work()) return;  // comes first, and is queued
  if (tls->session.is_open() || (tls->share.has_time() && !tls->share.has_work())) return receive_ciphertext();
  stop_read();
  defer_tls();
}

void Stream::Handle::receive_ciphertext() {
  const auto room = loop().read_buffer().subspan(TlsSession::most_held_bytes);
  const auto buffer = room.first(std::min(read_size(), room.size()));
  const ssize_t size = receive(fd(), buffer);
  note_read(size);
  if (size > 0) return take_ciphertext({buffer.data(), static_cast<std::size_t>(size)});
  if (size != -EAGAIN) read_ended(size == 0 ? UV_EOF : static_cast<int>(size));
}

void Stream::Handle::take_ciphertext(std::string_view bytes) {
  if (tls->session.is_open()) return take_records(bytes);
  step_handshake(bytes);
}

void Stream::Handle::step_handshake(std::string_view bytes) {
  TlsShare& share = tls->share;
  const std::uint64_t begun = uv_hrtime();
  share.in = bytes;
  const auto result = tls->session.handshake();
  const std::string_view rest = std::exchange(share.in, {});
  share.spend(uv_hrtime() - begun);
  const int error = send_ciphertext(false);
  if (result == TlsSession::Handshake::failed) return fail_handshake(UV_EPROTO);
  if (error != 0) return fail_handshake(error);
  if (result == TlsSession::Handshake::done) handshake_done(rest);
}

void Stream::Handle::fail_handshake(int error) {
  ended = true;
  if (reading) stop_read();
  if (write_error == 0) write_error = error;
  tls->told_secured = true;
  if (tls->unsent) count_lost(tls->unsent->size());
  tls->unsent.reset();
  events->on_secured(error);
}

void Stream::Handle::handshake_done(std::string_view rest) {
  tls->share.handshake_over(loop().timers());
  const auto unsent = std::exchange(tls->unsent, nullptr);
  if (unsent) {
    const iovec part = part_of(*unsent);
    if (const int error = encrypt({&part, 1}, false)) return fail_handshake(error);
  }
  tls->told_secured = true;
  if (shut_wanted) {
    shut_down_tls();
    if (!queue) finish_shut_down();
  }
  events->on_secured(0);
  if (is_alive() && unsent && !queue) events->on_drained();
  if (!is_alive() || (rest.empty() && !tls->session.has_early_data())) return;
  if (!paused) return take_records(rest);
  tls->unread = std::make_unique<std::string>(rest);
}

/// What comes out of one read of the socket goes to the owner in one piece; more than one only when it is more than the
/// loop's buffer holds.
void Stream::Handle::take_records(std::string_view bytes) {
  const std::span<char> into = loop().read_buffer();
  while (!bytes.empty() || tls->session.has_early_data()) {
    tls->share.in = bytes;
    const TlsSession::Read read = tls->session.read(into);
    bytes = std::exchange(tls->share.in, {});
    const bool floods = !send_answers();
    if (read.bytes > 0) events->on_read({into.data(), read.bytes});
    if (!is_alive()) return;
    if (read.end != TlsSession::End::none || floods) return records_end(floods ? TlsSession::End::failed : read.end);
    if (!paused || bytes.empty()) continue;
    tls->unread = std::make_unique<std::string>(bytes);
    return;
  }
}

/// Alerts, and answers to changes of keys: a peer that asks for them but does not take them must not fill the memory.
/// That sending fails the next write tells.
bool Stream::Handle::send_answers() {
  tls->answer_bytes += static_cast<std::uint32_t>(tls->share.out.size());
  send_ciphertext(false);
  if (!queue) tls->answer_bytes = 0;
  return tls->answer_bytes <= most_answer_bytes;
}

void Stream::Handle::records_end(TlsSession::End end) {
  tls->held_end = paused ? end : TlsSession::End::none;  // resume() comes back to it
  if (!paused) read_ended(end == TlsSession::End::closed ? UV_EOF : UV_EPROTO);
}

int Stream::Handle::write_tls(std::span<const iovec> parts, std::size_t size, bool more_follows) {
  accepted_bytes += size;
  if (tls->told_secured) return encrypt(parts, more_follows);
  if (!tls->unsent) tls->unsent = std::make_unique<std::string>();
  for (const iovec& part : parts) tls->unsent->append(static_cast<const char*>(part.iov_base), part.iov_len);
  return 0;
}

/// Small parts are joined into one record; what fills a record is encrypted where it lies.
int Stream::Handle::encrypt(std::span<const iovec> parts, bool more_follows) {
  const std::span<char> joined = tls->share.joined().first(tls->record_bytes);
  std::size_t held = 0;  // in `joined`
  const auto write_record = [&](std::string_view record) {
    held = 0;
    if (tls->share.out.size() >= most_out_bytes && send_ciphertext(true) != 0) return false;
    if (tls->session.write(record)) return true;
    write_error = UV_EPROTO;
    return false;
  };
  for (const iovec& part : parts) {
    std::string_view rest(static_cast<const char*>(part.iov_base), part.iov_len);
    while (!rest.empty()) {
      const std::string_view piece = rest.substr(0, joined.size() - held);
      rest.remove_prefix(piece.size());
      if (held == 0 && (piece.size() == joined.size() || &part == &parts.back())) {
        if (!write_record(piece)) return write_error;
        continue;
      }
      std::copy(piece.begin(), piece.end(), joined.begin() + static_cast<std::ptrdiff_t>(held));
      held += piece.size();
      if (held == joined.size() && !write_record({joined.data(), held})) return write_error;
    }
  }
  if (held > 0 && !write_record({joined.data(), held})) return write_error;
  return send_ciphertext(more_follows);
}

int Stream::Handle::send_ciphertext(bool more_follows) {
  std::vector<char>& out = tls->share.out;
  if (out.empty()) return 0;
  const iovec part = part_of({out.data(), out.size()});
  const int error = write_error != 0 || shut_done ? write_error : put({&part, 1}, out.size(), more_follows);
  out.clear();
  if (out.capacity() > most_kept_bytes) out.shrink_to_fit();
  return error;
}

void Stream::Handle::shut_down_tls() {
  if (!tls->told_secured || write_error != 0) return;
  tls->session.shut_down();
  send_ciphertext(true);  // goes out with the FIN
}

/// Bytes that are still queued will be lost, which the peer must be able to see: then no close_notify.
void Stream::Handle::close_tls() {
  if (is_alive() && !queue && !shut_wanted) shut_down_tls();
}

}  // namespace gh::net
