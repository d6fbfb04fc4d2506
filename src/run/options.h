// The command line: nginx's letters, long options for everything, sub-commands. Parsed once by main.
#pragma once

#include <string>
#include <vector>

#include "config/diagnostic.h"

namespace gh::run {

enum class Command : std::uint8_t { serve, check, test, dump_text, signal, version, help, dump, explain, route };

/// Exit codes (CHECKER 3.6).
enum ExitCode : int { exit_ok = 0, exit_errors = 1, exit_usage = 2, exit_unreadable = 3 };

struct Options {
  Command command = Command::serve;
  std::string config_file = "/etc/gatehouse/gateway.conf";  // -c
  std::string prefix;     // -p, ends with "/"; empty: the folder of the configuration file
  std::string error_log;  // -e; empty: standard error
  std::string globals;    // -g
  std::string signal;     // -s: reload, reopen, quit, stop, log
  std::string subject;    // explain SUBJECT
  std::vector<std::string> request;  // route METHOD URL
  std::vector<std::string> headers;  // -H of route
  std::string fragment;   // --context server|location
  config::PrintOptions print;
  bool quiet = false;  // -q
  bool deny_warnings = false;
  bool full = false;            // --check=full: binds and looks up names
  bool configure_text = false;  // -V
};

/// Reads the command line. On misuse `message` says what is wrong and what to try; the caller exits with 2.
bool parse_options(int argc, const char* const* argv, Options& options, std::string& message);

std::string help_text();
std::string version_text(bool with_configuration);

}  // namespace gh::run
