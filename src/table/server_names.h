// The server names of one listen socket: which server answers a Host (or a TLS server name).
// Order (LANGUAGE 5.2): exact, longest "*.x", longest "x.*", first regex in file order; the caller falls back to the
// default server. Built by table/build, immutable afterwards: any thread may search. A search allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/regex.h"
#include "base/result.h"
#include "table/exact_map.h"
#include "table/prefix_tree.h"
#include "table/regex_list.h"

namespace gh::table {

/// One word of `server_name`, understood.
struct ServerName {
  enum class Kind : std::uint8_t { exact, suffix /* *.x */, dot /* .x: x and *.x */, prefix /* x.* */, regex };
  Kind kind = Kind::exact;
  std::string text;                    // lower case, without the wildcard part: "x.t" of "*.x.t", ".x.t" and "x.t.*"
  std::shared_ptr<const Regex> regex;  // of "~...", matched without case
};

/// Reads one word. The error says what is wrong with the name (LANGUAGE 5.3), or PCRE2's message with Error::code its
/// byte offset in the whole word. "" is the name of a request without Host; "_" is a name like any other.
Result<ServerName> parse_server_name(std::string_view word);

class ServerNames {
 public:
  static constexpr std::uint32_t npos = 0xffffffff;

  struct Entry {
    ServerName name;
    std::uint32_t server;  // index the caller gives
  };
  /// Indices into the entries: `second` names something that `first` already has and is ignored.
  struct Duplicate {
    std::size_t first, second;
  };
  struct Hit {
    std::uint32_t server = npos;
    bool limit_hit = false;        // `regex` ran into its match limit; `server` is npos
    const Regex* regex = nullptr;  // the regex that decided; its groups are in `captures`, offsets into the host
    Captures captures;
  };

  /// In file order. A duplicate of the same server is reported as well; the caller decides what to say.
  static ServerNames build(const std::vector<Entry>& entries, std::vector<Duplicate>* duplicates = nullptr);

  /// `host` is lower-cased, without port and trailing dot; empty when the request had none.
  [[nodiscard]] Hit find(std::string_view host) const;
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  ExactMap exact_;
  PrefixTree suffixes_;  // of reversed text, "t.x." for "*.x.t"
  PrefixTree prefixes_;  // "x." for "x.*"
  RegexList regexes_;
  std::vector<std::uint32_t> regex_servers_;
};

}  // namespace gh::table
