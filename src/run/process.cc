#include "run/process.h"

#include <fmt/format.h>
#include <grp.h>
#include <malloc.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <latch>
#include <set>

#include "base/memory_log.h"
#include "base/privileges.h"
#include "config/codes.h"
#include "table/tls_watch.h"

namespace gh::run {

namespace {

void log(LogLevel level, std::string_view text) { process_log()->write(level, 0, text); }

void put_error(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

/// worker_rlimit_nofile; without it as much as the connections may need and the hard limit allows: nothing here uses
/// select(), the reason for the low soft limit.
void raise_descriptor_limit(const table::ProcessSettings& settings) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  std::int64_t wanted = settings.worker_rlimit_nofile;
  if (wanted <= 0) {
    const auto needed = static_cast<rlim_t>(settings.worker_connections * settings.workers + 256);
    if (limit.rlim_cur >= needed) return;
    wanted = static_cast<std::int64_t>(std::min(needed, limit.rlim_max));
  }
  limit.rlim_cur = static_cast<rlim_t>(wanted);
  limit.rlim_max = std::max(limit.rlim_max, limit.rlim_cur);
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return;
  log(LogLevel::alert, fmt::format("cannot set worker_rlimit_nofile to {}: {}", wanted, std::strerror(errno)));
}

/// Folders for bodies that are not there yet are made while there is the right to: whoever the workers become may not
/// write to the folder around them.
void make_temp_folders(const table::Table& table, uid_t owner, gid_t group) {
  std::set<std::string> folders;
  for (const auto& server : table.servers) {
    folders.insert(server->base.core->client_body_temp_path.folder);
    for (const auto& route : server->routes) folders.insert(route->core->client_body_temp_path.folder);
  }
  for (const std::string& folder : folders) {
    if (::mkdir(folder.c_str(), 0700) != 0) continue;  // there, or tried again when a body needs it
    if (::chown(folder.c_str(), owner, group) != 0)
      log(LogLevel::warn, fmt::format("cannot give \"{}\" to the workers: {}", folder, std::strerror(errno)));
  }
}

}  // namespace

Process::Process(const Options& options) : options_(options), plain_(options), names_(loop_) {
  plain_.print = {};  // answers go to another program's terminal
}

Process::~Process() {
  loop_.timers().clear(shutdown_);
  loop_.timers().clear(lull_);
}

int Process::run() {
  if (const int code = start(); code != exit_ok) return code;
  loop_.run();
  for (const auto& worker : workers_) worker->join();
  workers_.clear();
  const Privileged removing;
  control_.reset();
  sockets_.close_all();
  // Who gave up the right to the folder empties the file at least: an old number must not be signalled.
  if (owns_pid_file_ && ::unlink(pid_file_.c_str()) != 0) std::ofstream(pid_file_, std::ios::trunc).close();
  log(LogLevel::notice, "exit");
  return exit_ok;
}

// ---- start ---------------------------------------------------------------------------------------------------------

int Process::start() {
  if (const int code = prepare(); code != exit_ok) return code;
  bool ready = false, running = false;
  names_.follow(*table_, [&] {
    ready = true;
    if (running) loop_.stop();
  });
  running = !ready;
  if (running) loop_.run();
  if (!find_user()) return exit_errors;
  watch_signals();  // before the pid file tells others where to send them
  if (!write_pid_file()) return exit_errors;
  control_ = std::make_unique<ControlServer>(
      loop_, [this](const std::string& name, Answer answer) { command(name, std::move(answer)); });
  if (control_->open(control_path(pid_file_))) hand_over(control_path(pid_file_));
  if (!drop_privileges()) {
    ::unlink(pid_file_.c_str());
    return exit_errors;
  }
  for (const auto& worker : workers_) {
    ++holders_[table_->generation];
    worker->worker().on_let_go = [this](std::shared_ptr<const table::Table> table) {
      loop_.post([this, table = std::move(table)]() mutable { let_go(std::move(table)); });
    };
    worker->publish(table_, [] {});
  }
  for (const auto& open : sockets_.all()) attach(*open);
  look_after_certificates();
  const auto ended = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(workers_.size()));
  for (const auto& worker : workers_) worker->start(ended);
  say_where_it_listens();
  return exit_ok;
}

