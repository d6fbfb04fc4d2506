// Which `route` serves a method and a path. First the rules one by one; then thousands of random sets of routes,
// compared with a search that looks at every route and orders those that fit as the rules say.
#include "table/route_tree.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <random>

#include "base/text.h"

namespace {

using gh::http::Method;
using gh::table::RoutePath;
using gh::table::RouteSpec;
using gh::table::RouteTree;
using gh::table::all_methods;
using gh::table::method_bit;
using gh::table::parse_route_path;
using Specs = std::vector<RouteSpec>;

constexpr std::uint32_t none = RouteTree::npos;

/// "GET,POST /path" or "* /path"; " when" behind it makes it conditional.
RouteSpec route(std::uint32_t number, std::string text) {
  RouteSpec spec;
  spec.route = number;
  if (text.ends_with(" when")) {
    spec.conditional = true;
    text.resize(text.size() - 5);
  }
  const std::size_t blank = text.find(' ');
  spec.any_method = text.starts_with("*");
  if (spec.any_method) spec.methods = all_methods;
  for (const std::string_view word : gh::split(std::string_view(text).substr(0, blank), ',')) {
    if (word == "GET") spec.methods |= method_bit(Method::get) | method_bit(Method::head);
    if (word == "POST") spec.methods |= method_bit(Method::post);
    if (word == "DELETE") spec.methods |= method_bit(Method::delete_);
  }
  auto path = parse_route_path(std::string_view(text).substr(blank + 1));
  REQUIRE_MESSAGE(path, text);
  spec.path = std::move(*path);
  return spec;
}

Specs routes(std::initializer_list<const char*> texts) {
  Specs specs;
  for (const char* text : texts) specs.push_back(route(static_cast<std::uint32_t>(specs.size()), text));
  return specs;
}

/// Conditions that hold: those of the routes whose bit is set.
RouteTree::Conditions holding(const std::uint64_t& bits) {
  const auto hold = [](void* context, std::uint32_t number, std::span<const std::string_view>) {
    return (*static_cast<const std::uint64_t*>(context) >> number & 1) != 0;
  };
  return {hold, const_cast<std::uint64_t*>(&bits)};
}

RouteTree::Hit find(const RouteTree& tree, std::string_view path, Method method = Method::get) {
  static const std::uint64_t all = ~std::uint64_t{0};
  return tree.find(path, method, holding(all));
}

std::uint32_t number(const RouteTree& tree, std::string_view path, Method method = Method::get) {
  return find(tree, path, method).route;
}

// --- the rules word by word, over the specs themselves --------------------------------------------------------------

std::vector<std::string_view> segments(std::string_view path) { return gh::split(path.substr(1), '/'); }

/// The values, if the path fits.
std::optional<std::vector<std::string>> fit(const RoutePath& path, const std::vector<std::string_view>& given) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < path.segments.size(); ++i) {
    const RoutePath::Segment& segment = path.segments[i];
    if (segment.kind == RoutePath::Kind::wildcard) {
      std::string rest;
      for (std::size_t j = i; j < given.size(); ++j) rest += (j > i ? "/" : "") + std::string(given[j]);
      values.push_back(rest);
      return values;
    }
    if (i >= given.size()) return std::nullopt;
    if (segment.kind == RoutePath::Kind::literal && segment.text != given[i]) return std::nullopt;
    if (segment.kind == RoutePath::Kind::parameter) {
      if (given[i].empty()) return std::nullopt;
      values.emplace_back(given[i]);
    }
  }
  if (path.segments.size() != given.size()) return std::nullopt;
  return values;
}

/// Is `a` to be asked before `b`, when a path fits both?
bool before(const RouteSpec& a, const RouteSpec& b) {
  for (std::size_t i = 0; i < std::max(a.path.segments.size(), b.path.segments.size()); ++i) {
    // A path that ends here is more exact than one whose wildcard takes nothing.
    const bool ends_a = i == a.path.segments.size(), ends_b = i == b.path.segments.size();
    if (ends_a || ends_b) return ends_a && !ends_b;
    if (a.path.segments[i].kind != b.path.segments[i].kind) {
      return a.path.segments[i].kind < b.path.segments[i].kind;
    }
  }
  if (a.conditional != b.conditional) return a.conditional;
  if (a.any_method != b.any_method) return b.any_method;
  return a.route < b.route;
}

struct Found {
  std::uint32_t route = none;
  std::uint32_t other_methods = 0;
  std::vector<std::string> values;
};

Found search(const Specs& specs, std::string_view path, Method method, std::uint64_t holds) {
  Found found;
  const RouteSpec* best = nullptr;
  bool fits_method = false;
  for (const RouteSpec& spec : specs) {
    auto values = fit(spec.path, segments(path));
    if (!values) continue;
    if ((spec.methods & method_bit(method)) == 0) {
      found.other_methods |= spec.methods;
      continue;
    }
    fits_method = true;
    if (spec.conditional && (holds >> spec.route & 1) == 0) continue;
    if (best && !before(spec, *best)) continue;
    best = &spec;
    found.values = *values;
  }
  if (best) found.route = best->route;
  if (fits_method) found.other_methods = 0;
  return found;
}

}  // namespace

