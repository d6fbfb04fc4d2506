// The process's listening sockets: opened when a table names them first, kept while it does, closed when it does not.
// All of a table's new sockets open, or none. Main thread; workers get descriptors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "config/diagnostic.h"
#include "table/plan.h"

namespace gh::run {

class ListenSockets {
 public:
  struct Open {
    Address address;       // as the configuration says (port 0 stays 0)
    Address bound;         // as the kernel says
    std::vector<int> fds;  // one a worker, or one for all (unix sockets, a single worker)
    int backlog = 511;
    [[nodiscard]] int fd_of(unsigned worker) const { return fds[worker < fds.size() ? worker : 0]; }
  };

  ListenSockets() = default;
  ListenSockets(const ListenSockets&) = delete;
  ListenSockets& operator=(const ListenSockets&) = delete;
  ~ListenSockets() { close_all(); }

  /// Opens what `table` names and is not open yet, for `workers` workers. On failure nothing new stays open and a
  /// diagnostic (E0505) names each address that failed.
  bool open_new(const table::Table& table, unsigned workers, config::Diagnostics& diagnostics,
                std::vector<const Open*>& opened);
  /// Closes what `table` does not name; their addresses are returned.
  std::vector<Address> close_unnamed(const table::Table& table);
  void close_all();
  [[nodiscard]] const std::vector<std::unique_ptr<Open>>& all() const { return open_; }

 private:
  static void close(Open& open);
  [[nodiscard]] Open* find(const Address& address) const;
  std::vector<std::unique_ptr<Open>> open_;
};

}  // namespace gh::run
