// Work: what would hold up a loop (compression of large pieces, password hashes), done on libuv's thread pool.
#pragma once

#include <uv.h>

#include <memory>

#include "net/loop.h"

namespace gh::net {

class Work {
 public:
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  virtual ~Work() = default;

  /// Queues it; run() is called on a thread of the pool, then done() on the loop's own, then it is deleted. Loop
  /// thread.
  /// Whoever waits for it may be gone by done(): the work holds nothing of theirs but what they told it to forget.
  static void start(Loop& loop, std::unique_ptr<Work> work);
  /// Nobody waits for it any more: if no thread has begun it, it is deleted at the end of the turn without run() or
  /// done(). So those who ask and leave keep no thread busy, nor the end of the program. Loop thread.
  void cancel();

 protected:
  Work() = default;
  virtual void run() = 0;
  virtual void done() = 0;

 private:
  uv_work_t request_{};
  Loop* loop_ = nullptr;
};

}  // namespace gh::net