/// Standard error for who started it, and the log of -e, where nginx's users look.
int Process::refuse_start(const std::string& why, const std::string& help) {
  put_error("gatehouse: " + why + "\n" + help);
  if (!options_.error_log.empty()) log(LogLevel::emerg, why);
  return exit_errors;
}

int Process::refuse_start(const Compiled& compiled) {
  put_error(report(compiled, options_));
  if (!options_.error_log.empty()) log_findings(compiled);
  return exit_code(compiled, options_);
}

/// Everything that can be refused before a thread runs.
int Process::prepare() {
  if (!options_.error_log.empty()) {
    const auto file = LogFile::open(options_.error_log);
    if (file)
      set_process_log(std::make_shared<const ErrorLog>(std::vector<ErrorLog::Target>{{*file, LogLevel::notice}}));
    else
      put_error("gatehouse: " + file.error().text + "\n");
  }
  Compiled compiled = compile(options_, &registry_, ++generation_);
  if (!compiled.table || refuse_if_closed(compiled)) {
    registry_.rollback();
    return refuse_start(compiled);
  }
  table_ = compiled.table;
  raise_descriptor_limit(table_->process);
  for (int i = 0; i < table_->process.workers; ++i) {
    counters_.workers.push_back(std::make_unique<proxy::Counters>());
  }
  std::vector<const ListenSockets::Open*> opened;
  if (!sockets_.open_new(*table_, static_cast<unsigned>(table_->process.workers), compiled.loaded->diagnostics,
                         opened)) {
    compiled.loaded->diagnostics.sort_and_deduplicate(compiled.loaded->sources);
    return refuse_start(compiled);
  }
  registry_.commit();
  set_process_log(table_->error_log);
  logs_to_stderr_ =
      std::any_of(compiled.loaded->bound.begin(), compiled.loaded->bound.end(), [](const config::Bound& b) {
        return b.row->name == "error_log" && !b.values.empty() && b.values.front().text == "stderr";
      });
  if (!options_.quiet && compiled.loaded->diagnostics.warnings() > 0) put_error(report(compiled, options_));
  for (int i = 0; i < table_->process.workers; ++i) {
    const auto index = static_cast<std::size_t>(i);
    workers_.push_back(std::make_unique<WorkerThread>(static_cast<unsigned>(i), *counters_.workers[index], counters_));
  }
  return exit_ok;
}

bool Process::find_user() {
  const table::ProcessSettings& settings = table_->process;
  if (::geteuid() != 0 || settings.user.empty() || settings.user == "root") return true;
  const passwd* user = ::getpwnam(settings.user.c_str());
  const group* named = settings.group.empty() ? nullptr : ::getgrnam(settings.group.c_str());
  if (!user || (!settings.group.empty() && !named)) {
    refuse_start(fmt::format("no such {} \"{}\"", user ? "group" : "user", user ? settings.group : settings.user));
    return false;
  }
  uid_ = user->pw_uid;
  gid_ = named ? named->gr_gid : user->pw_gid;
  return true;
}

/// A regular file or a socket that root made is the user's from now on: it must be reopened, emptied, removed.
void Process::hand_over(const std::string& path) const {
  struct stat found {};
  if (uid_ == 0 || ::stat(path.c_str(), &found) != 0 || found.st_uid == uid_) return;
  if (!S_ISREG(found.st_mode) && !S_ISSOCK(found.st_mode)) return;
  if (::chown(path.c_str(), uid_, gid_) != 0)
    log(LogLevel::warn,
        fmt::format("cannot give \"{}\" to user \"{}\": {}", path, table_->process.user, std::strerror(errno)));
}

