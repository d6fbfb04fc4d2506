// try_files: what is looked for, and where a request goes on.
#include <sys/stat.h>

#include "gateway_fixture.h"

using gh::test::Gateway;

namespace {

struct Site : Gateway {
  Site() {
    write("site/here.html", "here");
    write("site/folder/index.html", "index");
    write("site/folder/page.html", "page");
    write("secret", "secret");
  }
};

const char* const config = R"(server { listen 8080; root site;
  location / { try_files $uri $uri/ /last?from=$uri; }
  location = /last { internal; return 200 "last $args"; }
  location /code { try_files /gone =404; error_page 404 /here.html; }
  location /odd { try_files /gone =410; }
  location /named { try_files /gone @named; location /named/inner { } }
  location @named { return 200 "named $uri"; }
  location /file { try_files /here.html/ /folder /folder/page.html =404; }
  location /slash { try_files /here.html/ /folder/ =404; }
  location /arg { try_files /$arg_f =404; }
  location /a/ { alias site/folder/; try_files $uri /page.html =404; location ~ \.htm$ { try_files $uri =404; } }
  location ~ ^/re/ { alias site/folder; try_files /page.html =404; }
})";

}  // namespace

TEST_CASE("the first name that is there is served in this location") {
  Site site;
  REQUIRE_MESSAGE(site.load(config), site.messages);
  CHECK(site.get("/here.html").body == "here");
  CHECK(site.get("/folder/").body == "index");
  CHECK(site.get("/folder").status == 301);
  CHECK(site.get("/file").body == "page");   // a folder is no file, and a file no folder
  CHECK(site.get("/slash").status == 301);
}

TEST_CASE("none is there: a URI with arguments, a named location, a code with its error page") {
  Site site;
  REQUIRE(site.load(config));
  CHECK(site.get("/gone?q=1").body == "last from=/gone");
  CHECK(site.get("/named/x").body == "named /named/x");
  CHECK(site.get("/named/inner").status == 404);  // not inherited
  auto& page = site.get("/code");
  CHECK(page.status == 404);
  CHECK(page.body == "here");
  CHECK(site.get("/odd").status == 410);
}

TEST_CASE("below an alias: the location's part is taken off names that begin with it") {
  Site site;
  REQUIRE(site.load(config));
  CHECK(site.get("/a/page.html").body == "page");
  CHECK(site.get("/a/gone").body == "page");  // a name without variables is put behind the alias as it is
  CHECK(site.get("/re/x").body == "page");
}

TEST_CASE("a name made of what the client sent does not lead out of the folder") {
  Site site;
  REQUIRE(site.load(config));
  CHECK(site.get("/arg?f=here.html").body == "here");
  CHECK(site.get("/arg?f=../secret").status == 404);
  CHECK(site.get("/arg?f=folder/../here.html").status == 404);
}

TEST_CASE("faults of try_files are found when the file is read") {
  Gateway gateway;
  CHECK_FALSE(gateway.load("server { listen 8080; location / { try_files $uri; } }"));
  CHECK_FALSE(gateway.load("server { listen 8080; location / { try_files $uri =x; } }"));
  CHECK_FALSE(gateway.load("server { listen 8080; location / { try_files $uri =999; } }"));
  CHECK_FALSE(gateway.load("server { listen 8080; location / { try_files $uri @gone; } }"));
  CHECK(gateway.messages.find("no location `@gone`") != std::string::npos);
}
