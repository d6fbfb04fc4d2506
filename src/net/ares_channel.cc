#include "net/ares_channel.h"

#include <algorithm>
#include <mutex>

namespace gh::net {

AresChannel::AresChannel(Loop& loop, const Options& options) : loop_(loop) {
  static std::once_flag once;
  std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
  ares_options wanted{};
  static char lookups[] = "fb";  // the hosts file, then DNS
  wanted.lookups = lookups;
  wanted.tries = options.tries;
  wanted.timeout = static_cast<int>(std::min<std::int64_t>(options.try_ms, INT32_MAX));
  wanted.sock_state_cb = socket_changed;
  wanted.sock_state_cb_data = this;
  wanted.flags = options.raw_answers ? ARES_FLAG_NOCHECKRESP : 0;
  int mask = ARES_OPT_LOOKUPS | ARES_OPT_TRIES | ARES_OPT_TIMEOUTMS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_FLAGS;
  if (!options.servers.empty()) mask |= ARES_OPT_DOMAINS;  // none: the system's search list is not for these servers
  error_ = ares_init_options(&channel_, &wanted, mask);
  if (error_ != ARES_SUCCESS) channel_ = nullptr;
  else if (!options.servers.empty()) error_ = ares_set_servers_ports_csv(channel_, options.servers.c_str());
}

AresChannel::~AresChannel() {
  if (channel_) ares_destroy(channel_);  // closes every socket
}

void AresChannel::fire() {
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  arm();
}

void AresChannel::arm() {
  timeval left{};
  if (!channel_ || ares_timeout(channel_, nullptr, &left) == nullptr) return loop_.timers().clear(*this);
  loop_.timers().set(*this, left.tv_sec * 1000 + left.tv_usec / 1000 + 1);
}

void AresChannel::socket_changed(void* arg, ares_socket_t fd, int readable, int writable) {
  auto& self = *static_cast<AresChannel*>(arg);
  if (readable || writable) return self.watch(fd, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0));
  const auto at = self.watches_.find(fd);
  if (at == self.watches_.end()) return;
  at->second->channel = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&at->second->poll),
           [](uv_handle_t* handle) { delete static_cast<Watch*>(handle->data); });
  self.watches_.erase(at);
}

void AresChannel::watch(ares_socket_t fd, int events) {
  Watch*& known = watches_[fd];
  if (!known) {
    auto* made = new Watch{{}, fd, this};
    if (uv_poll_init(loop_.uv(), &made->poll, fd) != 0) {  // c-ares will time out
      delete made;
      watches_.erase(fd);
      return;
    }
    made->poll.data = made;
    known = made;
  }
  uv_poll_start(&known->poll, events, socket_ready);
}

void AresChannel::socket_ready(uv_poll_t* poll, int status, int events) {
  const Watch& watch = *static_cast<Watch*>(poll->data);
  AresChannel* channel = watch.channel;
  if (!channel) return;
  channel->loop_.woke();
  const ares_socket_t readable = status < 0 || (events & UV_READABLE) ? watch.fd : ARES_SOCKET_BAD;
  const ares_socket_t writable = status < 0 || (events & UV_WRITABLE) ? watch.fd : ARES_SOCKET_BAD;
  ares_process_fd(channel->channel_, readable, writable);  // never destroys the channel: outcomes are handed over later
  channel->arm();
}

}  // namespace gh::net
