#include "table/location_tree.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "table/exact_map.h"
#include "table/prefix_tree.h"
#include "table/regex_list.h"

namespace gh::table {

using Kind = LocationSpec::Kind;

/// The locations of one block: the server's own, or those nested in one location. Values are indices of locations_.
struct LocationTree::Level {
  ExactMap exact;
  PrefixTree prefixes;
  RegexList regexes;
  std::vector<std::uint32_t> regex_locations;  // by index in `regexes`
};

struct LocationTree::Builder {
  LocationTree& tree;

  std::uint32_t add_location(const LocationSpec& spec) {
    const std::uint32_t level = spec.nested.empty() ? npos : add_level(spec.nested);
    tree.locations_.push_back({spec.route, level, spec.kind == Kind::prefix_final});
    return static_cast<std::uint32_t>(tree.locations_.size() - 1);
  }

  std::uint32_t add_level(const std::vector<LocationSpec>& specs) {
    const auto at = static_cast<std::uint32_t>(tree.levels_.size());
    tree.levels_.emplace_back();
    std::vector<ExactMap::Entry> exact;
    std::vector<PrefixTree::Entry> prefixes;
    std::vector<std::shared_ptr<const Regex>> regexes;
    std::vector<std::uint32_t> regex_locations;
    const auto redirects = redirect_texts(specs);
    const auto redirects_to = [&](const LocationSpec& spec) { return asks(spec) || redirects.contains(spec.text); };
    // Where "= /x/" and "/x/" both exist the exact one serves the redirect, so exact ones are added first.
    for (const LocationSpec& spec : specs) {
      if (spec.kind != Kind::exact) continue;
      exact.push_back({spec.text, add_location(spec)});
      if (redirects_to(spec)) prefixes.push_back({spec.text, npos, exact.back().value});
    }
    for (const LocationSpec& spec : specs) {
      if (spec.kind == Kind::exact) continue;
      const std::uint32_t location = add_location(spec);
      if (spec.kind == Kind::regex) {
        regexes.push_back(spec.regex);
        regex_locations.push_back(location);
      } else {
        prefixes.push_back({spec.text, location, redirects_to(spec) ? location : npos});
      }
    }
    Level& level = tree.levels_[at];  // only now: nested levels were added meanwhile
    level.exact = ExactMap::build(exact);
    level.prefixes = PrefixTree::build(std::move(prefixes));
    level.regexes = RegexList::build(std::move(regexes));
    level.regex_locations = std::move(regex_locations);
    return at;
  }

  static bool asks(const LocationSpec& spec) {
    return spec.kind != Kind::regex && spec.auto_redirect && spec.text.ends_with('/');
  }
  // One of "= /x/" and "/x/" that asks for it is enough: the texts that do, where there are exact locations at all.
  static std::unordered_set<std::string_view> redirect_texts(const std::vector<LocationSpec>& specs) {
    std::unordered_set<std::string_view> texts;
    if (std::none_of(specs.begin(), specs.end(), [](const auto& s) { return s.kind == Kind::exact; })) return texts;
    for (const LocationSpec& spec : specs) {
      if (asks(spec)) texts.insert(spec.text);
    }
    return texts;
  }
};

LocationTree::LocationTree() = default;
LocationTree::LocationTree(LocationTree&&) noexcept = default;
LocationTree& LocationTree::operator=(LocationTree&&) noexcept = default;
LocationTree::~LocationTree() = default;

LocationTree LocationTree::build(std::vector<LocationSpec> specs) {
  LocationTree tree;
  if (specs.empty()) return tree;
  Builder{tree}.add_level(specs);
  tree.locations_.shrink_to_fit();
  tree.levels_.shrink_to_fit();
  return tree;
}

LocationTree::Hit LocationTree::find(std::string_view uri) const {
  Hit hit;
  if (!levels_.empty()) search(levels_[0], uri, hit);
  return hit;
}

// LANGUAGE 6.3. Outcome::prefix: regexes of the blocks outside may still win; done: nothing may.
LocationTree::Outcome LocationTree::search(const Level& level, std::string_view uri, Hit& hit) const {
  if (const std::uint32_t exact = level.exact.find(uri); exact != npos) {  // a
    hit.route = locations_[exact].route;
    return Outcome::done;
  }
  const PrefixTree::Match match = level.prefixes.find(uri);  // b
  if (match.slash != npos) {                                 // 6.6, before any regex
    hit.route = locations_[match.slash].route;
    hit.redirect = true;
    return Outcome::done;
  }
  bool final = false;
  if (match.value != npos) {
    const Location& location = locations_[match.value];
    hit.route = location.route;
    final = location.final;
    const bool descend = location.level != npos;
    if (descend && search(levels_[location.level], uri, hit) == Outcome::done) return Outcome::done;  // c
  }
  if (!final && !level.regexes.empty()) {  // d
    if (search_regexes(level, uri, hit) == Outcome::done) return Outcome::done;
  }
  return Outcome::prefix;  // e: hit.route is the deepest prefix of all levels searched
}

LocationTree::Outcome LocationTree::search_regexes(const Level& level, std::string_view uri, Hit& hit) const {
  Captures captures;
  const RegexList::Found found = level.regexes.find(uri, captures);
  if (found.index == RegexList::npos) return Outcome::prefix;
  if (hit.regex != nullptr && hit.outer_count < max_outer) hit.outer[hit.outer_count++] = hit.regex;
  hit.regex = &level.regexes.at(found.index);
  hit.captures = captures;
  hit.limit_hit = found.limit_hit;
  const Location& location = locations_[level.regex_locations[found.index]];
  hit.route = location.route;
  if (location.level != npos && !found.limit_hit) search(levels_[location.level], uri, hit);
  return Outcome::done;
}

// --- what may not be written ---------------------------------------------------------------------------------------

namespace {

using Fault = LocationTree::Fault;

void check_parent(const LocationSpec& parent, std::vector<Fault>& faults) {
  for (const LocationSpec& spec : parent.nested) {
    if (parent.kind == Kind::exact) {
      faults.push_back({Fault::Kind::inside_exact, spec.route, parent.route});
    } else if (parent.kind != Kind::regex && spec.kind != Kind::regex && !spec.text.starts_with(parent.text)) {
      faults.push_back({Fault::Kind::outside_parent, spec.route, parent.route});
    }
  }
}

void check_block(const std::vector<LocationSpec>& specs, std::vector<Fault>& faults) {
  std::unordered_map<std::string_view, std::uint32_t> exact, prefixes;  // "= /x" and "/x" may stand side by side
  for (const LocationSpec& spec : specs) {
    if (spec.kind != Kind::regex) {
      auto& seen = spec.kind == Kind::exact ? exact : prefixes;
      const auto [first, added] = seen.emplace(spec.text, spec.route);
      if (!added) faults.push_back({Fault::Kind::duplicate, spec.route, first->second});
    }
    check_parent(spec, faults);
    check_block(spec.nested, faults);
  }
}

}  // namespace

std::vector<Fault> LocationTree::check(const std::vector<LocationSpec>& specs) {
  std::vector<Fault> faults;
  check_block(specs, faults);
  return faults;
}

std::size_t LocationTree::memory_bytes() const {
  std::size_t bytes = locations_.capacity() * sizeof(Location) + levels_.capacity() * sizeof(Level);
  for (const Level& level : levels_) {
    bytes += level.exact.memory_bytes() + level.prefixes.memory_bytes() + level.regexes.memory_bytes() +
             level.regex_locations.capacity() * sizeof(std::uint32_t);
  }
  return bytes;
}

}  // namespace gh::table
