// error_log, access_log and log_format. Access logs are observe/access_log.cc.
#include <algorithm>
#include <array>

#include "directives/directives.h"
#include "directives/setters.h"
#include "observe/observe.h"
#include "table/build.h"
#include "table/plan.h"

namespace gh::directives {
namespace {

/// The error_log lines of one block; an inner block that has any drops these.
struct ErrorLogTargets { std::vector<ErrorLog::Target> list; };

LogLevel read_level(std::string_view text) {
  for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::notice, LogLevel::warn, LogLevel::error,
                               LogLevel::crit, LogLevel::alert, LogLevel::emerg}) {
    if (log_level_name(level) == text) return level;
  }
  return LogLevel::error;
}

std::string absolute(const Scope& scope, std::string_view path) {
  return path == "stderr" || path.starts_with("/") ? std::string(path) : scope.builder.input.prefix + std::string(path);
}

void apply_error_log(Scope& scope, const Bound& directive) {
  const Value& path = directive.at(0);
  if (path.text.starts_with("syslog:") || path.text.starts_with("memory:")) {
    scope
        .warning(table::code::not_served_yet, path.span,
                 "`error_log " + std::string(path.text.substr(0, 7)) + "...` is not served yet")
        .with_help("write to a file or to stderr");
    return;
  }
  auto& targets = scope.edit_list<ErrorLogTargets>().list;
  targets.push_back(
      {scope.builder.log_file(absolute(scope, path.text), path.span), read_level(directive.text("level", "error"))});
  scope.edit<table::LogSettings>().error_log = std::make_shared<const ErrorLog>(targets);
}

constexpr Presence optional = Presence::optional;

constexpr Row rows[] = {
    {.name = "error_log", .contexts = config::in_main | hsl,
     .args = {{{"file", ArgType::word},
               {"level", ArgType::one_of, optional, "debug|info|notice|warn|error|crit|alert|emerg"}}},
     .fallback = "logs/error.log error", .inherit = Inherit::replace, .repeatable = true, .apply = apply_error_log,
     .doc = "Where errors are logged, and from which level on."},
    {.name = "log_format", .contexts = config::in_http,
     .args = {{{"name", ArgType::word},
               {"escape=", ArgType::one_of, optional, "default|json|none"},
               {"text", ArgType::templ, Presence::repeat_one}}},
     .fallback = "combined", .inherit = Inherit::none, .repeatable = true, .apply = observe::apply_log_format,
     .doc = "Names a form of access log lines."},
    {.name = "access_log", .contexts = hsl | config::in_location_if | config::in_limit_except,
     .args = {{{"file|off", ArgType::templ},
               {"format", ArgType::log_format, optional},
               {"buffer=", ArgType::bytes, optional, {}, 1},
               {"flush=", ArgType::msec, optional},
               {"if=", ArgType::templ, optional},
               {"gzip", ArgType::flag, optional},
               {"gzip=", ArgType::count, optional, {}, 1, 9}}},
     .fallback = "logs/access.log combined", .inherit = Inherit::replace, .repeatable = true, .phase = Phase::log,
     .apply = observe::apply_access_log, .doc = "A line for each request; off: none."},
};

/// The log of the command line (-e) is used only where the file states none at the top.
void start(Scope& main) {
  const auto& bound = main.builder.loaded.bound;
  const auto is_log = [](const Bound& directive) { return directive.row->name == "error_log"; };
  if (std::any_of(bound.begin(), bound.end(), is_log)) return;
  const std::string& path = main.builder.input.default_error_log;
  auto file = main.builder.log_file(path.empty() ? "stderr" : absolute(main, path), {});
  main.edit<table::LogSettings>().error_log =
      std::make_shared<const ErrorLog>(std::vector<ErrorLog::Target>{{std::move(file), LogLevel::error}});
}

void end(Scope& main) { main.builder.table->error_log = main.get<table::LogSettings>().error_log; }

}  // namespace

constinit const table::Module log_module{"log", rows, observe::finish_access_log, start, end};

}  // namespace gh::directives
