// LANGUAGE 6: which location serves a path. First the examples, each with the rule it shows; then thousands of random
// configurations, compared with a search that follows the rules word by word.
#include "table/location_tree.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

#include "table/exact_map.h"
#include "table/prefix_tree.h"
#include "table/regex_list.h"

namespace {

using gh::Captures;
using gh::Regex;
using gh::table::LocationSpec;
using gh::table::LocationTree;
using Kind = LocationSpec::Kind;
using Specs = std::vector<LocationSpec>;

std::shared_ptr<const Regex> regex(const std::string& pattern, bool ignore_case = false) {
  auto compiled = Regex::compile(pattern, ignore_case);
  REQUIRE_MESSAGE(compiled, pattern);
  return std::make_shared<const Regex>(std::move(*compiled));
}

// "= /x", "^~ /x", "~ re", "~* re" or "/x", as in a file; a last " ->" stands for a proxy_pass handler.
LocationSpec location(std::uint32_t route, std::string text, Specs nested = {}) {
  LocationSpec spec;
  spec.route = route;
  spec.nested = std::move(nested);
  if (text.ends_with(" ->")) {
    spec.auto_redirect = true;
    text.resize(text.size() - 3);
  }
  const std::pair<std::string_view, Kind> modifiers[] = {
      {"= ", Kind::exact}, {"^~ ", Kind::prefix_final}, {"~* ", Kind::regex}, {"~ ", Kind::regex}};
  for (const auto& [modifier, kind] : modifiers) {
    if (!text.starts_with(modifier)) continue;
    spec.kind = kind;
    spec.text = text.substr(modifier.size());
    if (kind == Kind::regex) spec.regex = regex(spec.text, modifier == "~* ");
    return spec;
  }
  spec.text = text;
  return spec;
}

std::uint32_t route(const LocationTree& tree, std::string_view uri) { return tree.find(uri).route; }

constexpr std::uint32_t none = LocationTree::npos;

// --- the rules of LANGUAGE 6.3 word by word, over the specs themselves ----------------------------------------------

struct Found {
  std::uint32_t route = none;
  bool redirect = false;
  const Regex* regex = nullptr;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> groups;
  std::vector<const Regex*> outer;
};

bool plain_search(const Specs& block, const std::string& uri, Found& found);

bool plain_regexes(const Specs& block, const std::string& uri, Found& found) {
  for (const LocationSpec& spec : block) {
    Captures captures;
    if (spec.kind != Kind::regex || spec.regex->match(uri, &captures) != Regex::Match::yes) continue;
    if (found.regex != nullptr) found.outer.push_back(found.regex);
    found.route = spec.route;
    found.regex = spec.regex.get();
    found.groups.clear();
    for (std::uint32_t i = 0; i < captures.count; ++i) {
      found.groups.emplace_back(captures.groups[i].begin, captures.groups[i].end);
    }
    plain_search(spec.nested, uri, found);
    return true;
  }
  return false;
}

// One of "= /x/" and "/x/" that asks for it is enough; the exact one then serves the redirect.
const LocationSpec* slash_form(const Specs& block, const std::string& uri) {
  const LocationSpec *exact = nullptr, *prefix = nullptr;
  for (const LocationSpec& spec : block) {
    if (spec.kind == Kind::regex || spec.text != uri + "/") continue;
    (spec.kind == Kind::exact ? exact : prefix) = &spec;
  }
  const bool asked = (exact != nullptr && exact->auto_redirect) || (prefix != nullptr && prefix->auto_redirect);
  if (!asked) return nullptr;
  return exact != nullptr ? exact : prefix;
}

bool plain_search(const Specs& block, const std::string& uri, Found& found) {
  const LocationSpec* longest = nullptr;
  for (const LocationSpec& spec : block) {
    if (spec.kind == Kind::exact && spec.text == uri) {
      found.route = spec.route;
      return true;
    }
    if (spec.kind != Kind::prefix && spec.kind != Kind::prefix_final) continue;
    if (uri.compare(0, spec.text.size(), spec.text) != 0) continue;
    if (longest == nullptr || spec.text.size() > longest->text.size()) longest = &spec;
  }
  for (const LocationSpec& spec : block) {  // an exact one may stand after a prefix
    if (spec.kind == Kind::exact && spec.text == uri) {
      found.route = spec.route;
      return true;
    }
  }
  const bool has_equal = longest != nullptr && longest->text == uri;
  if (const LocationSpec* slash = slash_form(block, uri); slash != nullptr && !has_equal) {
    found.route = slash->route;
    found.redirect = true;
    return true;
  }
  if (longest != nullptr) {
    found.route = longest->route;
    if (plain_search(longest->nested, uri, found)) return true;
    if (longest->kind == Kind::prefix_final) return false;
  }
  return plain_regexes(block, uri, found);
}

// --- random configurations ------------------------------------------------------------------------------------------

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  std::size_t below(std::size_t limit) { return engine_() % limit; }
  // A few letters and many slashes, so that texts meet.
  std::string text(std::size_t most) {
    static constexpr std::string_view letters = "/ab/cA\xc3\xff";
    std::string result;
    for (std::size_t size = below(most + 1); size > 0; --size) result += letters[below(letters.size())];
    return result;
  }

