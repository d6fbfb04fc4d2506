#include "run/control.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <vector>

#include "base/log.h"
#include "net/listener.h"
#include "net/stream.h"
#include "run/gate.h"

namespace gh::run {

namespace {

constexpr std::size_t max_command_bytes = 64;
constexpr int answer_wait_ms = 120000;

}  // namespace

std::string control_path(const std::string& pid_file) { return pid_file + ".sock"; }

/// One caller. It deletes itself through the loop when its answer is out or it has gone.
struct ControlServer::Session final : net::StreamEvents, net::Deferred {
  explicit Session(std::shared_ptr<State> owner) : state(std::move(owner)) {}
  ~Session();
  void on_connected(int) override {}
  void on_read(std::string_view bytes) override;
  void on_eof() override { end(); }
  void on_broken(int) override { end(); }
  void on_drained() override {
    if (answered) end();
  }
  void run_deferred() override { delete this; }
  void end();
  void answer(bool ok, const std::string& text);

  std::shared_ptr<State> state;
  net::Stream stream;
  std::string line;
  bool asked = false, answered = false, over = false;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

struct ControlServer::State {
  State(net::Loop& on, Handler call) : loop(on), handler(std::move(call)) {}
  net::Loop& loop;
  Handler handler;
  std::string path;
  int fd = -1;
  std::unique_ptr<net::Listener> listener;
  std::vector<Session*> sessions;
};

ControlServer::Session::~Session() {
  *alive = false;
  std::erase(state->sessions, this);
}

void ControlServer::Session::end() {
  if (over) return;
  over = true;
  stream.close();
  state->loop.defer(*this);
}

void ControlServer::Session::on_read(std::string_view bytes) {
  if (asked) return;
  line.append(bytes);
  const std::size_t stop = line.find('\n');
  if (stop == std::string::npos) {
    if (line.size() > max_command_bytes) end();
    return;
  }
  asked = true;
  state->handler(line.substr(0, stop), [this, still = alive](bool ok, const std::string& text) {
    if (*still) answer(ok, text);
  });
}

void ControlServer::Session::answer(bool ok, const std::string& text) {
  if (over) return;
  answered = true;
  if (stream.write((ok ? "ok\n" : "failed\n") + text) != 0 || stream.queued_bytes() == 0) end();
}

ControlServer::ControlServer(net::Loop& loop, Handler handler)
    : state_(std::make_shared<State>(loop, std::move(handler))) {}

ControlServer::~ControlServer() {
  state_->listener.reset();
  while (!state_->sessions.empty()) delete state_->sessions.back();
  if (state_->fd >= 0) {
    ::close(state_->fd);
    ::unlink(state_->path.c_str());
  }
}

bool ControlServer::open(const std::string& path) {
  const Result<Address> address = Address::unix_path(path);
  net::ListenOptions options;
  options.unix_mode = 0600;
  const Result<int> fd =
      address ? net::open_listening_socket(*address, options) : Result<int>(Unexpected<Error>(address.error()));
  if (!fd) {
    process_log()->write(LogLevel::warn, 0,
                         fmt::format("no control socket \"{}\": {}; -s will use signals", path, fd.error().text));
    return false;
  }
  state_->path = path;
  state_->fd = *fd;
  state_->listener = std::make_unique<net::Listener>(
      state_->loop, *fd, true, 16,
      [state = state_.get(), owner = std::weak_ptr<State>(state_)](uv_stream_t* listening) {
        auto shared = owner.lock();
        if (!shared) return net::Listener::discard(listening);
        auto* session = new Session(std::move(shared));
        if (session->stream.accept(state->loop, *session, listening) != 0) {
          delete session;
          return;
        }
        state->sessions.push_back(session);
        session->stream.start_reading();
      });
  return state_->listener->error() == 0;
}

// ---- the caller's side ---------------------------------------------------------------------------------------------

namespace {

int connect_to(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (fd < 0 || path.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

/// Everything until the gateway closes; empty when it did not answer in time.
std::string ask(int fd, const std::string& command) {
  const std::string line = command + "\n";
  std::string answer;
  if (::send(fd, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) return answer;
  while (true) {
    pollfd poll_fd{fd, POLLIN, 0};
    if (::poll(&poll_fd, 1, answer_wait_ms) <= 0) return answer;
    char bytes[4096];
    const ssize_t n = ::recv(fd, bytes, sizeof bytes, 0);
    if (n <= 0) return answer;
    answer.append(bytes, static_cast<std::size_t>(n));
  }
}

/// A descriptor that becomes readable when the gateway's process has ended; -1 where the kernel cannot say.
int process_of(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0) return -1;
  return static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0));
}

void wait_for_the_end(int process) {
  pollfd poll_fd{process, POLLIN, 0};
  while (process >= 0 && ::poll(&poll_fd, 1, -1) < 0 && errno == EINTR) {
  }
}

int signal_number(const std::string& command) {
  if (command == "reload") return SIGHUP;
  if (command == "reopen") return SIGUSR1;
  return command == "quit" ? SIGQUIT : SIGTERM;
}

int send_signal(const std::string& pid_file, const std::string& command) {
  long pid = 0;
  std::ifstream(pid_file) >> pid;
  if (pid <= 0) {
    std::fprintf(stderr, "gatehouse: no gateway is running: pid file \"%s\" is not there or holds no pid\n",
                 pid_file.c_str());
    return exit_errors;
  }
  if (::kill(static_cast<pid_t>(pid), signal_number(command)) != 0) {
    std::fprintf(stderr, "gatehouse: cannot signal process %ld of pid file \"%s\": %s\n", pid, pid_file.c_str(),
                 std::strerror(errno));
    return exit_errors;
  }
  std::fprintf(stderr, "gatehouse: %s sent to process %ld by signal; its error log tells the outcome\n",
               command.c_str(), pid);
  return exit_ok;
}

}  // namespace

int send_command(const Options& options) {
  if (::access(options.config_file.c_str(), R_OK) != 0) {
    std::fprintf(stderr, "gatehouse: cannot read %s, which names the pid file of the gateway: %s\n",
                 options.config_file.c_str(), std::strerror(errno));
    return exit_unreadable;
  }
  const std::string pid_file = pid_file_of(options);
  const int fd = connect_to(control_path(pid_file));
  if (fd < 0 && options.signal == "log") {
    std::fprintf(stderr, "gatehouse: cannot reach the control socket \"%s\"; no signal asks for a log\n",
                 control_path(pid_file).c_str());
    return exit_errors;
  }
  if (fd < 0) return send_signal(pid_file, options.signal);
  const bool ends = options.signal == "quit" || options.signal == "stop";
  const int process = ends ? process_of(fd) : -1;
  const std::string answer = ask(fd, options.signal);
  ::close(fd);
  if (answer.starts_with("ok\n")) {
    if (!options.quiet) {
      std::fputs(answer.c_str() + 3, stdout);
      std::fflush(stdout);
    }
    wait_for_the_end(process);
    return exit_ok;
  }
  if (answer.empty())
    std::fputs("gatehouse: the gateway closed the control socket without an answer\n", stderr);
  else
    std::fputs(answer.c_str() + answer.find('\n') + 1, stderr);
  return exit_errors;
}

}  // namespace gh::run
