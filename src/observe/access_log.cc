// access_log and log_format: a line for each request, written by the worker at the end of its loop turn together with
// the others of that turn; buffer= holds them back longer (proxy/log_buffer.h).
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/syslog_sink.h"
#include "config/suggest.h"
#include "http/target.h"
#include "observe/log_format.h"
#include "observe/observe.h"
#include "observe/open_logs.h"
#include "proxy/exchange.h"
#include "proxy/log_buffer.h"
#include "proxy/worker.h"
#include "table/build.h"

namespace gh::observe {

using config::Phase;
using proxy::Exchange;
using table::Verdict;

namespace {

/// One log of a block, ready to be written.
struct Target {
  std::shared_ptr<LogFile> file;           // null: `syslog`, or `path` says which file
  proxy::LogBufferOptions buffer;
  std::shared_ptr<SyslogSink> syslog;
  std::optional<table::Template> path;     // with variables
  std::shared_ptr<const LogFormat> format;
  std::optional<table::Template> condition;
};
struct Plan {
  std::vector<Target> targets;
  std::shared_ptr<OpenLogs> open_logs;     // for targets with variables; null: opened for each line
};
/// open_log_file_cache of a block.
struct OpenLogsSetting { std::shared_ptr<OpenLogs> cache; };
/// The buffer= and flush= that were stated for each file: all lines into one file share its buffer.
struct Buffers {
  struct Entry { proxy::LogBufferOptions options; config::Span where; };
  std::map<std::string, Entry, std::less<>> by_path;
};

/// One access_log line of the configuration.
struct Use {
  std::string path, format;
  config::Span path_span, format_span;
  std::optional<table::Template> path_template;  // when the path has variables
  std::optional<table::Template> condition;
  std::shared_ptr<SyslogSink> syslog;
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

/// The path that only the request names; false: there is to be no line.
bool checked_path(Exchange& x, const table::Template& path_template, std::string& path) {
  path = path_template.render(x, x.arena);
  if (!has_root(x)) return false;
  if (!climbs(path)) return true;
  x.log(LogLevel::error, "the path of an access log holds \"..\" or a zero byte: \"" + path + "\"");
  return false;
}

/// Such a file is opened for each line, unless open_log_file_cache keeps it.
void write_named(Exchange& x, const Plan& plan, const table::Template& path_template, std::string_view line) {
  std::string path;
  if (!checked_path(x, path_template, path)) return;
  const auto file = plan.open_logs ? plan.open_logs->file(path, x.clock().now_ms()) : LogFile::open(path);
  if (file) (*file)->write(line);
  else x.log(LogLevel::crit, file.error().text);
}

/// Of a tunnel. Lines into an open file go the way of all others of it, if it is still in use.
class LateLogLine final : public proxy::LateLine {
 public:
  LateLogLine(const Target& target, std::string path, FrozenLine line)
      : file_(target.file), syslog_(target.syslog), path_(std::move(path)), line_(std::move(line)) {}

  void write(proxy::Worker& worker, const proxy::TunnelFigures& figures) const override {
    thread_local proxy::Output out;
    out.clear();
    line_.write(figures, worker.loop.clock(), out);
    if (syslog_) return syslog_->send(out.view());
    out << '\n';
    if (file_) return worker.write_log(file_, out.view());
    if (const auto file = LogFile::open(path_)) (*file)->write(out.view());
  }

