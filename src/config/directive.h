// The row of the directive table: what one directive is. The table (src/directives) is a span of rows; parser checks,
// errors, hints, dump, man page and completions all read it. Rows are data; only `apply` does something.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/tree.h"

namespace gh::table {
class Scope;  // one block under construction (table/scope.h)
}

namespace gh::config {

/// Where a directive may stand. A bit set.
enum Context : std::uint32_t {
  in_main = 1u << 0,
  in_events = 1u << 1,
  in_http = 1u << 2,        // also at top level when `http { }` is left out
  in_server = 1u << 3,
  in_location = 1u << 4,
  in_server_if = 1u << 5,
  in_location_if = 1u << 6,
  in_limit_except = 1u << 7,
  in_upstream = 1u << 8,
  in_route = 1u << 9,       // a `route` block: see not_in_route
  in_plan = 1u << 12,
  in_consumer = 1u << 13,
  in_cors = 1u << 18,
  in_oidc_provider = 1u << 14,
  in_store = 1u << 15,
  not_in_route = 1u << 29,  // what a location may hold, a route may, too, but for rows with this bit
  in_any = 1u << 30,        // include
};
using Contexts = std::uint32_t;
inline constexpr Contexts in_http_server_location = in_http | in_server | in_location;
std::string contexts_text(Contexts contexts);  // "http, server, location"

/// How a value comes down to inner blocks (LANGUAGE.md 10).
enum class Inherit : std::uint8_t {
  none,     // stays in its block
  scalar,   // innermost wins; at most once in a block
  replace,  // a list; an inner block that states the directive at all drops the outer list
  append,   // a list that merges with the outer one (DSL rule 6)
};

/// DESIGN 4. The order in which things act, whatever the order in the file.
enum class Phase : std::uint8_t {
  none,  // only a setting
  address, server_rewrite, route, rewrite, cors, limit, access, authorize, identity_limit, request, precontent, cache,
  content, response, log
};

enum class ArgType : std::uint8_t {
  word,      // any text; `$` is plain text
  templ,     // text with variables, checked and compiled by the table
  count,     // non-negative integer
  integer,   // integer, may be negative
  bytes,     // size: k K m M
  offset,    // size that also takes g G
  msec,      // time, value in ms; refuses y and M units
  sec,       // time, value in seconds; refuses ms
  rate,      // Nr/s Nr/m Nr/h Nr/d: number is thousandths of a request per second, rounded; text keeps the form
  ratio,     // "60%" or "0.6": number is millionths
  status,    // 0-999; ranges are the directive's business
  on_off,    // number 1 or 0, any case
  one_of,    // one of `choices`
  address,   // listen address and upstream server address: checked by the directive
  cidr,      // address, network, "all" or "unix:"
  regex,     // PCRE2 pattern, compiled to check it
  variable,  // "$name"; text without the dollar
  conf_path, // file beside the main configuration (relative to its directory): text is made absolute
  path,      // file or folder under the prefix (-p): text is made absolute; $variables allowed where the row says templ
  upstream, zone, log_format, store,  // references by name, resolved by the table
  flag,      // the bare word itself, e.g. `nodelay`
  expr,      // DSL rule 3: "( ... )" to its balanced parenthesis; text holds it whole
};

enum class Presence : std::uint8_t { required, optional, repeat, repeat_one };  // any number; one or more

/// One argument. A positional one has a plain name; a keyed one ends with "=" (`burst=`); a flag is its own name.
/// Keyed arguments and flags may stand in any order after (or between) the positional ones.
struct ArgSpec {
  std::string_view name = {};
  ArgType type = ArgType::word;
  Presence presence = Presence::required;
  std::string_view choices = {};  // one_of: "a|b|c"
  std::int64_t least = 0;         // count, integer, bytes, offset, msec, sec, status: bounds, inclusive
  std::int64_t most = INT64_MAX;
};

struct Value {
  const ArgSpec* spec = nullptr;
  std::string_view text;       // after typing: path made absolute, key removed ("burst=5" -> "5"), "$" removed ...
  std::int64_t number = 0;     // typed value
  Span span;                   // of the value (without its key)
  bool quoted = false;
};

struct Row;

/// A directive of a file after all checks: its row and its typed values. Values and their texts are in the Sources.
struct Bound {
  const Row* row = nullptr;
  const Node* node = nullptr;
  std::span<const Value> values;   // in file order
  std::vector<Bound> children;     // Block::directives only
  bool overridden = false;

  [[nodiscard]] const Value* find(std::string_view spec_name) const;       // first value of that argument
  [[nodiscard]] bool has(std::string_view spec_name) const { return find(spec_name) != nullptr; }
  [[nodiscard]] std::int64_t number(std::string_view spec_name, std::int64_t otherwise) const;
  [[nodiscard]] std::string_view text(std::string_view spec_name, std::string_view otherwise = {}) const;
  [[nodiscard]] const Value& at(std::size_t i) const { return values[i]; }
  [[nodiscard]] Span span() const { return node->words.front().span; }
};

enum class Block : std::uint8_t {
  no,          // ends with ";"
  directives,  // { directives of `inside` }
  data,        // { key value...; } items that are no directives: map, geo, types; include works inside
  raw,         // { text }
  optional,    // ";" or { directives } (e.g. `part`)
};

using Apply = void (*)(table::Scope&, const Bound&);

struct Row {
  std::string_view name = {};
  Contexts contexts = 0;
  std::array<ArgSpec, 20> args = {};    // up to the first one without a name
  Block block = Block::no;
  Contexts inside = 0;                  // Block::directives: the context its children stand in
  std::string_view fallback = {};       // default as a user would write it; empty: none
  Inherit inherit = Inherit::scalar;
  bool repeatable = false;              // may stand several times in one block (lists; add_header, listen ...)
  Phase phase = Phase::none;
  Apply apply = nullptr;
  Apply declare = nullptr;              // for directives that define variables: called for each before anything is
                                        // compiled, with the outermost scope, so that uses may stand above them
  std::string_view doc = {};            // one line
  std::string_view since = "0.1";
};

/// A name that is known but not in the table: what it is, and what happens to it.
struct Known {
  enum class Fate : std::uint8_t {
    note,     // no meaning here: accepted, N901
    later,    // nginx's, not served yet: a warning says so and the directive is passed over
    missing,  // not served yet, and without it other requests would pass or other things run: error E0602
    refused,  // never served: error E0601 with reason and substitute
  };
  std::string_view name;      // exact; a trailing "*" matches any ending ("js_*", "*_by_lua_block" by leading "*")
  Fate fate;
  std::string_view reason;    // one line: why, and what to use instead
  std::string_view group = {};  // reported once per file, fate and group ("lua", "stream", "fastcgi"); empty, and for
                                // `missing` ones: once per file and name
  const Row* row = nullptr;   // contexts, arguments and block are held to it; null: they are not looked at
};

struct Language {
  std::vector<const Row*> rows;
  std::span<const Known> known;
};

}  // namespace gh::config
