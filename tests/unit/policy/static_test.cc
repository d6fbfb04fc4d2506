// Files below root, index files, and stub_status.
#include <fmt/format.h>
#include <sys/stat.h>

#include "gateway_fixture.h"

using gh::test::Gateway;

namespace {

const char* const site =
    R"(server { listen 8080; root site; location /api/ { root other; } location /a/ { alias site/docs/; }
  location /typed/ { root site; types { application/x-thing thing; } default_type text/x-other; } })";

}  // namespace

TEST_CASE("a file is served with its type, size, date and tag") {
  Gateway gateway;
  gateway.write("site/page.html", "<p>hello</p>");
  gateway.write("site/docs/x", "alias");
  gateway.write("site/typed/a.thing", "t");
  gateway.write("site/typed/b", "t");
  REQUIRE(gateway.load(site));
  auto& page = gateway.get("/page.html");
  CHECK(page.status == 200);
  CHECK(page.body == "<p>hello</p>");
  CHECK(page.field("Content-Type") == "text/html");
  CHECK(page.field("Content-Length") == "12");
  struct stat info;
  REQUIRE(::stat((gateway.folder() + "site/page.html").c_str(), &info) == 0);
  CHECK(page.field("ETag") == fmt::format("\"{:x}-c\"", info.st_mtime));
  CHECK(page.field("Last-Modified").size() == 29);
  CHECK(gateway.get("/a/x").body == "alias");
  CHECK(gateway.get("/typed/a.thing").field("Content-Type") == "application/x-thing");
  CHECK(gateway.get("/typed/b").field("Content-Type") == "text/x-other");

  auto& head = gateway.ask("HEAD /page.html HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(head.field("Content-Length") == "12");
  CHECK(head.body.empty());
  CHECK(gateway.get("/page.html", "If-Modified-Since: " + page.field("Last-Modified") + "\r\n").status == 304);
  CHECK(gateway.get("/page.html", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status == 200);
  CHECK(gateway.get("/page.html", "If-None-Match: \"x\", W/" + page.field("ETag") + "\r\n").status == 304);
  CHECK(gateway.get("/page.html", "If-None-Match: \"x\"\r\nIf-Modified-Since: " + page.field("Last-Modified") + "\r\n")
            .status == 200);
}

TEST_CASE("folders: index, redirect to the slash form, 403 without an index") {
  Gateway gateway;
  gateway.write("site/index.html", "home");
  gateway.write("site/empty/file", "x");
  REQUIRE(gateway.load(site));
  CHECK(gateway.get("/").body == "home");
  auto& folder = gateway.get("/empty?q");
  CHECK(folder.status == 301);
  CHECK(folder.field("Location") == "http://h:8080/empty/?q");
  CHECK(gateway.get("/empty/").status == 403);
  CHECK(gateway.read("error.log").find("directory index of \"" + gateway.folder() + "site/empty/\" is forbidden") !=
        std::string::npos);
  CHECK(gateway.get("/nofolder/").status == 404);
}

TEST_CASE("what is not there is 404, and the log says where it was looked for") {
  Gateway gateway;
  gateway.write("site/file", "x");
  REQUIRE(gateway.load(site));
  CHECK(gateway.get("/gone").status == 404);
  CHECK(gateway.read("error.log")
            .find("open() \"" + gateway.folder() + "site/gone\" failed (2: No such file or directory)") !=
        std::string::npos);
  CHECK(gateway.get("/file/below").status == 404);
  CHECK(gateway.get("/../../etc/passwd", "").status == 400);
  REQUIRE(::mkfifo((gateway.folder() + "site/pipe").c_str(), 0600) == 0);
  CHECK(gateway.get("/pipe").status == 404);  // and nobody waits for a writer
}

TEST_CASE("only GET and HEAD are for files; POST only finds out when there is one") {
  Gateway gateway;
  gateway.write("site/file", "x");
  REQUIRE(gateway.load(site));
  CHECK(gateway.ask("PUT /file HTTP/1.1\r\nHost: h\r\n\r\n").status == 405);
  CHECK(gateway.ask("POST /file HTTP/1.1\r\nHost: h\r\n\r\n").status == 405);
  CHECK(gateway.ask("POST /gone HTTP/1.1\r\nHost: h\r\n\r\n").status == 404);
}

TEST_CASE("a large file goes out piece by piece, no faster than the client takes it") {
  Gateway gateway;
  std::string large(1000000, 'x');
  for (std::size_t i = 0; i < large.size(); i += 1000) large[i] = static_cast<char>('a' + i / 1000 % 26);
  gateway.write("site/large", large);
  REQUIRE(gateway.load(site));
  CHECK(gateway.get("/large").body == large);

  gh::test::TestClient slow;
  slow.slow = true;
  gateway.ask("GET /large HTTP/1.1\r\nHost: h\r\n\r\n", slow);
  CHECK_FALSE(slow.done);
  CHECK(slow.body.size() < 300000);
  while (!slow.done) {
    slow.queued = 0;
    gateway.exchange->on_client_drained();
  }
  CHECK(slow.body == large);
  gateway.end_if_done(slow);
}

TEST_CASE("several ranges of a file, also for a client that is slow") {
  Gateway gateway;
  std::string large(1000000, 'x');
  for (std::size_t i = 0; i < large.size(); i += 1000) large[i] = static_cast<char>('a' + i / 1000 % 26);
  gateway.write("site/large", large);
  REQUIRE(gateway.load(site));
  const std::string ask = "GET /large HTTP/1.1\r\nHost: h\r\nRange: bytes=100000-499999,0-9,-300000\r\n\r\n";
  auto& quick = gateway.ask(ask);
  CHECK(quick.status == 206);
  CHECK(quick.field("Content-Length") == std::to_string(quick.body.size()));
  CHECK(quick.field("Content-Range") == "(none)");
  const std::string first_ten = "Content-Range: bytes 0-9/1000000\r\n\r\n" + large.substr(0, 10) + "\r\n--";
  CHECK(quick.body.find(first_ten) != std::string::npos);
  CHECK(quick.body.find(large.substr(100000, 400000) + "\r\n--") != std::string::npos);

  gh::test::TestClient slow;
  slow.slow = true;
  gateway.ask(ask, slow);
  CHECK_FALSE(slow.done);
  while (!slow.done) {
    slow.queued = 0;
    gateway.exchange->on_client_drained();
  }
  CHECK(slow.body.size() == quick.body.size());
  gateway.end_if_done(slow);
}

TEST_CASE("an unsatisfiable range: no field of the file is left, those of the error are there once") {
  Gateway gateway;
  gateway.write("site/file", "12345");
  REQUIRE(gateway.load("server { listen 8080; root site; add_header X-A a always; expires 1h; }"));
  auto& answer = gateway.get("/file", "Range: bytes=9-\r\n");
  CHECK(answer.status == 416);
  CHECK(answer.field("Content-Range") == "bytes */5");
  CHECK(answer.field("ETag") == "(none)");
  CHECK(answer.field("Cache-Control") == "(none)");
  CHECK(answer.head.find("X-A: a") == answer.head.rfind("X-A: a"));
  CHECK(answer.field("X-A") == "a");
}

TEST_CASE("If-Range looks at the fields that go out") {
  Gateway gateway;
  gateway.write("site/file", "12345");
  REQUIRE(gateway.load(
      R"(server { listen 8080; root site; add_header Last-Modified "Mon, 28 Sep 1970 06:00:00 GMT"; })"));
  CHECK(gateway.get("/file", "Range: bytes=1-2\r\nIf-Range: Mon, 28 Sep 1970 06:00:00 GMT\r\n").status == 206);
  CHECK(gateway.get("/file", "Range: bytes=1-2\r\nIf-Range: Mon, 28 Sep 1970 06:00:01 GMT\r\n").status == 200);
  CHECK(gateway.get("/file", "Range: bytes=1-2\r\nIf-Range: wrong\r\n").status == 200);
}

TEST_CASE("a file that becomes shorter while it is sent leaves a cut answer") {
  Gateway gateway;
  gateway.write("site/large", std::string(1000000, 'x'));
  REQUIRE(gateway.load(site));
  gh::test::TestClient slow;
  slow.slow = true;
  gateway.ask("GET /large HTTP/1.1\r\nHost: h\r\n\r\n", slow);
  REQUIRE(::truncate((gateway.folder() + "site/large").c_str(), 10) == 0);
  slow.queued = 0;
  gateway.exchange->on_client_drained();
  CHECK(slow.aborted);
  gateway.end_if_done(slow);
}

TEST_CASE("stub_status is nginx's text") {
  Gateway gateway("server { listen 8080; location /s { stub_status; } }");
  auto& counters = gateway.worker->counters;
  for (int i = 0; i < 3; ++i) gh::proxy::Counters::add(counters.accepted);
  gh::proxy::Counters::add(counters.handled);
  gh::proxy::Counters::move(counters.active, 2);
  gh::proxy::Counters::move(counters.writing, 1);
  auto& answer = gateway.get("/s");
  CHECK(answer.field("Content-Type") == "text/plain");
  CHECK(answer.body ==
        "Active connections: 2 \nserver accepts handled requests\n 3 1 0 \nReading: 0 Writing: 1 Waiting: 0 \n");
  CHECK(gateway.ask("POST /s HTTP/1.1\r\nHost: h\r\n\r\n").status == 405);
}
