// valid_referers: settings of $invalid_referer, which proxy/variables_links.cc computes.
#include <algorithm>

#include "config/typing.h"
#include "policy/policy.h"
#include "table/server_block.h"

namespace gh::policy {

using table::Referers;
using table::ServerName;

namespace {

/// As written; a route adds its server's names, which may stand below.
struct Stated {
  bool none = false, blocked = false, server_names = false;
  std::vector<std::pair<ServerName, std::string>> names;  // with the beginning of the path
  std::vector<std::shared_ptr<const Regex>> regexes;
  std::size_t others = 0;  // words beside `none` and `blocked`
  config::Span where;
};

void add_regex(table::Scope& scope, const config::Value& value, Stated& stated) {
  auto regex = Regex::compile(value.text.substr(1), true);
  if (!regex) {
    scope.error(table::code::bad_regex, value.span, "invalid regular expression")
        .with_label(regex.error().text)
        .with_help("what follows `~` is a regular expression, as PCRE2 reads it");
    return;
  }
  config::warn_of_escapes(value.span, scope.builder.loaded.sources, scope.builder.diagnostics);
  stated.regexes.push_back(std::make_shared<const Regex>(std::move(*regex)));
}

void add_name(table::Scope& scope, const config::Value& value, Stated& stated) {
  const std::size_t slash = value.text.find('/');
  auto name = table::parse_server_name(value.text.substr(0, slash));
  if (!name || slash == 0) {
    scope.error(table::code::bad_server_name, value.span, name ? std::string("no host name") : name.error().text)
        .with_help("forms: none, blocked, server_names, a.example, *.a.example, a.*, a.example/path, ~regex");
    return;
  }
  stated.names.emplace_back(std::move(*name),
                            slash == std::string_view::npos ? std::string() : std::string(value.text.substr(slash)));
}

void add_server_names(table::Scope& scope, std::vector<table::ServerNames::Entry>& entries, Referers& out) {
  const table::Builder::ServerDraft* const draft = table::server_of(scope);
  if (!draft) return;
  for (const table::ServerNameUse& use : draft->names) {
    if (use.word.empty()) continue;
    entries.push_back({use.name, static_cast<std::uint32_t>(out.paths.size())});
    out.paths.emplace_back();
  }
}

}  // namespace

void apply_valid_referers(table::Scope& scope, const config::Bound& directive) {
  Stated& stated = scope.edit_list<Stated>();
  for (const config::Value& value : directive.values) {
    if (value.text != "none" && value.text != "blocked") ++stated.others;
    if (value.text == "none") stated.none = true;
    else if (value.text == "blocked") stated.blocked = true;
    else if (value.text == "server_names") stated.server_names = true;
    else if (value.text.starts_with("~")) add_regex(scope, value, stated);
    else add_name(scope, value, stated);
  }
  if (!stated.where.is_set()) stated.where = directive.span();
}

void finish_valid_referers(table::Scope& scope, table::Route& route) {
  if (!scope.has<Stated>()) return;
  const Stated& stated = scope.get<Stated>();
  if (scope.is_own<Stated>() && stated.others == 0) {
    scope.error(table::code::bad_choice, stated.where, "`none` and `blocked` stand beside referers, not alone")
        .with_help("add server_names, or the names of those who may link here");
  }
  auto out = std::make_shared<Referers>();
  out->none = stated.none;
  out->blocked = stated.blocked;
  out->regexes = stated.regexes;
  std::vector<table::ServerNames::Entry> entries;
  for (const auto& [name, path] : stated.names) {
    entries.push_back({name, static_cast<std::uint32_t>(out->paths.size())});
    out->paths.push_back(path);
  }
  if (stated.server_names) add_server_names(scope, entries, *out);
  out->names = table::ServerNames::build(entries);
  route.referers = out.get();
  route.owned.push_back(std::move(out));
}

}  // namespace gh::policy