 private:
  std::mt19937 engine_;
};

std::string random_pattern(Dice& dice, const std::string& prefix) {
  static const char* const patterns[] = {"\\.php$", "^/(?<first>[ab]+)/", "b$", "^/a", "^/a/b", "^/a/b/(.*)$", "/c",
                                         "^/[a-b]b?/", "^/(a|b)", "^/ab?", "^/", "(a)(b)?(/)", "^/a+/", "c|^/a"};
  if (dice.below(4) == 0) return "^" + prefix + (dice.below(2) == 0 ? "" : "[^/]*$");
  return patterns[dice.below(std::size(patterns))];
}

bool is_twice(const Specs& specs, const LocationSpec& spec) {
  return std::any_of(specs.begin(), specs.end(), [&](const LocationSpec& other) {
    return spec.kind != Kind::regex && other.kind != Kind::regex && other.text == spec.text &&
           (spec.kind == Kind::exact) == (other.kind == Kind::exact);
  });
}

Specs random_block(Dice& dice, const std::string& parent, int depth, std::uint32_t& next_route) {
  Specs specs;
  for (std::size_t count = dice.below(depth == 0 ? 12 : 5); count > 0; --count) {
    static const char* const modifiers[] = {"", "", "", "= ", "^~ ", "~ ", "~* "};
    const std::string modifier = modifiers[dice.below(std::size(modifiers))];
    const bool is_regex = modifier.starts_with('~');
    std::string text = (depth == 0 ? "/" : parent) + dice.text(4);
    if (dice.below(2) == 0) text += "/";
    if (is_regex) text = random_pattern(dice, (depth == 0 ? "/" : parent) + "ab");
    const bool handler = dice.below(3) == 0;
    LocationSpec spec = location(next_route, modifier + text + (handler ? " ->" : ""));
    if (is_twice(specs, spec)) continue;
    ++next_route;
    const std::string inner = is_regex ? "/" : spec.text;
    if (depth < 3 && spec.kind != Kind::exact) spec.nested = random_block(dice, inner, depth + 1, next_route);
    specs.push_back(std::move(spec));
  }
  return specs;
}

void collect_texts(const Specs& specs, std::vector<std::string>& texts) {
  for (const LocationSpec& spec : specs) {
    if (spec.kind != Kind::regex) texts.push_back(spec.text);
    collect_texts(spec.nested, texts);
  }
}

// Near what is configured: a text, shortened, lengthened, or something else.
std::string random_uri(Dice& dice, const std::vector<std::string>& texts) {
  if (texts.empty() || dice.below(4) == 0) return "/" + dice.text(6);
  std::string uri = texts[dice.below(texts.size())];
  switch (dice.below(4)) {
    case 0: break;
    case 1: uri.resize(uri.size() - std::min(uri.size(), 1 + dice.below(2))); break;
    case 2: uri += dice.text(3); break;
    default: uri += dice.below(2) == 0 ? "/" : ".php";
  }
  return uri;
}

void compare(const LocationTree& tree, const Specs& specs, const std::string& uri) {
  Found expected;
  plain_search(specs, uri, expected);
  const LocationTree::Hit hit = tree.find(uri);
  CAPTURE(uri);
  REQUIRE(hit.route == expected.route);
  REQUIRE(hit.redirect == expected.redirect);
  REQUIRE(hit.regex == expected.regex);
  REQUIRE_FALSE(hit.limit_hit);
  REQUIRE(hit.captures.count == expected.groups.size());
  for (std::uint32_t i = 0; i < hit.captures.count; ++i) {
    REQUIRE(hit.captures.groups[i].begin == expected.groups[i].first);
    REQUIRE(hit.captures.groups[i].end == expected.groups[i].second);
  }
  REQUIRE(std::vector<const Regex*>(hit.outer.begin(), hit.outer.begin() + hit.outer_count) == expected.outer);
}

}  // namespace

