// The process: starts workers, owns listening sockets, pid file, control socket and signals, reloads, drains, stops.
// Main thread with a loop of its own.
//
//   compile -> open sockets -> pid file -> drop privileges -> workers -> serving --HUP--> compile, open, publish, close
//                                                                        --QUIT--> draining -> over   --TERM--> over
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/loop.h"
#include "proxy/worker.h"
#include "run/certificate_watch.h"
#include "run/control.h"
#include "run/gate.h"
#include "run/key_fetching.h"
#include "run/names.h"
#include "run/options.h"
#include "run/signals.h"
#include "run/sockets.h"
#include "run/stapling.h"
#include "run/worker_thread.h"
#include "state/registry.h"

namespace gh::run {

class Process {
 public:
  explicit Process(const Options& options);
  ~Process();
  /// Runs until it is told to stop; the exit code.
  int run();

 private:
  using Answer = ControlServer::Answer;
  int start();  // an exit code; 0: it serves
  int prepare();
  int refuse_start(const std::string& why, const std::string& help = {});
  int refuse_start(const Compiled& compiled);
  bool write_pid_file();
  bool find_user();
  bool drop_privileges();
  void hand_over(const std::string& path) const;
  void watch_signals();
  void on_signal(int number);
  void command(const std::string& name, Answer answer);
  void reload(Answer answer);
  void next_reload();
  void reload_compiled(std::shared_ptr<Compiled> compiled, const Answer& answer);
  void refuse_reload(const Compiled& compiled, const Answer& answer);
  void publish(const std::shared_ptr<table::Table>& table, const std::vector<const ListenSockets::Open*>& opened,
               std::function<void()> done);
  void attach(const ListenSockets::Open& open);
  void let_go(std::shared_ptr<const table::Table> table);
  void look_after_certificates();
  void reopen_logs(Answer answer);
  void reopen_files(const Answer& answer);
  std::string memory_logs() const;
  void quit(Answer answer);
  void stop_now();
  void finished();
  void say_where_it_listens() const;

  class Deadline final : public net::Timer {
   public:
    std::function<void()> over;
    void fire() override {
      if (over) over();
    }
  };

  const Options options_;
  Options plain_;  // the same, for reports to others
  net::Loop loop_;
  state::Registry registry_;
  std::uint64_t generation_ = 0;
  std::shared_ptr<table::Table> table_;
  proxy::ProcessCounters counters_;
  std::vector<std::unique_ptr<WorkerThread>> workers_;
  ListenSockets sockets_;
  UpstreamNames names_;
  CertificateWatch certificates_{loop_};
  Stapling stapling_{loop_};
  KeyFetching key_fetching_{loop_};
  std::unique_ptr<ControlServer> control_;
  std::map<std::uint64_t, std::size_t> holders_;  // workers that still hold a generation
  Signals signals_;
  Deadline shutdown_;
  Deadline lull_;
  std::vector<Answer> waiting_;  // reloads asked for while one is under way
  std::size_t draining_ = 0;
  std::string pid_file_;
  unsigned uid_ = 0, gid_ = 0;  // who to become; 0: nobody else
  bool reloading_ = false, stopping_ = false, over_ = false, owns_pid_file_ = false, logs_to_stderr_ = false;
};

/// Runs the gateway in the foreground.
int serve(const Options& options);

}  // namespace gh::run
