// From a checked tree to a Table. Collects all diagnostics; gives no table when there are errors. Main thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/load.h"
#include "state/registry.h"
#include "table/codes.h"
#include "table/plan.h"
#include "table/scope.h"
#include "table/variable_table.h"

namespace gh {
class SyslogSink;
}

namespace gh::table {

struct BuildInput {
  std::span<const Module* const> modules;
  std::span<const VariableRow> variables;
  Getter slot_getter = nullptr, capture_getter = nullptr, computed_getter = nullptr;
  state::Registry* registry = nullptr;       // what outlives a reload
  bool check_only = false;                   // --check: no log files opened, no state adopted
  bool check_logs = false;                   // -t and --check=full: could they be opened?
  std::string prefix;
  std::string default_error_log;             // -e
  std::uint64_t generation = 1;
  std::function<bool()> is_unwanted;         // asked between directives: true, and the rest is not built
};

/// Null when `loaded.diagnostics` has errors afterwards, or when it was not wanted any more.
std::shared_ptr<Table> build(config::Loaded& loaded, const BuildInput& input);

class TlsLoader;  // table/tls_loader.h

class Builder {
 public:
  Builder(config::Loaded& loaded, const BuildInput& input);

  config::Loaded& loaded;
  const BuildInput& input;
  config::Diagnostics& diagnostics;
  VariableTable variables;
  std::shared_ptr<Table> table;

  /// Both passes over the children of a block.
  void build_block(Scope& scope, const std::vector<config::Bound>& children);
  [[nodiscard]] bool is_unwanted() const { return input.is_unwanted && input.is_unwanted(); }
  /// Runs when everything has been read: references by name are resolved here.
  void at_end(std::function<void()> work) { at_end_.push_back(std::move(work)); }

  // names that others refer to
  struct UpstreamEntry { std::shared_ptr<Upstream> upstream; config::Span where; bool used = false; };
  std::map<std::string, UpstreamEntry, std::less<>> upstreams;
  /// The upstream called `name`, or null.
  Upstream* find_upstream(std::string_view name);
  /// Zones by kind ("limit_req") and name; objects are the owning module's.
  struct ZoneEntry { std::shared_ptr<void> object; config::Span where; bool used = false; };
  std::unordered_map<std::string, ZoneEntry> zones;
  /// log_format NAME.
  struct FormatEntry { std::shared_ptr<void> object; config::Span where; };
  std::unordered_map<std::string, FormatEntry> formats;
  /// Opens a log once per path and generation; in check_only mode gives a file that is never written.
  std::shared_ptr<LogFile> log_file(const std::string& path, config::Span span);
  /// The sink of "syslog:..."; null after a diagnostic, and when nothing may be opened (check_only).
  std::shared_ptr<SyslogSink> syslog(std::string_view text, config::Span span);
  /// What survives a reload, by name. The caller of build() commits or rolls back.
  state::Registry& registry() { return input.check_only || !input.registry ? own_registry_ : *input.registry; }
  std::string where(config::Span span) const { return loaded.sources.where(span); }

  std::shared_ptr<TlsLoader> tls;  // certificates and keys read so far; made at the first

  void finish_route(Scope& scope, Route& route);  // settings pointers and all modules' steps

  // servers under construction (server.cc)
  struct ServerDraft;
  std::vector<std::shared_ptr<ServerDraft>> servers;

  std::shared_ptr<Table> finish();

 private:
  void link_listeners();
  state::Registry own_registry_;  // --check: nothing is adopted
  std::vector<std::function<void()>> at_end_;
  std::unordered_map<std::string, std::shared_ptr<LogFile>> log_files_;
};

}  // namespace gh::table
