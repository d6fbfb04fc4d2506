#include "table/variable_table.h"

#include <algorithm>
#include <vector>

#include "config/suggest.h"
#include "table/template.h"

namespace gh::table {

VariableTable::VariableTable(std::span<const VariableRow> rows, Getter slot_getter, Getter capture_getter,
                             Getter computed_getter)
    : rows_(rows),
      slot_getter_(slot_getter),
      capture_getter_(capture_getter),
      computed_getter_(computed_getter),
      kept_(std::make_shared<Kept>()) {
  for (const VariableRow& row : rows_) {
    if (!row.family) fixed_.emplace(row.name, &row);
  }
}

std::uint32_t VariableTable::define(std::string_view name, config::Phase known_from) {
  const auto [it, is_new] = slot_names_.try_emplace(std::string(name), static_cast<std::uint32_t>(slot_names_.size()));
  if (is_new) {
    const VariableParam param{kept_->texts.emplace_back(name), it->second, nullptr};
    defined_.insert_or_assign(it->first, Found{slot_getter_, param, known_from});
  }
  return it->second;
}

std::uint32_t VariableTable::define_assigned(std::string_view name) {
  const std::uint32_t slot = define(name);
  Found& found = defined_.find(std::string(name))->second;
  if (!found.param.object) found.param.object = this;  // only that it is there counts
  return slot;
}

Computed* VariableTable::define_computed(std::string_view name, Getter compute, const void* object,
                                         config::Phase known_from) {
  if (is_fixed(name)) return nullptr;
  const std::uint32_t slot = define(name);
  Found& found = defined_.find(std::string(name))->second;
  Computed& computed = kept_->computed.emplace_back();
  computed.compute = compute;
  computed.param = {found.param.text, slot, object};
  found = {computed_getter_, VariableParam{found.param.text, slot, &computed}, known_from};
  return &computed;
}

void VariableTable::mark_of_token(std::string_view name) {
  if (const auto it = defined_.find(std::string(name)); it != defined_.end()) it->second.of_token = true;
}

void VariableTable::note_part(std::string_view name, const Template& text) {
  if (!text.is_constant()) parts_[std::string(name)].push_back(text.source());
}

namespace {

constexpr int deepest = 16;  // a map of a map of ...; what needs itself ends here

}  // namespace

template <class Look>
void VariableTable::each_part(const std::string& name, const Look& look) {
  const auto parts = parts_.find(name);
  if (parts == parts_.end()) return;
  for (const std::string& source : parts->second) {
    Template part;
    TemplateFault fault;
    if (Template::compile(source, *this, part, fault)) look(part);
  }
}

bool VariableTable::is_made_of(const Template& text, std::string_view name, int depth) {
  const auto row = fixed_.find(name);
  if (row == fixed_.end() || depth == deepest) return false;
  for (const Template::Piece& piece : text.pieces()) {
    if (piece.get == row->second->get) return true;
    const bool is_defined = piece.get == computed_getter_ || piece.get == slot_getter_;
    if (!is_defined) continue;
    bool is_in_part = false;
    const auto* const computed = static_cast<const Computed*>(piece.param.object);
    const std::string_view its = piece.get == computed_getter_ ? computed->param.text : piece.param.text;
    each_part(std::string(its), [&](const Template& part) {
      is_in_part = is_in_part || is_made_of(part, name, depth + 1);
    });
    if (is_in_part) return true;
  }
  return false;
}

config::Phase VariableTable::known_from(const Template& text, int depth) {
  config::Phase latest = text.known_from();
  for (const Template::Piece& piece : text.pieces()) {
    if (piece.get != computed_getter_ || depth == deepest) continue;
    each_part(std::string(static_cast<const Computed*>(piece.param.object)->param.text),
              [&](const Template& part) { latest = std::max(latest, known_from(part, depth + 1)); });
  }
  return latest;
}

const VariableRow* VariableTable::settable(std::string_view name) const {
  const auto it = fixed_.find(name);
  return it != fixed_.end() && it->second->set ? it->second : nullptr;
}

std::optional<VariableTable::Found> VariableTable::find(std::string_view name) {
  if (proven_ > 0 && name == "remote_user") name = "auth_basic_user";
  if (const auto it = fixed_.find(name); it != fixed_.end()) {
    used_.insert(it->first);
    const VariableRow& row = *it->second;
    return Found{row.get, VariableParam{row.name, 0, nullptr}, row.known_from, row.get_value, row.of_token};
  }
  if (name.size() == 1 && name[0] >= '1' && name[0] <= '9') {
    const auto group = static_cast<std::uint32_t>(name[0] - '0');
    return Found{capture_getter_, VariableParam{{}, group, nullptr}, config::Phase::rewrite};
  }
  if (const auto it = defined_.find(std::string(name)); it != defined_.end()) return it->second;
  return find_family(name);
}

/// The longest family prefix wins: sent_trailer_ is not sent_'s.
std::optional<VariableTable::Found> VariableTable::find_family(std::string_view name) {
  const VariableRow* best = nullptr;
  for (const VariableRow& row : rows_) {
    if (!row.family || name.size() < row.name.size() || !name.starts_with(row.name)) continue;
    if (!best || row.name.size() > best->name.size()) best = &row;
  }
  if (!best || (best->declared && !members_.contains(std::string(name)))) return std::nullopt;
  const std::string& rest = kept_->texts.emplace_back(name.substr(best->name.size()));
  const Found found{best->get, VariableParam{rest, 0, nullptr}, best->known_from, best->get_value, best->of_token};
  defined_.emplace(std::string(name), found);  // the next use finds it there
  return found;
}

std::string VariableTable::nearest(std::string_view name) const {
  std::vector<std::string_view> names;
  for (const VariableRow& row : rows_) {
    if (!row.family) names.push_back(row.name);
  }
  for (const auto& [defined, slot] : slot_names_) names.push_back(defined);
  names.insert(names.end(), members_.begin(), members_.end());
  std::sort(names.begin(), names.end());
  return std::string(config::nearest(name, names));
}

}  // namespace gh::table
