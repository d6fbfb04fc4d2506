// LANGUAGE.md 13.3: one fault, one error, on the right line. nginx blames another line in each of these.
#include "config/repair.h"

#include <doctest/doctest.h>

#include "steps.h"

using test_steps::check;

TEST_CASE("a missing ; is blamed on the end of its own line") {
  CHECK(check("server {\n  listen 80\n  server_name a;\n}\n")->codes() == "E0101@2");
  CHECK(check("server {\n  server_name a\n  listen 80;\n}\n")->codes() == "E0101@2");  // any number of names: still
  CHECK(check("server {\n  server_name a\n  root b\n  listen 80;\n}\n")->codes() == "E0101@2 E0101@3");
  CHECK(check("server {\n  root a\n  location / { return 204; }\n}\n")->codes() == "E0101@2");
  CHECK(check("server {\n  root a\n}\n")->codes() == "E0101@2");
  CHECK(check("server { listen 80 server_name a; }")->codes() == "E0101@1");
  CHECK(check("server {\n  root a\n  frobnicate on;\n}\n")->codes() == "E0101@2 E0201@3");
  CHECK(check("server {\n  root a\n  include no-*.conf;\n}\n")->codes() == "E0101@2");
  CHECK(check("map $a $b {\n  default 1\n  x 2;\n}\n")->codes() == "E0101@2");
  const auto c = check("server {\n  listen 80   # web\n  root a;\n}\n");
  CHECK(c->codes() == "E0101@2");
  CHECK(c->sources.place(c->first().span).column == 12);  // right behind "80"
}

TEST_CASE("arguments that are names of directives, or stand on lines of their own, are left alone") {
  CHECK(check("server {\n  server_name\n    a\n    root\n    b;\n}\n")->codes() == "");
  CHECK(check("server {\n  proxy_set_header\n    server\n    internal;\n}\n")->codes() == "");
  CHECK(check("log_format a '$host '\n             '$status'\n  '$uri';\n")->codes() == "");
  CHECK(check("types {\n  text/html html\n            htm;\n}\n")->codes() == "");
}

TEST_CASE("a missing } is blamed on its opener, found by indentation") {
  CHECK(check("server {\n  location /a {\n    return 204;\n  location /b {\n    return 204;\n  }\n}\n")->codes() ==
        "E0102@2");
  CHECK(check("server {\n  listen 80;\n\nserver {\n  listen 81;\n}\n")->codes() == "E0102@1");
  CHECK(check("server {\n  listen 80;\n# next\n\nserver {\n  listen 81;\n}\n")->codes() == "E0102@1");
  CHECK(check("server {\n  location / {\n    return 204;\n  }\n")->codes() == "E0102@1");
  CHECK(check("http {\n  server {\n    location / {\n      return 204;\n  }\n}\n")->codes() == "E0102@3");
}

TEST_CASE("without indentation a block that is legal only further out tells") {
  CHECK(check("server {\nlisten 80;\nlocation / { return 204; }\nserver {\nlisten 81;\n}\n")->codes() == "E0102@1");
}

TEST_CASE("the tree is put right after a missing }") {
  const auto c = check(
      "http {\n  server {\n    location /a {\n      return 204;\n    location /b {\n      return 204;\n    }\n  }\n"
      "  upstream u {\n    server a;\n  }\n}\n");
  CHECK(c->codes() == "E0102@3");
  REQUIRE(c->bound.size() == 1);
  REQUIRE(c->bound[0].children.size() == 2);                  // server and upstream in http
  CHECK(c->bound[0].children[0].children.size() == 2);        // two locations side by side
  CHECK(c->bound[0].children[1].row->name == "upstream");
}

TEST_CASE("a missing { is blamed on the block's own line, and the tree is put right") {
  const auto c = check(
      "http {\n  server {\n    listen 80;\n    location /a\n      return 204;\n      expires 1d;\n    }\n"
      "    location /b { return 204; }\n  }\n}\n");
  CHECK(c->codes() == "E0106@4");
  REQUIRE(c->bound.size() == 1);
  REQUIRE(c->bound[0].children.size() == 1);
  CHECK(c->bound[0].children[0].children.size() == 3);
  CHECK(check("server\n  listen 80;\n  root a;\n}\n")->codes() == "E0106@1");
  CHECK(check("map $a $b\n  default 1;\n  x 2;\n}\n")->codes() == "E0106@1");
  CHECK(check("http\n  server {\n    listen 80;\n  }\n}\n")->codes() == "E0106@1");
  CHECK(check("server {\n  location / return 204; }\n}\n")->codes() == "E0106@2");
  CHECK(check("server {\n  location /\n  }\n}\n")->codes() == "E0106@2");
}

TEST_CASE("an unclosed quote is blamed on itself, and the line end is taken as its end") {
  CHECK(check("server {\n  add_header A \"b;\n  add_header C \"d\";\n  root a;\n}\n")->codes() == "E0103@2");
  CHECK(check("server {\n  add_header A \"b;\n  root a;\n}\n")->codes() == "E0103@2");
  CHECK(check("server {\n  add_header A 'b;\n  add_header C '';\n}\n")->codes() == "E0103@2");
  CHECK(check("server {\n  if ($a = \"b) {\n    return 204;\n  }\n  add_header C \"d\";\n}\n")->codes() == "E0103@2");
  CHECK(check("server {\n  add_header A \"b;\n  add_header C \" d\";\n  root a;\n}\n")->codes() == "E0103@2");
  CHECK(check("server {\n  add_header A \"b;\n    c;\n    d\";\n}\n")->codes() == "");  // a value over three lines
}

TEST_CASE("what stays unexplained is said where it stands") {
  CHECK(check("server {\n  listen 80;\n}\n}\n")->codes() == "E0105@4");
  CHECK(check("} } }")->codes() == "E0105@1 E0105@1 E0105@1");
}
