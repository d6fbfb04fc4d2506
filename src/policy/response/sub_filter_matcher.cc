#include "policy/response/sub_filter_matcher.h"

#include <algorithm>
#include <bit>

#include "base/text.h"

namespace gh::policy {

namespace {

unsigned char folded(char c) { return static_cast<unsigned char>(lower(c)); }

}  // namespace

// ---- the strings ---------------------------------------------------------------------------------------------------

SubPatterns::SubPatterns(const std::vector<std::string>& strings) : nodes_(1), first_(256, 0) {
  for (const std::string& string : strings) {
    strings_.push_back(to_lower(string));
    longest_ = std::max(longest_, string.size());
  }
  same_.assign(strings_.size(), none);
  for (std::uint32_t i = 0; i < strings_.size(); ++i) add(strings_[i], i);
  link();
}

std::uint32_t SubPatterns::child_of(std::uint32_t node, unsigned char byte) const {
  std::uint32_t child = nodes_[node].child;
  while (child != 0 && nodes_[child].byte != byte) child = nodes_[child].sibling;
  return child;
}

/// Where the longest text that ends here and begins a string goes on with `byte` (lower case).
std::uint32_t SubPatterns::next(std::uint32_t node, unsigned char byte) const {
  while (node != 0) {
    if (const std::uint32_t child = child_of(node, byte)) return child;
    node = nodes_[node].fail;
  }
  return first_[byte];
}

void SubPatterns::add(std::string_view string, std::uint32_t number) {
  std::uint32_t node = 0;
  for (const char c : string) {
    const auto byte = static_cast<unsigned char>(c);
    std::uint32_t child = child_of(node, byte);
    if (child == 0) {
      child = static_cast<std::uint32_t>(nodes_.size());
      Node made;
      made.sibling = nodes_[node].child;
      made.depth = nodes_[node].depth + 1;
      made.byte = byte;
      nodes_.push_back(made);
      nodes_[node].child = child;
      if (node == 0) first_[byte] = first_[static_cast<unsigned char>(upper(c))] = child;
    }
    nodes_[node].below = std::min(nodes_[node].below, number);
    node = child;
  }
  if (nodes_[node].string == none) nodes_[node].string = number;
  else {
    std::uint32_t before = nodes_[node].string;
    while (same_[before] != none) before = same_[before];
    same_[before] = number;
  }
}

/// Breadth first: a node's suffix is shorter, so it is complete already.
void SubPatterns::link() {
  std::vector<std::uint32_t> queue{0};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const std::uint32_t node = queue[i];
    for (std::uint32_t child = nodes_[node].child; child != 0; child = nodes_[child].sibling) {
      if (node != 0) nodes_[child].fail = next(nodes_[node].fail, nodes_[child].byte);
      nodes_[child].output = nodes_[child].string != none ? child : nodes_[nodes_[child].fail].output;
      queue.push_back(child);
    }
  }
}

// ---- a body --------------------------------------------------------------------------------------------------------

SubMatcher::SubMatcher(const SubPatterns& patterns, bool once)
    : patterns_(patterns),
      once_(once),
      used_(once ? patterns.strings_.size() : 0),
      window_(std::bit_ceil(patterns.longest_ + 2), none) {}

void SubMatcher::feed(std::string_view piece, Sink& sink) {
  const bool is_through = once_ && used_count_ == used_.size();
  if (is_through) {
    next_ = piece_begin_ + piece.size();
    return keep(piece, sink);
  }
  const char* const first = piece.data();
  const char* const last = first + piece.size();
  for (const char* p = first; p != last; ++p) {
    if (node_ == 0) {
      while (p != last && patterns_.first_[static_cast<unsigned char>(*p)] == 0) ++p;
      next_ = std::max(next_, piece_begin_ + static_cast<Position>(p - first));
      if (p == last) break;
    }
    node_ = patterns_.next(node_, folded(*p));
    const Position end = piece_begin_ + static_cast<Position>(p - first) + 1;
    if (patterns_.nodes_[node_].output != 0) note_matches(end);
    if (patterns_.nodes_[node_].below == none) node_ = patterns_.nodes_[node_].fail;  // nothing is longer
    if (found_ > 0) decide(end, false, piece, sink);
    else next_ = std::max(next_, end - patterns_.nodes_[node_].depth);
  }
  keep(piece, sink);
}

