// LANGUAGE 5: which server answers a name.
#include "table/server_names.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

namespace {

using gh::table::parse_server_name;
using gh::table::ServerName;
using gh::table::ServerNames;
using Entries = std::vector<ServerNames::Entry>;
using Words = std::vector<std::pair<std::string, std::uint32_t>>;

constexpr std::uint32_t none = ServerNames::npos;

Entries entries_of(const Words& words) {
  Entries entries;
  for (const auto& [word, server] : words) {
    auto name = parse_server_name(word);
    REQUIRE_MESSAGE(name, word);
    entries.push_back({std::move(*name), server});
  }
  return entries;
}

ServerNames names_of(const Words& words) { return ServerNames::build(entries_of(words)); }

// The rules word by word, over the words themselves.
std::uint32_t plain_find(const Words& words, const std::string& host) {
  for (const auto& [word, server] : words) {
    if (word == host || (word.starts_with('.') && word.substr(1) == host)) return server;
  }
  std::pair<std::size_t, std::uint32_t> longest{0, none};
  for (const auto& [word, server] : words) {
    const std::string suffix = word.starts_with("*.") ? word.substr(1) : word.starts_with('.') ? word : "";
    if (!suffix.empty() && host.ends_with(suffix) && suffix.size() > longest.first) longest = {suffix.size(), server};
  }
  if (longest.second != none) return longest.second;
  for (const auto& [word, server] : words) {
    if (!word.ends_with(".*")) continue;
    const std::string prefix = word.substr(0, word.size() - 1);
    if (host.starts_with(prefix) && prefix.size() > longest.first) longest = {prefix.size(), server};
  }
  if (longest.second != none) return longest.second;
  for (const auto& [word, server] : words) {
    if (!word.starts_with('~')) continue;
    auto regex = gh::Regex::compile(word.substr(1), true);
    if (regex->match(host, nullptr) == gh::Regex::Match::yes) return server;
  }
  return none;
}

}  // namespace

TEST_CASE("no names: nothing is found, the default server answers") {
  CHECK(ServerNames().find("a.t").server == none);
  CHECK(names_of({}).find("").server == none);
}

TEST_CASE("5.2: exact, then the longest *.x, then the longest x.*, then the first regex") {
  const ServerNames names = names_of({{"~^b\\.", 1}, {"b.*", 2}, {"*.w.t", 3}, {"x.w.t", 4}, {"*.y.w.t", 5},
                                      {"b.c.*", 6}, {"~^(?<sub>\\w+)\\.re\\.t$", 7}, {"~re", 8}});
  CHECK(names.find("b.w.t").server == 3);      // measured: the leading wildcard before the trailing one
  CHECK(names.find("b.example").server == 2);  // measured: the trailing wildcard before the regex
  CHECK(names.find("x.w.t").server == 4);
  CHECK(names.find("a.x.w.t").server == 3);  // "*" stands for any number of labels
  CHECK(names.find("a.y.w.t").server == 5);
  CHECK(names.find("y.w.t").server == 3);
  CHECK(names.find("w.t").server == none);
  CHECK(names.find("aw.t").server == none);
  CHECK(names.find("b.c.example").server == 6);
  CHECK(names.find("b.cc.example").server == 2);
  CHECK(names.find("foo.re.t").server == 7);
  CHECK(names.find("re").server == 8);
  CHECK(names.find("other").server == none);
}

TEST_CASE("named groups of a regex name are offsets into the host") {
  const ServerNames names = names_of({{"~^(?<sub>\\w+)\\.re\\.t$", 7}, {"a.t", 1}});
  const std::string host = "foo.re.t";
  const ServerNames::Hit hit = names.find(host);
  REQUIRE(hit.regex != nullptr);
  REQUIRE(hit.regex->names().size() == 1);
  CHECK(hit.regex->names()[0].name == "sub");
  CHECK(hit.captures.group(host, hit.regex->names()[0].group) == "foo");
  CHECK(names.find("a.t").regex == nullptr);
  CHECK(names.find("a.t").captures.count == 0);
  CHECK(names.find("zzz").captures.count == 0);
}

TEST_CASE("5.3: .x.t is x.t and *.x.t") {
  const ServerNames names = names_of({{".x.t", 1}});
  CHECK(names.find("x.t").server == 1);
  CHECK(names.find("a.x.t").server == 1);
  CHECK(names.find("a.b.x.t").server == 1);
  CHECK(names.find("ax.t").server == none);
}

TEST_CASE("5.3: the empty name is a request without Host, _ is a name like any other, case and last dot do not count") {
  const ServerNames names = names_of({{"", 1}, {"_", 2}, {"WWW.Example.ORG", 3}, {"dot.t.", 4}, {"*.UP.t", 5}});
  CHECK(names.find("").server == 1);
  CHECK(names.find("anything").server == none);
  CHECK(names.find("www.example.org").server == 3);
  CHECK(names.find("dot.t").server == 4);
  CHECK(names.find("a.up.t").server == 5);
}