TEST_CASE("an empty list of locations serves nothing") {
  CHECK(route(LocationTree::build({}), "/") == none);
  CHECK(route(LocationTree(), "/") == none);
}

TEST_CASE("6.3 a, b: an exact location beats every prefix, else the longest prefix wins in any order") {
  const LocationTree tree = LocationTree::build(
      {location(1, "/api/v1/"), location(2, "/"), location(3, "/api"), location(4, "= /api/v1/"), location(5, "= /")});
  CHECK(route(tree, "/") == 5);
  CHECK(route(tree, "/x") == 2);
  CHECK(route(tree, "/ap") == 2);
  CHECK(route(tree, "/api") == 3);
  CHECK(route(tree, "/api/v1") == 3);
  CHECK(route(tree, "/api/v1/") == 4);
  CHECK(route(tree, "/api/v1/users") == 1);
  CHECK(route(tree, "*") == none);
  CHECK(route(tree, "") == none);
}

TEST_CASE("6.5: /api also matches /apifoo, and case counts (6.2)") {
  const LocationTree tree = LocationTree::build({location(1, "/api")});
  CHECK(route(tree, "/apifoo") == 1);
  CHECK(route(tree, "/API") == none);
}

TEST_CASE("an exact location and a prefix may have the same text") {
  const LocationTree tree = LocationTree::build({location(1, "/x"), location(2, "= /x")});
  CHECK(route(tree, "/x") == 2);
  CHECK(route(tree, "/xy") == 1);
}

TEST_CASE("only an exact location: everything else is served by nothing") {
  const LocationTree tree = LocationTree::build({location(1, "= /x")});
  CHECK(route(tree, "/x") == 1);
  CHECK(route(tree, "/x/") == none);
  CHECK(route(tree, "/") == none);
}

TEST_CASE("6.3 d: regexes in file order beat prefixes, but not after ^~ and never an exact location") {
  const LocationTree tree = LocationTree::build(
      {location(1, "/"), location(2, "~ \\.php$"), location(3, "~ ^/a/.*\\.php$"), location(4, "^~ /static/"),
       location(5, "= /x.php"), location(6, "~* \\.(gif|jpe?g)$"), location(7, "/static/deep/")});
  CHECK(route(tree, "/i.php") == 2);
  CHECK(route(tree, "/a/i.php") == 2);
  CHECK(route(tree, "/static/i.php") == 4);
  CHECK(route(tree, "/static/deep/i.php") == 2);  // the longest prefix is no ^~
  CHECK(route(tree, "/x.php") == 5);
  CHECK(route(tree, "/I.PHP") == 1);
  CHECK(route(tree, "/I.JPG") == 6);
  CHECK(route(tree, "/i.png") == 1);
}

TEST_CASE("captures are those of the regex that won, and none where a prefix won") {
  const LocationTree tree = LocationTree::build({location(1, "/"), location(2, "~ ^/(?<user>[a-z]+)/(\\d+)$")});
  const std::string uri = "/bob/42";
  const LocationTree::Hit hit = tree.find(uri);
  REQUIRE(hit.route == 2);
  REQUIRE(hit.regex != nullptr);
  CHECK(hit.regex->names().front().name == "user");
  CHECK(hit.captures.group(uri, 1) == "bob");
  CHECK(hit.captures.group(uri, 2) == "42");
  CHECK(tree.find("/bob/x").regex == nullptr);
  CHECK(tree.find("/bob/x").captures.count == 0);
}

