#include "table/origin.h"

namespace gh::table {

config::Span Stated::find(std::string_view name) const {
  for (const Stated* block = this; block; block = block->outer.get()) {
    for (const Entry& entry : block->list) {
      if (entry.name == name) return entry.where;
    }
  }
  return {};
}

}  // namespace gh::table
