#include "proxy/worker.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "proxy/arrival.h"
#include "proxy/connection.h"
#include "proxy/exchange.h"
#include "proxy/forwarder.h"
#include "proxy/h2_engine.h"

namespace gh::proxy {

namespace {

constexpr std::size_t max_spare_exchanges = 256;
constexpr std::size_t spare_arena_bytes = 64 * 1024;
constexpr std::size_t max_dynamic_upstreams = 256;

std::atomic<std::uint64_t> connection_serial{0};

}  // namespace

Worker::Worker(unsigned number, Counters& own, const ProcessCounters& all, Clock::Kind clock)
    : loop(clock), index(number), counters(own), all_counters(all), pool(loop), waiting(loop), stores(loop) {
  loop.at_turn_end([this] {
    for (const auto& buffer : log_buffers_) buffer->turn_ended();
  });
}

Worker::~Worker() {
  jobs.clear();
  close_all();
  for (int turns = 0; first_ && turns < 100; ++turns) uv_run(loop.uv(), UV_RUN_NOWAIT);
  cancel_subexchanges();
  for (Exchange* exchange : spare_exchanges_) delete exchange;
  flush_logs();
}

std::uint64_t Worker::next_connection_serial() { return connection_serial.fetch_add(1, std::memory_order_relaxed) + 1; }

// ---- generations ---------------------------------------------------------------------------------------------------

void Worker::publish(std::shared_ptr<const table::Table> table) {
  auto fresh = std::make_unique<Snapshot>();
  fresh->table = std::move(table);
  Snapshot* const previous = current_;
  if (previous) pin(previous);  // it must outlive the loop below, which may drop its last pin
  current_ = fresh.get();
  snapshots_.push_back(std::move(fresh));
  for (const auto& point : listen_points_) {
    const auto& sockets = current_->table->sockets;
    const auto it = std::find_if(sockets.begin(), sockets.end(),
                                 [&](const table::ListenSocket& s) { return s.address == point->address; });
    point->is_open = it != sockets.end();
    if (!point->is_open) {
      release_if_unused(*point);  // with connections left, its last table stays pinned for them
      continue;
    }
    Snapshot* const old = point->snapshot;
    point->snapshot = current_;
    point->socket = &*it;
    pin(current_);
    if (old) unpin(old);
  }
  pool.keep_only(*current_->table);
  // Buffers are made anew at their next line: logs may have gone, or have other buffer= and flush=.
  flush_logs();
  log_buffers_.clear();
  tell_connections();
  retire_older();
  if (previous) unpin(previous);
}

/// worker_shutdown_timeout: connections whose exchange began before the reload, and those that have never asked
/// anything, are closed when it has passed.
void Worker::retire_older() {
  const std::int64_t timeout_ms = current_->table->process.worker_shutdown_timeout_ms;
  if (timeout_ms <= 0 || current_->table->generation == 1 || retirement_.is_set()) return;
  retirement_.generation = current_->table->generation;
  loop.timers().set(retirement_, timeout_ms);
}

void Worker::end_retired() {
  for (ClientConnection* c = first_; c;) {
    ClientConnection* const next = c->next_;
    if (!c->follows(retirement_.generation)) c->close_now();
    c = next;
  }
  if (retirement_.generation < current_->table->generation) retire_older();
}

void Worker::release_if_unused(ListenPoint& point) {
  if (point.is_open || point.connections > 0 || !point.snapshot) return;
  Snapshot* const old = point.snapshot;
  point.snapshot = nullptr;
  point.socket = nullptr;
  unpin(old);
}

void Worker::let_go(Snapshot* snapshot) {
  std::shared_ptr<const table::Table> table = std::move(snapshot->table);
  std::erase_if(snapshots_, [&](const auto& s) { return s.get() == snapshot; });
  if (on_let_go) on_let_go(std::move(table));
}

ListenPoint& Worker::listen_point(const Address& address) {
  for (const auto& point : listen_points_) {
    if (point->address == address) return *point;
  }
  auto point = std::make_unique<ListenPoint>();
  point->address = address;
  listen_points_.push_back(std::move(point));
  ListenPoint& added = *listen_points_.back();
  if (current_) {
    for (const table::ListenSocket& socket : current_->table->sockets) {
      if (!(socket.address == address)) continue;
      added.snapshot = current_;
      added.socket = &socket;
      pin(current_);
    }
  }
  return added;
}

// ---- connections ---------------------------------------------------------------------------------------------------

bool Worker::has_room() {
  Counters::add(counters.accepted);
  const auto most = static_cast<std::size_t>(current_->table->process.worker_connections);
  if (connections_ < most) return true;
  process_log()->write(LogLevel::alert, 0, fmt::format("{} worker_connections are not enough", most));
  return false;
}

ClientConnection* Worker::make_connection(ListenPoint& point) {
  if (point.socket->only_http1) return new Connection(*this, point);
  return new Arrival(*this, point);
}

void Worker::accept(ListenPoint& point, uv_stream_t* listening) {
  if (draining_ || !point.snapshot || !has_room()) return net::Listener::discard(listening);
  ClientConnection* const connection = make_connection(point);
  if (connection->open(listening) != 0) delete connection;
  else Counters::add(counters.handled);
}

void Worker::accept(ListenPoint& point, int fd) {
  if (draining_ || !point.snapshot || !has_room()) {
    ::close(fd);
    return;
  }
  ClientConnection* const connection = make_connection(point);
  if (connection->open(fd) != 0) {
    delete connection;
    ::close(fd);
  } else {
    Counters::add(counters.handled);
  }
}

void Worker::link(ClientConnection& connection) {
  connection.next_ = first_;
  if (first_) first_->prev_ = &connection;
  first_ = &connection;
  ++connections_;
  Counters::move(counters.active, 1);
}

void Worker::unlink(ClientConnection& connection) {
  (connection.prev_ ? connection.prev_->next_ : first_) = connection.next_;
  if (connection.next_) connection.next_->prev_ = connection.prev_;
  --connections_;
  Counters::move(counters.active, -1);
  check_drained();
}

void Worker::check_drained() {
  if (!draining_ || connections_ > 0 || !subexchanges.empty() || !when_drained_) return;
  auto done = std::move(when_drained_);
  when_drained_ = nullptr;
  done();
}

void Worker::tell_connections() {
  for (ClientConnection* c = first_; c;) {
    ClientConnection* const next = c->next_;
    c->table_changed();
    c = next;
  }
}

void Worker::drain(std::function<void()> when_done) {
  draining_ = true;
  when_drained_ = std::move(when_done);
  for (ClientConnection* c = first_; c;) {
    ClientConnection* const next = c->next_;
    c->drain();
    c = next;
  }
  check_drained();
}

void Worker::close_all() {
  draining_ = true;
  for (ClientConnection* c = first_; c;) {
    ClientConnection* const next = c->next_;
    c->close_now();
    c = next;
  }
}

// ---- exchanges -----------------------------------------------------------------------------------------------------

Exchange* Worker::new_exchange() {
  if (spare_exchanges_.empty()) return new Exchange(*this);
  Exchange* exchange = spare_exchanges_.back();
  spare_exchanges_.pop_back();
  return exchange;
}

void Worker::free_exchange(Exchange* exchange) {
  exchange->freed_ = exchange->children_ != nullptr;
  if (exchange->freed_) return;
  Snapshot* const snapshot = exchange->snapshot;
  exchange->reset();
  if (spare_exchanges_.size() < max_spare_exchanges && exchange->arena.bytes_held() <= spare_arena_bytes) {
    spare_exchanges_.push_back(exchange);
  } else {
    delete exchange;
  }
  if (snapshot) unpin(snapshot);
}

LogBuffer& Worker::log_buffer(const std::shared_ptr<LogFile>& file, const LogBufferOptions& options) {
  for (const auto& buffer : log_buffers_) {
    if (buffer->file() == file.get()) return *buffer;
  }
  log_buffers_.push_back(std::make_unique<LogBuffer>(loop, file, options));
  return *log_buffers_.back();
}

void Worker::write_log(const std::shared_ptr<LogFile>& file, std::string_view line) {
  const auto it = std::find_if(log_buffers_.begin(), log_buffers_.end(),
                               [&](const auto& buffer) { return buffer->file() == file.get(); });
  if (it != log_buffers_.end()) (*it)->append(line);
  else file->write(line);
}

void Worker::flush_logs() {
  for (const auto& buffer : log_buffers_) buffer->flush();
}

net::Resolver& Worker::resolver(const table::ResolverSettings& settings, std::int64_t timeout_ms) {
  std::string key = fmt::format("{} {} {} {}", settings.valid_ms, settings.ipv4, settings.ipv6, timeout_ms);
  for (const Address& server : settings.servers) key += " " + server.text();
  auto& slot = resolvers_[key];
  if (!slot) {
    net::ResolverOptions options;
    options.servers = settings.servers;
    options.valid_ms = settings.valid_ms;
    options.timeout_ms = timeout_ms;
    options.ipv4 = settings.ipv4;
    options.ipv6 = settings.ipv6;
    options.hosts_file = false;  // who states name servers means them
    slot = std::make_unique<net::Resolver>(loop, options);
  }
  return *slot;
}

std::shared_ptr<const table::Upstream> Worker::dynamic_upstream(std::string_view key, std::string_view name,
                                                                std::vector<Address> addresses) {
  std::string full(key);
  // Name servers rotate their answers: the same set of addresses is the same upstream.
  std::sort(addresses.begin(), addresses.end(), [](const Address& a, const Address& b) { return a.text() < b.text(); });
  for (const Address& address : addresses) full += " " + address.text();
  auto it = dynamic_upstreams_.find(full);
  if (it != dynamic_upstreams_.end()) return it->second;
  if (dynamic_upstreams_.size() >= max_dynamic_upstreams) {
    for (const auto& [old_key, old] : dynamic_upstreams_) pool.forget(*old->peers);
    dynamic_upstreams_.clear();
  }
  auto made = std::make_shared<table::Upstream>();
  made->name = name;
  made->is_implicit = true;
  made->keepalive_connections = 0;  // such hosts are too many to keep connections to each
  state::ServerConfig server;
  server.name = name;
  server.addresses = std::move(addresses);
  server.max_fails = 0;  // an answer of the name server is new each time: nothing is remembered about it
  made->peers = std::make_shared<state::PeerGroup>(std::vector<state::ServerConfig>{server}, nullptr, nullptr);
  dynamic_upstreams_.emplace(full, made);
  return made;
}

}  // namespace gh::proxy
