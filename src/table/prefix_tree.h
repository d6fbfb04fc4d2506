// Longest stored text that a subject starts with: a radix tree in three flat arrays, no heap object per node.
// Used by location_tree (locations), regex_list (literal prefixes) and server_names (wildcards, one of them reversed).
// Built once, then read by any thread; a search touches a node, one slot byte and a label for each branch on its way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gh::table {

class PrefixTree {
 public:
  static constexpr std::uint32_t npos = 0xffffffff;

  struct Entry {
    std::string_view text;
    std::uint32_t value = npos;  // found by every subject that starts with `text`
    std::uint32_t slash = npos;  // found by the subject that equals `text` but for a last "/"
  };
  struct Match {
    std::uint32_t value = npos;  // of the longest text that starts the subject
    std::uint32_t slash = npos;  // of the text that is the subject plus "/"; npos when a text equals the subject
  };

  /// In any order. Entries with the same text are joined; of two values for one field the first counts.
  static PrefixTree build(std::vector<Entry> entries);
  [[nodiscard]] Match find(std::string_view subject) const;
  /// As find, reading the subject from its end; the texts were given reversed. `slash` is not looked for.
  [[nodiscard]] std::uint32_t find_reversed(std::string_view subject) const;
  [[nodiscard]] bool empty() const { return nodes_.empty(); }
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  // A child is found by its first byte: slot (byte - low) holds its place among the node's children, which stand side
  // by side. Slots of bytes that no child starts with hold 0: comparing the label, first byte included, finds that out.
  struct Node {                // two of them fill a cache line
    std::uint64_t head;        // first eight bytes of the label as they lie in memory, zeros behind
    std::uint32_t label;       // in labels_: the text between the parent and this node
    std::uint32_t value, slash;
    std::uint32_t children;    // index of the first in nodes_
    std::uint32_t slots;       // index of the first in slots_
    std::uint16_t span;        // slots of this node, 0 for a leaf
    std::uint8_t low;          // byte of the first slot
    std::uint8_t label_size;   // a longer label is cut into a chain of nodes
  };
  [[nodiscard]] std::string_view label_of(const Node& node) const;
  [[nodiscard]] bool starts_with_label(std::string_view rest, const Node& node) const;
  struct Builder;
  std::vector<Node> nodes_;  // 0 is the root, with an empty label
  std::vector<std::uint8_t> slots_;
  std::string labels_;
};

}  // namespace gh::table
