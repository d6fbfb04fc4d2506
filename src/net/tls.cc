#include "net/tls.h"

#include <malloc.h>
#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace gh::net {

namespace {

TlsShare& share_of(BIO* bio) { return *static_cast<TlsShare*>(BIO_get_data(bio)); }

int bio_read(BIO* bio, char* into, std::size_t most, std::size_t* read) {
  std::string_view& in = share_of(bio).in;
  BIO_clear_retry_flags(bio);
  *read = std::min(most, in.size());
  if (*read == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::memcpy(into, in.data(), *read);
  in.remove_prefix(*read);
  return 1;
}

int bio_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
  std::vector<char>& out = share_of(bio).out;
  BIO_clear_retry_flags(bio);
  out.insert(out.end(), bytes, bytes + size);
  *written = size;
  return 1;
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

/// Lives as long as the process.
const BIO_METHOD* bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gatehouse loop");
    BIO_meth_set_read_ex(made, bio_read);
    BIO_meth_set_write_ex(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

/// SSL_get_error tells a failure from a wait by the thread's error queue, in which anybody may have left something.
void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

std::string take_tls_errors() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (!text.empty()) text += "; ";
    text += reason ? reason : "error " + std::to_string(ERR_GET_REASON(code));
  }
  return text;
}

TlsWork::~TlsWork() {
  if (queue_) queue_->take_out(*this);
}

TlsShare::TlsShare() : bio_(BIO_new(bio_method())) {
  BIO_set_data(bio_, this);
  BIO_set_init(bio_, 1);
}

TlsShare::~TlsShare() {
  while (first_) take_out(*first_);
  BIO_free(bio_);  // sessions that outlive the loop keep theirs, and no longer use it
}

std::span<char> TlsShare::joined() {
  if (!joined_) joined_ = std::make_unique_for_overwrite<char[]>(TlsSession::most_record_bytes);
  return {joined_.get(), TlsSession::most_record_bytes};
}

void TlsShare::enqueue(TlsWork& work) {
  if (work.queue_) return;
  work.queue_ = this;
  work.prev_ = last_;
  work.next_ = nullptr;
  (last_ ? last_->next_ : first_) = &work;
  last_ = &work;
}

void TlsShare::take_out(TlsWork& work) {
  (work.prev_ ? work.prev_->next_ : first_) = work.next_;
  (work.next_ ? work.next_->prev_ : last_) = work.prev_;
  work.prev_ = work.next_ = nullptr;
  work.queue_ = nullptr;
}

bool TlsShare::run_work() {
  while (first_ && has_time()) {
    TlsWork& work = *first_;
    take_out(work);
    work.run_tls_work();
  }
  return first_ != nullptr;
}

void TlsShare::handshake_over(TimerWheel& timers) {
  constexpr std::int64_t lull_ms = 1000;
  ++lull_.handshakes;
  timers.set(lull_, lull_ms);
}

void TlsShare::Lull::fire() {
  constexpr std::uint32_t burst = 256;
  if (std::exchange(handshakes, 0) >= burst) ::malloc_trim(0);
}

void TlsShare::turn_ends() { handshake_ns_ = 0; }

TlsSession::TlsSession(SSL* ssl, TlsShare& share) : ssl_(ssl) {
  BIO_up_ref(share.bio());
  SSL_set_bio(ssl_, share.bio(), share.bio());
  SSL_set_mode(ssl_, SSL_MODE_RELEASE_BUFFERS);
  reads_early_ = SSL_is_server(ssl_) != 0 && SSL_get_max_early_data(ssl_) > 0;
}

TlsSession::~TlsSession() {
  // Without this OpenSSL takes a connection that ends without close_notify for an attack, and forgets its session.
  if (!failed_) SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
}

bool TlsSession::fail(const char* otherwise) {
  failed_ = true;
  open_ = false;
  std::string reasons = take_tls_errors();
  if (reasons.empty()) reasons = otherwise;
  error_ = std::make_unique<const std::string>(std::move(reasons));
  return false;
}

TlsSession::Handshake TlsSession::handshake() {
  forget_errors();
  if (reads_early_ && !take_early_data()) return Handshake::failed;
  const int result = reads_early_ ? -1 : SSL_do_handshake(ssl_);
  if (result == 1 || early_) {
    open_ = true;
    SSL_set_msg_callback(ssl_, watch);
    SSL_set_msg_callback_arg(ssl_, this);
    return Handshake::done;
  }
  if (reads_early_ || SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ) return Handshake::waits;
  fail("handshake failed");
  return Handshake::failed;
}

bool TlsSession::take_early_data() {
  char piece[4096];
  while (true) {
    std::size_t size = 0;
    const int result = SSL_read_early_data(ssl_, piece, sizeof piece, &size);
    if (size > 0) {
      if (!early_) early_ = std::make_unique<std::string>();
      early_->append(piece, size);
    }
    if (result == SSL_READ_EARLY_DATA_SUCCESS) continue;
    reads_early_ = result != SSL_READ_EARLY_DATA_FINISH;
    if (!reads_early_ || SSL_get_error(ssl_, 0) == SSL_ERROR_WANT_READ) return true;
    return fail("handshake failed");
  }
}

/// As SSL_read_ex(), whatever stage the session is in.
int TlsSession::decrypt(std::span<char> into, std::size_t& size) {
  if (reads_early_) {
    const int result = SSL_read_early_data(ssl_, into.data(), into.size(), &size);
    if (result != SSL_READ_EARLY_DATA_FINISH) return result == SSL_READ_EARLY_DATA_SUCCESS ? 1 : 0;
    reads_early_ = false;
    if (size > 0) return 1;
  }
  return SSL_read_ex(ssl_, into.data(), into.size(), &size);
}

/// A change of keys costs the peer nothing and us a derivation and an answer: out of proportion to the records that
/// came it is an attack, and what the peer has sent is no longer read.
void TlsSession::watch(int is_write, int, int type, const void*, std::size_t, SSL* ssl, void* self) {
  if (is_write != 0) return;
  auto& session = *static_cast<TlsSession*>(self);
  if (type == SSL3_RT_HEADER) ++session.records_;
  if (type == SSL3_RT_HANDSHAKE) ++session.messages_;
  if (session.floods()) share_of(SSL_get_rbio(ssl)).in = {};
}

TlsSession::Read TlsSession::read(std::span<char> into) {
  TlsShare& share = share_of(SSL_get_rbio(ssl_));
  forget_errors();
  std::size_t bytes = 0;
  if (const auto early = std::exchange(early_, nullptr)) {
    bytes = early->copy(into.data(), into.size());
    if (bytes < early->size()) early_ = std::make_unique<std::string>(early->substr(bytes));
  }
  while (!share.in.empty() && into.size() - bytes >= most_record_bytes) {
    std::size_t size = 0;
    const int result = decrypt(into.subspan(bytes), size);
    bytes += size;
    if (floods()) {
      fail("too many changes of keys");
      return {bytes, End::failed};
    }
    if (result == 1) continue;
    const int why = SSL_get_error(ssl_, result);
    if (why == SSL_ERROR_WANT_READ) break;
    if (why == SSL_ERROR_ZERO_RETURN) return {bytes, End::closed};
    fail("broken session");
    return {bytes, End::failed};
  }
  return {bytes, End::none};
}

bool TlsSession::write(std::string_view plain) {
  std::size_t written = 0;
  forget_errors();
  // An answer to early data goes out before the client has finished its half of the handshake.
  const auto write = SSL_is_init_finished(ssl_) != 0 ? SSL_write_ex : SSL_write_early_data;
  if (write(ssl_, plain.data(), plain.size(), &written) == 1) return true;
  return fail("writing failed");
}

void TlsSession::shut_down() {
  if (!open_ || shut_) return;
  shut_ = true;
  forget_errors();
  if (SSL_shutdown(ssl_) < 0) ERR_clear_error();
}

}  // namespace gh::net
