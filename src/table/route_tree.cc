#include "table/route_tree.h"

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

#include "base/text.h"

namespace gh::table {

using Kind = RoutePath::Kind;

namespace {

bool is_name(std::string_view text) {
  if (text.empty() || is_digit(text[0])) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

bool has_escape(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 && hex_digit(text[at + 2]) >= 0) return true;
  }
  return false;
}

/// What is wrong with a literal segment; empty: nothing. `last`: it may be empty then, "/a/" is not "/a".
std::string fault_of_literal(std::string_view text, bool last) {
  if (text.empty() && !last) return "two slashes stand side by side: paths are compared without empty parts";
  if (text == "." || text == "..") return "`" + std::string(text) + "` never matches: dot segments are resolved before";
  if (text.starts_with('{') && text.ends_with('}')) {
    return "write `:" + std::string(text.substr(1, text.size() - 2)) + "` for a parameter";
  }
  if (text.find('*') != std::string_view::npos) return "a wildcard is a whole part with a name, the last one: `/*rest`";
  if (text.find_first_of("?#") != std::string_view::npos) return "a path ends before `?` and `#`";
  if (has_escape(text)) return "write the character itself: paths are compared decoded";
  return {};
}

Result<RoutePath::Segment> parse_segment(std::string_view text, bool last) {
  if (text.starts_with(':')) {
    if (is_name(text.substr(1))) return RoutePath::Segment{Kind::parameter, std::string(text.substr(1))};
    return fail("`" + printable(text, 60) + "` has no name of letters, digits and `_`: write `:id`");
  }
  if (text.starts_with('*')) {
    if (is_name(text.substr(1)) && last) return RoutePath::Segment{Kind::wildcard, std::string(text.substr(1))};
    if (last) return fail("a wildcard has a name of letters, digits and `_`: write `*rest`");
    return fail("`" + printable(text, 60) + "` is not the last part: a wildcard takes all that is left");
  }
  if (std::string fault = fault_of_literal(text, last); !fault.empty()) return fail(std::move(fault));
  return RoutePath::Segment{Kind::literal, std::string(text)};
}

std::uint32_t hash_of(std::uint32_t parent, std::string_view text) {
  std::uint64_t state = 0xcbf29ce484222325 ^ parent;
  for (const char c : text) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return static_cast<std::uint32_t>((state ^ (state >> 32)) * 0x9e3779b1);
}

}  // namespace

Result<RoutePath> parse_route_path(std::string_view text) {
  if (!text.starts_with('/')) return fail("a path begins with `/`");
  RoutePath path;
  std::size_t names = 0;
  for (std::size_t at = 1; at <= text.size();) {
    const std::size_t slash = std::min(text.find('/', at), text.size());
    auto segment = parse_segment(text.substr(at, slash - at), slash == text.size());
    if (!segment) return Unexpected<Error>(segment.error());
    if (segment->kind != Kind::literal) {
      const auto same = [&](const RoutePath::Segment& s) { return s.kind != Kind::literal && s.text == segment->text; };
      if (std::any_of(path.segments.begin(), path.segments.end(), same)) {
        return fail("the name `" + segment->text + "` stands twice in it");
      }
      if (++names > max_route_parameters) return fail("it has more than 16 parameters");
    }
    path.segments.push_back(std::move(*segment));
    if (path.segments.size() > max_route_segments) return fail("it has more than 64 parts");
    at = slash + 1;
  }
  return path;
}

// --- building -------------------------------------------------------------------------------------------------------

struct RouteTree::Builder {
  struct Draft {
    std::map<std::string, std::uint32_t, std::less<>> literals;
    std::uint32_t parameter = none, wildcard = none;
    std::vector<const RouteSpec*> ends;
  };
  std::vector<Draft> drafts{1};

  std::uint32_t add() {
    drafts.emplace_back();
    return static_cast<std::uint32_t>(drafts.size() - 1);
  }

  void insert(const RouteSpec& spec) {
    std::uint32_t at = 0;
    for (const RoutePath::Segment& segment : spec.path.segments) at = below(at, segment);
    drafts[at].ends.push_back(&spec);
  }

  std::uint32_t below(std::uint32_t at, const RoutePath::Segment& segment) {
    if (segment.kind == Kind::literal) {
      if (const auto it = drafts[at].literals.find(segment.text); it != drafts[at].literals.end()) return it->second;
      const std::uint32_t made = add();
      drafts[at].literals.emplace(segment.text, made);
      return made;
    }
    const auto field = segment.kind == Kind::parameter ? &Draft::parameter : &Draft::wildcard;
    if (drafts[at].*field != none) return drafts[at].*field;
    const std::uint32_t made = add();
    return drafts[at].*field = made;
  }

  static int rank(const RouteSpec& spec) { return (spec.conditional ? 0 : 2) + (spec.any_method ? 1 : 0); }

  /// The best first; of two without conditions that name one method the second is never found: it is left out.
  static std::vector<const RouteSpec*> ordered(std::vector<const RouteSpec*> ends, std::vector<Tie>* ties) {
    std::stable_sort(ends.begin(), ends.end(), [](const auto* a, const auto* b) { return rank(*a) < rank(*b); });
    std::vector<const RouteSpec*> out;
    std::array<const RouteSpec*, 32> named{};
    const RouteSpec* any = nullptr;
    for (const RouteSpec* end : ends) {
      const RouteSpec* first = nullptr;
      if (!end->conditional && end->any_method) {
        first = std::exchange(any, any ? any : end);
      } else if (!end->conditional) {
        for (unsigned bit = 0; bit < named.size(); ++bit) {
          if ((end->methods >> bit & 1) == 0) continue;
          if (named[bit] && !first) first = named[bit];
          else if (!named[bit]) named[bit] = end;
        }
      }
      if (!first) out.push_back(end);
      else if (ties) ties->push_back({end->route, first->route});
    }
    return out;
  }
};