TEST_CASE("6.3 c: nested locations") {
  SUBCASE("an outer regex beats a nested prefix") {
    const LocationTree tree =
        LocationTree::build({location(1, "/a/", {location(2, "/a/b/")}), location(3, "~ \\.php$")});
    CHECK(route(tree, "/a/b/c") == 2);
    CHECK(route(tree, "/a/x") == 1);
    CHECK(route(tree, "/a/b/i.php") == 3);
  }
  SUBCASE("a nested regex beats an outer regex, a nested exact location too") {
    const LocationTree tree = LocationTree::build(
        {location(3, "~ \\.php$"), location(1, "/a/", {location(2, "~ php"), location(4, "= /a/x.php")})});
    CHECK(route(tree, "/a/i.php") == 2);
    CHECK(route(tree, "/a/x.php") == 4);
    CHECK(route(tree, "/i.php") == 3);
  }
  SUBCASE("a nested ^~ does not stop the outer regexes, only those of its own level") {
    const LocationTree tree = LocationTree::build(
        {location(3, "~ \\.php$"), location(1, "/a/", {location(2, "^~ /a/b/"), location(4, "~ ^/a/b/own")})});
    CHECK(route(tree, "/a/b/i.php") == 3);
    CHECK(route(tree, "/a/b/own") == 2);
  }
  SUBCASE("an outer ^~ stops the outer regexes, also when nothing nested matches or a nested prefix does") {
    const LocationTree tree = LocationTree::build(
        {location(3, "~ \\.php$"), location(1, "^~ /a/", {location(2, "/a/b/"), location(4, "~ \\.cgi$")})});
    CHECK(route(tree, "/a/i.php") == 1);
    CHECK(route(tree, "/a/b/i.php") == 2);
    CHECK(route(tree, "/a/b/i.cgi") == 4);
  }
  SUBCASE("locations nested in a regex: the last regex keeps the captures, the outer one is named") {
    const LocationTree tree = LocationTree::build({location(
        1, "~ ^/(?<user>[a-z]+)/", {location(2, "~ \\.(php)$"), location(3, "/bob/"), location(4, "= /eve/x")})});
    CHECK(route(tree, "/amy/x") == 1);
    CHECK(route(tree, "/bob/x") == 3);
    CHECK(route(tree, "/eve/x") == 4);
    const std::string uri = "/bob/i.php";
    const LocationTree::Hit hit = tree.find(uri);
    CHECK(hit.route == 2);
    CHECK(hit.captures.group(uri, 1) == "php");
    REQUIRE(hit.outer_count == 1);
    CHECK(hit.outer[0]->pattern() == "^/(?<user>[a-z]+)/");
  }
  SUBCASE("three levels: the deepest prefix wins when no regex matches") {
    const LocationTree tree =
        LocationTree::build({location(1, "/", {location(2, "/a", {location(3, "/a/b")}), location(4, "/ab")})});
    CHECK(route(tree, "/a/b/c") == 3);
    CHECK(route(tree, "/a/c") == 2);
    CHECK(route(tree, "/abc") == 4);
    CHECK(route(tree, "/x") == 1);
  }
}

TEST_CASE("6.6: the slash-less form of a proxied prefix is redirected, unless a location has that text") {
  const LocationTree tree = LocationTree::build(
      {location(1, "/"), location(2, "/x/ ->"), location(3, "/static/"), location(4, "~ ^/x$"), location(5, "/y/ ->"),
       location(6, "= /y"), location(7, "/z/ ->"), location(8, "/z"), location(9, "= /e/ ->"), location(10, "/ab/ ->"),
       location(11, "/ab/c/ ->"), location(12, "/noslash ->"), location(13, "/both/ ->"), location(14, "= /both/")});
  CHECK(tree.find("/x").redirect);  // before any regex
  CHECK(route(tree, "/x") == 2);
  CHECK_FALSE(tree.find("/x/").redirect);
  CHECK_FALSE(tree.find("/xy").redirect);
  CHECK_FALSE(tree.find("/static").redirect);
  CHECK(route(tree, "/static") == 1);
  CHECK_FALSE(tree.find("/y").redirect);
  CHECK(route(tree, "/y") == 6);
  CHECK_FALSE(tree.find("/z").redirect);
  CHECK(route(tree, "/z") == 8);
  CHECK(tree.find("/e").redirect);
  CHECK(route(tree, "/e") == 9);
  CHECK(tree.find("/ab").redirect);
  CHECK(tree.find("/ab/c").redirect);
  CHECK(route(tree, "/ab/c") == 11);
  CHECK_FALSE(tree.find("/noslas").redirect);
  CHECK(tree.find("/both").redirect);  // measured: with the settings of the exact one
  CHECK(route(tree, "/both") == 14);
  CHECK_FALSE(tree.find("").redirect);
}

TEST_CASE("6.6 in a nested block: redirected although an outer regex would match") {
  const LocationTree tree =
      LocationTree::build({location(1, "/a/", {location(2, "/a/b/ ->")}), location(3, "~ ^/a/b")});
  CHECK(tree.find("/a/b").redirect);
  CHECK(route(tree, "/a/b") == 2);
  CHECK(route(tree, "/a/b/") == 3);
}

