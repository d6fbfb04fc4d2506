// Signals: those that a process is led by. They are noted at once, whatever thread they reach, and handled on the main
// loop; work that keeps the main thread from its loop can ask whether it is still wanted. One of it a process.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>

#include "net/loop.h"

namespace gh::run {

class Signals {
 public:
  Signals() = default;
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

  /// From now on `handle` is called on the loop with each signal; those that end the process first.
  void watch(net::Loop& loop, std::function<void(int)> handle);
  /// One that ends the process was noted, and its turn has not come yet. Any thread.
  [[nodiscard]] static bool is_end_noted();

 private:
  void handle_noted();
  std::function<void(int)> handle_;
  std::unique_ptr<uv_async_t> wake_;
};

}  // namespace gh::run
