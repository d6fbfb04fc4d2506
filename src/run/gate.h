// Gate: from a configuration file to a table, with everything said that there is to say. The same words at --check, at
// start, on reload and in the log. Main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "config/load.h"
#include "run/options.h"
#include "state/registry.h"
#include "table/build.h"

namespace gh::run {

struct Compiled {
  std::unique_ptr<config::Loaded> loaded;
  std::shared_ptr<table::Table> table;  // null: it did not build
  std::int64_t took_ms = 0;
};

/// `registry` is null for checks: nothing is opened, nothing is adopted. `is_unwanted` is asked all the while; when it
/// says so there is no table, and nothing is said of the rest.
Compiled compile(const Options& options, state::Registry* registry, std::uint64_t generation,
                 bool (*is_unwanted)() = nullptr);

/// E0603 and true when `compiled` has a table all of whose sockets stay closed: it is valid, and serves nobody.
bool refuse_if_closed(const Compiled& compiled);

/// Diagnostics and the summary line, as CHECKER 3.1 has them.
std::string report(const Compiled& compiled, const Options& options);
std::string summary(const Compiled& compiled, const Options& options);
/// One `file:line:col: severity[CODE]: message` line a diagnostic to the process's log, each at the level it has: what
/// refuses is [emerg], what only warns is [warn].
void log_findings(const Compiled& compiled);

/// Where the pid file goes when the configuration does not say: logs/gatehouse.pid as nginx has it, or beside the
/// configuration where there is no such folder.
std::string default_pid_file(const std::string& prefix);
/// The pid file that this configuration names, also when the rest of it is wrong: for -s.
std::string pid_file_of(const Options& options);
/// 0, 1 or 3 (CHECKER 3.6).
int exit_code(const Compiled& compiled, const Options& options);

int run_check(const Options& options);      // --check, -t
int run_dump_text(const Options& options);  // -T
int run_dump(const Options& options);
int run_route(const Options& options);
int run_explain(const Options& options);

}  // namespace gh::run