bool Process::drop_privileges() {
  if (uid_ == 0) return true;
  for (const auto& file : table_->log_files) hand_over(file->path());
  make_temp_folders(*table_, uid_, gid_);
  const std::string& name = table_->process.user;
  keep_rights_before_setuid();
  if (::initgroups(name.c_str(), gid_) == 0 && ::setgid(gid_) == 0 && ::setuid(uid_) == 0) {
    keep_rights_after_setuid();
    return true;
  }
  refuse_start(fmt::format("cannot become user \"{}\": {}", name, std::strerror(errno)));
  return false;
}

bool Process::write_pid_file() {
  pid_file_ = table_->process.pid_file;
  if (pid_file_ == options_.prefix + "logs/gatehouse.pid") pid_file_ = default_pid_file(options_.prefix);
  std::ofstream file(pid_file_, std::ios::trunc);
  file << ::getpid() << '\n';
  file.close();
  owns_pid_file_ = !file.fail();
  if (!owns_pid_file_) {
    refuse_start(fmt::format("cannot write the pid file \"{}\": {}", pid_file_, std::strerror(errno)),
                 "  name another place with the `pid` directive\n");
  } else {
    hand_over(pid_file_);
  }
  return owns_pid_file_;
}

void Process::say_where_it_listens() const {
  const bool log_is_seen = logs_to_stderr_ && table_->error_log->wants(LogLevel::notice);
  const auto speaks_tls = [this](const Address& address) {
    return std::any_of(table_->sockets.begin(), table_->sockets.end(), [&](const table::ListenSocket& socket) {
      return socket.address == address && table_->addresses[socket.addresses.front()]->tls;
    });
  };
  for (const auto& open : sockets_.all()) {
    const char* const scheme = speaks_tls(open->address) ? "https://" : "http://";
    const std::string where = open->address.is_unix() ? open->address.text() : scheme + open->bound.text();
    log(LogLevel::notice, fmt::format("listening on {}", where));
    if (!options_.quiet && !log_is_seen && (options_.error_log.empty() || open->address.port() == 0))
      put_error(fmt::format("gatehouse: listening on {}\n", where));
  }
}

// ---- signals and commands ------------------------------------------------------------------------------------------

void Process::watch_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  signals_.watch(loop_, [this](int number) { on_signal(number); });
}

void Process::on_signal(int number) {
  log(LogLevel::notice, fmt::format("signal {} ({}) received", number, ::strsignal(number)));
  const auto nobody = [](bool, const std::string&) {};
  switch (number) {
    case SIGHUP:
      return reload(nobody);
    case SIGUSR1:
      return reopen_logs(nobody);
    case SIGQUIT:
      return quit(nobody);
    default:
      return stop_now();
  }
}

void Process::command(const std::string& name, Answer answer) {
  log(LogLevel::notice, fmt::format("command \"{}\" received", name));
  if (name == "reload") return reload(std::move(answer));
  if (name == "reopen") return reopen_logs(std::move(answer));
  if (name == "quit") return quit(std::move(answer));
  if (name == "log") return answer(true, memory_logs());
  if (name != "stop") return answer(false, "gatehouse: unknown command\n");
  answer(true, "gatehouse: stopping\n");
  stop_now();
}

/// What `error_log memory:...` holds.
std::string Process::memory_logs() const {
  std::string text;
  for (const auto& each : table_->memory_logs) text += each->text();
  return text.empty() ? "gatehouse: no log is kept in memory (error_log memory:SIZE), or none has a line yet\n" : text;
}

/// What the workers still hold for the old files goes there first.
void Process::reopen_logs(Answer answer) {
  auto left = std::make_shared<std::size_t>(workers_.size());
  for (const auto& worker : workers_) {
    worker->flush_logs([this, left, answer] {
      loop_.post([this, left, answer] {
        if (--*left == 0) reopen_files(answer);
      });
    });
  }
}

