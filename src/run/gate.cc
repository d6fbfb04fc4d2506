#include "run/gate.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <set>

#include "base/clock.h"
#include "base/heap.h"
#include "base/log.h"
#include "proxy/variables.h"
#include "run/language.h"
#include "run/surroundings.h"
#include "table/dump.h"
#include "tools/explain.h"
#include "tools/route.h"

namespace gh::run {

namespace {

std::string plural(std::size_t n, const char* one) { return fmt::format("{} {}{}", n, one, n == 1 ? "" : "s"); }

void put(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

config::LoadOptions load_options(const Options& options) {
  config::LoadOptions load;
  load.main_file = options.config_file;
  load.prefix = options.prefix;
  load.globals = options.globals;
  if (options.fragment == "server") load.top = config::in_server;
  if (options.fragment == "location") load.top = config::in_location;
  return load;
}

/// `daemon on` is in many files; the process that was started is the gateway all the same.
void note_daemon(config::Loaded& loaded) {
  for (const config::Bound& bound : loaded.bound) {
    if (bound.row->name != "daemon" || bound.values.empty() || bound.values.front().number == 0) continue;
    loaded.diagnostics.note(config::code::no_effect, bound.span(), "`daemon on` has no effect here")
        .with_help("the gateway stays in the foreground; a service manager keeps it running");
  }
}

/// A fragment may name what is defined around it.
void forget_the_rest_of_the_file(Compiled& done) {
  namespace code = config::code;
  for (const std::string_view missing : {code::unknown_variable, code::unknown_upstream, code::unknown_zone,
                                         code::unknown_named_location, code::unknown_log_format, code::taken_as_host}) {
    done.loaded->diagnostics.drop(missing);
  }
  done.table.reset();
}

}  // namespace

bool refuse_if_closed(const Compiled& compiled) {
  const table::Table& table = *compiled.table;
  if (!table.sockets.empty() || table.closed_sockets.empty()) return false;
  const table::ListenSocket& first = table.closed_sockets.front();
  compiled.loaded->diagnostics
      .error(config::code::nothing_to_listen_on, first.where, "nothing to listen on: all sockets stay closed")
      .with_label(fmt::format("{} is not served yet", first.closed_because))
      .with_help("add a `listen` without `quic`");
  compiled.loaded->diagnostics.sort_and_deduplicate(compiled.loaded->sources);
  return true;
}

int exit_code(const Compiled& compiled, const Options& options) {
  const config::Diagnostics& all = compiled.loaded->diagnostics;
  if (!compiled.loaded->readable) return exit_unreadable;
  if (all.has_errors()) return exit_errors;
  return options.deny_warnings && all.warnings() > 0 ? exit_errors : exit_ok;
}

Compiled compile(const Options& options, state::Registry* registry, std::uint64_t generation, bool (*is_unwanted)()) {
  Clock clock;
  const std::int64_t before = clock.now_us();
  Compiled done;
  const Language& language = the_language();
  done.loaded = config::load(load_options(options), language.directives);
  if (done.loaded->readable) {
    table::BuildInput input;
    input.modules = language.modules;
    input.variables = proxy::variable_rows();
    input.slot_getter = &proxy::slot_value;
    input.capture_getter = &proxy::capture_value;
    input.computed_getter = &proxy::computed_value;
    input.registry = registry;
    input.check_only = registry == nullptr;
    input.check_logs = options.full || options.command == Command::test;
    input.prefix = options.prefix;
    input.default_error_log = options.error_log.empty() ? "stderr" : options.error_log;
    input.generation = generation;
    if (is_unwanted) input.is_unwanted = is_unwanted;
    done.table = table::build(*done.loaded, input);
    note_daemon(*done.loaded);
  }
  if (!options.fragment.empty()) forget_the_rest_of_the_file(done);
  heap_growth_is_over();
  done.loaded->diagnostics.sort_and_deduplicate(done.loaded->sources);
  if (std::error_code unknown; registry == nullptr) {  // a check: the person who reads it stands in this folder
    done.loaded->sources.show_from((std::filesystem::current_path(unknown) / "").string());
  }
  clock.update();
  done.took_ms = (clock.now_us() - before + 500) / 1000;
  return done;
}

std::string summary(const Compiled& compiled, const Options& options) {
  const config::Loaded& loaded = *compiled.loaded;
  const std::string name = std::filesystem::path(options.config_file).filename().string();
  std::string counts = plural(loaded.sources.count(), "file") + ", " + plural(loaded.directives, "directive");
  if (compiled.table) {
    counts +=
        ", " + plural(compiled.table->servers.size(), "server") + ", " + plural(compiled.table->locations, "location");
    if (compiled.table->routes > 0) counts += ", " + plural(compiled.table->routes, "route");
    const std::size_t closed = compiled.table->closed_sockets.size();
    if (closed > 0) counts += fmt::format(", {} closed", plural(closed, "socket"));
  }
  const config::Diagnostics& all = loaded.diagnostics;
  std::string found;
  if (all.errors() > 0) found += plural(all.errors(), "error");
  if (all.warnings() > 0) found += (found.empty() ? "" : ", ") + plural(all.warnings(), "warning");
  if (all.notes() > 0) found += (found.empty() ? "" : ", ") + plural(all.notes(), "note");
  if (found.empty()) return fmt::format("{} ok: {} in {} ms\n", name, counts, compiled.took_ms);
  return fmt::format("{}: {} ({}) in {} ms\n", name, found, counts, compiled.took_ms);
}

std::string report(const Compiled& compiled, const Options& options) {
  std::string text = config::print(compiled.loaded->diagnostics, compiled.loaded->sources, options.print);
  if (options.print.format == config::Format::text || options.print.format == config::Format::brief) {
    text += summary(compiled, options);
  }
  return text;
}

void log_findings(const Compiled& compiled) {
  const auto log = process_log();
  std::size_t errors = 0;
  for (const config::Diagnostic& each : compiled.loaded->diagnostics.all()) {
    const bool is_error = each.severity == config::Severity::error;
    if (is_error && ++errors > config::Diagnostics::default_cap) continue;
    std::string line = config::brief_line(each, compiled.loaded->sources);
    line.pop_back();
    log->write(is_error                                        ? LogLevel::emerg
               : each.severity == config::Severity::warning ? LogLevel::warn
                                                              : LogLevel::notice,
               0, line);
  }
  if (errors <= config::Diagnostics::default_cap) return;
  log->write(LogLevel::emerg, 0, plural(errors - config::Diagnostics::default_cap, "more error"));
}

std::string default_pid_file(const std::string& prefix) {
  std::error_code none;
  return prefix + (std::filesystem::is_directory(prefix + "logs", none) ? "logs/gatehouse.pid" : "gatehouse.pid");
}

std::string pid_file_of(const Options& options) {
  const auto loaded = config::load(load_options(options), the_language().directives);
  for (const config::Bound& bound : loaded->bound) {
    if (!bound.row || bound.row->name != "pid" || bound.values.empty()) continue;
    const std::string text(bound.values.front().text);
    return text.starts_with('/') ? text : options.prefix + text;
  }
  return default_pid_file(options.prefix);
}

int run_check(const Options& options) {
  const Compiled compiled = compile(options, nullptr, 1);
  if (options.full && compiled.table) refuse_if_closed(compiled);
  if (options.full && compiled.table) check_surroundings(*compiled.table, compiled.loaded->diagnostics);
  compiled.loaded->diagnostics.sort_and_deduplicate(compiled.loaded->sources);
  const int code = exit_code(compiled, options);
  // People read standard error; programs that asked for a format read standard output.
  const bool for_people = options.print.format == config::Format::text;
  if (!options.quiet || code != exit_ok) put(for_people ? stderr : stdout, report(compiled, options));
  return code;
}

int run_dump_text(const Options& options) {
  const Compiled compiled = compile(options, nullptr, 1);
  const int code = exit_code(compiled, options);
  if (code != exit_ok) {
    put(stderr, report(compiled, options));
    put(stderr, fmt::format("gatehouse: configuration file {} test failed\n", options.config_file));
    return code;
  }
  if (!options.quiet) {
    put(stderr, fmt::format("gatehouse: configuration file {} test is successful\n", options.config_file));
  }
  const config::Sources& sources = compiled.loaded->sources;
  std::set<std::string_view> printed;  // each file once, however often it is included
  for (std::uint32_t id = 0; id < sources.count(); ++id) {
    const config::SourceFile& file = sources.file(id);
    if (file.path == "command line" || !printed.insert(file.path).second) continue;
    put(stdout, fmt::format("# configuration file {}:\n", file.path));
    put(stdout, file.text);
    put(stdout, "\n");
  }
  return code;
}

int run_dump(const Options& options) {
  const Compiled compiled = compile(options, nullptr, 1);
  if (!compiled.table) {
    put(stderr, report(compiled, options));
    return exit_code(compiled, options);
  }
  put(stdout, table::dump(*compiled.table, options.prefix));
  return exit_ok;
}

int run_route(const Options& options) {
  const Compiled compiled = compile(options, nullptr, 1);
  if (!compiled.table) {
    put(stderr, report(compiled, options));
    return exit_code(compiled, options);
  }
  std::string text;
  const tools::RouteQuery query = {options.request[0], options.request[1], options.headers};
  if (tools::explain_route(*compiled.table, query, text)) {
    put(stdout, text);
    return exit_ok;
  }
  put(stderr, fmt::format("gatehouse: {}\n", text));
  return exit_usage;
}

int run_explain(const Options& options) {
  const Language& language = the_language();
  const bool known = tools::can_explain(options.subject, language.directives, proxy::variable_rows());
  put(known ? stdout : stderr, tools::explain(options.subject, language.directives, proxy::variable_rows()));
  return known ? exit_ok : exit_usage;
}

}  // namespace gh::run