TEST_CASE("a regex that runs into its match limit ends the search and says so") {
  const LocationTree tree =
      LocationTree::build({location(1, "/"), location(2, "~ ^/(a+)+$"), location(3, "~ ^/aaa")});
  const LocationTree::Hit hit = tree.find("/" + std::string(5000, 'a') + "!");
  CHECK(hit.limit_hit);
  CHECK(hit.regex->pattern() == "^/(a+)+$");
  CHECK_FALSE(tree.find("/aa").limit_hit);
}

TEST_CASE("6.4: what may not be written") {
  using Fault = LocationTree::Fault;
  const std::vector<Fault> faults = LocationTree::check(
      {location(1, "/a"), location(2, "= /a"), location(3, "^~ /a"), location(4, "= /a", {location(5, "/a/b")}),
       location(6, "/c/", {location(7, "/d"), location(8, "/c/d"), location(9, "~ ^/x"), location(10, "/c/d")}),
       location(11, "~ x"), location(12, "~ x", {location(13, "/free")})});
  std::vector<std::pair<std::uint32_t, std::uint32_t>> places;
  for (const Fault& fault : faults) places.emplace_back(fault.route, fault.other);
  CHECK(places == std::vector<std::pair<std::uint32_t, std::uint32_t>>{{3, 1}, {4, 2}, {5, 4}, {7, 6}, {10, 8}});
  CHECK(faults[0].kind == Fault::Kind::duplicate);
  CHECK(faults[2].kind == Fault::Kind::inside_exact);
  CHECK(faults[3].kind == Fault::Kind::outside_parent);
  CHECK(LocationTree::check({location(1, "/", {location(2, "/")})}).empty());  // the same text a level deeper is fine
}

TEST_CASE("of two locations with the same text the first counts") {
  const LocationTree tree = LocationTree::build(
      {location(1, "/a"), location(2, "^~ /a"), location(3, "= /b"), location(4, "= /b"), location(5, "~ ^/a")});
  CHECK(route(tree, "/a") == 5);  // not final: the ^~ did not count
  CHECK(route(tree, "/b") == 3);
}

TEST_CASE("500 regexes with different literal prefixes cost one execution, and file order holds with those without") {
  std::vector<std::shared_ptr<const Regex>> regexes;
  for (int i = 0; i < 500; ++i) regexes.push_back(regex("^/r" + std::to_string(1000 + i) + "/"));
  SUBCASE("all with a prefix") {
    const auto list = gh::table::RegexList::build(regexes);
    Captures captures;
    CHECK(list.find("/r1499/x", captures).index == 499);
    CHECK(list.find("/r1499/x", captures).executions == 1);
    CHECK(list.find("/r2000/x", captures).index == gh::table::RegexList::npos);
    CHECK(list.find("/r2000/x", captures).executions == 0);
  }
  SUBCASE("one without a prefix, one with a shorter prefix among them") {
    regexes.insert(regexes.begin() + 100, regex("x(?:$)"));
    regexes.insert(regexes.begin() + 300, regex("^/r1.*y(?:$)"));
    const auto list = gh::table::RegexList::build(regexes);
    Captures captures;
    CHECK(list.find("/r1000/x", captures).index == 0);
    CHECK(list.find("/r1499/x", captures).index == 100);
    CHECK(list.find("/r1499/y", captures).index == 300);
    CHECK(list.find("/r1499/z", captures).index == 501);
    CHECK(list.find("/r1499/z", captures).executions == 3);
  }
}

TEST_CASE("a long chain of literal prefixes, each the start of the next, keeps file order") {
  std::vector<std::shared_ptr<const Regex>> regexes;
  for (std::size_t i = 40; i > 0; --i) regexes.push_back(regex("^/" + std::string(i, 'a') + "[^b]*$"));
  regexes.push_back(regex("b$"));
  const auto list = gh::table::RegexList::build(regexes);
  Captures captures;
  for (std::size_t n = 1; n <= 40; ++n) {
    CHECK(list.find("/" + std::string(n, 'a'), captures).index == 40 - n);
    CHECK(list.find("/" + std::string(n, 'a') + "cb", captures).index == 40);
    CHECK(list.find("/" + std::string(n, 'a') + "cb", captures).executions == n + 1);
  }
}

