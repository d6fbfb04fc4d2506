// TLS: one session of OpenSSL without sockets. Ciphertext comes from and goes to memory that all sessions of a loop
// share (TlsShare), so an idle session holds no buffer of ours, and OpenSSL gives its own back
// (SSL_MODE_RELEASE_BUFFERS). Stream puts a session between its socket and its owner; nothing here knows of either.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/timer_wheel.h"

namespace gh::net {

class TlsShare;

/// What a stream still has to do for its session. In TlsShare's queue at most once; takes itself out when it goes.
class TlsWork {
 public:
  virtual void run_tls_work() = 0;

 protected:
  TlsWork() = default;
  TlsWork(const TlsWork&) = delete;
  TlsWork& operator=(const TlsWork&) = delete;
  virtual ~TlsWork();

 private:
  friend class TlsShare;
  TlsShare* queue_ = nullptr;  // set while queued
  TlsWork* prev_ = nullptr;
  TlsWork* next_ = nullptr;
};

/// What the sessions of one loop share: the bytes that OpenSSL reads and writes now, and the time that handshakes may
/// take in a turn. A handshake costs a private key operation (from 50 us to milliseconds): when a turn has spent its
/// share on them, the others wait in a queue for later turns, so that connections with work of their own are served.
class TlsShare {
 public:
  static constexpr std::uint64_t handshake_ns_a_turn = 500'000;  // the one that exceeds it is the last of its turn

  TlsShare();
  ~TlsShare();
  TlsShare(const TlsShare&) = delete;
  TlsShare& operator=(const TlsShare&) = delete;

  std::string_view in;    // ciphertext that the session at work reads next
  std::vector<char> out;  // ciphertext that it wrote
  /// Room to join small parts in: one record.
  std::span<char> joined();
  /// Reads `in` and writes `out`. One for all sessions, as each call leaves nothing behind in it: 200 bytes less a
  /// connection.
  [[nodiscard]] BIO* bio() const { return bio_; }

  void enqueue(TlsWork& work);
  void take_out(TlsWork& work);
  [[nodiscard]] bool has_work() const { return first_ != nullptr; }
  [[nodiscard]] bool has_time() const { return handshake_ns_ < handshake_ns_a_turn; }
  void spend(std::uint64_t ns) { handshake_ns_ += ns; }
  /// A handshake needs 30 KiB that an idle session does not: when many are over, they go back to the system.
  void handshake_over(TimerWheel& timers);
  /// Works on the queue, oldest first, while there is time. True: something is left for the next turn.
  bool run_work();
  void turn_ends();

 private:
  BIO* bio_;
  std::unique_ptr<char[]> joined_;
  std::uint64_t handshake_ns_ = 0;
  TlsWork* first_ = nullptr;
  TlsWork* last_ = nullptr;
  struct Lull final : Timer {
    std::uint32_t handshakes = 0;
    void fire() override;
  } lull_;
};

class TlsSession {
 public:
  static constexpr std::size_t most_record_bytes = 16 * 1024;
  /// Ciphertext that OpenSSL may still hold of a record whose rest comes with the next bytes.
  static constexpr std::size_t most_held_bytes = 20 * 1024;

  enum class Handshake : std::uint8_t { done, waits, failed };
  enum class End : std::uint8_t { none, closed, failed };  // closed: the peer's close_notify came
  struct Read {
    std::size_t bytes;  // of plaintext
    End end;
  };

  /// Takes `ssl` over, whose accept or connect state is set.
  TlsSession(SSL* ssl, TlsShare& share);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  [[nodiscard]] SSL* ssl() const { return ssl_; }
  /// The handshake is done, or early data has come, and nothing has failed.
  [[nodiscard]] bool is_open() const { return open_; }

  /// Early data (RFC 8446 2.3) came with the handshake: read() gives it out first, though share.in be empty.
  [[nodiscard]] bool has_early_data() const { return early_ != nullptr; }

  // Each reads share.in as far as it can, and adds what must be sent to share.out, also when it fails (alerts).
  Handshake handshake();
  /// All records that are complete and fit into `into` (at least most_record_bytes). It may be the memory that share.in
  /// lies in when it begins most_held_bytes before it: what comes out never overtakes what is still to be read.
  Read read(std::span<char> into);
  /// One record; never empty, at most most_record_bytes. False: the session has failed.
  bool write(std::string_view plain);
  /// close_notify, once.
  void shut_down();

  /// Why it failed, in OpenSSL's words; empty when nothing has.
  [[nodiscard]] std::string_view error() const { return error_ ? *error_ : std::string_view(); }

 private:
  static void watch(int is_write, int version, int type, const void* bytes, std::size_t size, SSL* ssl, void* self);
  [[nodiscard]] bool floods() const { return messages_ * 8 > records_ + 256; }
  bool fail(const char* otherwise);
  /// What is there of it, up to its end. False: the session has failed.
  bool take_early_data();
  int decrypt(std::span<char> into, std::size_t& size);

  SSL* ssl_;
  std::uint64_t records_ = 0;   // read since the handshake
  std::uint64_t messages_ = 0;  // of them those that change keys and their like, which cost as much as 1 MB of data
  std::unique_ptr<std::string> early_;  // bounded by SSL_set_max_early_data
  bool reads_early_ = false;            // its end has not come
  bool open_ = false;
  bool failed_ = false;
  bool shut_ = false;
  std::unique_ptr<const std::string> error_;  // a pointer, as idle sessions are many and seldom fail
};

/// Takes the thread's errors of OpenSSL: their reasons, oldest first, "; " between them.
std::string take_tls_errors();

}  // namespace gh::net
