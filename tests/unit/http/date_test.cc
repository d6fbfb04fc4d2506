// Dates in fields: the three forms of RFC 9110 5.6.7, and what is none.
#include <doctest/doctest.h>

#include "http/date.h"

using gh::http::parse_http_date;

TEST_CASE("the three forms name one moment") {
  for (const char* text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    CAPTURE(text);
    CHECK(parse_http_date(text) == 784111777);
  }
  CHECK(parse_http_date("Wed, 08 Jul 2037 22:53:52 GMT") == 2130706432);
  CHECK(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT") == 0);
}

TEST_CASE("what is no date") {
  for (const char* text : {"", "wrong", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT and more",
                           "Sun, 36 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT; length=12345678901234567"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text).has_value());
  }
}
