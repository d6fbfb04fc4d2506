#include "policy/zones.h"

#include "config/suggest.h"
#include "config/values.h"
#include "policy/limit_steps.h"

namespace gh::policy {

LogLevel read_limit_level(const config::Bound& directive) {
  for (const LogLevel level : {LogLevel::info, LogLevel::notice, LogLevel::warn}) {
    if (log_level_name(level) == directive.at(0).text) return level;
  }
  return LogLevel::error;
}

bool read_zone(table::Scope& scope, const config::Value& value, std::size_t least, std::string& name,
               std::int64_t& bytes) {
  const std::size_t colon = value.text.find(':');
  name = value.text.substr(0, colon);
  if (name.empty() || colon == std::string::npos) {
    scope.error(table::code::bad_size, value.span, "`zone=" + std::string(value.text) + "` needs a name and a size")
        .with_help("for example zone=one:10m");
    return false;
  }
  const auto size = config::parse_size(std::string_view(value.text).substr(colon + 1), false);
  if (!size) {
    scope.error(table::code::bad_size, value.span, "invalid size `" + std::string(value.text.substr(colon + 1)) + "`")
        .with_help("for example zone=" + name + ":10m");
    return false;
  }
  if (*size < static_cast<std::int64_t>(least)) {
    scope.error(table::code::out_of_bounds, value.span, "zone `" + name + "` is too small")
        .with_help("at least 32k; 1m keeps about 16,000 addresses");
    return false;
  }
  bytes = *size;
  return true;
}

table::Builder::ZoneEntry* claim_zone(table::Scope& scope, std::string_view kind, const std::string& name,
                                      const config::Bound& directive, const config::Value& where) {
  auto& entry = scope.builder.zones[std::string(kind) + name];
  if (entry.where.is_set()) {
    scope.error(table::code::duplicate_name, where.span, "zone `" + name + "` is defined twice")
        .with_related(entry.where, "first defined here");
    return nullptr;
  }
  entry.where = directive.span();
  return &entry;
}

void note_use(table::Scope& scope, std::string_view kind, const std::string& name) {
  table::Builder& builder = scope.builder;
  builder.at_end([&builder, id = std::string(kind) + name] {
    if (const auto zone = builder.zones.find(id); zone != builder.zones.end()) zone->second.used = true;
  });
}

const config::Value* read_store(table::Scope& scope, const config::Bound& directive,
                                std::initializer_list<std::string_view> others) {
  if (const config::Value* const store = directive.find("store=")) return store;
  for (const std::string_view name : others) {
    const config::Value* const value = directive.find(name);
    if (!value) continue;
    scope.note(table::code::no_effect, value->span, fmt::format("`{}` has no effect without `store=`", name));
  }
  return nullptr;
}

bool join_plan(table::Builder& builder, std::string_view name, config::Span where,
               const std::shared_ptr<const table::StorePlan>& store, const table::Template& key, LimitPlan& plan) {
  if (plan.first_key && plan.store != store) {
    builder.diagnostics
        .error(table::code::bad_choice, where,
               fmt::format("the zones of one block's `{}` lie in different places", name))
        .with_help("they are decided together: all on this node, or all in one store");
    return false;
  }
  if (plan.first_key && store && store->url.cluster && plan.first_key->source() != key.source()) {
    builder.diagnostics
        .error(table::code::bad_choice, where,
               fmt::format("keys `{}` and `{}` lie apart in a cluster, and these zones are decided together",
                           plan.first_key->source(), key.source()))
        .with_help("take zones of one key, a store that is one server, or limit_count, which asks for each key");
    return false;
  }
  plan.store = store;
  if (!plan.first_key) plan.first_key = &key;
  return true;
}

void warn_of_unused(table::Scope& main, std::string_view kind) {
  main.builder.at_end([&main, kind] {
    if (main.builder.diagnostics.has_errors()) return;  // perhaps one of them is the use
    for (const auto& [id, entry] : main.builder.zones) {
      if (!id.starts_with(kind) || entry.used) continue;
      const std::string directive(kind.substr(0, kind.find('/')));
      main.warning(table::code::zone_unused, entry.where, "zone `" + id.substr(kind.size()) + "` is never used")
          .with_help("name it in a " + directive + ", or remove it");
    }
  });
}

std::shared_ptr<const table::StorePlan> find_store(table::Builder& builder, const std::string& name,
                                                   config::Span where) {
  const auto found = builder.zones.find(std::string(table::store_kind) + name);
  if (found != builder.zones.end()) {
    found->second.used = true;
    return std::static_pointer_cast<const table::StorePlan>(found->second.object);
  }
  unknown_zone(builder, table::store_kind, name, where, "store " + name + " { url redis://127.0.0.1:6379; }");
  return nullptr;
}

void unknown_zone(table::Builder& builder, std::string_view kind, const std::string& name, config::Span where,
                  const std::string& definition) {
  std::vector<std::string_view> names;
  for (const auto& [id, entry] : builder.zones) {
    if (id.starts_with(kind)) names.push_back(std::string_view(id).substr(kind.size()));
  }
  std::sort(names.begin(), names.end());
  const std::string near(config::nearest(name, names));
  const std::string what(kind.substr(0, kind.find('/')));
  const bool is_zone = kind != table::store_kind;
  builder.diagnostics
      .error(table::code::unknown_zone, where, fmt::format("unknown {}{} `{}`", what, is_zone ? " zone" : "", name))
      .with_help(near.empty() ? "define it: " + definition : "did you mean `" + near + "`?");
}

}  // namespace gh::policy
