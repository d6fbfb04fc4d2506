#include "upstream/fetch.h"

#include <optional>

#include "unit/net/net_bench.h"

using namespace gh;
using namespace gh::net::test;
using upstream::Fetch;
using upstream::FetchAnswer;
using upstream::FetchRequest;

namespace {

constexpr std::string_view end_of_stream = "<eof>", reset = "<reset>";

/// A server on loopback that says what it is told to, whatever it is asked, and a fetch from it.
struct Scene {
  net::Loop loop;
  net::Resolver resolver{loop, {}};
  Server server{loop};
  std::optional<Result<FetchAnswer>> got;
  std::unique_ptr<Fetch> fetch;
  int calls = 0;

  FetchRequest request(std::string_view target = "/status") const {
    FetchRequest made;
    made.url = *http::HttpUrl::parse("http://" + server.address.text() + std::string(target));
    return made;
  }
  void start(FetchRequest request) {
    fetch = std::make_unique<Fetch>(loop, resolver, std::move(request), [this](Result<FetchAnswer> answer) {
      ++calls;
      got.emplace(std::move(answer));
      fetch.reset();  // as owners do
    });
  }
  End& accepted() {
    REQUIRE(run_until(loop, [this] { return !server.ends.empty(); }));
    server.ends.front()->stream.start_reading();
    return *server.ends.front();
  }
  bool over() {
    return run_until(loop, [this] { return got.has_value(); });
  }
  /// Fetches, and says the parts one after the other.
  const Result<FetchAnswer>& answered(FetchRequest request, const std::vector<std::string>& parts) {
    start(std::move(request));
    End& end = accepted();
    REQUIRE(run_until(loop, [&] { return end.read.find("\r\n\r\n") != std::string::npos; }));
    for (const std::string& part : parts) {
      if (part == end_of_stream) end.stream.shut_down_write();
      else if (part == reset) end.stream.close(true);
      else if (end.stream.is_open()) end.stream.write(part);
      run_for(loop, 2);
    }
    REQUIRE(over());
    run_for(loop, 2);
    CHECK(calls == 1);
    return *got;
  }
  std::string failure(const std::vector<std::string>& parts) {
    const Result<FetchAnswer>& result = answered(request(), parts);
    return result ? "an answer of " + std::to_string(result->status) : result.error().text;
  }
};

std::string failure(const std::vector<std::string>& parts) { return Scene().failure(parts); }

}  // namespace

TEST_CASE("what is asked") {
  Scene scene;
  FetchRequest request = scene.request("/a?b");
  request.method = "POST";
  request.fields = {{"Content-Type", "application/ocsp-request"}};
  request.body = "what is it";
  scene.answered(request, {"HTTP/1.1 204 No Content\r\n\r\n"});
  REQUIRE(*scene.got);
  CHECK(scene.server.ends.front()->read == "POST /a?b HTTP/1.1\r\nHost: " + scene.server.address.text() +
                                               "\r\nConnection: close\r\nContent-Type: application/ocsp-request\r\n"
                                               "Content-Length: 10\r\n\r\nwhat is it");
  CHECK((*scene.got)->status == 204);
  CHECK((*scene.got)->body.empty());
}

