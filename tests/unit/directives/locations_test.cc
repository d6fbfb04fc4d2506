// Locations from text to table, and how settings come down to them (LANGUAGE 6, 10).
#include "unit/directives/compiled.h"

using namespace gh;
using test::Compiled;
using test::server_of;
using Kind = table::Route::Kind;

TEST_CASE("the forms of a location, glued or not") {
  struct Case {
    std::string_view head;
    Kind kind;
    std::string_view name;
  };
  const Case cases[] = {
      {"/x", Kind::prefix, "/x"},
      {"= /x", Kind::exact, "= /x"},
      {"=/x", Kind::exact, "= /x"},
      {"^~ /x", Kind::prefix_final, "^~ /x"},
      {"^~/x", Kind::prefix_final, "^~ /x"},
      {"~ ^/x", Kind::regex, "~ ^/x"},
      {"~^/x", Kind::regex, "~ ^/x"},
      {"~* ^/X", Kind::regex, "~* ^/X"},
      {"~*^/X", Kind::regex, "~* ^/X"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.head);
    const Compiled c(server_of("location " + std::string(test.head) + " { }"));
    const table::Route& route = c.at("/x");
    CHECK(route.kind == test.kind);
    CHECK(route.name == test.name);
    CHECK(route.prefix == (test.kind == Kind::regex ? "" : "/x"));
  }
  CHECK(Compiled(server_of("location ? /x { }")).says("E0310", "no location modifier"));
  CHECK(Compiled(server_of("location ~ ( { }")).says("E0312"));
}

TEST_CASE("nested locations know the one around them") {
  const Compiled c(server_of("location /a/ { location /a/b { internal; } } location /c { }"));
  CHECK(c.at("/a/x").name == "/a/");
  const table::Route& inner = c.at("/a/bx");
  CHECK(inner.internal);
  CHECK(c.server().routes[inner.outer]->name == "/a/");
  CHECK_FALSE(c.at("/a/x").internal);
  CHECK(c.table->locations == 3);
}

TEST_CASE("named locations") {
  const Compiled c(server_of("location / { error_page 404 @missing; } location @missing { return 404 x; }"));
  CHECK(c.server().routes[c.server().named.at("@missing")]->kind == Kind::named);
  CHECK(Compiled(server_of("location @a { } location @a { }")).says("E0503", "@a"));
  CHECK(Compiled(server_of("location / { location @a { } }")).says("E0504"));
  CHECK(Compiled(server_of("location @a { location /b { } }")).says("E0504"));
  CHECK(Compiled(server_of("location @fallback { } error_page 502 @fallbak;"))
            .says("E0404", "did you mean `@fallback`?"));
  CHECK(Compiled("error_page 502 @x; server { }").says("E0404"));
  CHECK(Compiled("error_page 502 @x; server { } server { location @x { } }").table);
}

TEST_CASE("what may not stand in one block") {
  CHECK(Compiled(server_of("location /a { } location /a { }")).says("E0503"));
  CHECK(Compiled(server_of("location /a { } location ^~ /a { }")).says("E0503"));
  CHECK_FALSE(Compiled(server_of("location /a { } location = /a { }")).says("E0503"));
  CHECK(Compiled(server_of("location /a { location /b { } }")).says("E0504", "outside location `/a`"));
  CHECK(Compiled(server_of("location = /a { location /a/b { } }")).says("E0504"));
  CHECK(Compiled("server { internal; }").says("E0202"));
}

TEST_CASE("a proxied prefix that ends in a slash redirects its slash-less form") {
  const Compiled c(server_of("location /p/ { proxy_pass http://127.0.0.1:1; } location /s/ { }"));
  CHECK(c.server().locations.find("/p").redirect);
  CHECK_FALSE(c.server().locations.find("/s").redirect);
  const Compiled exact(server_of("location /p/ { proxy_pass http://127.0.0.1:1; } location = /p { }"));
  CHECK_FALSE(exact.server().locations.find("/p").redirect);
}

TEST_CASE("scalars come down, whatever the order in the file") {
  const Compiled c(
      server_of("location /a { location /a/b { client_max_body_size 3; } } location /c { }"
                "client_max_body_size 2;"));
  CHECK(c.server().base.core->client_max_body_bytes == 2);
  CHECK(c.at("/a").core->client_max_body_bytes == 2);
  CHECK(c.at("/a/b").core->client_max_body_bytes == 3);
  CHECK(c.at("/c").core == c.server().base.core);  // shared, not copied
}

