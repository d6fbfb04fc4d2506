#include "config/vocabulary.h"

#include <algorithm>

namespace gh::config {
namespace {

struct ContextName { Contexts bit; std::string_view name; };
constexpr ContextName context_names[] = {
    {in_main, "main"}, {in_events, "events"}, {in_http, "http"}, {in_server, "server"}, {in_location, "location"},
    {in_route, "route"}, {in_server_if, "if in server"}, {in_location_if, "if in location"},
    {in_limit_except, "limit_except"}, {in_upstream, "upstream"},
    {in_plan, "plan"}, {in_consumer, "consumer"}, {in_cors, "cors"}, {in_oidc_provider, "oidc_provider"},
    {in_store, "store"}};

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.front() == '*') {
    pattern.remove_prefix(1);
    return name.size() >= pattern.size() && name.substr(name.size() - pattern.size()) == pattern;
  }
  pattern.remove_suffix(1);
  return name.substr(0, pattern.size()) == pattern;
}

void add_once(std::vector<std::string_view>& names, std::string_view name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

bool takes_expression(const Row& row) {
  return std::any_of(row.args.begin(), row.args.end(), [](const ArgSpec& s) { return s.type == ArgType::expr; });
}

}  // namespace

std::string contexts_text(Contexts contexts) {
  if ((contexts & in_any) != 0) return "any block";
  std::string text;
  for (const ContextName& context : context_names) {
    if ((contexts & context.bit) == 0) continue;
    if (!text.empty()) text += ", ";
    text += context.name;
  }
  return text;
}

Vocabulary::Vocabulary(const Language& language) : all_(language.rows) {
  const RawNames fixed = default_raw_names();
  raw_blocks_.assign(fixed.blocks.begin(), fixed.blocks.end());
  for (const Row* row : all_) {
    by_name_[row->name].push_back(row);
    filter_[slot(row->name)] = true;
    if (row->block == Block::raw) add_once(raw_blocks_, row->name);
    if (takes_expression(*row)) add_once(expressions_, row->name);
  }
  for (const Known& known : language.known) {
    if (known.name.empty()) continue;
    if (known.name.front() == '*' || known.name.back() == '*') patterns_.push_back(&known);
    else known_.emplace(known.name, &known);
  }
}

std::span<const Row* const> Vocabulary::rows(std::string_view name) const {
  if (!filter_[slot(name)]) return {};
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::span<const Row* const>() : std::span<const Row* const>(found->second);
}

const Row* Vocabulary::row_in(std::string_view name, Contexts contexts) const {
  return row_among(rows(name), contexts);
}

const Known* Vocabulary::known(std::string_view name) const {
  const auto exact = known_.find(name);
  if (exact != known_.end()) return exact->second;
  const auto pattern =
      std::find_if(patterns_.begin(), patterns_.end(), [&](const Known* k) { return matches(k->name, name); });
  return pattern == patterns_.end() ? nullptr : *pattern;
}

Contexts Vocabulary::legal_contexts(std::string_view name) const {
  Contexts contexts = 0;
  for (const Row* row : rows(name)) contexts |= row->contexts;
  return contexts;
}

}  // namespace gh::config
