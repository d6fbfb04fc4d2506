// SubMatcher: finds several strings in a body that comes in pieces. Pure.
//
// Leftmost match first; of those that begin at one place, the one that stands first in the list; case does not matter.
// The pieces' borders make no difference. Time is linear in the body, whatever the strings are (Aho-Corasick), and what
// is held back is shorter than the longest string: only bytes that may still become part of a match.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gh::policy {

/// The strings, made ready. Immutable: shared by all answers of a location.
class SubPatterns {
 public:
  explicit SubPatterns(const std::vector<std::string>& strings);  // none of them empty

 private:
  friend class SubMatcher;
  static constexpr std::uint32_t none = 0xffffffff;
  struct Node {
    std::uint32_t child = 0, sibling = 0;  // 0: none, as the root is nobody's child
    std::uint32_t fail = 0;                // longest proper suffix that begins a string
    std::uint32_t output = 0;              // nearest node on the way of `fail`, this one included, where strings end
    std::uint32_t string = none;           // first in the list of those that end here
    std::uint32_t below = none;            // first in the list of those that go on from here
    std::uint32_t depth = 0;
    unsigned char byte = 0;
  };
  [[nodiscard]] std::uint32_t child_of(std::uint32_t node, unsigned char byte) const;
  [[nodiscard]] std::uint32_t next(std::uint32_t node, unsigned char byte) const;
  void add(std::string_view string, std::uint32_t number);
  void link();

  std::vector<Node> nodes_;
  std::vector<std::uint32_t> first_;       // children of the root, by byte in either case
  std::vector<std::string> strings_;       // lower case
  std::vector<std::uint32_t> same_;        // the next one in the list that is equal
  std::size_t longest_ = 0;
};

/// One body.
class SubMatcher {
 public:
  /// Told in the order of the body; `text` is valid until the next call of feed() or end().
  class Sink {
   public:
    virtual void on_text(std::string_view text) = 0;
    virtual void on_match(std::uint32_t number) = 0;

   protected:
    ~Sink() = default;
  };

  /// `once`: each string is found at its first place only.
  SubMatcher(const SubPatterns& patterns, bool once);
  void feed(std::string_view piece, Sink& sink);
  void end(Sink& sink);
  [[nodiscard]] std::size_t held_bytes() const { return held().size(); }

 private:
  using Position = std::uint64_t;  // in the body
  static constexpr std::uint32_t none = SubPatterns::none;
  void note_matches(Position end);
  void decide(Position end, bool is_over, std::string_view piece, Sink& sink);
  void take_match(std::uint32_t number, Position end, std::string_view piece, Sink& sink);
  void write_text(Position to, std::string_view piece, Sink& sink);
  [[nodiscard]] std::uint32_t usable(std::uint32_t number, Position end, std::string_view piece) const;
  [[nodiscard]] bool is_at(const std::string& string, Position end, std::string_view piece) const;
  [[nodiscard]] char byte_at(Position at, std::string_view piece) const;
  [[nodiscard]] const std::string& held() const { return buffers_[current_]; }
  void keep(std::string_view piece, Sink& sink);
  std::uint32_t& slot(Position at) { return window_[at & (window_.size() - 1)]; }

  const SubPatterns& patterns_;
  const bool once_;
  std::uint32_t node_ = 0;
  std::uint32_t found_ = 0;            // places in the window
  std::uint32_t used_count_ = 0;
  std::vector<bool> used_;             // with `once`
  std::vector<std::uint32_t> window_;  // for each undecided place: first string in the list that was found there
  std::string buffers_[2];             // undecided bytes of earlier pieces, and those before the last call
  std::size_t current_ = 0;
  Position piece_begin_ = 0;
  Position written_ = 0;               // text before it has been passed on
  Position next_ = 0;                  // first undecided place
};

}  // namespace gh::policy
