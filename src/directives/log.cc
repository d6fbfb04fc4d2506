// error_log, access_log and log_format. Access logs are observe/access_log.cc.
#include <algorithm>
#include <array>

#include "base/memory_log.h"
#include "base/syslog_sink.h"
#include "config/values.h"
#include "directives/directives.h"
#include "directives/setters.h"
#include "observe/observe.h"
#include "table/build.h"
#include "table/plan.h"

namespace gh::directives {
namespace {

constexpr std::string_view memory_prefix = "memory:";

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

/// Null: a diagnostic was made, or nothing may be opened now.
std::shared_ptr<LogSink> open_memory_log(Scope& scope, const Value& value) {
  const auto bytes = config::parse_size(std::string_view(value.text).substr(memory_prefix.size()), false);
  if (!bytes || *bytes < 1) {
    scope.error(table::code::bad_size, value.span, "`memory:` needs the size of its buffer")
        .with_help("for example: error_log memory:32m debug;");
    return nullptr;
  }
  if (scope.builder.input.check_only) return nullptr;
  const auto make = [&](const auto&) { return std::make_shared<MemoryLog>(static_cast<std::size_t>(*bytes)); };
  auto log = scope.builder.registry().adopt_or_create<MemoryLog>(value.text, "", make).object;
  auto& all = scope.builder.table->memory_logs;
  if (std::find(all.begin(), all.end(), log) == all.end()) all.push_back(log);
  return log;
}

/// A level, or the parts of nginx that debug_... names: here they are all of `debug`.
LogLevel level_of(Scope& scope, const Bound& directive) {
  LogLevel level = LogLevel::error;
  const Value* plain = nullptr;
  for (const Value& value : directive.values) {
    if (value.spec->name != "level") continue;
    const bool is_part = value.text.starts_with("debug_");
    if (plain || (!is_part && level == LogLevel::debug)) {
      scope.error(table::code::bad_choice, value.span, "`error_log` takes one level").with_help("keep the lower one");
      break;
    }
    if (!is_part) plain = &value;
    level = is_part ? LogLevel::debug : read_level(value.text);
  }
  return level;
}

void apply_error_log(Scope& scope, const Bound& directive) {
  const Value& path = directive.at(0);
  const LogLevel level = level_of(scope, directive);
  auto& targets = scope.edit_list<ErrorLogTargets>().list;
  std::shared_ptr<LogSink> sink;
  if (path.text.starts_with("syslog:")) sink = scope.builder.syslog(path.text, path.span);
  else if (path.text.starts_with(memory_prefix)) sink = open_memory_log(scope, path);
  else sink = scope.builder.log_file(absolute(scope, path.text), path.span);
  if (sink) targets.push_back({std::move(sink), level});
  scope.edit<table::LogSettings>().error_log = std::make_shared<const ErrorLog>(targets);
}

constexpr Presence optional = Presence::optional;

constexpr Row rows[] = {
    {.name = "error_log", .contexts = config::in_main | hsl,
     .args = {{{"file", ArgType::word},
               {"level", ArgType::one_of, Presence::repeat,
                "debug|info|notice|warn|error|crit|alert|emerg|debug_core|debug_alloc|debug_mutex|debug_event|"
                "debug_http|debug_mail|debug_stream"}}},
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
    {.name = "open_log_file_cache", .contexts = hsl,
     .args = {{{"off", ArgType::flag, optional},
               {"max=", ArgType::count, optional, {}, 1},
               {"inactive=", ArgType::sec, optional},
               {"min_uses=", ArgType::count, optional, {}, 1},
               {"valid=", ArgType::sec, optional}}},
     .fallback = "off", .apply = observe::apply_open_log_file_cache,
     .doc = "Keeps access logs open whose names have variables."},
    setting("log_subrequest", hsl, on_off, "off", set<&table::CoreSettings::log_subrequest>,
            "Log subrequests in the access log, too."),
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
