#include "upstream/pool.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <unordered_set>

#include "base/hash.h"
#include "upstream/h2_session.h"

namespace gh::upstream {

namespace {

std::size_t key_of(const Origin& origin) {
  const std::size_t bind = origin.bind ? static_cast<std::size_t>(fnv1a(origin.bind->text())) | 1 : 0;
  return bind ^ reinterpret_cast<std::uintptr_t>(origin.place);
}

// More than `keepalive` connections become idle when many streams of HTTP/2 are answered in one turn, and are wanted
// again in the next: they are closed only when they are not.
constexpr std::int64_t excess_idle_ms = 100;
constexpr std::int64_t early_close_ms = 1000;          // a kept connection closed sooner than this was closed early
constexpr std::int64_t early_close_memory_ms = 10000;  // how long that counts

/// Nothing to read, no FIN: what the loop has not seen yet, the kernel may know.
bool is_silent(const PeerConnection& connection) {
  char byte = 0;
  const bool nothing = ::recv(connection.stream.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
  return nothing && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace

const Address& PeerConnection::local_address() {
  thread_local Address address;
  address = stream.local_address();
  return address;
}

PeerConnection::PeerConnection(Pool& pool) : PeerLink(pool.loop_, &stream), pool_(pool) {}

// What only a shared link is asked for.
int PeerConnection::write_frames(std::span<const iovec> parts, bool) { return stream.write(parts); }
std::size_t PeerConnection::queued_frames() const { return stream.queued_bytes(); }
void PeerConnection::hold_window(bool held) { held ? stream.pause() : stream.resume(); }

void PeerConnection::end(const table::Upstream& upstream, bool reusable) {
  stream.splice_to(nullptr, 0);
  if (reusable) pool_.give_back(this, upstream);
  else pool_.close(this);
}

void PeerConnection::on_connected(int error) {
  if (error == 0) {
    stream.start_reading();
    stream.set_no_delay();
    if (proxy_line_) error = stream.write(*proxy_line_, true);  // what comes next travels with it
    if (error == 0 && tls_) error = start_tls();
    if (error == 0 && tls_) return;  // on_secured() goes on
  }
  if (user_) user_->on_peer_connected(error);
}

int PeerConnection::start_tls() {
  securing_ = true;
  return stream.start_tls(tls_->take_session());
}

void PeerConnection::on_secured(int error) {
  if (error == 0 && tls_->failure(0, stream.tls(), {}).empty()) securing_ = false;
  else if (error == 0) error = UV_EPROTO;
  if (user_) user_->on_peer_connected(error);
}

std::string PeerConnection::tls_failure(int error) const {
  return tls_ ? tls_->failure(error, stream.tls(), stream.tls_error()) : std::string();
}

bool PeerConnection::fits(const state::Peer& peer, const Origin& origin) const {
  return fits(peer.id, key_of(origin), origin);
}

bool PeerConnection::fits(std::uint64_t peer_id, std::size_t origin_key, const Origin& origin) const {
  if (peer_id_ != peer_id || origin_ != origin_key) return false;
  if (proxy_line_ ? *proxy_line_ != origin.proxy_line : !origin.proxy_line.empty()) return false;
  return tls_ ? origin.tls && tls_->fits(*origin.tls, origin.http2) : !origin.tls;
}

// Whatever happens to an idle connection makes it useless: an early answer, a FIN, a reset, the idle timeout.
void PeerConnection::on_read(std::string_view bytes) {
  if (user_) user_->on_peer_read(bytes);
  else pool_.close(this);
}

void PeerConnection::on_spliced(std::size_t bytes) {
  if (user_) user_->on_peer_spliced(bytes);
}

void PeerConnection::on_eof() {
  if (user_) user_->on_peer_eof();
  else pool_.closed_by_peer(this);
}

void PeerConnection::on_broken(int error) {
  if (user_) user_->on_peer_broken(error);
  else pool_.closed_by_peer(this);
}

void PeerConnection::on_drained() {
  if (user_) user_->on_peer_drained();
}

void PeerConnection::fire() {
  if (user_) user_->on_peer_timeout();
  else pool_.close(this);
}

Pool::Pool(net::Loop& loop) : loop_(loop) {}

Pool::~Pool() {
  h2_.reset();
  for (auto& [key, group] : groups_) {
    while (group->idle.newest) close(group->idle.newest);
  }
}

Pool::Group& Pool::group(const std::shared_ptr<state::PeerGroup>& peers) {
  if (last_group_ && last_group_->peers == peers) return *last_group_;
  auto& slot = groups_[peers.get()];
  if (!slot) {
    slot = std::make_unique<Group>();
    slot->peers = peers;
    slot->view = std::make_unique<state::PeerView>(peers, reinterpret_cast<std::uintptr_t>(this) ^ fnv1a("view"));
  }
  last_group_ = slot.get();
  return *slot;
}

state::PeerView& Pool::view(const std::shared_ptr<state::PeerGroup>& peers) { return *group(peers).view; }

PeerConnection* Pool::take_idle(const table::Upstream& upstream, const state::Peer& peer, const Origin& origin,
                                bool repeatable, PeerUser& user) {
  Group& from = group(upstream.peers);
  if (!repeatable && from.early_closes > 1 && loop_.clock().now_ms() - from.early_close_ms < early_close_memory_ms) {
    return nullptr;
  }
  const std::size_t wanted = key_of(origin);
  for (PeerConnection* c = from.idle.newest; c; c = c->older_) {
    if (!c->fits(peer.id, wanted, origin)) continue;
    if (!repeatable && !is_silent(*c)) {
      PeerConnection* const older = c->older_;
      closed_by_peer(c);
      if (!older) return nullptr;
      return take_idle(upstream, peer, origin, repeatable, user);
    }
    unlink_idle(c);
    c->clear_timeout();
    c->user_ = &user;
    return c;
  }
  return nullptr;
}

void Pool::note_early_close(const table::Upstream& upstream) {
  note_early_close(group(upstream.peers));
}

void Pool::note_early_close(Group& group) {
  const std::int64_t now = loop_.clock().now_ms();
  group.early_closes = now - group.early_close_ms < early_close_memory_ms ? group.early_closes + 1 : 1;
  group.early_close_ms = now;
}

void Pool::closed_by_peer(PeerConnection* connection) {
  const auto it = groups_.find(connection->group_);
  const std::int64_t now = loop_.clock().now_ms();
  if (it != groups_.end() && now - connection->idle_since_ms_ < early_close_ms) note_early_close(*it->second);
  close(connection);
}

PeerConnection* Pool::connect(const state::Peer& peer, const Origin& origin, PeerUser& user, int& error) {
  auto* connection = new PeerConnection(*this);
  connection->user_ = &user;
  connection->peer_id_ = peer.id;
  connection->origin_ = key_of(origin);
  connection->created_ms_ = loop_.clock().now_ms();
  if (!origin.proxy_line.empty()) connection->proxy_line_ = std::make_unique<const std::string>(origin.proxy_line);
  if (origin.tls) connection->tls_ = tls_.open(*origin.tls, origin.http2, peer.text, loop_.clock().now_ms());
  if (origin.tls && !connection->tls_) {
    error = tls_not_ready;
    delete connection;
    return nullptr;
  }
  error = connection->stream.connect(loop_, *connection, peer.address, origin.bind);
  if (error != 0) {
    delete connection;
    return nullptr;
  }
  return connection;
}

PeerLink* Pool::open_stream(const table::Upstream& upstream, const state::Peer& peer, const Origin& origin,
                            std::size_t head_bytes, PeerUser& user, int& error, bool& connected) {
  if (!h2_) h2_ = std::make_unique<H2Sessions>(*this);
  return h2_->open(upstream, peer, origin, head_bytes, user, error, connected);
}

/// Keeps the connection for the next attempt, if the upstream's settings allow it, else closes it.
void Pool::give_back(PeerConnection* connection, const table::Upstream& upstream) {
  const std::int64_t now = loop_.clock().now_ms();
  connection->user_ = nullptr;
  ++connection->requests_;
  const bool spent = upstream.keepalive_connections == 0 || !connection->stream.is_open() ||
                     connection->requests_ >= static_cast<std::uint64_t>(upstream.keepalive_requests) ||
                     now - connection->created_ms_ >= upstream.keepalive_time_ms ||
                     connection->stream.queued_bytes() > 0 || (connection->tls_ && !connection->tls_->is_kept());
  if (spent) return close(connection);
  Group& to = group(upstream.peers);
  const bool is_excess = to.idle.count >= upstream.keepalive_connections;
  connection->stream.resume();
  connection->group_ = upstream.peers.get();
  connection->idle_since_ms_ = now;
  connection->list_ = &to.idle;
  connection->older_ = to.idle.newest;
  connection->newer_ = nullptr;
  (to.idle.newest ? to.idle.newest->newer_ : to.idle.oldest) = connection;
  to.idle.newest = connection;
  ++to.idle.count;
  ++idle_;
  connection->set_timeout(is_excess ? std::min(excess_idle_ms, upstream.keepalive_timeout_ms)
                                    : upstream.keepalive_timeout_ms);
}

void Pool::unlink_idle(PeerConnection* connection) {
  IdleList& list = *connection->list_;
  (connection->newer_ ? connection->newer_->older_ : list.newest) = connection->older_;
  (connection->older_ ? connection->older_->newer_ : list.oldest) = connection->newer_;
  connection->list_ = nullptr;
  connection->newer_ = connection->older_ = nullptr;
  --list.count;
  --idle_;
}

void Pool::close(PeerConnection* connection) {
  if (connection->list_) unlink_idle(connection);
  connection->clear_timeout();
  delete connection;
}

net::Stream Pool::take_out(PeerLink& link) {
  PeerConnection& connection = link.connection();
  net::Stream stream = std::move(connection.stream);
  close(&connection);
  return stream;
}

void Pool::forget(const state::PeerGroup& peers) {
  if (h2_) h2_->retire(peers);
  const auto it = groups_.find(&peers);
  if (it == groups_.end()) return;
  while (it->second->idle.newest) close(it->second->idle.newest);
  if (last_group_ == it->second.get()) last_group_ = nullptr;
  groups_.erase(it);
}

/// Those whose TLS no location wants any more.
void Pool::close_retired(IdleList& list) {
  for (PeerConnection* c = list.newest; c;) {
    PeerConnection* const older = c->older_;
    if (c->tls_ && !c->tls_->is_kept()) close(c);
    c = older;
  }
}

void Pool::keep_only(const table::Table& table) {
  std::unordered_set<const state::PeerGroup*> used;
  for (const auto& upstream : table.upstreams) used.insert(upstream->peers.get());
  last_group_ = nullptr;
  tls_.keep_only(table);
  for (auto it = groups_.begin(); it != groups_.end();) {
    Group& group = *it->second;
    if (used.count(it->first) != 0) {
      close_retired(group.idle);
      ++it;
      continue;
    }
    while (group.idle.newest) close(group.idle.newest);
    it = groups_.erase(it);
  }
  if (h2_) h2_->keep_only(used);
}

}  // namespace gh::upstream