void Process::reopen_files(const Answer& answer) {
  const Privileged opening;
  std::string trouble;
  for (const auto& file : table_->log_files) {
    if (const Result<void> done = file->reopen(); !done) trouble += "gatehouse: " + done.error().text + "\n";
  }
  if (!trouble.empty()) log(LogLevel::emerg, trouble);
  const std::size_t count = table_->log_files.size();
  answer(trouble.empty(),
         trouble.empty() ? fmt::format("gatehouse: {} log file{} reopened\n", count, count == 1 ? "" : "s") : trouble);
}

// ---- reload --------------------------------------------------------------------------------------------------------

void Process::reload(Answer answer) {
  if (stopping_) return answer(false, "gatehouse: shutting down, not reloading\n");
  if (reloading_) {
    waiting_.push_back(std::move(answer));
    return;
  }
  reloading_ = true;
  const Privileged reading;
  auto compiled = std::make_shared<Compiled>(compile(options_, &registry_, generation_ + 1, Signals::is_end_noted));
  if (Signals::is_end_noted()) {
    registry_.rollback();
    return answer(false, "gatehouse: shutting down, not reloading\n");
  }
  if (!compiled->table || refuse_if_closed(*compiled)) {
    registry_.rollback();
    return refuse_reload(*compiled, answer);
  }
  names_.follow(*compiled->table, [this, compiled, answer = std::move(answer)] { reload_compiled(compiled, answer); });
}

void Process::refuse_reload(const Compiled& compiled, const Answer& answer) {
  log_findings(compiled);
  log(LogLevel::emerg, fmt::format("configuration refused, generation {} goes on serving", generation_));
  answer(false, report(compiled, plain_) + "gatehouse: reload refused, the old configuration goes on serving\n");
  next_reload();
}

/// All who asked meanwhile are answered by one more reload: it reads the newest file.
void Process::next_reload() {
  reloading_ = false;
  if (waiting_.empty()) return;
  auto answers = std::make_shared<std::vector<Answer>>(std::move(waiting_));
  waiting_.clear();
  reload([answers](bool ok, const std::string& text) {
    for (const Answer& each : *answers) each(ok, text);
  });
}

void Process::reload_compiled(std::shared_ptr<Compiled> compiled, const Answer& answer) {
  if (stopping_) {  // told to stop while names were looked up
    registry_.rollback();
    return answer(false, "gatehouse: shutting down, not reloading\n");
  }
  const Privileged opening;
  std::vector<const ListenSockets::Open*> opened;
  const std::shared_ptr<table::Table>& table = compiled->table;
  if (!sockets_.open_new(*table, static_cast<unsigned>(workers_.size()), compiled->loaded->diagnostics, opened)) {
    compiled->loaded->diagnostics.sort_and_deduplicate(compiled->loaded->sources);
    registry_.rollback();
    names_.follow(*table_, [] {});
    return refuse_reload(*compiled, answer);
  }
  registry_.commit();
  ++generation_;
  std::string said = report(*compiled, plain_);
  if (table->process.workers != static_cast<int>(workers_.size())) {
    const std::string text = fmt::format("worker_processes stays {} until a restart", workers_.size());
    log(LogLevel::warn, text);
    said += "gatehouse: " + text + "\n";
  }
  set_process_log(table->error_log);
  if (compiled->loaded->diagnostics.warnings() > 0) log_findings(*compiled);
  // What was loaded (the syntax tree, the sources) is freed when the workers serve already, not on their way there.
  publish(table, opened, [this, answer, said, compiled, generation = generation_] {
    log(LogLevel::notice, fmt::format("config generation {} serves", generation));
    answer(true, said + fmt::format("gatehouse: reloaded, generation {}\n", generation));
    next_reload();
  });
}

