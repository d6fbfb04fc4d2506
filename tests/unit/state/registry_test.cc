// Registry: what a reload keeps, replaces and drops.
#include "state/registry.h"

#include <doctest/doctest.h>

using gh::state::Registry;

namespace {

struct Zone {
  int size = 0;
  int count = 0;
};
struct Group {};

Registry::Adoption<Zone> ask(Registry& registry, std::string_view name, int size) {
  const auto make = [&](const std::shared_ptr<Zone>&) { return std::make_shared<Zone>(Zone{size, 0}); };
  return registry.adopt_or_create<Zone>(name, "size=" + std::to_string(size), make);
}

}  // namespace

TEST_CASE("a reload with the same shape keeps the object and its contents") {
  Registry registry;
  const auto first = ask(registry, "limit_req/api", 10);
  CHECK_FALSE(first.adopted);
  CHECK(first.reason.empty());  // a new name is nothing to explain
  CHECK(registry.get<Zone>("limit_req/api") == nullptr);  // not before the build has succeeded
  registry.commit();
  first.object->count = 7;

  const auto second = ask(registry, "limit_req/api", 10);
  registry.commit();
  CHECK(second.adopted);
  CHECK(second.object == first.object);
  CHECK(registry.get<Zone>("limit_req/api")->count == 7);
}

TEST_CASE("another shape makes a new object, says why, and shows the old one to its maker") {
  Registry registry;
  const auto old = ask(registry, "limit_req/api", 10);
  registry.commit();
  std::shared_ptr<Zone> seen;
  const auto make = [&](const std::shared_ptr<Zone>& previous) {
    seen = previous;
    return std::make_shared<Zone>(Zone{20, previous->count});
  };
  const auto changed = registry.adopt_or_create<Zone>("limit_req/api", "size=20", make);
  CHECK_FALSE(changed.adopted);
  CHECK(seen == old.object);
  CHECK(changed.reason == "limit_req/api starts anew: it was \"size=10\" and is now \"size=20\"");
  registry.commit();
  CHECK(registry.get<Zone>("limit_req/api")->size == 20);
}

TEST_CASE("a failed build leaves everything as it was") {
  Registry registry;
  const auto kept = ask(registry, "limit_req/a", 10);
  registry.commit();
  ask(registry, "limit_req/a", 99);
  ask(registry, "limit_req/b", 10);
  registry.rollback();
  CHECK(registry.size() == 1);
  CHECK(registry.get<Zone>("limit_req/a") == kept.object);
  CHECK(registry.get<Zone>("limit_req/b") == nullptr);
  CHECK(ask(registry, "limit_req/a", 10).adopted);
}

TEST_CASE("what the new configuration does not name is dropped, and lives on with who still holds it") {
  Registry registry;
  std::weak_ptr<Zone> dropped = ask(registry, "limit_req/a", 10).object;
  registry.commit();
  const auto in_flight = dropped.lock();
  ask(registry, "limit_req/b", 10);
  registry.commit();
  CHECK(registry.get<Zone>("limit_req/a") == nullptr);
  CHECK(in_flight.use_count() == 1);
}

TEST_CASE("one build naming twice gets one object; a name never changes its type silently") {
  Registry registry;
  const auto first = ask(registry, "limit_req/a", 10);
  const auto again = ask(registry, "limit_req/a", 10);
  CHECK(again.object == first.object);
  const auto conflict = ask(registry, "limit_req/a", 11);
  CHECK(conflict.object != first.object);
  CHECK_FALSE(conflict.reason.empty());
  registry.commit();
  CHECK(registry.get<Zone>("limit_req/a") == first.object);  // the first of a build has the name

  std::shared_ptr<Group> previous = std::make_shared<Group>();
  const auto other = registry.adopt_or_create<Group>("limit_req/a", "size=10", [&](const std::shared_ptr<Group>& old) {
    previous = old;
    return std::make_shared<Group>();
  });
  CHECK(previous == nullptr);
  CHECK(other.reason == "limit_req/a starts empty: it was of another kind");
  registry.commit();
  CHECK(registry.get<Zone>("limit_req/a") == nullptr);
  CHECK(registry.get<Group>("limit_req/a") != nullptr);
}