TEST_CASE("a regex name compares without case, whichever way it is written") {
  const ServerNames names = names_of({{"~^WWW\\.(A|b)\\.t$", 1}, {"~^api\\d\\.t$", 2}});
  CHECK(names.find("www.a.t").server == 1);
  CHECK(names.find("api7.t").server == 2);
}

TEST_CASE("5.3: names that are no names") {
  for (const char* word : {"a.*.b", "a*.b", "*a.b", "*", "*.", ".", ".*", "*.*", "*.a.*", "a.*b", "**.a", "a.**",
                           "a..b", "*..a", "..a", "~", ".a.*"}) {
    CAPTURE(word);
    CHECK_FALSE(parse_server_name(word).has_value());
  }
  for (const char* word : {"a", "*.a", "a.*", ".a", "_", "", "-", "xn--bcher-kva.t", "10.0.0.1", "~a", "a.b.c.*"}) {
    CAPTURE(word);
    CHECK(parse_server_name(word).has_value());
  }
  const auto broken = parse_server_name("~a(b");
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error().code == 4);  // byte of the word, "~" included
}

TEST_CASE("5.4: a name given twice: the first wins and both places are reported") {
  const Entries entries = entries_of({{"a.t", 1}, {"A.t", 2}, {"*.b", 1}, {".b", 2}, {"b", 3}, {"c.*", 4}, {"c.*", 4},
                                      {"~x", 5}, {"~x", 6}, {".a.t", 7}, {"", 8}, {"", 9}});
  std::vector<ServerNames::Duplicate> duplicates;
  const ServerNames names = ServerNames::build(entries, &duplicates);
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const auto& duplicate : duplicates) pairs.emplace_back(duplicate.first, duplicate.second);
  CHECK(pairs == decltype(pairs){{0, 1}, {2, 3}, {3, 4}, {5, 6}, {7, 8}, {0, 9}, {10, 11}});
  CHECK(names.find("a.t").server == 1);
  CHECK(names.find("x.a.t").server == 7);  // the other half of .a.t was free
  CHECK(names.find("q.b").server == 1);
  CHECK(names.find("b").server == 2);
  CHECK(names.find("").server == 8);
  CHECK(names.find("x").server == 5);
}

TEST_CASE("a regex that runs into its match limit names no server") {
  const ServerNames names = names_of({{"~^(a+)+$", 1}, {"~a", 2}});
  const ServerNames::Hit hit = names.find(std::string(5000, 'a') + "!");
  CHECK(hit.limit_hit);
  CHECK(hit.server == none);
}

TEST_CASE("random names are found as the rules say") {
  std::mt19937 dice(11);
  const auto labels = [&dice](std::size_t most) {
    std::string text;
    for (std::size_t count = 1 + dice() % most; count > 0; --count) {
      if (!text.empty()) text += '.';
      for (std::size_t size = 1 + dice() % 2; size > 0; --size) text += static_cast<char>('a' + dice() % 3);
    }
    return text;
  };
  std::array<std::size_t, 5> kinds{};
  for (int round = 0; round < 2000; ++round) {
    Words words;
    for (std::uint32_t i = 0; i < 1 + dice() % 15; ++i) {
      std::string text = labels(3);
      switch (dice() % 6) {
        case 0: text = "*." + text; break;
        case 1: text = "." + text; break;
        case 2: text += ".*"; break;
        case 3: text = "~^" + text; break;
        default: break;
      }
      words.emplace_back(text, i);
    }
    const Entries entries = entries_of(words);
    const ServerNames names = ServerNames::build(entries);
    for (int i = 0; i < 40; ++i) {
      const std::string host = dice() % 20 == 0 ? "" : labels(5);
      const std::uint32_t server = names.find(host).server;
      CAPTURE(host);
      REQUIRE(server == plain_find(words, host));
      if (server != none) ++kinds[static_cast<std::size_t>(entries[server].name.kind)];
    }
  }
  for (const std::size_t count : kinds) CHECK(count > 500);
}

TEST_CASE("tens of thousands of names, exact and wildcards") {
  Words words;
  for (std::uint32_t i = 0; i < 30000; ++i) {
    const std::string base = "tenant" + std::to_string(i) + ".example.org";
    words.emplace_back(i % 3 == 0 ? "*." + base : base, i);
  }
  const ServerNames names = names_of(words);
  for (std::uint32_t i = 0; i < 30000; i += 7) {
    const std::string base = "tenant" + std::to_string(i) + ".example.org";
    CHECK(names.find(base).server == (i % 3 == 0 ? none : i));
    CHECK(names.find("www." + base).server == (i % 3 == 0 ? i : none));
  }
}
