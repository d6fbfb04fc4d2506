#include "table/regex_list.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>

namespace gh::table {

struct RegexList::Builder {
  RegexList& list;
  std::map<std::string_view, std::vector<std::uint32_t>> groups;  // by literal prefix; shorter before what it starts
  std::vector<std::size_t> chain;                                 // sets on the path to each set, itself included
  std::vector<std::string_view> texts;                            // of each set

  // Set of the longest stored text that `text` starts with. Sorted order makes the open texts a stack.
  std::uint32_t parent_of(std::string_view text, std::vector<std::uint32_t>& open) const {
    while (!open.empty() && !text.starts_with(texts[open.back()])) open.pop_back();
    return open.empty() ? npos : open.back();
  }

  // With all it inherits, so that no path has more than max_chain sets.
  void inherit(std::vector<std::uint32_t>& indices, std::uint32_t parent) const {
    for (; parent != npos; parent = list.sets_[parent].parent) {
      const Set& set = list.sets_[parent];
      indices.insert(indices.end(), list.candidates_.begin() + set.begin, list.candidates_.begin() + set.end);
    }
    std::sort(indices.begin(), indices.end());
  }

  void add(std::string_view text, std::vector<std::uint32_t> indices, std::uint32_t parent) {
    std::size_t length = parent == npos ? 1 : chain[parent] + 1;
    if (length > max_chain) {
      inherit(indices, parent);
      parent = npos;
      length = 1;
    }
    const auto begin = static_cast<std::uint32_t>(list.candidates_.size());
    list.candidates_.insert(list.candidates_.end(), indices.begin(), indices.end());
    list.sets_.push_back({begin, static_cast<std::uint32_t>(list.candidates_.size()), parent});
    chain.push_back(length);
    texts.push_back(text);
  }

  void run() {
    for (std::uint32_t i = 0; i < list.regexes_.size(); ++i) groups[list.regexes_[i]->literal_prefix()].push_back(i);
    std::vector<std::uint32_t> open;
    std::vector<PrefixTree::Entry> entries;
    for (auto& [text, indices] : groups) {
      const std::uint32_t parent = parent_of(text, open);
      open.push_back(static_cast<std::uint32_t>(list.sets_.size()));
      entries.push_back({text, open.back(), npos});
      add(text, std::move(indices), parent);
    }
    list.prefixes_ = PrefixTree::build(std::move(entries));
  }
};

RegexList RegexList::build(std::vector<std::shared_ptr<const Regex>> regexes) {
  RegexList list;
  list.regexes_ = std::move(regexes);
  if (!list.regexes_.empty()) Builder{list, {}, {}, {}}.run();
  return list;
}

RegexList::Found RegexList::find(std::string_view subject, Captures& captures) const {
  Found found;
  if (regexes_.empty()) return found;
  struct Cursor {
    const std::uint32_t *at, *end;
  };
  std::array<Cursor, max_chain> cursors;
  std::size_t count = 0;
  for (std::uint32_t set = prefixes_.find(subject).value; set != npos; set = sets_[set].parent) {
    cursors[count++] = {candidates_.data() + sets_[set].begin, candidates_.data() + sets_[set].end};
  }
  while (count > 0) {  // a merge: the lowest index of all sets is the next in file order
    const auto cursor = std::min_element(cursors.begin(), cursors.begin() + static_cast<std::ptrdiff_t>(count),
                                         [](const Cursor& a, const Cursor& b) { return *a.at < *b.at; });
    const std::uint32_t index = *cursor->at++;
    if (cursor->at == cursor->end) *cursor = cursors[--count];
    ++found.executions;
    const Regex::Match match = regexes_[index]->match(subject, &captures);
    if (match == Regex::Match::no) continue;
    found.index = index;
    found.limit_hit = match == Regex::Match::limit;
    return found;
  }
  return found;
}

std::size_t RegexList::memory_bytes() const {
  return regexes_.capacity() * sizeof(regexes_[0]) + sets_.capacity() * sizeof(Set) +
         candidates_.capacity() * sizeof(std::uint32_t) + prefixes_.memory_bytes();
}

}  // namespace gh::table
