#include "table/build.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <unordered_map>

#include "base/syslog_sink.h"
#include "table/server_block.h"

namespace gh::table {
namespace {

/// What is left of the sources in a table: enough to say "file:line" in logs.
struct SourceLines {
  struct File {
    std::string path;
    std::vector<std::uint32_t> line_starts;
  };
  std::vector<File> files;
};

std::shared_ptr<const SourceLines> source_lines(const config::Sources& sources) {
  auto out = std::make_shared<SourceLines>();
  for (std::uint32_t i = 0; i < sources.count(); ++i) {
    out->files.push_back({sources.file(i).path, sources.file(i).line_starts});
  }
  return out;
}

std::string where_in(const Table& table, const config::Span& span) {
  const auto& lines = *static_cast<const SourceLines*>(table.sources.get());
  if (!span.is_set() || span.file >= lines.files.size()) return "built in";
  const SourceLines::File& file = lines.files[span.file];
  const auto after = std::upper_bound(file.line_starts.begin(), file.line_starts.end(), span.begin);
  return file.path + ":" + std::to_string(after - file.line_starts.begin());
}

/// Directives that define variables say so before anything is compiled.
void declare_variables(Scope& main, const std::vector<config::Bound>& directives) {
  for (const config::Bound& directive : directives) {
    if (directive.row->declare) directive.row->declare(main, directive);
    if (!directive.children.empty()) declare_variables(main, directive.children);
  }
}

using Rows = std::unordered_map<std::string_view, const config::Row*>;

void define_refused_names(VariableTable& variables, std::span<const config::Word> words) {
  for (const config::Word& word : words) {
    const std::string_view text = word.value;
    if (text.size() > 1 && text[0] == '$' && !variables.is_fixed(text.substr(1))) variables.define(text.substr(1));
  }
}

/// map, geo: the last word; `set`: the first one behind the name.
std::span<const config::Word> defining_words(const config::Row& row, std::span<const config::Word> words) {
  if (row.block == config::Block::data) return words.last(1);
  return words.subspan(std::min<std::size_t>(1, words.size() - 1), 1);
}

/// Variables that a refused directive would have defined, or one whose arguments are wrong: that is said once, not
/// again at each of their uses.
void define_refused_names(VariableTable& variables, const Rows& rows, const std::vector<config::Node>& nodes) {
  config::for_each_directive(nodes, [&](const config::Node& node) {
    if (node.words.empty()) return;
    const auto row = rows.find(node.name());
    if (row == rows.end()) define_refused_names(variables, node.words);
    else if (row->second->declare) define_refused_names(variables, defining_words(*row->second, node.words));
    if (row == rows.end() || row->second->block != config::Block::data) {
      define_refused_names(variables, rows, node.children);
    }
  });
}

void insert_rows(Rows& rows, const std::vector<config::Bound>& directives) {
  for (const config::Bound& directive : directives) {
    rows.emplace(directive.row->name, directive.row);
    insert_rows(rows, directive.children);
  }
}

void define_refused_names(Builder& builder) {
  if (!builder.diagnostics.has_errors()) return;
  Rows rows;
  for (const Module* module : builder.input.modules) {
    for (const config::Row& row : module->rows) rows.emplace(row.name, &row);
  }
  insert_rows(rows, builder.loaded.bound);  // also what is passed over: its values are looked at
  define_refused_names(builder.variables, rows, builder.loaded.nodes);
}

/// What opening a log would find, without making a file. Empty: nothing is wrong.
std::string why_not_writable(const std::string& path) {
  const auto refused = [&path] {
    return "open() \"" + path + "\" failed: " + std::generic_category().message(errno);
  };
  if (::access(path.c_str(), W_OK) == 0) return {};
  if (errno != ENOENT) return refused();
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  return ::access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0 ? std::string() : refused();
}

void report_log(config::Diagnostics& diagnostics, config::Span span, const std::string& why) {
  diagnostics.error(code::cannot_open_log, span, "the log file cannot be opened: " + why)
      .with_help("the folder must exist and be writable; relative paths start at the prefix (-p)");
}

bool is_plain(const config::Bound& directive) {
  return directive.row->block != config::Block::directives;  // an optional block holds settings, no inner location
}

/// `--check --context server|location`: the directives of a fragment are legal in that block only.
config::Context top_of(const std::vector<config::Bound>& directives) {
  const auto all_in = [&](config::Contexts contexts) {
    return std::all_of(directives.begin(), directives.end(),
                       [&](const config::Bound& d) { return (d.row->contexts & (contexts | config::in_any)) != 0; });
  };
  if (all_in(config::in_main | config::in_http)) return config::in_main;
  return all_in(config::in_server) ? config::in_server : config::in_location;
}

}  // namespace

Builder::Builder(config::Loaded& from, const BuildInput& with)
    : loaded(from),
      input(with),
      diagnostics(from.diagnostics),
      variables(with.variables, with.slot_getter, with.capture_getter, with.computed_getter),
      table(std::make_shared<Table>()) {}

void Builder::build_block(Scope& scope, const std::vector<config::Bound>& children) {
  for (const bool plain : {true, false}) {
    for (const config::Bound& directive : children) {
      if (is_plain(directive) != plain || !directive.row->apply) continue;
      if (is_unwanted()) return;
      scope.position = static_cast<std::size_t>(&directive - children.data());
      if (plain) scope.note_stated(directive);
      directive.row->apply(scope, directive);
    }
  }
}

Upstream* Builder::find_upstream(std::string_view name) {
  const auto it = upstreams.find(name);
  if (it == upstreams.end()) return nullptr;
  it->second.used = true;
  return it->second.upstream.get();
}

std::shared_ptr<LogFile> Builder::log_file(const std::string& path, config::Span span) {
  auto& entry = log_files_[path];
  if (entry) return entry;
  std::string why;
  if (path == "stderr" || (input.check_only && !input.check_logs)) return entry = LogFile::standard_error();
  if (input.check_only) {
    why = why_not_writable(path);
    entry = LogFile::standard_error();
    if (!why.empty()) report_log(diagnostics, span, why);
    return entry;
  }
  entry = registry().adopt_or_create<LogFile>("log/" + path, "", [&](const auto&) {
    auto file = LogFile::open(path);
    if (!file) why = file.error().text;
    return file ? *file : LogFile::standard_error();
  }).object;
  if (!why.empty()) report_log(diagnostics, span, why);
  table->log_files.push_back(entry);
  return entry;
}

std::shared_ptr<SyslogSink> Builder::syslog(std::string_view text, config::Span span) {
  constexpr const char* help = "a complete one: syslog:server=10.0.0.5:514,facility=local7,tag=nginx,severity=info";
  const Result<SyslogOptions> options = parse_syslog(text.substr(std::string_view("syslog:").size()));
  if (!options) {
    diagnostics.error(code::bad_choice, span, options.error().text).with_help(help);
    return nullptr;
  }
  if (input.check_only) return nullptr;
  std::string why;
  auto sink = registry().adopt_or_create<SyslogSink>(std::string(text), "", [&](const auto&) {
    auto opened = SyslogSink::open(*options);
    if (!opened) why = opened.error().text;
    return opened ? *opened : std::shared_ptr<SyslogSink>();
  }).object;
  if (!why.empty()) diagnostics.error(code::bad_address, span, why).with_help(help);
  return sink;
}

namespace {

/// Points a route at a settings group. The group is kept alive by the outermost route of the server that uses it.
template <class T>
const T* use_group(Scope& scope, Route& route) {
  const T* group = &scope.get<T>();
  if (route.kind == Route::Kind::server || scope.is_own<T>()) route.owned.push_back(scope.shared<T>());
  return group;
}

}  // namespace

void Builder::finish_route(Scope& scope, Route& route) {
  route.owned.reserve(4);
  route.stated = scope.all_stated();
  route.core = use_group<CoreSettings>(scope, route);
  route.files = use_group<FileSettings>(scope, route);
  route.logs = use_group<LogSettings>(scope, route);
  route.error_pages = use_group<ErrorPages>(scope, route);
  route.proxy = use_group<ProxySettings>(scope, route);
  route.set_headers = use_group<ProxySetHeaders>(scope, route);
  if (const auto target = scope.content_or_null<ProxyTarget>()) {
    route.proxy_target = target.get();
    route.owned.push_back(target);
  }
  if (scope.has<ResolverSettings>()) route.resolver = use_group<ResolverSettings>(scope, route);
  for (const Module* module : input.modules) {
    if (module->finish) module->finish(scope, route);
  }
}

std::shared_ptr<Table> Builder::finish() {
  if (is_unwanted()) return nullptr;
  for (std::size_t i = 0; i < at_end_.size(); ++i) at_end_[i]();  // one may add more
  link_listeners();
  for (const auto& draft : servers) table->servers.push_back(draft->server);
  if (servers.empty() && !diagnostics.has_errors()) {  // with errors, one of them may have been the server
    diagnostics.warning(code::nothing_to_serve, {}, "nothing to serve: there is no `server` block")
        .with_help("a start: server { listen 8080; location / { return 200 hello; } }");
  }
  if (diagnostics.has_errors()) return nullptr;
  for (const auto& upstream : table->upstreams) {
    if (!upstream->is_implicit) table->upstream_names.emplace(upstream->name, upstream.get());
  }
  table->generation = input.generation;
  table->variable_slots = variables.slots();
  table->texts = variables.kept();
  table->uses_request_body = variables.is_used("request_body");
  table->sources = source_lines(loaded.sources);
  table->where = where_in;
  table->directives = loaded.directives;
  table->files = loaded.sources.count();
  return table;
}

std::shared_ptr<Table> build(config::Loaded& loaded, const BuildInput& input) {
  Builder builder(loaded, input);
  define_refused_names(builder);
  Scope scope(builder, nullptr, config::in_main);
  declare_variables(scope, loaded.bound);
  for (const Module* module : input.modules) {
    if (module->start) module->start(scope);
  }
  const config::Context top = top_of(loaded.bound);
  if (top == config::in_main) builder.build_block(scope, loaded.bound);
  else build_fragment(scope, top, loaded.bound);
  for (const Module* module : input.modules) {
    if (module->end && !builder.is_unwanted()) module->end(scope);
  }
  return builder.finish();
}

}  // namespace gh::table
