// Connection, Forwarder and Pool together, byte by byte: keep-alive, pipelining, who closes what, and that nothing
// waits for ever.
#include "proxy/connection.h"

#include "unit/proxy/loopback.h"

namespace gh::test {
namespace {

const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr const char* ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr const char* plain = "location / { proxy_pass http://UP:; }";

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST_CASE("pipelined requests are answered in order, the last one with close") {
  Loopback gateway(server("location /a { return 200 one; } location /b { return 200 two; }"));
  End client = gateway.client();
  client.send(
      "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\nConnection: "
      "close\r\n\r\n");
  gateway.turn();
  gateway.step(client);
  CHECK(count(client.got, "HTTP/1.1 200 OK") == 3);
  CHECK(client.got.find("one") < client.got.find("two"));
  CHECK(count(client.got, "Connection: close") == 1);
  CHECK(client.closed);
  CHECK(gateway.worker->connections() == 0);
}

TEST_CASE("a head that drips in byte by byte is one request; too slow, it is a 408") {
  Loopback gateway(server("client_header_timeout 5s; location / { return 200 x; }"));
  End client = gateway.client();
  for (const char c : get) {
    client.send({&c, 1});
    gateway.turn();
  }
  gateway.step(client);
  CHECK(count(client.got, "200 OK") == 1);
  End slow = gateway.client();
  slow.send("GET / HT");
  gateway.turn();
  gateway.pass(3000);
  slow.send("TP/1.1\r\n");
  gateway.turn();
  gateway.pass(2100);
  gateway.step(slow);
  CHECK(slow.has("HTTP/1.1 408 "));
  CHECK(slow.closed);
}

TEST_CASE("the upstream's connection is used again, unless bytes were left over") {
  Loopback gateway(server(plain));
  End client = gateway.client();
  client.send(get);
  gateway.turn();
  End upstream = gateway.upstream();
  upstream.send(ok);
  gateway.step(client);
  CHECK(gateway.worker->pool.idle() == 1);
  client.send(get);
  gateway.turn();
  CHECK(!gateway.has_upstream());
  upstream.send(std::string(ok) + "HTTP/1.1 200 OK\r\n");
  gateway.step(client);
  CHECK(count(client.got, "200 OK") == 2);
  CHECK(gateway.worker->pool.idle() == 0);
}

TEST_CASE("a byte or a FIN on an idle upstream connection ends it") {
  for (const bool byte : {true, false}) {
    Loopback gateway(server(plain));
    End client = gateway.client();
    client.send(get);
    gateway.turn();
    End upstream = gateway.upstream();
    upstream.send(ok);
    gateway.turn();
    REQUIRE(gateway.worker->pool.idle() == 1);
    if (byte)
      upstream.send("x");
    else
      upstream.close();
    gateway.turn();
    CHECK(gateway.worker->pool.idle() == 0);
  }
}

TEST_CASE("the keep-alive race: GET is tried again, POST never (RFC 9110 9.2.2)") {
  for (const bool post : {false, true}) {
    Loopback gateway(server(plain));
    End client = gateway.client();
    client.send(get);
    gateway.turn();
    End first = gateway.upstream();
    first.send(ok);
    gateway.turn();
    client.take();
    client.got.clear();
    client.send(post ? "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx" : get);
    gateway.turn();
    first.close();
    gateway.step(client);
    CHECK(gateway.has_upstream() == !post);
    if (post) {
      CHECK(client.got.starts_with("HTTP/1.1 502 "));
    } else {
      End second = gateway.upstream();
      second.send(ok);
      gateway.step(client);
      CHECK(client.got.starts_with("HTTP/1.1 200 "));
    }
  }
}

TEST_CASE("an upstream that closes without an answer is a 502, silence a 504; the client's connection stays") {
  Loopback gateway(server("proxy_read_timeout 2s; location / { proxy_pass http://UP:; }"));
  End client = gateway.client();
  client.send(get);
  gateway.turn();
  gateway.upstream().close();
  gateway.step(client);
  CHECK(client.has("HTTP/1.1 502 "));
  client.send(get);
  gateway.turn();
  End silent = gateway.upstream();
  gateway.turn();
  gateway.pass(2100);
  gateway.step(client);
  CHECK(client.has("HTTP/1.1 504 "));
  CHECK(!client.closed);
  gateway.step(silent);
  CHECK(silent.closed);
}

TEST_CASE("a cut answer is seen as one: no last chunk, and the connection closes") {
  Loopback gateway(server(plain));
  End client = gateway.client();
  client.send(get);
  gateway.turn();
  End upstream = gateway.upstream();
  upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  gateway.step(client);
  CHECK(client.got.ends_with("3\r\nabc\r\n"));
  upstream.close();
  gateway.step(client);
  CHECK(client.closed);
  CHECK(!client.got.ends_with("0\r\n\r\n"));
  CHECK(gateway.worker->connections() == 0);
}

TEST_CASE("a client that leaves takes its upstream connection with it, at every stage") {
  for (int stage = 0; stage < 3; ++stage) {
    CAPTURE(stage);
    Loopback gateway(server(plain));
    End client = gateway.client();
    client.send(get);
    if (stage == 0) {
      client.close();
      gateway.turn();
      CHECK(gateway.worker->connections() == 0);
      continue;
    }
    gateway.turn();
    End upstream = gateway.upstream();
    gateway.turn();
    if (stage == 2) upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    gateway.turn();
    client.close();
    gateway.turn();
    gateway.step(upstream);
    CHECK(upstream.closed);
    CHECK(gateway.worker->connections() == 0);
    CHECK(gateway.worker->pool.idle() == 0);
    CHECK(gateway.worker->current()->table->upstreams.at(0)->peers->active() == 0);
  }
}

TEST_CASE("proxy_ignore_client_abort: the upstream's answer is read to its end") {
  Loopback gateway(server("location / { proxy_ignore_client_abort on; proxy_pass http://UP:; }"));
  End client = gateway.client();
  client.send(get);
  gateway.turn();
  End upstream = gateway.upstream();
  client.close();
  gateway.turn();
  CHECK(gateway.worker->connections() == 1);
  upstream.send(ok);
  gateway.turn();
  CHECK(gateway.worker->connections() == 0);
  CHECK(gateway.worker->pool.idle() == 1);
}

TEST_CASE("proxy_ignore_client_abort: also when the upstream was stopped because the client did not read") {
  Loopback gateway(server("location / { proxy_ignore_client_abort on; proxy_pass http://UP:; }"));
  End client = gateway.client();
  client.send(get);
  gateway.turn();
  End upstream = gateway.upstream();
  std::size_t left = 3000000;
  const std::string piece(50000, 'x');
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n");
  const auto send_some = [&](int turns) {
    for (int i = 0; i < turns && left > 0; ++i) {
      if (upstream.try_send(piece)) left -= piece.size();
      gateway.turn();
    }
  };
  send_some(40);
  REQUIRE(left > 0);
  client.close();
  send_some(300);
  CHECK(left == 0);
  CHECK(gateway.worker->connections() == 0);
}

TEST_CASE("back pressure: a client that does not read stops the upstream; reading again brings every byte") {
  Loopback gateway(server(plain));
  End client = gateway.client();
  client.send(get);
  gateway.turn();
  End upstream = gateway.upstream();
  gateway.turn();
  const std::size_t bytes = 5000000;
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n");
  std::size_t left = bytes;
  const std::string piece(50000, 'x');
  bool was_stopped = false;
  for (int i = 0; i < 100 && left > 0 && !was_stopped; ++i) {
    gateway.turn();
    if (upstream.try_send(piece))
      left -= piece.size();
    else
      was_stopped = true;
  }
  CHECK(was_stopped);
  for (int i = 0; i < 2000 && client.got.size() < bytes; ++i) {
    if (left > 0 && upstream.try_send(piece)) left -= piece.size();
    gateway.step(client);
  }
  CHECK(client.got.size() > bytes);
  CHECK(gateway.worker->pool.idle() == 1);
}

TEST_CASE("Expect: 100-continue is answered when the body is wanted, and not when it is refused") {
  Loopback gateway(server("client_max_body_size 10; location / { proxy_pass http://UP:; }"));
  End client = gateway.client();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  gateway.step(client);
  CHECK(client.got == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  gateway.turn();
  End upstream = gateway.upstream();
  gateway.step(upstream);
  CHECK(upstream.got.ends_with("\r\n\r\nabc"));
  CHECK(!upstream.has("Expect"));
  End large = gateway.client();
  large.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
  gateway.step(large);
  CHECK(large.got.starts_with("HTTP/1.1 413 "));
}

std::string got_for_chunks(const std::string& buffering) {
  Loopback gateway(server("client_max_body_size 10; proxy_request_buffering " + buffering +
                          "; location / { proxy_pass http://UP:; }"));
  End client = gateway.client();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n");
  gateway.turn();
  client.send("6\r\nabcdef\r\n");
  gateway.step(client);
  return client.got;
}

TEST_CASE("client_max_body_size holds for chunks") { CHECK(got_for_chunks("on").starts_with("HTTP/1.1 413 ")); }

TEST_CASE("client_max_body_size holds for chunks that are not buffered") {
  CHECK(got_for_chunks("off").starts_with("HTTP/1.1 413 "));
}

TEST_CASE("a refused body is not sent to the location of the error page") {
  Loopback gateway(
      server("client_max_body_size 10; error_page 413 @big; location / { proxy_pass http://UP:; } location @big { "
             "proxy_pass http://UP:; }"));
  End client = gateway.client();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n");
  gateway.turn();
  client.send("6\r\nabcdef\r\n0\r\n\r\n");
  gateway.turn();
  End upstream = gateway.upstream();
  gateway.step(upstream);
  CHECK(upstream.has("\r\nContent-Length: 0\r\n"));
  CHECK(!upstream.has("abcde"));
}

TEST_CASE("a refused head is answered at once, also when its error page is proxied") {
  Loopback gateway(server("error_page 400 @bad; location @bad { proxy_pass http://UP:; }"));
  End client = gateway.client();
  client.send("GET / HTTP/1.1\r\nHost: h\r\nBad Header: x\r\n\r\n");
  gateway.turn();
  gateway.step(client);
  CHECK((gateway.has_upstream() || client.has("HTTP/1.1 400 ")));
}

TEST_CASE("a body that was kept is never sent as raw bytes under Transfer-Encoding") {
  Loopback gateway(
      server("location / { error_page 502 @second; proxy_pass http://unix:/nonexistent.sock:; }"
             "location @second { proxy_request_buffering off; proxy_pass http://UP:; }"));
  End client = gateway.client();
  client.send(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1b\r\n0\r\n\r\nGET /evil "
      "HTTP/1.1\r\n\r\n\r\n0\r\n\r\n");
  gateway.turn();
  gateway.turn();
  End upstream = gateway.upstream();
  gateway.step(upstream);
  // The kept body has a length of its own now, so that its bytes cannot be taken for chunks.
  CHECK(upstream.has("Content-Length: 27\r\n"));
  CHECK(!upstream.has("Transfer-Encoding"));
}

/// Connections left 9 s and 10.1 s after the answer and what is sent behind it.
std::pair<std::size_t, std::size_t> left_idle(const std::string& request, const std::string& rest) {
  Loopback gateway(server("keepalive_timeout 10s; location / { return 200 x; }"));
  End client = gateway.client();
  client.send(request);
  gateway.step(client);
  REQUIRE(client.has("200 OK"));
  client.send(rest);
  gateway.turn();
  gateway.pass(9000);
  const std::size_t before = gateway.worker->connections();
  gateway.pass(1100);
  return {before, gateway.worker->connections()};
}

TEST_CASE("an idle connection ends after keepalive_timeout") {
  CHECK(left_idle(get, "") == std::pair<std::size_t, std::size_t>(1, 0));
}

TEST_CASE("an idle connection ends after keepalive_timeout, also when a body was discarded before") {
  CHECK(left_idle("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n", "12345") ==
        std::pair<std::size_t, std::size_t>(1, 0));
}

TEST_CASE("the bytes of a discarded body are no request") {
  Loopback gateway(server("location / { return 200 x; }"));
  End client = gateway.client();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 29\r\n\r\nGET /evil HTTP/1.1\r\nHost: h\r\n");
  client.send(get);
  gateway.turn();
  gateway.step(client);
  CHECK(count(client.got, "HTTP/1.1 ") == 2);
  CHECK(count(client.got, "200 OK") == 2);
}

TEST_CASE("an early answer to a streaming body is the answer, and the rest of the body is discarded") {
  Loopback gateway(server("location / { proxy_request_buffering off; proxy_pass http://UP:; }"));
  End client = gateway.client();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n123");
  gateway.turn();
  End upstream = gateway.upstream();
  gateway.turn();
  upstream.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  gateway.step(client);
  CHECK(client.has("HTTP/1.1 403 "));
  CHECK(gateway.worker->pool.idle() == 0);  // a half-sent request: never used again
  client.send("4567890" + get);
  gateway.turn();
  REQUIRE(gateway.has_upstream());
}

TEST_CASE("close_all ends connections whose answer is complete but still waits to be taken") {
  bool was_queued = false;
  for (std::size_t bytes = 100000; bytes < 400000 && !was_queued; bytes += 20000) {
    Loopback gateway(server(plain));
    End client = gateway.client();
    client.send(get);
    gateway.turn();
    End upstream = gateway.upstream();
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n");
    const std::string body(bytes, 'x');
    for (int i = 0; i < 30 && !upstream.try_send(body); ++i) gateway.turn();
    gateway.turn();
    was_queued = gateway.worker->pool.idle() == 1 && gateway.worker->counters.writing == 1;  // complete, not taken
    gateway.worker->close_all();
    gateway.turn();
    CHECK(gateway.worker->connections() == 0);
  }
  REQUIRE(was_queued);
}

TEST_CASE("a client that sends its body but does not take the early answer ends by send_timeout") {
  Loopback gateway(server("proxy_request_buffering off; location / { proxy_pass http://UP:; }"));
  End client = gateway.client();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n1");
  gateway.turn();
  End upstream = gateway.upstream();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n");
  const std::string body(3000000, 'x');
  for (int i = 0; i < 60; ++i) {
    upstream.try_send(body);
    gateway.turn();
  }
  client.send("2345");
  gateway.turn();
  for (int i = 0; i < 20; ++i) gateway.pass(10000);
  CHECK(gateway.worker->connections() == 0);
}

TEST_CASE("a forwarder whose answer was cut leaves its exchange's memory alone when it is freed") {
  Loopback gateway(server("location / { proxy_pass http://UP:; }"));
  std::string request = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 3; ++i) request += "X-Large: " + std::string(7000, 'x') + "\r\n";  // more than an arena keeps
  End client = gateway.client();
  client.send(request + "\r\n");
  gateway.turn();
  End upstream = gateway.upstream();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  gateway.turn();
  upstream.close();
  gateway.step(client);
  CHECK(client.closed);
  CHECK(gateway.worker->connections() == 0);
}

TEST_CASE("a reload lets go of the old generation at once when nothing is under way, else with the last exchange") {
  Loopback gateway(server(plain));
  int let_go = 0;
  gateway.worker->on_let_go = [&](const std::shared_ptr<const table::Table>&) { ++let_go; };
  REQUIRE(gateway.load(gateway.config(server(plain))));
  CHECK(let_go == 1);
  End client = gateway.client();
  client.send(get);
  gateway.turn();
  End upstream = gateway.upstream();
  REQUIRE(gateway.load(gateway.config(server(plain))));
  CHECK(let_go == 1);
  upstream.send(ok);
  gateway.step(client);
  CHECK(client.has("200 OK"));
  CHECK(let_go == 2);
  CHECK(!client.closed);
}

}  // namespace
}  // namespace gh::test
