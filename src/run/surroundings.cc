#include "run/surroundings.h"

#include <fmt/format.h>

#include "config/codes.h"
#include "net/loop.h"
#include "run/names.h"
#include "run/sockets.h"
#include "state/peers.h"

namespace gh::run {

namespace {

void check_names(const table::Table& table, config::Diagnostics& diagnostics) {
  net::Loop loop;
  UpstreamNames names(loop);
  names.on_failure = [&](const table::Upstream& upstream, const std::string& name, const std::string& cause) {
    diagnostics
        .warning(config::code::does_not_resolve, upstream.where, fmt::format("`{}` does not resolve: {}", name, cause))
        .with_help("the gateway starts all the same and treats it as down until the name has an address");
  };
  bool ready = false, running = false;
  names.follow(table, [&] {
    ready = true;
    if (running) loop.stop();
  });
  running = !ready;
  if (running) loop.run();
}

}  // namespace

void check_surroundings(const table::Table& table, config::Diagnostics& diagnostics) {
  // One worker means no SO_REUSEPORT, so that nothing else may have the port.
  ListenSockets sockets;
  std::vector<const ListenSockets::Open*> opened;
  sockets.open_new(table, 1, diagnostics, opened);
  sockets.close_all();
  check_names(table, diagnostics);
}

}  // namespace gh::run
