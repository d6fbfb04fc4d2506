// The locations of one server: which Route serves a path. nginx's rules (exact, longest prefix, ^~, regexes in file
// order, nested blocks) at a cost that does not grow with the number of locations: hash, radix tree, filtered regexes.
// Built by table/build on the main thread, immutable afterwards: any thread may search. A search allocates nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/regex.h"

namespace gh::table {

/// One location block as written. `@name` locations are not matched by path and do not belong here.
struct LocationSpec {
  enum class Kind : std::uint8_t { exact, prefix, prefix_final /* ^~ */, regex };
  Kind kind = Kind::prefix;
  std::string text;                    // decoded path; the pattern for a regex (only used by check())
  std::shared_ptr<const Regex> regex;  // of a regex location, else null
  std::uint32_t route = 0;             // what Hit::route will hold
  bool auto_redirect = false;          // the handler is proxy_pass or the like: text "/x/" makes "/x" answer 301
  std::vector<LocationSpec> nested;
};

class LocationTree {
 public:
  static constexpr std::uint32_t npos = 0xffffffff;
  static constexpr std::size_t max_outer = 4;

  struct Hit {
    std::uint32_t route = npos;        // npos: no location, the server's own settings apply
    bool redirect = false;             // answer 301 to the path plus "/"; `route` is the location that asks for it
    bool limit_hit = false;            // `regex` ran into its match limit: answer 500, `route` is not to be used
    std::uint8_t outer_count = 0;
    const Regex* regex = nullptr;      // the last regex that matched on the way; its groups are in `captures`
    Captures captures;                 // offsets into the path; count == 0 when no regex matched
    /// Regex locations that hold the one of `regex`, outermost first (never more than max_outer are kept): their named
    /// groups are set too, found by matching again.
    std::array<const Regex*, max_outer> outer;
  };

  /// What is wrong with a list of locations (LANGUAGE 6.4).
  struct Fault {
    enum class Kind : std::uint8_t {
      duplicate,       // same text twice in one block; `other` is the route of the first
      outside_parent,  // a nested prefix does not start with its parent's text; `other` is the parent's route
      inside_exact,    // an exact location cannot hold locations; `other` is the parent's route
    };
    Kind kind;
    std::uint32_t route, other;
  };
  static std::vector<Fault> check(const std::vector<LocationSpec>& specs);

  /// Never fails: of two locations with the same text and sort the first counts. Empty list: every search gives npos.
  static LocationTree build(std::vector<LocationSpec> specs);

  LocationTree();
  LocationTree(LocationTree&&) noexcept;
  LocationTree& operator=(LocationTree&&) noexcept;
  ~LocationTree();

  /// `uri` is $uri: decoded, normalised, without query. Compared byte for byte.
  [[nodiscard]] Hit find(std::string_view uri) const;
  /// Heap bytes held, regexes not counted.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  struct Level;
  struct Builder;
  enum class Outcome : std::uint8_t { none, prefix, done };
  Outcome search(const Level& level, std::string_view uri, Hit& hit) const;
  Outcome search_regexes(const Level& level, std::string_view uri, Hit& hit) const;

  struct Location {
    std::uint32_t route;
    std::uint32_t level;  // of its nested locations, or npos
    bool final;           // ^~
  };
  std::vector<Location> locations_;
  std::vector<Level> levels_;  // 0 is the server's own
};

}  // namespace gh::table
