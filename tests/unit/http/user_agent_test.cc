#include "http/user_agent.h"

#include <doctest/doctest.h>

using namespace gh::http;

TEST_CASE("Internet Explorer up to 6") {
  CHECK(is_msie6("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)"));
  CHECK(is_msie6("Mozilla/4.0 (compatible; MSIE 5.5; Windows 98)"));
  CHECK(is_msie6("MSIE 4.0"));
  CHECK(!is_msie6("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)"));
  CHECK(!is_msie6("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1)"));
  for (const char* text : {"", "MSIE ", "MSIE 6", "MSIE 6.", "MSIE 60.0", "curl/7.0"}) {
    CAPTURE(text);
    CHECK(!is_msie6(text));
  }
}

TEST_CASE("Safari on macOS") {
  CHECK(is_mac_safari("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1 Version/13 Safari/605.1"));
  for (const char* text :
       {"", "Safari/605.1", "Mac OS X Chrome/80 Safari/537", "Mac OS X Gecko/2010 Safari/1", "Mac OS X Opera Safari/1",
        "Mac OS X MSIE 9.0 Safari/1", "Mozilla/5.0 (X11; Linux) Safari/605.1"}) {
    CAPTURE(text);
    CHECK(!is_mac_safari(text));
  }
}
