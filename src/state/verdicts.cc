#include "state/verdicts.h"

namespace gh::state {

namespace {

std::size_t cost_of(const Verdict& verdict) {
  constexpr std::size_t text_bytes = sizeof(std::string) + 16;  // with what an allocation costs
  std::size_t bytes = Verdicts::entry_bytes;
  for (const std::string& text : verdict.values) bytes += text.size() + text_bytes;
  for (const std::string& text : verdict.challenges) bytes += text.size() + text_bytes;
  return bytes;
}

}  // namespace

std::shared_ptr<const Verdict> Verdicts::find(const Proof& key, std::int64_t now_ms) {
  const std::lock_guard guard(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  if (found->second->until_ms <= now_ms) {
    drop(found->second);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->verdict;
}

void Verdicts::put(const Proof& key, std::shared_ptr<const Verdict> verdict, std::int64_t until_ms) {
  const std::size_t bytes = cost_of(*verdict);
  const std::lock_guard guard(mutex_);
  if (const auto before = by_key_.find(key); before != by_key_.end()) drop(before->second);
  if (bytes > most_verdict_bytes || bytes > most_bytes_) return;
  while (used_ + bytes > most_bytes_) drop(std::prev(entries_.end()));
  entries_.push_front({key, std::move(verdict), until_ms, bytes});
  by_key_.emplace(key, entries_.begin());
  used_ += bytes;
}

void Verdicts::drop(Entries::iterator entry) {
  used_ -= entry->bytes;
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

std::size_t Verdicts::size() const {
  const std::lock_guard guard(mutex_);
  return entries_.size();
}

std::size_t Verdicts::used_bytes() const {
  const std::lock_guard guard(mutex_);
  return used_;
}

}  // namespace gh::state