TEST_CASE("paths of routes that are refused") {
  for (const char* text : {"items", "", "/a//b", "/a/./b", "/a/..", "/{id}", "/:", "/:1a", "/:a-b", "/*", "/*rest/a",
                           "/*rest/", "/a*", "/a?b", "/a#", "/a%20b", "/:id/x/:id", "/:id/*id"}) {
    CAPTURE(text);
    const auto path = parse_route_path(text);
    CHECK_FALSE(path);
    if (!path) CHECK_FALSE(path.error().text.empty());
  }
  std::string many, deep;
  for (int i = 0; i < 16; ++i) many += "/:p" + std::to_string(i);
  CHECK(parse_route_path(many));
  CHECK_FALSE(parse_route_path(many + "/:one"));
  for (int i = 0; i < 64; ++i) deep += "/a";
  CHECK(parse_route_path(deep));
  CHECK_FALSE(parse_route_path(deep + "/a"));
}

TEST_CASE("what stands in a path is literal but for a first `:` or `*`") {
  const auto path = parse_route_path("/v1/a:b/50%/:id/*rest");
  REQUIRE(path);
  REQUIRE(path->segments.size() == 5);
  CHECK(path->segments[1].text == "a:b");
  CHECK(path->segments[2].text == "50%");
  CHECK(path->segments[3].kind == RoutePath::Kind::parameter);
  CHECK(path->segments[3].text == "id");
  CHECK(path->segments[4].kind == RoutePath::Kind::wildcard);
  CHECK(parse_route_path("/")->segments.size() == 1);
  CHECK(parse_route_path("/a/")->segments.size() == 2);
}

TEST_CASE("a literal comes before a parameter, that before a wildcard, segment by segment") {
  const auto tree = RouteTree::build(
      routes({"GET /items/:id", "GET /items/new", "GET /*rest", "GET /:kind/new/now", "GET /items/:id/*rest"}));
  CHECK(number(tree, "/items/new") == 1);
  CHECK(number(tree, "/items/news") == 0);
  CHECK(number(tree, "/items/7/x/y") == 4);
  CHECK(number(tree, "/items/new/now") == 4);  // the first segment decides
  CHECK(number(tree, "/users/new/now") == 3);
  CHECK(number(tree, "/users/new") == 2);
  CHECK(number(tree, "/") == 2);
  CHECK(number(tree, "*") == none);
  CHECK(number(tree, "") == none);
}

TEST_CASE("a parameter takes one segment that is not empty, a wildcard what is left, also nothing") {
  const auto tree = RouteTree::build(routes({"GET /a/:x", "GET /a/:x/", "GET /files/*rest"}));
  CHECK(number(tree, "/a") == none);
  CHECK(number(tree, "/a/") == none);
  CHECK(number(tree, "/a/b") == 0);
  CHECK(number(tree, "/a/b/") == 1);
  CHECK(number(tree, "/a/b/c") == none);
  CHECK(number(tree, "/A/b") == none);
  for (const auto& [path, rest] : {std::pair("/files", ""), {"/files/", ""}, {"/files/a", "a"}, {"/files/a/b/", "a/b/"},
                                   {"/files//", "/"}}) {
    CAPTURE(path);
    const auto hit = find(tree, path);
    CHECK(hit.route == 2);
    REQUIRE(hit.values.count == 1);
    CHECK(hit.values.at[0] == rest);
  }
  CHECK(number(tree, "/filesx") == none);
}

TEST_CASE("a path whose best route is of another method goes to the next that fits; GET serves HEAD") {
  const auto tree = RouteTree::build(routes({"POST /a/b", "GET /a/:x", "DELETE /only"}));
  CHECK(number(tree, "/a/b", Method::post) == 0);
  CHECK(number(tree, "/a/b") == 1);
  CHECK(number(tree, "/a/b", Method::head) == 1);
  CHECK(find(tree, "/a/b", Method::put).other_methods ==
        (method_bit(Method::get) | method_bit(Method::head) | method_bit(Method::post)));
  CHECK(find(tree, "/a/b").other_methods == 0);
  CHECK(find(tree, "/only").other_methods == method_bit(Method::delete_));
  CHECK(find(tree, "/nothing").other_methods == 0);
}

TEST_CASE("conditions are asked first, in the order of the file; one that does not hold is passed over") {
  const auto tree = RouteTree::build(
      routes({"GET /a", "GET /a when", "* /a when", "GET /a when", "* /a", "GET /b when", "POST /b"}));
  const auto with = [&](std::uint64_t holds, std::string_view path, Method method = Method::get) {
    return tree.find(path, method, holding(holds));
  };
  CHECK(with(0b11110, "/a").route == 1);
  CHECK(with(0b01100, "/a").route == 3);  // it names its methods
  CHECK(with(0b00100, "/a").route == 2);
  CHECK(with(0, "/a").route == 0);
  CHECK(with(0, "/a", Method::post).route == 4);
  CHECK(with(0, "/b").route == none);
  CHECK(with(0, "/b").other_methods == 0);  // the method is right, the condition is not
  CHECK(with(0, "/b", Method::put).other_methods != 0);
}

