#include "state/ocsp_staples.h"

#include <doctest/doctest.h>

using namespace gh;
using namespace gh::state;

TEST_CASE("a staple is given out until it ends") {
  OcspStaple staple;
  CHECK_FALSE(staple.get(0));
  staple.set("first", 100);
  CHECK(*staple.get(100) == "first");
  CHECK_FALSE(staple.get(101));
  const OcspStaple::Response in_use = staple.get(0);
  staple.set("second", INT64_MAX);
  CHECK(*in_use == "first");
  CHECK(*staple.get(1'000'000'000'000) == "second");
  staple.clear();
  CHECK_FALSE(staple.get(0));
}

TEST_CASE("staples are found again as long as someone holds them") {
  OcspStaples all;
  auto one = all.of("a");
  one->set("der", 10);
  CHECK(all.of("a") == one);
  CHECK(all.of("b") != one);
  one.reset();
  CHECK_FALSE(all.of("a")->get(0));
}

TEST_CASE("when responders are asked again") {
  constexpr std::int64_t now = 1'000'000;
  CHECK(ocsp_refresh_s(now, now + 86400) == 3600);
  CHECK(ocsp_refresh_s(now, INT64_MAX) == 3600);
  CHECK(ocsp_refresh_s(now, now + 1500) == 1200);
  CHECK(ocsp_refresh_s(now, now + 10) == 300);
  CHECK(ocsp_refresh_s(now, now - 10) == 300);
  CHECK(ocsp_retry_s(0) == 5);
  CHECK(ocsp_retry_s(1) == 5);
  CHECK(ocsp_retry_s(2) == 10);
  CHECK(ocsp_retry_s(6) == 160);
  CHECK(ocsp_retry_s(7) == 300);
  CHECK(ocsp_retry_s(4'000'000'000) == 300);
}
