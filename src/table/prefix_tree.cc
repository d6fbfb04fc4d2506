#include "table/prefix_tree.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace gh::table {

namespace {

constexpr std::size_t max_label = 0xff;

std::uint64_t load(std::string_view bytes) {
  std::uint64_t word = 0;
  if (bytes.size() >= sizeof word) {
    std::memcpy(&word, bytes.data(), sizeof word);  // a constant size: one instruction
  } else if (!bytes.empty()) {
    std::memcpy(&word, bytes.data(), bytes.size());
  }
  return word;
}

// masks[n] keeps the first n bytes in memory, whatever the byte order of the machine.
constexpr auto masks = [] {
  std::array<std::uint64_t, 9> result{};
  for (std::size_t n = 0; n <= 8; ++n) {
    std::array<std::uint8_t, 8> bytes{};
    for (std::size_t i = 0; i < n; ++i) bytes[i] = 0xff;
    result[n] = std::bit_cast<std::uint64_t>(bytes);
  }
  return result;
}();

}  // namespace

// Nodes are made breadth first from the sorted texts, so that a node's children stand side by side and no recursion
// follows the length of a text.
struct PrefixTree::Builder {
  struct Task {
    std::uint32_t node;
    std::size_t begin, end;  // entries below this node
    std::size_t depth;       // bytes of text up to and with this node's label
  };

  PrefixTree& tree;
  const std::vector<Entry>& entries;  // sorted by text
  std::vector<Task> tasks;

  static void take(std::uint32_t& field, std::uint32_t value) {
    if (field == npos) field = value;
  }

  std::uint32_t add_node(std::string_view label) {
    const auto at = static_cast<std::uint32_t>(tree.labels_.size());
    tree.labels_ += label;
    tree.nodes_.push_back({load(label), at, npos, npos, 0, 0, 0, 0, static_cast<std::uint8_t>(label.size())});
    return static_cast<std::uint32_t>(tree.nodes_.size() - 1);
  }

  unsigned char byte_at(std::size_t entry, std::size_t depth) const {
    return static_cast<unsigned char>(entries[entry].text[depth]);
  }

  // First entry from `begin` on that has another byte at `depth`.
  std::size_t group_end(std::size_t begin, std::size_t end, std::size_t depth) const {
    const unsigned char byte = byte_at(begin, depth);
    while (begin < end && byte_at(begin, depth) == byte) ++begin;
    return begin;
  }

  // Bytes after `depth` that all entries of the group share; sorted, so the first and the last decide.
  std::size_t shared(std::size_t begin, std::size_t end, std::size_t depth) const {
    const std::string_view first = entries[begin].text.substr(depth), last = entries[end - 1].text.substr(depth);
    const auto stop = std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first;
    return static_cast<std::size_t>(stop - first.begin());
  }

  void add_child(std::size_t begin, std::size_t end, std::size_t depth) {
    const std::size_t size = std::min(shared(begin, end, depth), max_label);
    const std::uint32_t node = add_node(entries[begin].text.substr(depth, size));
    tasks.push_back({node, begin, end, depth + size});
  }

  void grow(const Task& task) {
    std::size_t begin = task.begin;
    for (; begin < task.end && entries[begin].text.size() == task.depth; ++begin) {
      take(tree.nodes_[task.node].value, entries[begin].value);
      take(tree.nodes_[task.node].slash, entries[begin].slash);
    }
    if (begin == task.end) return;
    const unsigned low = byte_at(begin, task.depth), high = byte_at(task.end - 1, task.depth);
    Node& node = tree.nodes_[task.node];
    node.children = static_cast<std::uint32_t>(tree.nodes_.size());
    node.slots = static_cast<std::uint32_t>(tree.slots_.size());
    node.low = static_cast<std::uint8_t>(low);
    node.span = static_cast<std::uint16_t>(high - low + 1);
    tree.slots_.resize(tree.slots_.size() + node.span, 0);
    const std::size_t slots = node.slots;  // `node` moves when nodes are added
    for (std::uint8_t place = 0; begin < task.end; ++place) {
      tree.slots_[slots + byte_at(begin, task.depth) - low] = place;
      const std::size_t end = group_end(begin, task.end, task.depth);
      add_child(begin, end, task.depth);
      begin = end;
    }
  }

  void run() {
    add_node({});
    tasks.push_back({0, 0, entries.size(), 0});
    for (std::size_t i = 0; i < tasks.size(); ++i) grow(Task(tasks[i]));
  }
};

PrefixTree PrefixTree::build(std::vector<Entry> entries) {
  PrefixTree tree;
  if (entries.empty()) return tree;
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.text < b.text; });
  tree.nodes_.reserve(entries.size() + entries.size() / 2 + 2);
  Builder{tree, entries, {}}.run();
  tree.nodes_.shrink_to_fit();
  tree.slots_.shrink_to_fit();
  tree.labels_.shrink_to_fit();
  return tree;
}

std::string_view PrefixTree::label_of(const Node& node) const { return {labels_.data() + node.label, node.label_size}; }

// `rest` is no shorter than the label. Most labels are short: one comparison without a loop, except near the subject's
// end, where eight bytes may not be read.
bool PrefixTree::starts_with_label(std::string_view rest, const Node& node) const {
  const std::size_t size = node.label_size;
  if (rest.size() < 8) {
    const char* label = labels_.data() + node.label;
    for (std::size_t i = 0; i < size; ++i) {
      if (label[i] != rest[i]) return false;
    }
    return true;
  }
  if (((load(rest) ^ node.head) & masks[std::min<std::size_t>(size, 8)]) != 0) return false;
  return size <= 8 || std::memcmp(labels_.data() + node.label + 8, rest.data() + 8, size - 8) == 0;
}

PrefixTree::Match PrefixTree::find(std::string_view subject) const {
  Match match;
  if (nodes_.empty()) return match;
  std::string_view rest = subject;
  const Node* node = nodes_.data();
  for (;;) {
    if (node->value != npos) match.value = node->value;
    const bool spent = rest.empty();
    if (spent && node->value != npos) return match;  // a text equals the subject
    // At the end of the subject only a child that is nothing but "/" is of interest.
    const unsigned slot = (spent ? unsigned{'/'} : static_cast<unsigned char>(rest[0])) - unsigned{node->low};
    if (slot >= node->span) return match;
    node = &nodes_[node->children + slots_[node->slots + slot]];
    if (node->label_size > rest.size()) {
      const std::string_view label = label_of(*node);
      if (label.size() == rest.size() + 1 && label.ends_with('/') && label.starts_with(rest)) match.slash = node->slash;
      return match;
    }
    if (!starts_with_label(rest, *node)) return match;
    rest.remove_prefix(node->label_size);
  }
}

std::uint32_t PrefixTree::find_reversed(std::string_view subject) const {
  std::uint32_t value = npos;
  if (nodes_.empty()) return value;
  std::size_t rest = subject.size();
  for (const Node* node = nodes_.data();;) {
    if (node->value != npos) value = node->value;
    if (rest == 0) return value;
    const unsigned slot = static_cast<unsigned char>(subject[rest - 1]) - unsigned{node->low};
    if (slot >= node->span) return value;
    node = &nodes_[node->children + slots_[node->slots + slot]];
    if (node->label_size > rest) return value;
    for (const char c : label_of(*node)) {
      if (c != subject[--rest]) return value;
    }
  }
}

std::size_t PrefixTree::memory_bytes() const {
  return nodes_.capacity() * sizeof(Node) + slots_.capacity() + labels_.capacity();
}

}  // namespace gh::table
