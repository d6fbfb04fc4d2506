// Sessions: found while they live, prolonged, moved, forgotten by age and by want of room.
#include "state/sticky_zone.h"

#include <doctest/doctest.h>

using gh::state::StickyZone;

TEST_CASE("a session lives for its timeout, and a look does not prolong it") {
  StickyZone zone(StickyZone::min_bytes);
  CHECK(zone.find("a", 0).empty());
  zone.put("a", "peer1", 2000, 1000);
  CHECK(zone.find("a", 1000) == "peer1");
  CHECK(zone.find("a", 2999) == "peer1");
  CHECK(zone.find("a", 3000).empty());
  CHECK(zone.size() == 0);
}

TEST_CASE("touch prolongs what is alive, and brings nothing back") {
  StickyZone zone(StickyZone::min_bytes);
  zone.put("a", "peer1", 2000, 1000);
  zone.touch("a", 2000, 2500);
  CHECK(zone.find("a", 4400) == "peer1");
  zone.touch("a", 2000, 4500);
  CHECK(zone.find("a", 4600).empty());
  zone.touch("b", 2000, 4600);
  CHECK(zone.size() == 0);
}

TEST_CASE("a session moves; keys are told apart by case") {
  StickyZone zone(StickyZone::min_bytes);
  zone.put("a", "peer1", 2000, 0);
  zone.put("A", "peer2", 2000, 0);
  zone.put("a", "peer3", 2000, 10);
  CHECK(zone.find("a", 20) == "peer3");
  CHECK(zone.find("A", 20) == "peer2");
  CHECK(zone.size() == 2);
}

TEST_CASE("a full zone forgets the session that was not used for the longest") {
  StickyZone zone(StickyZone::min_bytes);
  const std::size_t most = zone.capacity();
  CHECK(most == StickyZone::min_bytes / StickyZone::session_bytes);
  for (std::size_t i = 0; i < most; ++i) zone.put("s" + std::to_string(i), "p", 60000, 0);
  zone.touch("s0", 60000, 1);
  zone.put("new", "p", 60000, 2);
  CHECK(zone.size() == most);
  CHECK(zone.find("s0", 3) == "p");
  CHECK(zone.find("s1", 3).empty());
  CHECK(zone.find("new", 3) == "p");
}

TEST_CASE("sessions whose time is over make room by themselves") {
  StickyZone zone(StickyZone::min_bytes);
  for (int i = 0; i < 10; ++i) zone.put("old" + std::to_string(i), "p", 1000, 0);
  for (int i = 0; i < 5; ++i) zone.put("new" + std::to_string(i), "p", 1000, 5000);
  CHECK(zone.size() == 5);
}
