// Worker: what one worker thread owns beside its loop: the current Snapshot, the upstream pool, recycled exchanges,
// scratch buffers, counters. Connections, exchanges and policies reach it through their Exchange. One thread only,
// except for the counters, which any thread may read.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/listener.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "proxy/log_buffer.h"
#include "proxy/output.h"
#include "proxy/tls_contexts.h"
#include "table/plan.h"
#include "upstream/jobs.h"
#include "upstream/pool.h"
#include "upstream/stores.h"
#include "upstream/wait_queue.h"

namespace gh::proxy {

class ClientConnection;
class Exchange;
class H2Engine;
class Subexchange;

/// One worker's hold on one generation of the table. Exchanges pin it; the pins are plain counters.
struct Snapshot {
  std::shared_ptr<const table::Table> table;
  std::uint64_t pins = 0;
  TlsContexts tls;
};

/// A listening socket as this worker sees it: which table it is served by. Never removed while a connection names it.
struct ListenPoint {
  Address address;
  Snapshot* snapshot = nullptr;               // pinned
  const table::ListenSocket* socket = nullptr;
  bool is_open = true;                        // false: the current table no longer names it
  std::uint64_t connections = 0;
};

/// Counters of one worker. Written by it alone (relaxed stores), summed by readers. Units: requests, connections.
struct Counters {
  std::atomic<std::uint64_t> accepted{0}, handled{0}, requests{0};
  std::atomic<std::int64_t> active{0}, reading{0}, writing{0}, waiting{0};
  static void add(std::atomic<std::uint64_t>& c) {
    c.store(c.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  static void move(std::atomic<std::int64_t>& c, std::int64_t by) {
    c.store(c.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
};

/// All workers' counters, for stub_status. Owned by the process.
struct ProcessCounters {
  std::vector<std::unique_ptr<Counters>> workers;
};

class Worker {
 public:
  Worker(unsigned index, Counters& counters, const ProcessCounters& all, Clock::Kind clock = Clock::Kind::real);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  net::Loop loop;
  ListenPoint no_point;             // of client connections that hold no listening socket's table: tunnels
  const unsigned index;
  Counters& counters;
  const ProcessCounters& all_counters;
  upstream::Pool pool;
  upstream::Jobs jobs;              // what it finds out for requests of all workers
  upstream::WaitQueue waiting;      // requests that wait for a free peer
  upstream::Stores stores;          // its connections to stores
  std::unique_ptr<H2Engine> h2;     // what its HTTP/2 connections share; made for the first one
  Output out;                       // scratch for one message head; used and emptied within one call

  /// From now on new requests are served by `table`. Old generations are let go when their last pin is.
  void publish(std::shared_ptr<const table::Table> table);
  [[nodiscard]] const Snapshot* current() const { return current_; }
  void pin(Snapshot* snapshot) { ++snapshot->pins; }
  void unpin(Snapshot* snapshot) {
    if (--snapshot->pins == 0 && snapshot != current_) let_go(snapshot);
  }
  /// Told (on this thread) when this worker holds nothing of a generation any more.
  std::function<void(std::shared_ptr<const table::Table>)> on_let_go;

  /// A connection arrived on listen point `point`. Refused (closed) above worker_connections.
  void accept(ListenPoint& point, uv_stream_t* listening);
  void accept(ListenPoint& point, int fd);  // mailed from worker 0 (unix sockets)
  ListenPoint& listen_point(const Address& address);
  /// A point that no table names any more lets go of its last one when its last connection has ended.
  void release_if_unused(ListenPoint& point);
  [[nodiscard]] std::size_t connections() const { return connections_; }

  /// Graceful: idle connections close now, others after their exchange; `when_done` runs when none is left.
  void drain(std::function<void()> when_done);
  void close_all();  // at once
  [[nodiscard]] bool draining() const { return draining_; }

  Exchange* new_exchange();
  void free_exchange(Exchange* exchange);
  /// Scratch for one piece of a file on its way to a socket.
  std::span<char> file_buffer() {
    if (file_buffer_.empty()) file_buffer_.resize(64 * 1024);
    return file_buffer_;
  }
  std::vector<Subexchange*> subexchanges;  // all that run
  void check_drained();              // after one of them, or a connection, has ended
  LogBuffer& log_buffer(const std::shared_ptr<LogFile>& file, const LogBufferOptions& options);
  /// A line of a tunnel, whose table may be gone: into the log's buffer, if the current table has it.
  void write_log(const std::shared_ptr<LogFile>& file, std::string_view line);
  void flush_logs();  // also what buffer= holds back
  /// The resolver for these settings on this loop; made at first use.
  net::Resolver& resolver(const table::ResolverSettings& settings, std::int64_t timeout_ms);
  /// An upstream for a host that only a request named; kept by this worker for the next one (bounded).
  std::shared_ptr<const table::Upstream> dynamic_upstream(std::string_view key, std::string_view name,
                                                          std::vector<Address> addresses);
  std::uint64_t next_connection_serial();

  // the worker's connections, an intrusive list (ClientConnection links itself)
  void link(ClientConnection& connection);
  void unlink(ClientConnection& connection);

 private:
  void cancel_subexchanges();
  void let_go(Snapshot* snapshot);
  bool has_room();
  ClientConnection* make_connection(ListenPoint& point);
  void tell_connections();
  void retire_older();
  void end_retired();
  Snapshot* current_ = nullptr;
  std::vector<std::unique_ptr<Snapshot>> snapshots_;
  std::vector<std::unique_ptr<ListenPoint>> listen_points_;
  std::vector<Exchange*> spare_exchanges_;
  std::vector<std::unique_ptr<LogBuffer>> log_buffers_;
  std::unordered_map<std::string, std::unique_ptr<net::Resolver>> resolvers_;
  std::unordered_map<std::string, std::shared_ptr<const table::Upstream>> dynamic_upstreams_;
  std::vector<char> file_buffer_;
  ClientConnection* first_ = nullptr;
  std::size_t connections_ = 0;
  struct Retirement final : net::Timer {  // worker_shutdown_timeout after a reload
    Worker& owner;
    std::uint64_t generation = 0;         // connections of earlier ones are closed when it fires
    explicit Retirement(Worker& of) : owner(of) {}
    void fire() override { owner.end_retired(); }
  } retirement_{*this};
  bool draining_ = false;
  std::function<void()> when_drained_;
};

}  // namespace gh::proxy
