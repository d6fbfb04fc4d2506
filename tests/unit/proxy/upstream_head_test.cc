// The head that goes upstream, as the upstream reads it; and what of the upstream's head the client gets.
#include "proxy/upstream_head.h"

#include "unit/proxy/loopback.h"

namespace gh::test {
namespace {

constexpr const char* ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// What the upstream reads for one request.
std::string sent_for(const std::string& lines, const std::string& request) {
  Loopback gateway(server(lines));
  End client = gateway.client();
  client.send(request);
  gateway.turn();
  End upstream = gateway.upstream();
  gateway.step(upstream);
  return upstream.got;
}
std::string sent_for_get(const std::string& lines, const std::string& target, const std::string& fields = "") {
  return sent_for(lines, "GET " + target + " HTTP/1.1\r\nHost: example.org\r\n" + fields + "\r\n");
}
/// What the client reads when the upstream answers with `answer`.
std::string got_for(const std::string& lines, const std::string& answer, const std::string& method = "GET") {
  return exchanged(lines, method + " /app/x HTTP/1.1\r\nHost: example.org\r\n\r\n", answer);
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

constexpr const char* plain = "location / { proxy_pass http://UP:; }";

TEST_CASE("LANGUAGE 9.7: the default head") {
  CHECK(sent_for_get(plain, "/a?b=c", "X-One: 1\r\n") == "GET /a?b=c HTTP/1.1\r\nHost: localhost\r\nX-One: 1\r\n\r\n");
}

TEST_CASE("RFC 9110 7.6.1: what is between client and gateway alone stays there") {
  const std::string head =
      sent_for_get(plain, "/",
                   "Connection: X-Named, keep-alive\r\nX-Named: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
                   "Upgrade: h2c\r\nHTTP2-Settings: AA\r\nProxy-Connection: x\r\nX-Kept: 1\r\n");
  CHECK(head == "GET / HTTP/1.1\r\nHost: localhost\r\nX-Kept: 1\r\n\r\n");
}

TEST_CASE("LANGUAGE 9.3: without a URI part the target goes out as it came") {
  CHECK(has(sent_for_get(plain, "/raw/a%2Fb//c/../d?x=%20"), "GET /raw/a%2Fb//c/../d?x=%20 HTTP/1.1\r\n"));
}

TEST_CASE("LANGUAGE 9.2: a URI part replaces the location's prefix and the rest is encoded again") {
  const char* lines = "location /u/ { proxy_pass http://UP:/v1/; }  location /w { proxy_pass http://UP:/v1/; }";
  CHECK(has(sent_for_get(lines, "/u/a%2Fb?x=1"), "GET /v1/a/b?x=1 HTTP/1.1\r\n"));
  CHECK(has(sent_for_get(lines, "/u/a%20b%0d%0aX:1"), "GET /v1/a%20b%0D%0AX:1 HTTP/1.1\r\n"));
  CHECK(has(sent_for_get(lines, "/w/foo"), "GET /v1//foo HTTP/1.1\r\n"));
}

TEST_CASE("bodies: a stated length stays, chunks become a length, an empty POST states 0") {
  CHECK(has(sent_for(plain, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"),
            "\r\nContent-Length: 3\r\n\r\nabc"));
  const std::string chunked =
      sent_for(plain, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  CHECK(has(chunked, "\r\nContent-Length: 3\r\n\r\nabc"));
  CHECK(!has(chunked, "Transfer-Encoding"));
  CHECK(has(sent_for(plain, "POST / HTTP/1.1\r\nHost: h\r\n\r\n"), "\r\nContent-Length: 0\r\n"));
}

/// Two reads of one request with proxy_request_buffering off: what the upstream has got after each.
std::pair<std::string, std::string> streamed(const std::string& first, const std::string& second,
                                             const std::string& lines = "") {
  Loopback gateway(server(lines + "location / { proxy_request_buffering off; proxy_pass http://UP:; }"));
  gateway.write("client_body_temp/x", "");  // makes the folder
  End client = gateway.client();
  client.send(first);
  gateway.turn();
  End upstream = gateway.upstream();
  gateway.step(upstream);
  const std::string before = upstream.got;
  client.send(second);
  gateway.step(upstream);
  return {before, upstream.got};
}

TEST_CASE("proxy_request_buffering off: chunks stay chunks, and what came with the head is one of them") {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto [before, after] = streamed(head + "3\r\nabc\r\n2\r\nde\r\n", "1\r\nf\r\n0\r\n\r\n");
  CHECK(before.ends_with("\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"));
  CHECK(!has(before, "Content-Length"));
  CHECK(after == before + "1\r\nf\r\n0\r\n\r\n");
  CHECK(streamed(head, "1\r\nf\r\n0\r\n\r\n").second.ends_with("\r\n\r\n1\r\nf\r\n0\r\n\r\n"));
}

TEST_CASE("proxy_request_buffering off: a stated length, and a beginning that does not fit in memory") {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n";
  const std::string begun(3000, 'a'), rest(2000, 'b');
  for (const char* lines : {"", "client_body_buffer_size 1k; "}) {
    const auto [before, after] = streamed(head + begun, rest, lines);
    CHECK(before.ends_with("\r\nContent-Length: 5000\r\n\r\n" + begun));
    CHECK(after == before + rest);
  }
}

TEST_CASE("proxy_request_buffering off: a body that came whole with its head is known as a whole") {
  const std::string sent =
      sent_for("location / { proxy_request_buffering off; proxy_set_header X-Body $request_body; proxy_pass http://UP:; }",
               "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  CHECK(has(sent, "\r\nX-Body: abc\r\nContent-Length: 3\r\n"));
  CHECK(sent.ends_with("\r\n\r\nabc"));
}

TEST_CASE("RFC 9110 10.1.1: 100 Continue, once, also for a length of 0") {
  for (const char* buffering : {"on", "off"}) {
    Loopback gateway(server(std::string("location / { proxy_request_buffering ") + buffering +
                            "; proxy_pass http://UP:; }"));
    End client = gateway.client();
    client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n");
    gateway.turn();
    gateway.step(client);
    CHECK(client.got == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc");
    gateway.turn();
    End upstream = gateway.upstream();
    gateway.step(upstream);
    CHECK(upstream.got.ends_with("\r\n\r\nabc"));
    upstream.send(ok);
    gateway.step(client);
    CHECK(count(client.got, "100 Continue") == 1);
  }
  Loopback gateway(server(plain));
  End client = gateway.client();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n");
  gateway.step(client);
  CHECK(client.got == "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_CASE("a large body goes through the temporary file whole") {
  const std::string body(300000, 'b');
  Loopback gateway(server("client_body_buffer_size 1k; location / { proxy_pass http://UP:; }"));
  gateway.write("client_body_temp/x", "");  // makes the folder
  End client = gateway.client();
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n");
  for (std::size_t at = 0; at < body.size(); at += 50000) {
    client.send(body.substr(at, 50000));
    gateway.turn();
  }
  End upstream = gateway.upstream();
  for (int i = 0; i < 20; ++i) gateway.step(upstream);
  CHECK(upstream.got.ends_with("\r\n\r\n" + body));
}

TEST_CASE("proxy_set_body has the length of what is sent") {
  const std::string head =
      sent_for_get("location / { proxy_set_body \"q=$arg_q\"; proxy_pass http://UP:; }", "/?q=abc");
  CHECK(has(head, "\r\nContent-Length: 5\r\n\r\nq=abc"));
}

TEST_CASE("proxy_set_body is made once: its length is that of what is sent, whatever its variables do meanwhile") {
  const std::string sent =
      sent_for_get("location / { proxy_set_body \"a=$upstream_addr\"; proxy_pass http://UP:; }", "/");
  const std::size_t end = sent.find("\r\n\r\n") + 4;
  CHECK(has(sent, "\r\nContent-Length: " + std::to_string(sent.size() - end) + "\r\n"));
}

TEST_CASE("set fields: variables, and none of the client's own") {
  const std::string head = sent_for_get(
      "location / { proxy_set_header X-Q $arg_q; proxy_set_header X-None $arg_none; proxy_set_header Cookie \"\"; "
      "proxy_pass http://UP:; }",
      "/?q=1", "X-Q: theirs\r\nX-None: theirs\r\nCookie: a\r\n");
  CHECK(has(head, "\r\nX-Q: 1\r\n"));
  CHECK(!has(head, "theirs"));
  CHECK(!has(head, "Cookie"));
}

TEST_CASE("a decoded line end in a variable cannot start a field") {
  const std::string head =
      sent_for_get("location / { proxy_set_header X-Path $uri; proxy_pass http://UP:; }", "/a%0d%0aX-Evil:%201");
  CHECK(!has(head, "\r\nX-Evil:"));
}

TEST_CASE("a target made of variables holds neither spaces nor line ends") {
  const std::string head =
      sent_for_get("location / { proxy_pass http://UP:$uri; }", "/a%20HTTP/1.1%0d%0aX-Evil:%201%0d%0a%0d%0a");
  CHECK(!has(head, "\r\nX-Evil:"));
  CHECK(count(head.substr(0, head.find("\r\n")), " ") == 2);
}

TEST_CASE("chunks and a Content-Length of proxy_set_header do not go out together") {
  const std::string head =
      sent_for("location / { proxy_set_header Content-Length 3; proxy_request_buffering off; proxy_pass http://UP:; }",
               "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  CHECK(count(head, "Content-Length") + count(head, "Transfer-Encoding") == 1);
}

TEST_CASE("a body always has a length, also when proxy_set_header takes Content-Length away") {
  const std::string head = sent_for("location / { proxy_set_header Content-Length \"\"; proxy_pass http://UP:; }",
                                    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
  CHECK((has(head, "Content-Length: 3\r\n") || head.ends_with("\r\n\r\n")));
}

TEST_CASE("a length and a Transfer-Encoding of proxy_set_header do not go out together") {
  const std::string head = sent_for("location / { proxy_set_header Transfer-Encoding chunked; proxy_pass http://UP:; }",
                                    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
  CHECK(count(head, "Content-Length") + count(head, "Transfer-Encoding") == 1);
}

TEST_CASE("RFC 9112 3.2: one Host, also when proxy_set_header names it twice") {
  CHECK(count(sent_for_get("location / { proxy_set_header Host a; proxy_set_header Host b; proxy_pass http://UP:; }",
                           "/"),
              "\r\nHost:") == 1);
}

TEST_CASE("RFC 9112 3.2: one Host, also when $http_host is empty") {
  CHECK(count(sent_for("location / { proxy_set_header Host $http_host; proxy_pass http://UP:; }",
                       "GET / HTTP/1.0\r\n\r\n"),
              "\r\nHost:") == 1);
}

// ---- the answer's head ---------------------------------------------------------------------------------------------

TEST_CASE("an answer's head is written anew: own Date and Server, hop-by-hop and named fields gone, order kept") {
  const std::string head = got_for(
      plain,
      "HTTP/1.1 201 Made Up\r\nServer: theirs\r\nDate: yesterday\r\nB: 1\r\nConnection: X-Named\r\nX-Named: 1\r\n"
      "Keep-Alive: timeout=5\r\nUpgrade: x\r\nContent-Type: a/b\r\nA: 2\r\nX-Accel-Expires: 1\r\nContent-Length: "
      "2\r\n\r\nhi");
  CHECK(head.starts_with("HTTP/1.1 201 Made Up\r\n"));
  CHECK(has(head, "\r\nContent-Type: a/b\r\nContent-Length: 2\r\nConnection: keep-alive\r\nB: 1\r\nA: 2\r\n\r\nhi"));
  for (const char* gone : {"theirs", "yesterday", "X-Named", "Keep-Alive", "Upgrade", "X-Accel"}) {
    CAPTURE(gone);
    CHECK(!has(head, gone));
  }
}

TEST_CASE("Location and Refresh are rewritten by proxy_redirect") {
  const std::string answer =
      "HTTP/1.1 302 Found\r\nLocation: http://localhost/in?q\r\nRefresh: 5; url=http://localhost/r\r\nContent-Length: "
      "0\r\n\r\n";
  const std::string by_default = got_for("location /app/ { proxy_pass http://UP:/; }", answer);
  CHECK(has(by_default, "/app/in?q\r\n"));
  CHECK(has(by_default, "\r\nRefresh: 5; url=/app/r\r\n"));
  CHECK(has(got_for("location / { proxy_redirect off; proxy_pass http://UP:; }", answer),
            "\r\nLocation: http://localhost/in?q\r\n"));
  CHECK(has(
      got_for("location / { proxy_redirect ~^http://localhost/(.*) https://new/$1; proxy_pass http://UP:; }", answer),
      "\r\nLocation: https://new/in?q\r\n"));
}

TEST_CASE("chunks are written anew, with their trailers left out") {
  const std::string got =
      got_for(plain, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n");
  CHECK(has(got, "\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
}

TEST_CASE("HEAD, 204 and 304 have no body; the length that GET would have stays") {
  const std::string head = got_for(plain, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD");
  CHECK(has(head, "\r\nContent-Length: 5\r\n"));
  CHECK(head.ends_with("\r\n\r\n"));
  const std::string none = got_for(plain, "HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(!has(none, "Content-Length"));
  CHECK(!has(none, "Transfer-Encoding"));
  CHECK(got_for(plain, "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n").ends_with("\r\nETag: \"a\"\r\n\r\n"));
}

TEST_CASE("a length is only promised for bytes that come: HEAD upstream for a GET") {
  const std::string got = got_for("location / { proxy_method HEAD; proxy_pass http://UP:; }",
                                  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  CHECK((has(got, "\r\nContent-Length: 0\r\n") || has(got, "\r\nConnection: close\r\n")));
}

TEST_CASE("a broken head is a 502 and nothing of it reaches the client") {
  for (const char* bad : {"HTTP/1.1 2OO OK\r\nX-Leak: 1\r\n\r\n", "HTTP/1.1 200 OK\r\nX-Leak : 1\r\n\r\n",
                          "<html>\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nX-Leak: 1\r\n\r\n",
                          "HTTP/1.1 200 OK\r\nX-Leak: 1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"}) {
    CAPTURE(bad);
    const std::string got = got_for(plain, bad);
    CHECK(got.starts_with("HTTP/1.1 502 Bad Gateway\r\n"));
    CHECK(!has(got, "X-Leak"));
  }
}

TEST_CASE("a body broken from its first byte is a 502 without the fields of the answer") {
  const std::string got = got_for(
      plain, "HTTP/1.1 200 Fine\r\nX-Leak: 1\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  CHECK(got.starts_with("HTTP/1.1 502 Bad Gateway\r\n"));
  CHECK(!has(got, "X-Leak"));
  CHECK(!has(got, "Content-Encoding"));
}

TEST_CASE("proxy_intercept_errors keeps the challenge of a 401 (RFC 9110 11.6.1)") {
  const std::string got = got_for(
      "proxy_intercept_errors on; error_page 401 /e; location / { proxy_pass http://UP:; } location /e { return 200 "
      "page; }",
      "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nX-Leak: 1\r\nContent-Length: 0\r\n\r\n");
  CHECK(got.starts_with("HTTP/1.1 401 "));
  CHECK(has(got, "\r\nWWW-Authenticate: Basic realm=x\r\n"));
  CHECK(!has(got, "X-Leak"));
}

TEST_CASE("interim answers are taken off, a flood of them is a 502") {
  const std::string one = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  CHECK(got_for(plain, one + ok).starts_with("HTTP/1.1 200 OK\r\n"));
  std::string flood;
  for (int i = 0; i < 17; ++i) flood += one;
  CHECK(got_for(plain, flood + ok).starts_with("HTTP/1.1 502 "));
}

}  // namespace
}  // namespace gh::test
