#include "base/clock.h"

#include <cstdlib>
#include <ctime>

#include <doctest/doctest.h>

using namespace gh;

TEST_CASE("a manual clock starts at RFC 9110's example and moves by hand only") {
  setenv("TZ", "UTC", 1);
  tzset();
  Clock clock(Clock::Kind::manual);
  CHECK(clock.http_date() == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(clock.time_local() == "06/Nov/1994:08:49:37 +0000");
  CHECK(clock.time_iso8601() == "1994-11-06T08:49:37+00:00");
  CHECK(clock.log_time() == "1994/11/06 08:49:37");
  const auto before = clock.now_ms();
  clock.update();
  CHECK(clock.now_ms() == before);
  clock.advance(999);
  CHECK(clock.now_ms() == before + 999);
  CHECK(clock.http_date() == "Sun, 06 Nov 1994 08:49:37 GMT");
  clock.advance(1);
  CHECK(clock.http_date() == "Sun, 06 Nov 1994 08:49:38 GMT");
}

TEST_CASE("local texts carry the zone, the HTTP date does not") {
  setenv("TZ", "XXX+3:30", 1);  // POSIX: three and a half hours west of Greenwich
  tzset();
  Clock clock(Clock::Kind::manual);
  CHECK(clock.time_local() == "06/Nov/1994:05:19:37 -0330");
  CHECK(clock.time_iso8601() == "1994-11-06T05:19:37-03:30");
  CHECK(clock.log_time() == "1994/11/06 05:19:37");
  CHECK(clock.http_date() == "Sun, 06 Nov 1994 08:49:37 GMT");
  setenv("TZ", "UTC", 1);
  tzset();
}

TEST_CASE("HTTP dates of edges") {
  char text[29];
  write_http_date(0, text);
  CHECK(std::string_view(text, 29) == "Thu, 01 Jan 1970 00:00:00 GMT");
  write_http_date(951782400, text);
  CHECK(std::string_view(text, 29) == "Tue, 29 Feb 2000 00:00:00 GMT");
  write_http_date(253402300799, text);
  CHECK(std::string_view(text, 29) == "Fri, 31 Dec 9999 23:59:59 GMT");
  write_http_date(253402300800, text);  // no four-digit year: the epoch, not garbage
  CHECK(std::string_view(text, 29) == "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST_CASE("a real clock follows the system's") {
  Clock clock;
  const auto now = static_cast<std::int64_t>(std::time(nullptr));
  CHECK(clock.unix_seconds() >= now - 1);
  CHECK(clock.unix_seconds() <= now + 1);
  const auto first = clock.now_us();
  CHECK(first > 0);
  do clock.update();
  while (clock.now_us() == first);
  CHECK(clock.now_us() > first);
}