RouteTree RouteTree::build(const std::vector<RouteSpec>& specs, std::vector<Tie>* ties) {
  Builder builder;
  for (const RouteSpec& spec : specs) builder.insert(spec);
  RouteTree tree;
  tree.nodes_.resize(builder.drafts.size());
  tree.slots_.resize(std::bit_ceil(builder.drafts.size() * 2));
  const std::size_t mask = tree.slots_.size() - 1;
  for (std::uint32_t at = 0; at < builder.drafts.size(); ++at) {
    const Builder::Draft& draft = builder.drafts[at];
    Node& node = tree.nodes_[at];
    node = {draft.parameter, draft.wildcard, static_cast<std::uint32_t>(tree.ends_.size()), 0, !draft.literals.empty()};
    for (const RouteSpec* end : Builder::ordered(draft.ends, ties)) {
      tree.ends_.push_back({end->route, end->methods, end->conditional});
      ++node.ends;
    }
    for (const auto& [text, below] : draft.literals) {
      const std::uint32_t hash = hash_of(at, text);
      std::size_t slot = hash & mask;
      while (tree.slots_[slot].child != none) slot = (slot + 1) & mask;
      tree.slots_[slot] = {hash, at, static_cast<std::uint32_t>(tree.texts_.size()),
                           static_cast<std::uint32_t>(text.size()), below};
      tree.texts_ += text;
    }
  }
  tree.ends_.shrink_to_fit();
  tree.texts_.shrink_to_fit();
  return tree;
}

std::size_t RouteTree::memory_bytes() const {
  return nodes_.capacity() * sizeof(Node) + ends_.capacity() * sizeof(End) + slots_.capacity() * sizeof(Slot) +
         texts_.capacity();
}

// --- searching ------------------------------------------------------------------------------------------------------

std::uint32_t RouteTree::child(std::uint32_t parent, std::string_view segment) const {
  const std::uint32_t hash = hash_of(parent, segment);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask; slots_[at].child != none; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.hash != hash || slot.parent != parent || slot.size != segment.size()) continue;
    if (std::string_view(texts_).substr(slot.begin, slot.size) == segment) return slot.child;
  }
  return none;
}

/// `rest` is what follows the slash that leads below `at`. True: `visit` has seen enough. Never deeper than the tree.
template <class Visit>
bool RouteTree::walk(std::uint32_t at, std::string_view rest, Values& values, Visit& visit) const {
  const Node& node = nodes_[at];
  const std::size_t slash = rest.find('/');
  const bool last = slash == std::string_view::npos;
  const std::string_view segment = rest.substr(0, slash);
  const std::string_view behind = last ? std::string_view() : rest.substr(slash + 1);
  if (node.has_literals) {
    const std::uint32_t literal = child(at, segment);
    if (literal != none && go_on(literal, behind, last, values, visit)) return true;
  }
  if (node.parameter != none && !segment.empty()) {
    values.at[values.count++] = segment;
    if (go_on(node.parameter, behind, last, values, visit)) return true;
    --values.count;
  }
  return take_rest(node.wildcard, rest, values, visit);
}

template <class Visit>
bool RouteTree::go_on(std::uint32_t at, std::string_view rest, bool last, Values& values, Visit& visit) const {
  if (!last) return walk(at, rest, values, visit);
  return end_at(at, values, visit) || take_rest(nodes_[at].wildcard, "", values, visit);
}

template <class Visit>
bool RouteTree::take_rest(std::uint32_t wildcard, std::string_view rest, Values& values, Visit& visit) const {
  if (wildcard == none) return false;
  values.at[values.count++] = rest;
  if (end_at(wildcard, values, visit)) return true;
  --values.count;
  return false;
}

template <class Visit>
bool RouteTree::end_at(std::uint32_t at, Values& values, Visit& visit) const {
  const Node& node = nodes_[at];
  for (std::uint32_t i = 0; i < node.ends; ++i) {
    if (visit(ends_[node.first_end + i], values)) return true;
  }
  return false;
}

RouteTree::Hit RouteTree::find(std::string_view path, http::Method method, const Conditions& conditions) const {
  Hit hit;
  if (!path.starts_with('/')) return hit;
  const std::uint32_t bit = method_bit(method);
  bool fits_method = false;
  const auto visit = [&](const End& end, const Values& values) {
    if ((end.methods & bit) == 0) {
      hit.other_methods |= end.methods;
      return false;
    }
    fits_method = true;
    if (end.conditional && !conditions.hold(conditions.context, end.route, values.view())) return false;
    hit.route = end.route;
    return true;
  };
  walk(0, path.substr(1), hit.values, visit);
  if (fits_method) hit.other_methods = 0;
  return hit;
}

std::vector<RouteTree::Candidate> RouteTree::candidates(std::string_view path) const {
  std::vector<Candidate> found;
  if (!path.starts_with('/')) return found;
  const auto visit = [&](const End& end, const Values& values) {
    found.push_back({end.route, end.methods, end.conditional, values});
    return false;
  };
  Values values;
  walk(0, path.substr(1), values, visit);
  return found;
}

}  // namespace gh::table
