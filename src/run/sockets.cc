#include "run/sockets.h"

#include <unistd.h>

#include <algorithm>

#include "config/codes.h"
#include "net/listener.h"

namespace gh::run {

namespace {

net::ListenOptions listen_options(const table::ListenSocket& socket, bool reuseport) {
  net::ListenOptions options;
  options.backlog = socket.backlog;
  options.reuseport = reuseport;
  options.ipv6only = socket.ipv6only;
  options.rcvbuf = socket.rcvbuf;
  options.sndbuf = socket.sndbuf;
  options.deferred = socket.deferred;
  options.so_keepalive = socket.so_keepalive;
  return options;
}

/// With SO_REUSEPORT two programs could share a port unnoticed, so a plain socket tries the address first.
Result<std::vector<int>> open_all(const table::ListenSocket& socket, unsigned workers) {
  const bool one = socket.address.is_unix() || workers == 1;
  std::vector<int> fds;
  Address address = socket.address;
  if (!one && address.port() != 0) {
    const Result<int> probe = net::open_listening_socket(address, listen_options(socket, false));
    if (!probe) return Unexpected<Error>(probe.error());
    ::close(*probe);
  }
  for (unsigned i = 0; i < (one ? 1 : workers); ++i) {
    const Result<int> fd = net::open_listening_socket(address, listen_options(socket, !one));
    if (!fd) {
      for (const int opened : fds) ::close(opened);
      return Unexpected<Error>(fd.error());
    }
    fds.push_back(*fd);
    if (i == 0 && !address.is_unix())
      address = net::bound_address(*fd);  // port 0: all workers share the kernel's choice
  }
  return fds;
}

}  // namespace

ListenSockets::Open* ListenSockets::find(const Address& address) const {
  const auto it = std::find_if(open_.begin(), open_.end(), [&](const auto& o) { return o->address == address; });
  return it == open_.end() ? nullptr : it->get();
}

bool ListenSockets::open_new(const table::Table& table, unsigned workers, config::Diagnostics& diagnostics,
                             std::vector<const Open*>& opened) {
  std::vector<std::unique_ptr<Open>> fresh;
  bool good = true;
  for (const table::ListenSocket& socket : table.sockets) {
    if (find(socket.address)) continue;
    Result<std::vector<int>> fds = open_all(socket, workers);
    if (!fds) {
      good = false;
      diagnostics.error(config::code::port_in_use, socket.where, fds.error().text)
          .with_help("stop what listens there, or choose another address");
      continue;
    }
    auto open = std::make_unique<Open>();
    open->address = socket.address;
    open->fds = std::move(*fds);
    open->bound = net::bound_address(open->fds.front());
    open->backlog = socket.backlog;
    fresh.push_back(std::move(open));
  }
  if (!good) {
    for (const auto& open : fresh) close(*open);
    return false;
  }
  for (auto& open : fresh) {
    opened.push_back(open.get());
    open_.push_back(std::move(open));
  }
  return true;
}

std::vector<Address> ListenSockets::close_unnamed(const table::Table& table) {
  std::vector<Address> gone;
  std::erase_if(open_, [&](const std::unique_ptr<Open>& open) {
    const bool named = std::any_of(table.sockets.begin(), table.sockets.end(),
                                   [&](const table::ListenSocket& s) { return s.address == open->address; });
    if (named) return false;
    gone.push_back(open->address);
    close(*open);
    return true;
  });
  return gone;
}

void ListenSockets::close(Open& open) {
  for (const int fd : open.fds) ::close(fd);
  open.fds.clear();
  if (open.address.is_unix()) ::unlink(std::string(open.address.binary()).c_str());
}

void ListenSockets::close_all() {
  for (const auto& open : open_) close(*open);
  open_.clear();
}

}  // namespace gh::run