TEST_CASE("lists are replaced whole") {
  const Compiled c(
      "error_page 500 /a; proxy_set_header A 1; server { listen 80; location /x { }"
      " location /y { error_page 404 /b; proxy_set_header B 2; proxy_pass http://127.0.0.1:1; } }");
  CHECK(c.at("/x").error_pages->list.at(0).target.source() == "/a");
  REQUIRE(c.at("/y").error_pages->list.size() == 1);
  CHECK(c.at("/y").error_pages->list[0].target.source() == "/b");
  REQUIRE(c.at("/y").set_headers->list.size() == 1);
  CHECK(c.at("/y").set_headers->list[0].name == "B");
}

TEST_CASE("proxy_set_header_inherit merge keeps the outer lines, the inner one wins") {
  for (const char* inner : {"proxy_set_header_inherit merge; proxy_set_header B 3; proxy_set_header C 4;",
                            "proxy_set_header B 3; proxy_set_header C 4; proxy_set_header_inherit merge;"}) {
    CAPTURE(inner);
    const Compiled c("proxy_set_header A 1; proxy_set_header b 2; server { listen 80; location / { " +
                     std::string(inner) + " } }");
    std::string all;
    for (const auto& header : c.at("/").set_headers->list) all += header.name + "=" + header.value.source() + " ";
    CHECK(all == "A=1 B=3 C=4 ");
  }
}

TEST_CASE("what is not inherited") {
  const Compiled c(server_of("location /a { proxy_pass http://127.0.0.1:1; internal; location /a/b { } }"));
  CHECK(c.at("/a").proxy_target != nullptr);
  CHECK(c.at("/a/b").proxy_target == nullptr);
  CHECK_FALSE(c.at("/a/b").internal);
}

TEST_CASE("files: root and index come down, alias belongs to its location") {
  const Compiled c(
      "root site; server { listen 80; index a.html b.html; index c.html;"
      " location /x/ { alias /srv/x/; } location /y { root /srv/$host; index d.html; } }");
  CHECK(c.server().base.files->root.source() == "/nowhere/site");
  CHECK(c.server().base.files->index.size() == 3);
  CHECK((c.at("/x/").files->is_alias && c.at("/x/").files->alias_bytes == 3));
  CHECK(c.at("/y").files->root.source() == "/srv/$host");
  CHECK(c.at("/y").files->index.size() == 1);
  CHECK(Compiled(server_of("location / { root a; alias b; }")).says("E0203"));
}

TEST_CASE("types: nginx's three without a block, those of the block with one") {
  const Compiled c("server { listen 80; location /t { types { text/plain TXT log; } } location / { } }");
  CHECK(c.at("/").files->types->at("html") == "text/html");
  CHECK(c.at("/t").files->types->at("txt") == "text/plain");
  CHECK(c.at("/t").files->types->count("html") == 0);
  CHECK(Compiled("types { text/plain; } server { }").says("E0204"));
}

TEST_CASE("error_page: its forms") {
  const Compiled c(
      server_of("error_page 404 /a; error_page 500 502 =200 /b; error_page 403 = /c; error_page 400 http://x/;"));
  const auto& list = c.server().base.error_pages->list;
  REQUIRE(list.size() == 4);
  CHECK(list[0].overwrite == -1);
  CHECK(list[1].statuses == std::vector<std::uint16_t>{500, 502});
  CHECK(list[1].overwrite == 200);
  CHECK(list[2].overwrite == 0);
  CHECK(list[3].external);
  CHECK(Compiled(server_of("error_page 499 /a;")).says("E0308"));
  CHECK(Compiled(server_of("error_page 200 /a;")).says("E0308"));
  CHECK(Compiled(server_of("error_page 404 =x /a;")).says("E0308"));
  CHECK(Compiled(server_of("error_page /a;")).says("E0204"));
}

TEST_CASE("named groups of a location's regex have slots") {
  const Compiled c(server_of("location ~ ^/u/(?<id>\\d+)/(?<part>.+)$ { return 200 $id$part; }"));
  const table::Route& route = c.at("/u/1/x");
  CHECK(route.regex_slots.size() == 2);
  CHECK(c.server().regex_slots.at(route.regex.get()) == route.regex_slots);
}

TEST_CASE("unknown variables are named with the nearest one, once each, and not behind a refused definition") {
  CHECK(Compiled(server_of("return 200 $hots;")).says("E0401", "did you mean `$host`?"));
  Compiled refused("geoip2 /a.mmdb { $mine country; } " + server_of("return 200 $mine;"));
  CHECK(refused.says("E0602", "geoip2"));
  CHECK_FALSE(refused.says("E0401"));
  // `set` defines its variable for the whole file, also above it.
  CHECK(Compiled(server_of("location /a { return 200 $mine; } location /b { set $mine 1; return 200 $mine; }")).table);
}
