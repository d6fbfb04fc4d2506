// One worker thread: a proxy::Worker with its listeners. The main thread talks to it by mail only.
#pragma once

#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "net/listener.h"
#include "proxy/worker.h"
#include "run/sockets.h"

namespace gh::run {

class WorkerThread {
 public:
  WorkerThread(unsigned index, proxy::Counters& counters, const proxy::ProcessCounters& all);
  ~WorkerThread();

  /// `ended` is shared by all workers: none is destroyed before the last one has left its loop, as they mail each
  /// other.
  void start(std::shared_ptr<std::latch> ended);
  void join();

  /// Serves `table` from now on; `done` runs on the worker's thread.
  void publish(std::shared_ptr<const table::Table> table, std::function<void()> done);
  /// Accepts on `fd`. Unix sockets: `others` share what this worker accepts, round robin.
  void listen(const Address& address, int fd, int backlog, std::vector<WorkerThread*> others);
  void stop_listening(const Address& address);
  void drain(std::function<void()> done);
  void flush_logs(std::function<void()> done);  // access logs that are buffered
  void stop();  // closes everything and ends the thread

  proxy::Worker& worker() { return *worker_; }

 private:
  void accepted(const Address& address, proxy::ListenPoint& point, uv_stream_t* listening,
                const std::vector<WorkerThread*>& others);
  unsigned index_;
  std::unique_ptr<proxy::Worker> worker_;
  std::unordered_map<std::string, std::unique_ptr<net::Listener>> listeners_;  // by address text; worker thread
  std::size_t next_ = 0;
  std::thread thread_;
};

}  // namespace gh::run
