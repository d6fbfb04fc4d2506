// Scopes: what inner blocks inherit, and what only the blocks without a location of their own see (LANGUAGE 10).
#include "table/scope.h"

#include <doctest/doctest.h>

#include "table/build.h"

using namespace gh;
using table::Scope;

namespace {

struct Content { std::string name; };
struct Setting { int value = 7; };
struct List { std::vector<int> entries; };

struct Blocks {
  config::Loaded loaded;
  table::BuildInput input;
  table::Builder builder{loaded, input};
  Scope main{builder, nullptr, config::in_main};
  Scope server{builder, &main, config::in_server};
  Scope location{builder, &server, config::in_location};
};

/// An `if` or limit_except block of `around`.
struct Overlay : Scope {
  Overlay(Blocks& blocks, Scope& around, config::Context kind) : Scope(blocks.builder, &around, kind) {}
};

std::string content_of(const Scope& scope) {
  const auto content = scope.content_or_null<Content>();
  return content ? content->name : "nothing";
}

}  // namespace

TEST_CASE("what answers is not inherited by locations, but by if and limit_except") {
  Blocks b;
  b.location.local<Content>().name = "outer";
  Scope nested(b.builder, &b.location, config::in_location);
  CHECK(content_of(b.location) == "outer");
  CHECK(content_of(nested) == "nothing");
  CHECK(content_of(b.server) == "nothing");
  CHECK(content_of(Overlay(b, b.location, config::in_location_if)) == "outer");
  CHECK(content_of(Overlay(b, b.location, config::in_limit_except)) == "outer");
  CHECK(content_of(Overlay(b, nested, config::in_location_if)) == "nothing");
  CHECK(content_of(Overlay(b, b.server, config::in_server_if)) == "nothing");
}

TEST_CASE("an if that answers itself does so, one inside it as well") {
  Blocks b;
  b.location.local<Content>().name = "outer";
  Overlay first(b, b.location, config::in_location_if);
  Overlay second(b, first, config::in_location_if);
  CHECK(content_of(second) == "outer");
  first.local<Content>().name = "own";
  CHECK(content_of(first) == "own");
  CHECK(content_of(second) == "own");
  CHECK(content_of(b.location) == "outer");
}

TEST_CASE("what is local is seen in its block only") {
  Blocks b;
  b.location.local<Content>().name = "here";
  Overlay inner(b, b.location, config::in_location_if);
  CHECK(b.location.local_or_null<Content>()->name == "here");
  CHECK_FALSE(inner.local_or_null<Content>());
  CHECK_FALSE(inner.is_own<Content>());
}

TEST_CASE("a setting comes down until it is stated anew, and never goes up") {
  Blocks b;
  CHECK(b.location.get<Setting>().value == 7);
  CHECK_FALSE(b.location.has<Setting>());
  b.server.edit<Setting>().value = 8;
  Scope second(b.builder, &b.server, config::in_location);
  CHECK(second.get<Setting>().value == 8);
  CHECK(second.has<Setting>());
  CHECK_FALSE(second.is_own<Setting>());
  second.edit<Setting>().value = 9;
  CHECK(second.get<Setting>().value == 9);
  CHECK(b.server.get<Setting>().value == 8);
  CHECK(b.main.get<Setting>().value == 7);
}

TEST_CASE("a list that is stated replaces the outer one, a group that is not stated is shared") {
  Blocks b;
  b.server.edit_list<List>().entries = {1, 2};
  CHECK(b.location.shared<List>() == b.server.shared<List>());
  Overlay inner(b, b.location, config::in_location_if);
  inner.edit_list<List>().entries.push_back(3);
  inner.edit_list<List>().entries.push_back(4);
  CHECK(inner.get<List>().entries == std::vector<int>{3, 4});
  CHECK(b.location.get<List>().entries == std::vector<int>{1, 2});
}