void Process::publish(const std::shared_ptr<table::Table>& table, const std::vector<const ListenSockets::Open*>& opened,
                      std::function<void()> done) {
  table_ = table;
  look_after_certificates();
  holders_[table->generation] = workers_.size();
  auto left = std::make_shared<std::size_t>(workers_.size());
  for (const auto& worker : workers_) {
    worker->publish(table, [this, left, done] {
      loop_.post([left, done] {
        if (--*left == 0) done();
      });
    });
  }
  for (const ListenSockets::Open* open : opened) attach(*open);
  for (const Address& gone : sockets_.close_unnamed(*table)) {
    for (const auto& worker : workers_) worker->stop_listening(gone);
  }
}

/// Those of the table that is served from now on, and the keys that it verifies tokens with.
void Process::look_after_certificates() {
  certificates_.on_renewal = [this] { stapling_.follow(*table_); };
  certificates_.follow(registry_.get<table::TlsWatch>("ssl_certificate_watch"));
  stapling_.follow(*table_);
  key_fetching_.follow(registry_.get<table::JwtKeyUrls>(table::JwtKeyUrls::registry_name).get());
}

void Process::attach(const ListenSockets::Open& open) {
  std::vector<WorkerThread*> others;
  if (open.address.is_unix()) {
    for (std::size_t i = 1; i < workers_.size(); ++i) others.push_back(workers_[i].get());
  }
  for (std::size_t i = workers_.size(); i-- > 0;) {
    const bool mailed = open.address.is_unix() && i > 0;
    workers_[i]->listen(open.address, mailed ? -1 : open.fd_of(static_cast<unsigned>(i)), open.backlog,
                        i == 0 ? others : std::vector<WorkerThread*>{});
  }
}

/// A worker has dropped its last pin of a generation. The table itself is freed here, on the main thread.
void Process::let_go(std::shared_ptr<const table::Table> table) {
  const std::uint64_t generation = table->generation;
  table.reset();
  const auto it = holders_.find(generation);
  if (it == holders_.end() || --it->second > 0) return;
  holders_.erase(it);
  log(LogLevel::notice, fmt::format("config generation {} exited with code 0", generation));
  // Memory of old tables goes back to the system once reloads pause, not at each of them.
  lull_.over = [] { ::malloc_trim(0); };
  loop_.timers().set(lull_, 1000);
}

// ---- the end -------------------------------------------------------------------------------------------------------

void Process::quit(Answer answer) {
  if (stopping_) return answer(false, "gatehouse: already shutting down\n");
  stopping_ = true;
  answer(true, "gatehouse: finishing what is under way, then exiting\n");
  log(LogLevel::notice, "gracefully shutting down");
  for (const auto& open : sockets_.all()) {
    if (open->address.is_unix()) ::unlink(std::string(open->address.binary()).c_str());
  }
  sockets_.close_all();
  draining_ = workers_.size();
  for (const auto& worker : workers_) {
    worker->drain([this] {
      loop_.post([this] {
        if (--draining_ == 0) finished();
      });
    });
  }
  if (table_->process.worker_shutdown_timeout_ms > 0) {
    shutdown_.over = [this] { stop_now(); };
    loop_.timers().set(shutdown_, table_->process.worker_shutdown_timeout_ms);
  }
}

void Process::finished() {
  if (over_) return;  // workers that were told to stop take no more mail
  over_ = true;
  for (const auto& worker : workers_) worker->stop();
  loop_.stop();
}

void Process::stop_now() {
  stopping_ = true;
  finished();
}

int serve(const Options& options) {
  Process process(options);
  return process.run();
}

std::string version_text(bool with_configuration) {
  std::string text = "gatehouse version: gatehouse/" GATEHOUSE_VERSION "\n";
  if (with_configuration) text += fmt::format("built with libuv {}, g++ {}\n", uv_version_string(), __VERSION__);
  return text;
}

}  // namespace gh::run