TEST_CASE("answers in all framings, in pieces") {
  struct Case {
    std::vector<std::string> parts;
    std::string body;
  };
  const std::vector<Case> cases = {
      {{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"}, "hello"},
      {{"HTTP/1.1 200 OK\r\nContent-Le", "ngth: 5\r\n\r", "\nhe", "llo, and what nobody reads"}, "hello"},
      {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r", "\n2\r\nlo\r\n0\r\n\r\n"}, "hello"},
      {{"HTTP/1.0 200 OK\n\nhel", "lo", std::string(end_of_stream)}, "hello"},
      {{"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"}, "hi"},
      {{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}, ""},
  };
  for (const Case& each : cases) {
    CAPTURE(each.parts.front());
    Scene scene;
    scene.answered(scene.request(), each.parts);
    REQUIRE(*scene.got);
    CHECK((*scene.got)->status == 200);
    CHECK((*scene.got)->body == each.body);
  }
}

TEST_CASE("fields of the answer, and redirects that are not followed") {
  Scene scene;
  scene.answered(scene.request(),
                 {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\ncontent-TYPE: a/b\r\nContent-Length: 0\r\n\r\n"});
  REQUIRE(*scene.got);
  CHECK((*scene.got)->status == 302);
  CHECK((*scene.got)->field("Content-Type") == "a/b");
  CHECK((*scene.got)->field("location") == "http://127.0.0.1:1/");
  CHECK((*scene.got)->field("etag").empty());
  CHECK(scene.server.ends.size() == 1);
}

TEST_CASE("answers that are cut short or broken") {
  const std::string eof(end_of_stream), rst(reset);
  CHECK(failure({eof}).find("closed before the answer") != std::string::npos);
  CHECK(failure({"HTTP/1.1 200 OK\r\nConte", eof}).find("closed before the answer") != std::string::npos);
  CHECK(failure({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", eof}).find("closed before") != std::string::npos);
  CHECK(failure({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", eof}).find("closed before") !=
        std::string::npos);
  CHECK(failure({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", rst}).find("the connection broke") !=
        std::string::npos);
  CHECK(failure({"SSH-2.0-OpenSSH_9.2\r\n"}).find("not HTTP") != std::string::npos);
  CHECK(failure({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"}).find("malformed") !=
        std::string::npos);
  CHECK(failure({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"})
            .find("malformed") != std::string::npos);
  CHECK(failure({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}).find("malformed") !=
        std::string::npos);
  CHECK(failure({"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"})
            .find("changes the protocol") != std::string::npos);
}

TEST_CASE("endless answers end at the limit") {
  const std::string more(70000, 'x');
  CHECK(failure({"HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n"}) == "the answer has more than 65536 bytes");
  CHECK(failure({"HTTP/1.1 200 OK\r\n\r\n" + more}) == "the answer has more than 65536 bytes");
  CHECK(failure({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n" + more}) ==
        "the answer has more than 65536 bytes");
  CHECK(failure({"HTTP/1.1 200 OK\r\nA: " + more}).find("head") != std::string::npos);
  std::string interim;
  for (int i = 0; i < 2000; ++i) interim += "HTTP/1.1 103 Early Hints\r\n\r\n";
  CHECK(failure({interim}) == "the head of the answer is too large");
  Scene at_the_limit;
  at_the_limit.answered(at_the_limit.request(),
                        {"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + more.substr(0, 65536)});
  CHECK(*at_the_limit.got);
}

TEST_CASE("slow answers end in time, however they trickle") {
  Scene scene;
  FetchRequest request = scene.request();
  request.timeout_ms = 100;
  scene.start(std::move(request));
  End& end = scene.accepted();
  end.stream.write("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n");
  Alarm* again = nullptr;
  Alarm trickle([&] {
    if (end.stream.is_open()) end.stream.write("x");
    scene.loop.timers().set(*again, 5);
  });
  again = &trickle;
  scene.loop.timers().set(trickle, 5);
  REQUIRE(scene.over());
  CHECK(scene.got->error().text == "no answer within 100 ms");
}

TEST_CASE("a server that says nothing, one that is not there, a name that is not") {
  Scene silent;
  FetchRequest request = silent.request();
  request.timeout_ms = 50;
  silent.start(std::move(request));
  silent.accepted();
  REQUIRE(silent.over());
  CHECK(silent.got->error().text == "no answer within 50 ms");

  Scene gone;
  request = gone.request();
  gone.server.listener.reset();
  ::close(gone.server.fd);
  gone.start(std::move(request));
  REQUIRE(gone.over());
  CHECK(gone.got->error().text.find("cannot connect to 127.0.0.1:") == 0);
  gone.server.fd = -1;

  Scene nameless;
  net::Resolver refused(nameless.loop, {{nameless.server.address}, 0, 100, true, true, false});  // no DNS there
  request = nameless.request();
  request.url.host = "ocsp.invalid";
  nameless.fetch = std::make_unique<Fetch>(nameless.loop, refused, std::move(request), [&](Result<FetchAnswer> answer) {
    nameless.got.emplace(std::move(answer));
  });
  REQUIRE(nameless.over());
  CHECK(nameless.got->error().text.find("\"ocsp.invalid\" cannot be resolved: ") == 0);
  nameless.fetch.reset();
}

TEST_CASE("who gives up hears nothing more") {
  Scene scene;
  scene.start(scene.request());
  scene.fetch.reset();  // while the name is looked up
  run_for(scene.loop, 5);
  CHECK(scene.server.ends.empty());
  scene.start(scene.request());
  End& end = scene.accepted();
  scene.fetch.reset();
  REQUIRE(run_until(scene.loop, [&] { return end.eofs + (end.broken != 0 ? 1 : 0) > 0; }));
  CHECK(scene.calls == 0);
}
