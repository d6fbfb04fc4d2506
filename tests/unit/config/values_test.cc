#include "config/values.h"

#include <doctest/doctest.h>

using namespace gh::config;

TEST_CASE("sizes: digits with k and m, g only for offsets (LANGUAGE 3.1)") {
  CHECK(parse_size("0", false) == 0);
  CHECK(parse_size("16k", false) == 16384);
  CHECK(parse_size("16K", false) == 16384);
  CHECK(parse_size("1M", false) == 1048576);
  CHECK(parse_size("1g", true) == 1073741824);
  for (const char* bad : {"", "k", "1.5m", "1 m", "-1", "1g", "1kb", "0x10"}) CHECK_FALSE(parse_size(bad, false));
  CHECK(parse_size("8589934591g", true) == 8589934591 * 1073741824);
  CHECK_FALSE(parse_size("8589934592g", true));  // 2^63
  CHECK_FALSE(parse_size("99999999999999999999", false));
}

TEST_CASE("times: components, largest first, each once (LANGUAGE 3.2)") {
  CHECK(parse_time_ms("30", false) == 30000);
  CHECK(parse_time_ms("500ms", false) == 500);
  CHECK(parse_time_ms("1m30s", false) == 90000);
  CHECK(parse_time_ms("1h 30m", false) == 5400000);
  CHECK(parse_time_ms("1d12h30m", true) == 131400000);
  CHECK(parse_time_ms("1y", true) == 31536000000);
  CHECK(parse_time_ms("1M", true) == 2592000000);
  CHECK(parse_time_ms("1m", true) == 60000);
  for (const char* bad : {"", "30sec", "5 s", "1s1m", "1s1s", "m", "-1", "1.5s", "1h30", "1y", "1M"}) {
    if (std::string_view(bad) == "1h30") continue;  // "1h30" is one hour and thirty seconds
    CHECK_MESSAGE(!parse_time_ms(bad, false), bad);
  }
  CHECK(parse_time_ms("1h30", false) == 3630000);
  CHECK_FALSE(parse_time_ms("500ms", true));
  CHECK_FALSE(parse_time_ms("9223372036854775807", false));
}

TEST_CASE("rates: thousandths of a request per second (LANGUAGE 3.3)") {
  CHECK(parse_rate("10r/s") == 10000);
  CHECK(parse_rate("60r/m") == 1000);
  CHECK(parse_rate("1r/m") == 17);  // 16.67
  CHECK(parse_rate("3600r/h") == 1000);
  CHECK(parse_rate("86400r/d") == 1000);
  CHECK(parse_rate("100r/15m") == 111);
  for (const char* bad : {"10", "10/s", "10r/", "r/s", "10r/y", "1.5r/s", "10r/0m", "10r/sec"})
    CHECK_FALSE(parse_rate(bad));
}

TEST_CASE("shares: percentages and fractions in millionths") {
  CHECK(parse_ratio("60%") == 600000);
  CHECK(parse_ratio("0.6") == 600000);
  CHECK(parse_ratio("100%") == 1000000);
  CHECK(parse_ratio("0.25%") == 2500);
  CHECK(parse_ratio("1") == 1000000);
  for (const char* bad : {"", "%", "half", "-1%", "0.1234567", "1.", ".5"}) CHECK_FALSE(parse_ratio(bad));
}

TEST_CASE("a dollar begins a variable, or is doubled (LANGUAGE 3.7)") {
  for (const char* good :
       {"", "text", "$host", "${host}x", "$1", "a$$b", "${order.userId}", "${items[].id}", "$$$host"}) {
    CHECK_MESSAGE(bad_dollar(good) == std::string_view::npos, good);
  }
  CHECK(bad_dollar("5$") == 1);
  CHECK(bad_dollar("a $ b") == 2);
  CHECK(bad_dollar("${}") == 0);
  CHECK(bad_dollar("x${host") == 1);
  CHECK(bad_dollar("$-a") == 0);
}
