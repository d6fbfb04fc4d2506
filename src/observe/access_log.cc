// access_log and log_format: a line for each request, written by the worker at the end of its loop turn together with
// the others of that turn. Nothing is held back longer, so buffer= and flush= are taken and change nothing.
#include <sys/stat.h>

#include <algorithm>
#include <optional>

#include "config/suggest.h"
#include "http/target.h"
#include "observe/log_format.h"
#include "observe/observe.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"
#include "table/build.h"

namespace gh::observe {

using config::Phase;
using proxy::Exchange;
using table::Verdict;

namespace {

/// One log of a block, ready to be written.
struct Target {
  std::shared_ptr<LogFile> file;           // null: `path` says which file
  std::optional<table::Template> path;     // with variables
  std::shared_ptr<const LogFormat> format;
  std::optional<table::Template> condition;
};
struct Plan { std::vector<Target> targets; };

/// One access_log line of the configuration.
struct Use {
  std::string path, format;
  config::Span path_span, format_span;
  std::optional<table::Template> path_template;  // when the path has variables
  std::optional<table::Template> condition;
};
struct AccessLogs {
  std::vector<Use> list;
  bool off = false;
  mutable std::shared_ptr<const Plan> plan;  // made once, shared by all blocks that inherit these lines
};

// ---- a request -----------------------------------------------------------------------------------------------------

bool holds(Exchange& x, const Target& target) {
  if (!target.condition) return true;
  const std::string_view value = target.condition->render(x, x.arena);
  return !value.empty() && value != "0";
}

/// What a request puts into a path must not lead out of the folder that the configuration names.
bool climbs(std::string_view path) {
  return http::has_parent_segment(path) || path.find('\0') != std::string_view::npos;
}

/// As in nginx: no line, and no file, for requests whose root is not there.
bool has_root(Exchange& x) {
  const std::string root(x.route->files->root.render(x, x.arena));
  struct stat info;
  return ::stat(root.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

/// A file that only the request names is opened for each line: a renamed folder or a removed file is noticed at once.
void write_named(Exchange& x, const table::Template& path_template, std::string_view line) {
  const std::string path(path_template.render(x, x.arena));
  if (!has_root(x)) return;
  if (climbs(path)) {
    return x.log(LogLevel::error, "the path of an access log holds \"..\" or a zero byte: \"" + path + "\"");
  }
  const auto file = LogFile::open(path);
  if (file) (*file)->write(line);
  else x.log(LogLevel::crit, file.error().text);
}

Verdict run(Exchange& x, const void* params) {
  thread_local proxy::Output line;
  for (const Target& target : static_cast<const Plan*>(params)->targets) {
    if (!holds(x, target)) continue;
    line.clear();
    target.format->write(x, line);
    line << '\n';
    if (target.file) x.worker.log_buffer(target.file).append(line.view());
    else write_named(x, *target.path, line.view());
  }
  return Verdict::next;
}

// ---- log_format ----------------------------------------------------------------------------------------------------

Escape read_escape(std::string_view word) {
  return word == "json" ? Escape::json : word == "none" ? Escape::none : Escape::standard;
}

/// The string of a log_format in which byte `at` of their joined text lies.
config::Span span_of(const config::Bound& directive, std::size_t at) {
  config::Span last = directive.span();
  for (const config::Value& value : directive.values) {
    if (value.spec->name != "text") continue;
    last = value.span;
    if (at < value.text.size()) break;
    at -= value.text.size();
  }
  return last;
}

void report(table::Builder& builder, config::Span span, const table::TemplateFault& fault) {
  builder.diagnostics
      .error(fault.unknown_variable ? table::code::unknown_variable : table::code::bad_variable, span, fault.message)
      .with_help(fault.help);
}

// ---- access_log ----------------------------------------------------------------------------------------------------

/// Syslog is not served. True when the line must not be used.
bool refuse_path(table::Scope& scope, const config::Value& path) {
  if (path.text.starts_with("syslog:")) {
    scope.error(table::code::not_served, path.span, "`access_log syslog:...` is not served yet")
        .with_help("write to a file or to /dev/stdout");
    return true;
  }
  return false;
}

bool has_variables(const config::Value& path) { return path.text.find('$') != std::string::npos; }

/// Lines for a file that is opened for each of them cannot be gathered. True when a diagnostic was made.
bool refuse_buffer(table::Scope& scope, const config::Bound& directive) {
  if (!has_variables(directive.at(0))) return false;
  for (std::string_view word : {"buffer=", "flush=", "gzip", "gzip="}) {
    if (const config::Value* value = directive.find(word)) {
      scope.error(table::code::bad_choice, value->span, "an access log with variables in its path cannot be buffered")
          .with_help("leave `" + std::string(word) + "` out");
      return true;
    }
  }
  return false;
}

/// The format called so; `combined` is always there. Null when a diagnostic was made.
std::shared_ptr<const LogFormat> find_format(table::Builder& builder, const Use& use) {
  if (const auto found = builder.formats.find(use.format); found != builder.formats.end()) {
    return std::static_pointer_cast<const LogFormat>(found->second.object);
  }
  if (use.format == "combined") {
    auto format = std::make_shared<LogFormat>();
    table::TemplateFault fault;
    if (!format->compile(LogFormat::combined, Escape::standard, builder.variables, fault))
      report(builder, use.path_span, fault);
    builder.formats["combined"] = {format, {}};
    return format;
  }
  std::vector<std::string_view> names{"combined"};
  for (const auto& [name, entry] : builder.formats) names.push_back(name);
  std::sort(names.begin(), names.end());
  const std::string_view near = config::nearest(use.format, names);
  builder.diagnostics.error(table::code::unknown_log_format, use.format_span, "unknown log format `" + use.format + "`")
      .with_help(near.empty() ? "define it with log_format, or use combined"
                              : "did you mean `" + std::string(near) + "`?");
  return nullptr;
}

std::shared_ptr<const Plan> make_plan(table::Builder& builder, std::vector<Use> uses) {
  auto plan = std::make_shared<Plan>();
  for (const Use& use : uses) {
    auto file = use.path_template ? nullptr : builder.log_file(use.path, use.path_span);
    plan->targets.push_back({std::move(file), use.path_template, nullptr, use.condition});
  }
  builder.at_end([&builder, plan, uses = std::move(uses)] {
    for (std::size_t i = 0; i < uses.size(); ++i) plan->targets[i].format = find_format(builder, uses[i]);
  });
  return plan;
}

/// Where nothing is stated: nginx's logs/access.log, if its folder is there.
std::vector<Use> default_logs(const table::Builder& builder) {
  struct stat info;
  const std::string folder = builder.input.prefix + "logs";
  if (::stat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return {};
  return {Use{folder + "/access.log", "combined", {}, {}, std::nullopt, std::nullopt}};
}

}  // namespace

void apply_log_format(table::Scope& scope, const config::Bound& directive) {
  table::Builder& builder = scope.builder;
  const config::Value& name = *directive.find("name");
  auto& entry = builder.formats[std::string(name.text)];
  if (entry.object || name.text == "combined") {
    auto& said = scope.error(table::code::duplicate_name, name.span,
                             "log format `" + std::string(name.text) + "` is defined twice");
    if (entry.where.is_set()) said.with_related(entry.where, "first defined here");
    else said.with_help("`combined` is built in");
    return;
  }
  auto format = std::make_shared<LogFormat>();
  entry = {format, directive.span()};
  std::string text;
  for (const config::Value& value : directive.values) {
    if (value.spec->name == "text") text += value.text;
  }
  // Variables may be defined further down in the file.
  builder.at_end([&builder, format, text, &directive] {
    table::TemplateFault fault;
    const Escape escape = read_escape(directive.text("escape=", "default"));
    if (!format->compile(text, escape, builder.variables, fault))
      report(builder, span_of(directive, fault.begin), fault);
  });
}

void apply_access_log(table::Scope& scope, const config::Bound& directive) {
  auto& logs = scope.edit_list<AccessLogs>();
  const config::Value& path = directive.at(0);
  if (path.text == "off") {
    logs.off = true;
    return;
  }
  if (refuse_path(scope, path) || refuse_buffer(scope, directive)) return;
  for (std::string_view word : {"gzip", "gzip="}) {
    if (const config::Value* value = directive.find(word)) {
      scope.warning(table::code::not_served_yet, value->span,
                    "`gzip` of access_log is not served yet: the lines are written as they are");
    }
  }
  const bool is_absolute = path.text.starts_with("/") || path.text == "stderr";
  Use use{(is_absolute ? "" : scope.builder.input.prefix) + std::string(path.text),
          std::string(directive.text("format", "combined")), path.span, path.span, std::nullopt, std::nullopt};
  if (has_variables(path)) use.path_template = scope.compile(use.path, path.span);
  if (const config::Value* format = directive.find("format")) use.format_span = format->span;
  if (const config::Value* condition = directive.find("if=")) use.condition = scope.compile(*condition);
  logs.list.push_back(std::move(use));
}

void finish_access_log(table::Scope& scope, table::Route& route) {
  const AccessLogs& logs = scope.get<AccessLogs>();
  if (logs.off) return;
  if (!logs.plan)
    logs.plan = make_plan(scope.builder, scope.has<AccessLogs>() ? logs.list : default_logs(scope.builder));
  if (logs.plan->targets.empty()) return;
  table::add_step(route, Phase::log, run, logs.plan, "access_log");
}

}  // namespace gh::observe
