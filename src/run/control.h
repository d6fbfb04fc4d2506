// The control socket: how `gatehouse -s reload` reaches the running gateway and learns the outcome. A unix stream
// socket beside the pid file (PID_FILE.sock, mode 0600). One line in ("reload"), text out, first line "ok" or "failed".
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/loop.h"
#include "run/options.h"

namespace gh::run {

std::string control_path(const std::string& pid_file);

/// Server side, on the main loop.
class ControlServer {
 public:
  /// Called with the command; `answer` may be called later, once, from the main loop.
  using Answer = std::function<void(bool ok, std::string text)>;
  using Handler = std::function<void(const std::string& command, Answer answer)>;
  ControlServer(net::Loop& loop, Handler handler);
  ~ControlServer();  // closes and removes the socket file
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  /// False: the gateway runs without it (a warning was logged).
  bool open(const std::string& path);

 private:
  struct Session;
  struct State;
  std::shared_ptr<State> state_;
};

/// Client side: `gatehouse -s X`. Finds the gateway by the pid file of the configuration; returns the exit code.
int send_command(const Options& options);

}  // namespace gh::run