TEST_CASE("random configurations are searched as the rules say") {
  Dice dice(20240607);
  std::size_t redirects = 0, regex_hits = 0, nested_regexes = 0;
  for (int round = 0; round < 3000; ++round) {
    std::uint32_t next_route = 0;
    const Specs specs = random_block(dice, "/", 0, next_route);
    const LocationTree tree = LocationTree::build(specs);
    REQUIRE(LocationTree::check(specs).empty());
    std::vector<std::string> texts;
    collect_texts(specs, texts);
    CAPTURE(round);
    for (int i = 0; i < 40; ++i) {
      const std::string uri = random_uri(dice, texts);
      compare(tree, specs, uri);
      const LocationTree::Hit hit = tree.find(uri);
      redirects += hit.redirect;
      regex_hits += hit.regex != nullptr;
      nested_regexes += hit.outer_count > 0;
    }
  }
  // The comparison says something only if all of it was met.
  CHECK(redirects > 1000);
  CHECK(regex_hits > 10000);
  CHECK(nested_regexes > 1000);
}

TEST_CASE("ten thousand prefixes and exact locations are all found") {
  Dice dice(7);
  Specs specs;
  for (std::uint32_t i = 0; i < 10000; ++i) {
    const std::string number = std::to_string(i);
    specs.push_back(location(i, (i % 2 == 0 ? "= /v" : "/v") + number + (i % 3 == 0 ? "/items/" : "/")));
  }
  const LocationTree tree = LocationTree::build(specs);
  for (int i = 0; i < 2000; ++i) {
    const LocationSpec& spec = specs[dice.below(specs.size())];
    compare(tree, specs, spec.text);
    compare(tree, specs, spec.text + "x");
  }
  CHECK(tree.memory_bytes() < 10000 * 128);
}

TEST_CASE("a tree deeper than any stack would like: ten thousand prefixes, each the start of the next") {
  Specs specs;
  std::string text;
  for (std::uint32_t i = 0; i < 10000; ++i) specs.push_back(location(i, text += '/'));
  const LocationTree tree = LocationTree::build(specs);
  CHECK(route(tree, text) == 9999);
  CHECK(route(tree, text.substr(0, 5000)) == 4999);
}

TEST_CASE("texts longer than one label holds, found and missed by a byte") {
  const std::string common = "/" + std::string(1000, 'y');
  const LocationTree tree = LocationTree::build(
      {location(1, common + "/a/ ->"), location(2, common + "/b"), location(3, "/" + std::string(254, 'y') + "/ ->")});
  CHECK(route(tree, common + "/b") == 2);
  CHECK(route(tree, common + "/c") == none);
  CHECK(route(tree, common + "/") == none);
  CHECK(route(tree, common.substr(0, 900) + "z/b" + std::string(200, 'y')) == none);
  CHECK(tree.find(common + "/a").redirect);
  CHECK(tree.find(common.substr(0, 255)).redirect);
  CHECK(route(tree, common.substr(0, 255)) == 3);
}

TEST_CASE("every byte may start a child of the prefix tree") {
  std::vector<std::string> texts;
  for (int i = 0; i < 256; ++i) texts.push_back(std::string("/") + static_cast<char>(i));
  std::vector<gh::table::PrefixTree::Entry> entries;
  for (std::uint32_t i = 0; i < 256; ++i) entries.push_back({texts[i], i, gh::table::PrefixTree::npos});
  const auto tree = gh::table::PrefixTree::build(entries);
  for (std::uint32_t i = 0; i < 256; ++i) CHECK(tree.find(texts[i] + "x").value == i);
  CHECK(tree.find("/").value == gh::table::PrefixTree::npos);
}

TEST_CASE("the exact map finds what it holds and nothing else, the empty text included") {
  std::vector<std::string> texts{""};
  for (std::size_t i = 0; i < 5000; ++i) texts.push_back(std::string(i % 40, 'x') + std::to_string(i));
  std::vector<gh::table::ExactMap::Entry> entries;
  for (const std::string& text : texts) entries.push_back({text, static_cast<std::uint32_t>(entries.size())});
  entries.push_back({texts[7], 12345});
  const auto map = gh::table::ExactMap::build(entries);
  for (std::uint32_t i = 0; i < texts.size(); ++i) CHECK(map.find(texts[i]) == i);
  for (const std::string& text : texts) CHECK(map.find(text + "!") == gh::table::ExactMap::npos);
  CHECK(gh::table::ExactMap::build({}).find("") == gh::table::ExactMap::npos);
}
