// The `route` blocks of one server: which of them serves a method and a path. A tree of path segments; the literal ones
// are found by hash, so a search costs as much as the path has segments, however many routes there are. Built by
// table/route_block on the main thread, immutable afterwards: any thread may search. A search allocates nothing.
//
// Segment by segment a literal comes before a parameter, that before a wildcard. Of routes with one path those with a
// condition come first, then those that name their methods, then the order of the file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace gh::table {

/// One path as written: "/items/:id/*rest".
struct RoutePath {
  enum class Kind : std::uint8_t { literal, parameter, wildcard };
  struct Segment {
    Kind kind = Kind::literal;
    std::string text;  // of the others the name
  };
  std::vector<Segment> segments;  // "/" is one empty literal
};

inline constexpr std::size_t max_route_parameters = 16;
inline constexpr std::size_t max_route_segments = 64;

/// The error's text says what is wrong, and what to write.
Result<RoutePath> parse_route_path(std::string_view text);

struct RouteSpec {
  RoutePath path;
  std::uint32_t methods = 0;  // a bit for each http::Method
  bool any_method = false;    // all of them, named ones go first
  bool conditional = false;
  std::uint32_t route = 0;    // what is found
};

constexpr std::uint32_t method_bit(http::Method method) { return 1u << static_cast<unsigned>(method); }
inline constexpr std::uint32_t all_methods = 0xffffffff;

class RouteTree {
 public:
  static constexpr std::uint32_t npos = 0xffffffff;

  /// What stands for the names in the path, in its order: slices of the path that was looked for.
  struct Values {
    std::uint32_t count = 0;
    std::array<std::string_view, max_route_parameters> at;
    [[nodiscard]] std::span<const std::string_view> view() const { return {at.data(), count}; }
  };
  struct Hit {
    std::uint32_t route = npos;
    std::uint32_t other_methods = 0;  // npos: of routes that the path fits, if all of them are of other methods
    Values values;
  };
  /// Does the condition of a route hold? The values are those of its path.
  struct Conditions {
    bool (*hold)(void* context, std::uint32_t route, std::span<const std::string_view> values) = nullptr;
    void* context = nullptr;
  };
  /// Two routes that would fit the same requests, neither before the other.
  struct Tie {
    std::uint32_t route, first;
  };

  /// In file order. Of two in a tie the first counts.
  static RouteTree build(const std::vector<RouteSpec>& specs, std::vector<Tie>* ties = nullptr);

  /// `path` is a normal form that begins with "/" and keeps encoded slashes apart (http::route_path).
  [[nodiscard]] Hit find(std::string_view path, http::Method method, const Conditions& conditions) const;

  struct Candidate {
    std::uint32_t route;
    std::uint32_t methods;
    bool conditional;
    Values values;
  };
  /// All that the path fits, the best first, whatever their methods and conditions say. For explanations.
  [[nodiscard]] std::vector<Candidate> candidates(std::string_view path) const;
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  static constexpr std::uint32_t none = 0xffffffff;
  struct End {
    std::uint32_t route, methods;
    bool conditional;
  };
  struct Node {
    std::uint32_t parameter = none, wildcard = none;  // nodes
    std::uint32_t first_end = 0, ends = 0;            // in ends_
    bool has_literals = false;
  };
  struct Slot {  // a literal below a node
    std::uint32_t hash = 0, parent = 0, begin = 0, size = 0, child = none;  // none: free
  };
  struct Builder;

  [[nodiscard]] std::uint32_t child(std::uint32_t parent, std::string_view segment) const;
  template <class Visit>
  bool walk(std::uint32_t at, std::string_view rest, Values& values, Visit& visit) const;
  template <class Visit>
  bool go_on(std::uint32_t at, std::string_view rest, bool last, Values& values, Visit& visit) const;
  template <class Visit>
  bool end_at(std::uint32_t at, Values& values, Visit& visit) const;
  template <class Visit>
  bool take_rest(std::uint32_t wildcard, std::string_view rest, Values& values, Visit& visit) const;

  std::vector<Node> nodes_;  // 0 stands before the first segment
  std::vector<End> ends_;
  std::vector<Slot> slots_;  // a power of two, half full at most
  std::string texts_;
};

}  // namespace gh::table