 private:
  const std::shared_ptr<LogFile> file_;
  const std::shared_ptr<SyslogSink> syslog_;
  const std::string path_;  // when neither is there
  const FrozenLine line_;
};

Verdict leave_lines(Exchange& x, const Plan& plan) {
  for (const Target& target : plan.targets) {
    if (!holds(x, target)) continue;
    std::string path;
    if (!target.file && !target.syslog && !checked_path(x, *target.path, path)) continue;
    x.tunnel->lines.push_back(std::make_unique<LateLogLine>(target, std::move(path), target.format->freeze(x)));
  }
  return Verdict::next;
}

Verdict run(Exchange& x, const void* params) {
  thread_local proxy::Output line;
  const Plan& plan = *static_cast<const Plan*>(params);
  if (x.tunnel) return leave_lines(x, plan);
  for (const Target& target : plan.targets) {
    if (!holds(x, target)) continue;
    line.clear();
    target.format->write(x, line);
    if (target.syslog) {
      target.syslog->send(line.view());
      continue;
    }
    line << '\n';
    if (target.file) x.worker.log_buffer(target.file, target.buffer).append(line.view());
    else write_named(x, plan, *target.path, line.view());
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

bool has_variables(const config::Value& path) { return path.text.find('$') != std::string::npos; }
bool is_syslog(const config::Value& path) { return path.text.starts_with("syslog:"); }

/// Lines that do not go to one open file cannot be gathered. True when a diagnostic was made.
bool refuse_buffer(table::Scope& scope, const config::Bound& directive) {
  if (!has_variables(directive.at(0)) && !is_syslog(directive.at(0))) return false;
  for (std::string_view word : {"buffer=", "flush=", "gzip", "gzip="}) {
    const config::Value* value = directive.find(word);
    if (!value) continue;
    const std::string what = is_syslog(directive.at(0)) ? "an access log that goes to syslog cannot be buffered"
                                                        : "an access log with variables in its path cannot be buffered";
    scope.error(table::code::bad_choice, value->span, what).with_help("leave `" + std::string(word) + "` out");
    return true;
  }
  return false;
}

proxy::LogBufferOptions read_buffer(const config::Bound& directive) {
  constexpr std::int64_t gzip_buffer_bytes = 64 * 1024;
  const bool packed = directive.has("gzip") || directive.has("gzip=");
  proxy::LogBufferOptions buffer;
  buffer.bytes = static_cast<std::size_t>(directive.number("buffer=", packed ? gzip_buffer_bytes : 0));
  buffer.flush_ms = directive.number("flush=", 0);
  buffer.gzip_level = packed ? static_cast<int>(directive.number("gzip=", 1)) : 0;
  return buffer;
}

/// Notes what the file's buffer is to be; two lines that differ are an error.
void note_buffer(table::Scope& scope, const config::Bound& directive, const std::string& path) {
  const proxy::LogBufferOptions buffer = read_buffer(directive);
  if (buffer.bytes == 0 && directive.has("flush=")) {
    scope.error(table::code::bad_choice, directive.find("flush=")->span, "`flush=` without `buffer=`")
        .with_help("add `buffer=32k`");
  }
  if (buffer.bytes == 0) return;
  const auto [it, is_new] =
      table::outermost(scope).edit<Buffers>().by_path.try_emplace(path, Buffers::Entry{buffer, directive.span()});
  if (is_new || it->second.options == buffer) return;
  scope.error(table::code::bad_choice, directive.span(), "this access log is defined with another buffer already")
      .with_related(it->second.where, "the first one")
      .with_help("all lines into one file share its buffer: state the same `buffer=`, `flush=` and `gzip`");
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

std::shared_ptr<Plan> make_plan(table::Scope& scope, std::vector<Use> uses) {
  table::Builder& builder = scope.builder;
  auto plan = std::make_shared<Plan>();
  plan->open_logs = scope.get<OpenLogsSetting>().cache;
  for (const Use& use : uses) {
    const bool to_file = !use.path_template && !use.path.starts_with("syslog:");
    auto file = to_file ? builder.log_file(use.path, use.path_span) : nullptr;
    plan->targets.push_back({std::move(file), {}, use.syslog, use.path_template, nullptr, use.condition});
  }
  table::Scope& main = table::outermost(scope);
  builder.at_end([&builder, &main, plan, uses = std::move(uses)] {
    const auto& buffers = main.get<Buffers>().by_path;
    for (std::size_t i = 0; i < uses.size(); ++i) {
      plan->targets[i].format = find_format(builder, uses[i]);
      if (const auto it = buffers.find(uses[i].path); it != buffers.end()) plan->targets[i].buffer = it->second.options;
    }
  });
  return plan;
}

/// Where nothing is stated: nginx's logs/access.log, if its folder is there.
std::vector<Use> default_logs(const table::Builder& builder) {
  struct stat info;
  const std::string folder = builder.input.prefix + "logs";
  if (::stat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return {};
  return {Use{folder + "/access.log", "combined", {}, {}, std::nullopt, std::nullopt, nullptr}};
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
  if (refuse_buffer(scope, directive)) return;
  const bool as_it_is = path.text.starts_with("/") || path.text == "stderr" || is_syslog(path);
  Use use{(as_it_is ? "" : scope.builder.input.prefix) + std::string(path.text),
          std::string(directive.text("format", "combined")), path.span, path.span, std::nullopt, std::nullopt, nullptr};
  if (is_syslog(path)) use.syslog = scope.builder.syslog(path.text, path.span);
  else if (has_variables(path)) use.path_template = scope.compile(use.path, path.span);
  else note_buffer(scope, directive, use.path);
  if (const config::Value* format = directive.find("format")) use.format_span = format->span;
  if (const config::Value* condition = directive.find("if=")) use.condition = scope.compile(*condition);
  logs.list.push_back(std::move(use));
}

void apply_open_log_file_cache(table::Scope& scope, const config::Bound& directive) {
  auto& setting = scope.edit<OpenLogsSetting>();
  setting.cache.reset();
  const config::Value* most = directive.find("max=");
  if (!most && !directive.has("off")) {
    scope.error(table::code::missing_parameter, directive.span(), "`open_log_file_cache` needs `max=`")
        .with_help("for example: open_log_file_cache max=1000 inactive=20s valid=1m min_uses=2; or off");
  }
  if (!most) return;
  OpenLogsOptions options;
  options.most = static_cast<std::size_t>(most->number);
  options.inactive_ms = directive.number("inactive=", 10) * 1000;
  options.valid_ms = directive.number("valid=", 60) * 1000;
  options.min_uses = directive.number("min_uses=", 1);
  setting.cache = std::make_shared<OpenLogs>(options);
}

/// Blocks that inherit the same lines share a plan, unless they keep other files open.
void finish_access_log(table::Scope& scope, table::Route& route) {
  const AccessLogs& logs = scope.get<AccessLogs>();
  if (logs.off) return;
  if (!logs.plan || logs.plan->open_logs != scope.get<OpenLogsSetting>().cache)
    logs.plan = make_plan(scope, scope.has<AccessLogs>() ? logs.list : default_logs(scope.builder));
  if (logs.plan->targets.empty()) return;
  table::add_step(route, Phase::log, run, logs.plan, "access_log");
}

}  // namespace gh::observe