/// Writes what is decided. What is left is the end of what was held, or of this piece.
void SubMatcher::keep(std::string_view piece, Sink& sink) {
  write_text(next_, piece, sink);
  piece_begin_ += piece.size();
  const auto left = static_cast<std::size_t>(piece_begin_ - written_);
  const std::string_view before = held();
  std::string& kept = buffers_[current_ ^= 1];
  kept.clear();
  if (left > piece.size()) kept.append(before.substr(before.size() + piece.size() - left));
  kept.append(piece.substr(piece.size() - std::min(left, piece.size())));
}

void SubMatcher::end(Sink& sink) {
  node_ = 0;
  if (found_ > 0) decide(piece_begin_, true, {}, sink);
  write_text(piece_begin_, {}, sink);
}

/// Strings that end at `end`.
void SubMatcher::note_matches(Position end) {
  const auto& nodes = patterns_.nodes_;
  for (std::uint32_t node = nodes[node_].output; node != 0; node = nodes[nodes[node].fail].output) {
    const Position begin = end - nodes[node].depth;
    if (begin < next_) continue;
    std::uint32_t number = nodes[node].string;
    while (once_ && number != none && used_[number]) number = patterns_.same_[number];
    if (number == none) continue;
    std::uint32_t& best = slot(begin);
    if (best == none) ++found_;
    best = std::min(best, number);
  }
}

/// Decides all places at which no match can begin any more, or none that would come first.
void SubMatcher::decide(Position end, bool is_over, std::string_view piece, Sink& sink) {
  while (found_ > 0 && next_ < end) {
    const SubPatterns::Node& node = patterns_.nodes_[node_];
    const Position begin = is_over ? end : end - node.depth;  // of the longest one under way
    const std::uint32_t best = usable(slot(next_), end, piece);
    if (next_ > begin || (next_ == begin && !is_over && (best == none || best > node.below))) return;
    if (slot(next_) != none) --found_;
    slot(next_) = none;
    if (best == none) ++next_;
    else take_match(best, end, piece, sink);
  }
  if (found_ == 0 && !is_over) next_ = std::max(next_, end - patterns_.nodes_[node_].depth);
}

void SubMatcher::take_match(std::uint32_t number, Position end, std::string_view piece, Sink& sink) {
  write_text(next_, piece, sink);
  sink.on_match(number);
  const Position behind = next_ + patterns_.strings_[number].size();
  while (++next_ < behind) {
    if (slot(next_) == none) continue;
    slot(next_) = none;
    --found_;
  }
  written_ = next_;
  // What overlaps the match begins nothing: on with the longest text that begins behind it.
  while (end - patterns_.nodes_[node_].depth < next_) node_ = patterns_.nodes_[node_].fail;
  if (!once_) return;
  used_[number] = true;
  ++used_count_;
}

/// A string that was noted before it was used up hides others at its place: they are looked for again.
std::uint32_t SubMatcher::usable(std::uint32_t number, Position end, std::string_view piece) const {
  if (!once_ || number == none || !used_[number]) return number;
  for (std::uint32_t i = number + 1; i < used_.size(); ++i) {
    if (!used_[i] && is_at(patterns_.strings_[i], end, piece)) return i;
  }
  return none;
}

bool SubMatcher::is_at(const std::string& string, Position end, std::string_view piece) const {
  if (string.size() > end - next_) return false;
  for (std::size_t i = 0; i < string.size(); ++i) {
    if (lower(byte_at(next_ + i, piece)) != string[i]) return false;
  }
  return true;
}

char SubMatcher::byte_at(Position at, std::string_view piece) const {
  if (at >= piece_begin_) return piece[static_cast<std::size_t>(at - piece_begin_)];
  return held()[held().size() - static_cast<std::size_t>(piece_begin_ - at)];
}

void SubMatcher::write_text(Position to, std::string_view piece, Sink& sink) {
  if (written_ < piece_begin_ && written_ < to) {
    const std::size_t behind = static_cast<std::size_t>(piece_begin_ - written_);
    const Position stop = std::min(to, piece_begin_);
    sink.on_text(std::string_view(held()).substr(held().size() - behind, static_cast<std::size_t>(stop - written_)));
    written_ = stop;
  }
  if (written_ >= to) return;
  const auto begin = static_cast<std::size_t>(written_ - piece_begin_);
  sink.on_text(piece.substr(begin, static_cast<std::size_t>(to - written_)));
  written_ = to;
}

}  // namespace gh::policy
