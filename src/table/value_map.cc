#include "table/value_map.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace gh::table {

namespace {

template <class Table>
Table tree_of(const std::unordered_map<std::string, std::uint32_t>& keys) {
  std::vector<typename Table::Entry> entries;
  entries.reserve(keys.size());
  for (const auto& [text, entry] : keys) {
    typename Table::Entry item{};
    item.text = text;
    item.value = entry;
    entries.push_back(item);
  }
  return Table::build(std::move(entries));
}

/// `text` in lower case, without a heap object unless it is very long.
class Lowered {
 public:
  explicit Lowered(std::string_view text) : size_(text.size()) {
    if (size_ > sizeof few_) many_.resize(size_);
    std::transform(text.begin(), text.end(), data(), lower);
  }
  [[nodiscard]] std::string_view text() { return {data(), size_}; }

 private:
  char* data() { return size_ > sizeof few_ ? many_.data() : few_; }
  std::size_t size_;
  char few_[256];
  std::string many_;
};

}  // namespace

ValueMap::Builder::Added ValueMap::Builder::put(Keys& keys, std::string key, std::uint32_t entry) {
  const auto [at, is_new] = keys.emplace(std::move(key), entry);
  return is_new ? Added{} : Added{Verdict::twice, at->second};
}

ValueMap::Builder::Added ValueMap::Builder::add(std::string_view key, std::uint32_t entry) {
  return hostnames_ ? add_wildcard(key, entry) : put(exact_, to_lower(key), entry);
}

// ".x" is "x" and "*.x", and so meets both.
ValueMap::Builder::Added ValueMap::Builder::add_wildcard(std::string_view key, std::uint32_t entry) {
  const bool suffix = key.starts_with("*.") && key.size() > 2;
  const bool dot = key.starts_with('.') && key.size() > 1;
  const bool prefix = !suffix && !dot && key.ends_with(".*") && key.size() > 2;
  std::string text = to_lower(key.substr(suffix ? 2 : dot ? 1 : 0));
  if (prefix) text.resize(text.size() - 2);
  const bool empty_label = key.find("..") != std::string_view::npos;
  if (empty_label || key.find('\0') != std::string_view::npos || text.find('*') != std::string::npos) {
    return {Verdict::bad_wildcard, npos};
  }
  if (prefix) return put(prefixes_, text + '.', entry);
  if (!suffix && !dot) return put(exact_, std::move(text), entry);
  if (dot) {
    if (const Added added = put(exact_, text, entry); added.verdict != Verdict::added) return added;
  }
  return put(suffixes_, std::string(text.rbegin(), text.rend()) + '.', entry);
}

void ValueMap::Builder::add_regex(std::shared_ptr<const Regex> regex, std::uint32_t entry) {
  regexes_.push_back(std::move(regex));
  regex_entries_.push_back(entry);
}

ValueMap ValueMap::Builder::build() {
  ValueMap map;
  for (const auto& [text, entry] : exact_) map.longest_exact_ = std::max(map.longest_exact_, text.size());
  map.has_exact_ = !exact_.empty();
  map.has_wildcards_ = !suffixes_.empty() || !prefixes_.empty();
  map.drop_last_dot_ = hostnames_;
  map.exact_ = tree_of<ExactMap>(exact_);
  map.suffixes_ = tree_of<PrefixTree>(suffixes_);
  map.prefixes_ = tree_of<PrefixTree>(prefixes_);
  map.regexes_ = RegexList::build(std::move(regexes_));
  map.regex_entries_ = std::move(regex_entries_);
  return map;
}

std::uint32_t ValueMap::find_text(std::string_view text) const {
  const bool may_be_exact = has_exact_ && text.size() <= longest_exact_;
  if (!may_be_exact && !has_wildcards_) return npos;
  Lowered lowered(text);
  std::uint32_t entry = may_be_exact ? exact_.find(lowered.text()) : npos;
  if (entry == npos && has_wildcards_) entry = suffixes_.find_reversed(lowered.text());
  if (entry == npos && has_wildcards_) entry = prefixes_.find(lowered.text()).value;
  return entry;
}

ValueMap::Hit ValueMap::find(std::string_view text, Captures& captures) const {
  if (drop_last_dot_ && text.ends_with('.')) text.remove_suffix(1);
  Hit hit;
  hit.entry = find_text(text);
  if (hit.entry != npos || text.empty() || regexes_.empty()) return hit;  // as in nginx, no regex is asked about ""
  const RegexList::Found found = regexes_.find(text, captures);
  if (found.index == RegexList::npos) return hit;
  hit.regex = &regexes_.at(found.index);
  hit.limit_hit = found.limit_hit;
  if (!found.limit_hit) hit.entry = regex_entries_[found.index];
  return hit;
}

std::size_t ValueMap::memory_bytes() const {
  return exact_.memory_bytes() + suffixes_.memory_bytes() + prefixes_.memory_bytes() + regexes_.memory_bytes() +
         regex_entries_.capacity() * sizeof(std::uint32_t);
}

}  // namespace gh::table
