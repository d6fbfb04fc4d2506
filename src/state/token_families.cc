#include "state/token_families.h"

#include <limits>

namespace gh::state {

bool TokenFamilies::has_room(std::int64_t now_s) {
  if (entries_.size() < most_) return true;
  if (now_s - swept_s_ < sweep_pause_s) return false;
  swept_s_ = now_s;
  std::erase_if(entries_, [now_s](const auto& each) { return each.second.ends_s <= now_s; });
  return entries_.size() < most_;
}

TokenFamilies::Use TokenFamilies::use(const TokenFamily& family, std::uint32_t number, std::int64_t ends_s,
                                      std::int64_t now_s) {
  const std::lock_guard guard(mutex_);
  const auto known = entries_.find(family);
  if (known == entries_.end()) {
    if (!has_room(now_s)) return Use::full;
    entries_.emplace(family, Entry{ends_s, std::uint64_t{number} + 1});
    return Use::good;
  }
  Entry& entry = known->second;
  if (number < entry.next) {
    entry.next = std::numeric_limits<std::uint64_t>::max();
    return Use::again;
  }
  entry.next = std::uint64_t{number} + 1;
  return Use::good;
}

std::size_t TokenFamilies::size() const {
  const std::lock_guard guard(mutex_);
  return entries_.size();
}

}  // namespace gh::state
