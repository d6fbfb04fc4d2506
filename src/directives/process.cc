// The process: workers, user, pid file, events { }.
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"
#include "directives/directives.h"
#include "directives/setters.h"
#include "table/build.h"
#include "table/plan.h"

namespace gh::directives {
namespace {

using table::ProcessSettings;

/// Processors this process may use.
int processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

void apply_worker_processes(Scope& scope, const Bound& directive) {
  constexpr std::int64_t most_workers = 512;
  const Value& value = directive.at(0);
  int& workers = scope.edit<ProcessSettings>().workers;
  if (value.text == "auto") {
    workers = processors();
    return;
  }
  std::int64_t number = 0;
  for (const char c : value.text) {
    if (c < '0' || c > '9' || number > most_workers) {
      number = 0;
      break;
    }
    number = number * 10 + (c - '0');
  }
  if (number >= 1 && number <= most_workers) workers = static_cast<int>(number);
  else scope.error(table::code::bad_choice, value.span, "`worker_processes` takes auto or a number from 1 to 512");
}

void apply_events(Scope& scope, const Bound& directive) {
  for (const Bound& child : directive.children) {
    if (child.row->apply) child.row->apply(scope, child);
  }
}

/// A start by root needs them. A check may be made on another machine, or by somebody else.
void check_name(Scope& scope, const Value& value, std::string_view kind, bool is_known, std::string_view help) {
  if (is_known) return;
  const auto& input = scope.builder.input;
  const bool is_here = !input.check_only || input.check_logs;
  if (!input.check_only && ::geteuid() != 0) return;  // it stays who it is
  const std::string text = "there is no " + std::string(kind) + " `" + printable(value.text, 60) + "` on this machine";
  auto& found = is_here && ::geteuid() == 0 ? scope.error(table::code::no_such_user, value.span, text)
                                            : scope.warning(table::code::no_user_here, value.span, text);
  found.with_help(std::string(help));
}

void apply_user(Scope& scope, const Bound& directive) {
  auto& process = scope.edit<ProcessSettings>();
  process.user = directive.text("user");
  process.group = directive.text("group", process.user);
  if (process.user == "root") return;
  const bool has_user = ::getpwnam(process.user.c_str()) != nullptr;
  check_name(scope, directive.at(0), "user", has_user, "`useradd --system NAME` makes one; `getent passwd` lists them");
  if (!has_user && !directive.has("group")) return;
  const bool has_group = process.group.empty() || ::getgrnam(process.group.c_str()) != nullptr;
  check_name(scope, directive.values.back(), "group", has_group, "name it behind the user: `user NAME GROUP;`");
}

void apply_pid(Scope& scope, const Bound& directive) {
  const std::string_view text = directive.at(0).text;
  scope.edit<ProcessSettings>().pid_file =
      text.starts_with("/") || text.empty() ? std::string(text) : scope.builder.input.prefix + std::string(text);
}

constexpr Presence optional = Presence::optional;

constexpr Row rows[] = {
    setting("worker_processes", config::in_main, {"number|auto", ArgType::word}, "1", apply_worker_processes,
            "Worker threads; auto: one a processor."),
    {.name = "events",
     .contexts = config::in_main,
     .block = Block::directives,
     .inside = config::in_events,
     .inherit = Inherit::none,
     .apply = apply_events,
     .doc = "Connections; may be left out."},
    setting("worker_connections", config::in_events, {"number", ArgType::count, Presence::required, {}, 1, 1 << 24},
            "512", set<&ProcessSettings::worker_connections>,
            "Most connections of one worker, upstream ones included."),
    setting("worker_shutdown_timeout", config::in_main, time_ms, {}, set<&ProcessSettings::worker_shutdown_timeout_ms>,
            "Longest graceful shutdown; connections are closed after it."),
    setting("worker_rlimit_nofile", config::in_main, any_count, {}, set<&ProcessSettings::worker_rlimit_nofile>,
            "Limit of open files."),
    {.name = "user",
     .contexts = config::in_main,
     .args = {{{"user", ArgType::word}, {"group", ArgType::word, optional}}},
     .apply = apply_user,
     .doc = "Who the workers run as when started by root."},
    setting("pid", config::in_main, {"file", ArgType::word}, "logs/gatehouse.pid", apply_pid,
            "File with the process number, written when all sockets listen."),
    setting("daemon", config::in_main, on_off, "off", set<&ProcessSettings::daemon>, "Go to the background."),
    setting("master_process", config::in_main, on_off, "on", set<&ProcessSettings::master_process>,
            "Keep a supervisor above the workers."),
};

void start(Scope& main) { main.edit<ProcessSettings>().pid_file = main.builder.input.prefix + "logs/gatehouse.pid"; }
void end(Scope& main) { main.builder.table->process = main.get<ProcessSettings>(); }

}  // namespace

constinit const table::Module process_module{"process", rows, nullptr, start, end};

}  // namespace gh::directives
