// NameCache: names with their last outcome, for a while. The one that was not asked for longest leaves when it is full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace gh::net {

template <class Outcome>
class NameCache {
 public:
  static constexpr std::size_t most_names = 1000;

  /// Null when there is none, or its time is over.
  const Outcome* find(const std::string& name, std::int64_t now_ms, std::int64_t& left_ms) {
    const auto at = index_.find(name);
    if (at == index_.end()) return nullptr;
    if (at->second->expires_ms <= now_ms) {
      entries_.erase(at->second);
      index_.erase(at);
      return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, at->second);
    left_ms = at->second->expires_ms - now_ms;
    return &at->second->outcome;
  }
  void put(const std::string& name, const Outcome& outcome, std::int64_t expires_ms) {
    const auto at = index_.find(name);
    if (at != index_.end()) {
      entries_.erase(at->second);
      index_.erase(at);
    }
    if (entries_.size() >= most_names) {
      index_.erase(entries_.back().name);
      entries_.pop_back();
    }
    entries_.push_front({name, outcome, expires_ms});
    index_.emplace(name, entries_.begin());
  }

 private:
  struct Entry {
    std::string name;
    Outcome outcome;
    std::int64_t expires_ms;
  };
  std::list<Entry> entries_;
  std::unordered_map<std::string, typename std::list<Entry>::iterator> index_;
};

}  // namespace gh::net
