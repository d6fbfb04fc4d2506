#include "state/registry.h"

namespace gh::state {

const Registry::Entry* Registry::find(std::string_view name) const {
  for (const Entries* entries : {&building_, &published_}) {
    const auto it = entries->find(name);
    if (it != entries->end()) return &it->second;
  }
  return nullptr;
}

void Registry::keep(std::string_view name, Entry entry) { building_.try_emplace(std::string(name), std::move(entry)); }

void Registry::commit() {
  published_ = std::move(building_);
  building_.clear();
}

void Registry::rollback() { building_.clear(); }

std::string Registry::why_not(std::string_view name, const Entry& old, std::string_view shape, bool same_type) {
  std::string reason(name);
  if (!same_type) return reason + " starts empty: it was of another kind";
  reason += " starts anew: it was \"";
  reason += old.shape;
  reason += "\" and is now \"";
  reason += shape;
  return reason + '"';
}

}  // namespace gh::state
