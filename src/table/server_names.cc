#include "table/server_names.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/text.h"

namespace gh::table {

using Kind = ServerName::Kind;

namespace {

// The host is lower case: a pattern without capitals needs no matching without case, and so keeps its literal prefix.
Result<ServerName> parse_regex(std::string_view word) {
  if (word.size() == 1) return fail("empty regex in server name", 1);
  const bool ignore_case = std::any_of(word.begin(), word.end(), [](char c) { return c != lower(c); });
  auto regex = Regex::compile(word.substr(1), ignore_case);
  if (!regex) return fail(regex.error().text, regex.error().code + 1);
  ServerName name{Kind::regex, std::string(word.substr(1)), nullptr};
  name.regex = std::make_shared<const Regex>(std::move(*regex));
  return name;
}

// Takes the wildcard off; what is left must be a name without one.
Kind strip_wildcard(std::string_view& text) {
  if (text.starts_with("*.")) {
    text.remove_prefix(2);
    return Kind::suffix;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    return Kind::dot;
  }
  if (!text.ends_with(".*")) return Kind::exact;
  text.remove_suffix(2);
  return Kind::prefix;
}

}  // namespace

Result<ServerName> parse_server_name(std::string_view word) {
  if (word.starts_with('~')) return parse_regex(word);
  std::string_view text = word;
  const Kind kind = strip_wildcard(text);
  if (text.empty() && !word.empty()) return fail("a server name needs a name beside the wildcard");
  const auto has = [text](std::string_view part) { return text.find(part) != std::string_view::npos; };
  if (has("*")) return fail("\"*\" may only be the whole first or last label of a server name");
  if (text.starts_with('.') || has("..")) return fail("a server name has an empty label");
  if (text.find('\0') != std::string_view::npos) return fail("a server name has a zero byte");
  if (text.ends_with('.')) text.remove_suffix(1);  // as the Host is read
  return ServerName{kind, to_lower(text), nullptr};
}

namespace {

struct Tables {
  std::unordered_map<std::string, std::size_t> exact, suffixes, prefixes, regexes;  // text to the first entry
};

// Remembers `text`; the index of the entry that has it already, or `entry` when it is new.
std::size_t remember(std::unordered_map<std::string, std::size_t>& table, std::string text, std::size_t entry) {
  return table.emplace(std::move(text), entry).first->second;
}

std::string reversed(const std::string& text) { return {text.rbegin(), text.rend()}; }

// The first entry that already had a part of this name, or `entry`. Both halves of ".x" count.
std::size_t place(Tables& tables, const ServerName& name, std::size_t entry) {
  std::size_t first = entry;
  if (name.kind == Kind::exact || name.kind == Kind::dot) first = remember(tables.exact, name.text, entry);
  if (name.kind == Kind::suffix || name.kind == Kind::dot) {
    first = std::min(first, remember(tables.suffixes, reversed(name.text) + '.', entry));
  }
  if (name.kind == Kind::prefix) first = remember(tables.prefixes, name.text + '.', entry);
  if (name.kind == Kind::regex) first = remember(tables.regexes, name.text, entry);
  return first;
}

template <class MapEntry>
std::vector<MapEntry> listed(const std::unordered_map<std::string, std::size_t>& table,
                             const std::vector<ServerNames::Entry>& entries) {
  std::vector<MapEntry> list;
  list.reserve(table.size());
  for (const auto& [text, entry] : table) {
    MapEntry item{};
    item.text = text;
    item.value = entries[entry].server;
    list.push_back(item);
  }
  return list;
}

}  // namespace

ServerNames ServerNames::build(const std::vector<Entry>& entries, std::vector<Duplicate>* duplicates) {
  Tables tables;
  ServerNames names;
  std::vector<std::shared_ptr<const Regex>> regexes;
  tables.exact.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::size_t first = place(tables, entries[i].name, i);
    if (first != i && duplicates != nullptr) duplicates->push_back({first, i});
    if (entries[i].name.kind != Kind::regex || first != i) continue;
    regexes.push_back(entries[i].name.regex);
    names.regex_servers_.push_back(entries[i].server);
  }
  names.exact_ = ExactMap::build(listed<ExactMap::Entry>(tables.exact, entries));
  names.suffixes_ = PrefixTree::build(listed<PrefixTree::Entry>(tables.suffixes, entries));
  names.prefixes_ = PrefixTree::build(listed<PrefixTree::Entry>(tables.prefixes, entries));
  names.regexes_ = RegexList::build(std::move(regexes));
  return names;
}

ServerNames::Hit ServerNames::find(std::string_view host) const {
  Hit hit;
  hit.server = exact_.find(host);
  if (hit.server == npos) hit.server = suffixes_.find_reversed(host);
  if (hit.server == npos) hit.server = prefixes_.find(host).value;
  if (hit.server != npos || regexes_.empty()) return hit;
  const RegexList::Found found = regexes_.find(host, hit.captures);
  if (found.index == RegexList::npos) {
    hit.captures.count = 0;
    return hit;
  }
  hit.regex = &regexes_.at(found.index);
  hit.limit_hit = found.limit_hit;
  if (!found.limit_hit) hit.server = regex_servers_[found.index];
  return hit;
}

std::size_t ServerNames::memory_bytes() const {
  return exact_.memory_bytes() + suffixes_.memory_bytes() + prefixes_.memory_bytes() + regexes_.memory_bytes() +
         regex_servers_.capacity() * sizeof(std::uint32_t);
}

}  // namespace gh::table
