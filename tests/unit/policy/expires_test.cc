// expires: what Expires and Cache-Control say. The fixture's clock stands at Sun, 06 Nov 1994 08:49:37 GMT.
#include <stdlib.h>
#include <time.h>

#include "gateway_fixture.h"

using gh::test::Gateway;

namespace {

struct Utc {
  Utc() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

std::string both(Gateway& gateway, const std::string& path) {
  auto& answer = gateway.get(path);
  return answer.field("Expires") + " | " + answer.field("Cache-Control");
}

const char* const config = R"(server { listen 8080; root site; expires 1h;
  location /off { return 200 ""; expires off; }
  location /epoch { return 200 ""; expires epoch; }
  location /max { return 200 ""; expires max; }
  location /minus { return 200 ""; expires -1; }
  location /zero { return 200 ""; expires 0; }
  location /later { return 200 ""; expires @15h30m33s; }
  location /tomorrow { return 200 ""; expires @0; }
  location /var { return 200 ""; expires $arg_e; location /var/modified { return 200 ""; expires modified $arg_e; } }
  location /modified { return 200 ""; expires modified 10; add_header Last-Modified "Sun, 06 Nov 1994 08:49:30 GMT"; }
  location /inner { location /inner/most { return 200 ""; } }
  location /missing { return 404; }
  location /add { return 200 ""; add_header Cache-Control public; }
})";

}  // namespace

TEST_CASE("each form of expires") {
  const Utc utc;
  Gateway gateway(config);
  CHECK(both(gateway, "/inner/most") == "Sun, 06 Nov 1994 09:49:37 GMT | max-age=3600");
  CHECK(both(gateway, "/off") == "(none) | (none)");
  CHECK(both(gateway, "/epoch") == "Thu, 01 Jan 1970 00:00:01 GMT | no-cache");
  CHECK(both(gateway, "/max") == "Thu, 31 Dec 2037 23:55:55 GMT | max-age=315360000");
  CHECK(both(gateway, "/minus") == "Sun, 06 Nov 1994 08:49:36 GMT | no-cache");
  CHECK(both(gateway, "/zero") == "Sun, 06 Nov 1994 08:49:37 GMT | max-age=0");
  CHECK(both(gateway, "/later") == "Sun, 06 Nov 1994 15:30:33 GMT | max-age=24056");
  CHECK(both(gateway, "/tomorrow") == "Mon, 07 Nov 1994 00:00:00 GMT | max-age=54623");
  CHECK(both(gateway, "/missing") == "(none) | (none)");
}

TEST_CASE("expires with variables: what is no value says nothing") {
  const Utc utc;
  Gateway gateway(config);
  CHECK(both(gateway, "/var?e=2048") == "Sun, 06 Nov 1994 09:23:45 GMT | max-age=2048");
  CHECK(both(gateway, "/var?e=max") == "Thu, 31 Dec 2037 23:55:55 GMT | max-age=315360000");
  CHECK(both(gateway, "/var?e=@1h") == "Mon, 07 Nov 1994 01:00:00 GMT | max-age=58223");
  for (const char* none : {"", "?e=off", "?e=bad", "?e=-", "?e=@25h"}) CHECK(both(gateway, std::string("/var") + none) == "(none) | (none)");
  CHECK(both(gateway, "/var/modified?e=5") == "Sun, 06 Nov 1994 08:49:42 GMT | max-age=5");
  CHECK(both(gateway, "/var/modified?e=epoch") == "(none) | (none)");
}

TEST_CASE("expires and other fields: add_header comes behind it, upstream fields give way") {
  const Utc utc;
  Gateway gateway(config);
  auto& answer = gateway.get("/add");
  CHECK(answer.head.find("Cache-Control: max-age=3600\r\nCache-Control: public\r\n") != std::string::npos);
}

TEST_CASE("expires modified counts from a file's time") {
  const Utc utc;
  Gateway gateway;
  gateway.write("site/modified.txt", "x");
  const struct timespec times[2] = {{784111700, 0}, {784111700, 0}};
  REQUIRE(::utimensat(AT_FDCWD, (gateway.folder() + "site/modified.txt").c_str(), times, 0) == 0);
  REQUIRE(gateway.load("server { listen 8080; root site; expires modified 100; }"));
  CHECK(both(gateway, "/modified.txt") == "Sun, 06 Nov 1994 08:50:00 GMT | max-age=23");
  gateway.write("site/old.txt", "x");
  const struct timespec old[2] = {{784000000, 0}, {784000000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, (gateway.folder() + "site/old.txt").c_str(), old, 0) == 0);
  CHECK(gateway.get("/old.txt").field("Cache-Control") == "no-cache");
}

TEST_CASE("values of expires that are refused") {
  Gateway gateway;
  CHECK_FALSE(gateway.load("server { listen 8080; expires soon; }"));
  CHECK_FALSE(gateway.load("server { listen 8080; expires @25h; }"));
  CHECK_FALSE(gateway.load("server { listen 8080; expires modified @1h; }"));
  CHECK_FALSE(gateway.load("server { listen 8080; expires modified max; }"));
  CHECK_FALSE(gateway.load("server { listen 8080; expires changed 1h; }"));
}
