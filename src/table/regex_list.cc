#include "table/regex_list.h"

#include <algorithm>
#include <map>
#include <string>

#include "base/text.h"

namespace gh::table {

namespace {

/// By literal; shorter before what it starts.
using Groups = std::map<std::string_view, std::vector<std::uint32_t>>;

}  // namespace

/// One Index being made.
struct RegexList::Builder {
  RegexList& list;
  std::vector<std::size_t> chain = {};         // sets on the path to each set, itself included
  std::vector<std::string_view> texts = {};    // of each set
  std::size_t first = list.sets_.size();       // sets of this index come behind those of others

  // Set of the longest stored text that `text` starts with. Sorted order makes the open texts a stack.
  std::uint32_t parent_of(std::string_view text, std::vector<std::uint32_t>& open) const {
    while (!open.empty() && !text.starts_with(texts[open.back() - first])) open.pop_back();
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
    std::size_t length = parent == npos ? 1 : chain[parent - first] + 1;
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

  void run(const Groups& groups, Index index) {
    std::vector<std::uint32_t> open;
    std::vector<PrefixTree::Entry> entries;
    for (const auto& [text, indices] : groups) {
      const std::uint32_t parent = parent_of(text, open);
      open.push_back(static_cast<std::uint32_t>(list.sets_.size()));
      entries.push_back({text, open.back(), npos});
      add(text, indices, parent);
      index.longest = std::max(index.longest, text.size());
    }
    index.tree = PrefixTree::build(std::move(entries));
    list.indexes_.push_back(std::move(index));
  }
};

RegexList RegexList::build(std::vector<std::shared_ptr<const Regex>> regexes) {
  using Where = RegexLiterals::Where;
  RegexList list;
  list.regexes_ = std::move(regexes);
  std::array<Groups, sorts> groups;
  for (std::uint32_t i = 0; i < list.regexes_.size(); ++i) {
    const RegexLiterals& literals = list.regexes_[i]->literals();
    if (literals.where == Where::nowhere) groups[0][""].push_back(i);
    Groups& sort = groups[(literals.where == Where::end ? 2u : 0u) + (literals.folded ? 1u : 0u)];
    for (const std::string& text : literals.texts) sort[text].push_back(i);
  }
  for (std::size_t i = 0; i < sorts; ++i) {
    if (!groups[i].empty()) Builder{list}.run(groups[i], {{}, i >= 2, i % 2 == 1, 0});
  }
  return list;
}

/// The sets that a subject finds, each with the place reached in it.
struct RegexList::Candidates {
  struct Cursor {
    const std::uint32_t *at, *end;
  };
  static constexpr std::size_t searches = sorts + 2;  // ends are searched twice when the subject has a last line feed
  std::array<Cursor, searches * max_chain> cursors;
  std::size_t count = 0;

  /// A merge: the lowest index of all sets is the next in file order.
  std::uint32_t next() {
    Cursor* lowest = cursors.data();
    for (std::size_t i = 1; i < count; ++i) {
      if (*cursors[i].at < *lowest->at) lowest = &cursors[i];
    }
    const std::uint32_t index = *lowest->at++;
    if (lowest->at == lowest->end) *lowest = cursors[--count];
    return index;
  }
};

void RegexList::collect(const Index& index, std::string_view subject, Candidates& candidates) const {
  char folded[RegexLiterals::max_bytes];
  if (index.folded) {
    const std::size_t size = std::min(subject.size(), index.longest);
    const std::string_view part = index.reversed ? subject.substr(subject.size() - size) : subject.substr(0, size);
    std::transform(part.begin(), part.end(), folded, lower);
    subject = {folded, size};
  }
  std::uint32_t set = index.reversed ? index.tree.find_reversed(subject) : index.tree.find(subject).value;
  for (; set != npos; set = sets_[set].parent) {
    candidates.cursors[candidates.count++] = {candidates_.data() + sets_[set].begin,
                                              candidates_.data() + sets_[set].end};
  }
}

RegexList::Found RegexList::find(std::string_view subject, Captures& captures) const {
  Found found;
  Candidates candidates;
  for (const Index& index : indexes_) {
    collect(index, subject, candidates);
    if (index.reversed && subject.ends_with('\n')) collect(index, subject.substr(0, subject.size() - 1), candidates);
  }
  while (candidates.count > 0) {
    const std::uint32_t index = candidates.next();
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
  std::size_t bytes = regexes_.capacity() * sizeof(regexes_[0]) + sets_.capacity() * sizeof(Set) +
                      candidates_.capacity() * sizeof(std::uint32_t) + indexes_.capacity() * sizeof(Index);
  for (const Index& index : indexes_) bytes += index.tree.memory_bytes();
  return bytes;
}

}  // namespace gh::table
