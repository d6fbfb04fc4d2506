// Loop: one worker's libuv loop with what every worker needs beside it: the cached clock, the shared read buffer, the
// timer wheel, the mailbox (the only way in from another thread) and work put off to the end of the turn.
// Everything but post() is for the loop's own thread.
#pragma once

#include <uv.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/clock.h"
#include "net/splice.h"
#include "net/timer_wheel.h"

namespace gh::net {

class Loop;
class TlsShare;

/// Work put off to the end of this loop turn (after all I/O callbacks, before the next poll). Intrusive; an object is
/// queued at most once and may be destroyed while queued (its destructor takes it out).
class Deferred {
 public:
  virtual void run_deferred() = 0;

 protected:
  Deferred() = default;
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;
  virtual ~Deferred();

 private:
  friend class Loop;
  Loop* loop_ = nullptr;  // set while queued
  Deferred* prev_ = nullptr;
  Deferred* next_ = nullptr;
};

class Loop {
 public:
  static constexpr std::size_t read_buffer_bytes = 256 * 1024;

  /// Also makes the process ignore SIGPIPE: writing to a closed connection is an error value here.
  explicit Loop(Clock::Kind kind = Clock::Kind::real);
  ~Loop();  // closes what is left and runs the loop until it is empty
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  uv_loop_t* uv() { return &loop_; }
  Clock& clock() {
    woke();
    return clock_;
  }
  TimerWheel& timers() {
    woke();
    return timers_;
  }
  /// First thing in every libuv callback of ours: the first one of a turn reads the clock (uv_check would be too late,
  /// it runs after the I/O callbacks).
  void woke() {
    if (clock_stale_) refresh_clock();
  }
  /// The buffer that all streams of this loop read into. Valid only inside a read callback.
  std::span<char> read_buffer() { return {read_buffer_.get(), read_buffer_bytes}; }

  Splice& splice() { return splice_; }
  /// What this loop's TLS sessions share. Made at first use.
  TlsShare& tls();
  /// Its queue has work: it is run at the end of this turn.
  void defer_tls();

  void run();   // until stop()
  void stop();  // from any callback on this thread
  /// From any thread: `mail` runs on this loop's thread, in order. Kept until run() when the loop is not running.
  void post(std::function<void()> mail);
  /// At the end of this turn. Twice is once.
  void defer(Deferred& work);
  /// Called at the end of every turn after deferred work (log flush). Lives as long as the loop.
  void at_turn_end(std::function<void()> work);

 private:
  friend class Deferred;
  struct TlsTurns;
  static constexpr int max_deferred_rounds = 8;  // a turn; work that goes on deferring itself must not starve the poll
  void refresh_clock();
  void turn_ends();
  void run_deferred();
  void take_out(Deferred& work);
  void read_mail();

  uv_loop_t loop_;
  uv_async_t mail_arrived_;
  uv_prepare_t prepare_;  // before poll: deferred work
  uv_idle_t idle_;        // started only while deferred work is left over, so that poll does not block
  Clock clock_;
  TimerWheel timers_;
  Splice splice_;
  std::unique_ptr<TlsTurns> tls_;
  std::unique_ptr<char[]> read_buffer_;  // never written before use: its pages come as reads need them
  std::mutex mail_lock_;
  std::vector<std::function<void()>> mail_;
  std::vector<std::function<void()>> mail_being_read_;
  std::vector<std::function<void()>> turn_end_work_;
  bool clock_stale_ = true;
  bool running_ = false;
  std::size_t deferred_count_ = 0;
  Deferred* deferred_first_ = nullptr;
  Deferred* deferred_last_ = nullptr;
};

}  // namespace gh::net