TEST_CASE("ties") {
  const auto ties = [](const Specs& specs) {
    std::vector<RouteTree::Tie> found;
    RouteTree::build(specs, &found);
    return found;
  };
  const auto one = ties(routes({"GET /a/:x", "POST,GET /a/:y"}));
  REQUIRE(one.size() == 1);
  CHECK(one[0].route == 1);
  CHECK(one[0].first == 0);
  CHECK(ties(routes({"* /a", "* /a"})).size() == 1);
  CHECK(ties(routes({"GET /*a", "GET /*b"})).size() == 1);
  CHECK(ties(routes({"GET /a", "* /a", "POST /a", "GET /a when", "GET /a when", "GET /a/", "GET /:a", "GET /*a"})).empty());
}

TEST_CASE("random sets of routes: the tree finds what the rules say") {
  std::mt19937 dice(20);  // the same each time
  const auto below = [&](std::size_t n) { return dice() % n; };
  const char* const words[] = {"a", "b", "ab", ":x", ":y", ":x", ""};
  const char* const heads[] = {"GET", "POST", "*", "GET,POST", "DELETE"};
  std::size_t hits = 0, others = 0, misses = 0, conditional = 0;
  for (int set = 0; set < 3000; ++set) {
    Specs specs;
    std::vector<RouteTree::Tie> ties;
    const std::size_t count = 1 + below(20);
    while (specs.size() < count) {
      std::string path;
      const std::size_t depth = 1 + below(4);
      for (std::size_t i = 0; i < depth; ++i) {
        std::string word = words[below(std::size(words))];
        if (word.empty() && i + 1 < depth) word = "a";
        if (word[0] == ':') word += std::to_string(i);
        path += "/" + word;
      }
      if (below(4) == 0 && !path.ends_with('/')) path += "/*rest";
      specs.push_back(route(static_cast<std::uint32_t>(specs.size()),
                            heads[below(std::size(heads))] + (" " + path) + (below(3) == 0 ? " when" : "")));
      RouteTree::build(specs, &ties);
      if (!ties.empty()) specs.pop_back(), ties.clear();
      if (below(50) == 0) break;
    }
    const RouteTree tree = RouteTree::build(specs);
    for (int request = 0; request < 30; ++request) {
      std::string path;
      for (std::size_t i = 0, depth = 1 + below(5); i < depth; ++i) {
        const char* const parts[] = {"a", "b", "ab", "c", "a", ""};
        path += "/" + std::string(parts[below(std::size(parts))]);
      }
      const Method methods[] = {Method::get, Method::head, Method::post, Method::delete_, Method::put};
      const Method method = methods[below(std::size(methods))];
      const std::uint64_t holds = dice();
      const Found wanted = search(specs, path, method, holds);
      const RouteTree::Hit got = tree.find(path, method, holding(holds));
      CAPTURE(path);
      REQUIRE(got.route == wanted.route);
      if (got.route == none) {
        REQUIRE(got.other_methods == wanted.other_methods);
        ++(got.other_methods != 0 ? others : misses);
        continue;
      }
      ++hits;
      conditional += specs[got.route].conditional;
      REQUIRE(got.values.count == wanted.values.size());
      for (std::size_t i = 0; i < wanted.values.size(); ++i) REQUIRE(got.values.at[i] == wanted.values[i]);
      // What would have been asked next stands behind it in the list for explanations.
      const auto all = tree.candidates(path);
      const auto at = std::find_if(all.begin(), all.end(), [&](const auto& c) { return c.route == got.route; });
      REQUIRE(at != all.end());
      for (auto next = at + 1; next != all.end(); ++next) REQUIRE(before(specs[at->route], specs[next->route]));
    }
  }
  // The comparison says something only if all of it was met.
  CHECK(hits > 10000);
  CHECK(others > 1000);
  CHECK(misses > 10000);
  CHECK(conditional > 1000);
}

TEST_CASE("ten thousand routes are all found, and take little memory") {
  Specs specs;
  for (std::uint32_t i = 0; i < 10000; ++i) {
    const std::string name = std::to_string(i);
    specs.push_back(route(i, i % 2 == 0 ? "GET /api/v" + name + "/items/:id" : "GET /s" + name + "/*rest"));
  }
  const RouteTree tree = RouteTree::build(specs);
  for (std::uint32_t i = 0; i < 10000; ++i) {
    const std::string name = std::to_string(i);
    const std::string path = i % 2 == 0 ? "/api/v" + name + "/items/x" : "/s" + name + "/x";
    const auto hit = find(tree, path);
    REQUIRE(hit.route == i);
    REQUIRE(hit.values.at[0] == "x");
  }
  CHECK(number(tree, "/api/v10000/items/x") == none);
  CHECK(tree.memory_bytes() < 10000 * 300);
}
