// AresChannel: one c-ares channel on a loop: its sockets are watched, its time-outs kept. c-ares gives us the transport
// (message ids, UDP, TCP when an answer is cut, matching answers to questions). Not shared between threads.
#pragma once

#include <ares.h>
#include <uv.h>

#include <cstdint>
#include <map>
#include <string>

#include "net/loop.h"

namespace gh::net {

class AresChannel final : private Timer {
 public:
  struct Options {
    std::string servers;        // as c-ares reads them ("10.0.0.1:53,..."); empty: the system's
    int tries = 1;
    std::int64_t try_ms = 2000;
    bool raw_answers = false;   // also refusals are answers, not a reason to ask elsewhere
  };
  AresChannel(Loop& loop, const Options& options);
  ~AresChannel();  // calls back for every question with ARES_EDESTRUCTION
  AresChannel(const AresChannel&) = delete;
  AresChannel& operator=(const AresChannel&) = delete;

  [[nodiscard]] int error() const { return error_; }  // ARES_SUCCESS: it can be used
  ares_channel get() { return channel_; }
  void arm();  // after each question

 private:
  /// One of c-ares' sockets, watched.
  struct Watch {
    uv_poll_t poll;
    ares_socket_t fd;
    AresChannel* channel;
  };
  void fire() override;
  void watch(ares_socket_t fd, int events);
  static void socket_changed(void* arg, ares_socket_t fd, int readable, int writable);
  static void socket_ready(uv_poll_t* poll, int status, int events);

  Loop& loop_;
  ares_channel channel_ = nullptr;
  int error_ = ARES_SUCCESS;
  std::map<ares_socket_t, Watch*> watches_;
};

}  // namespace gh::net
