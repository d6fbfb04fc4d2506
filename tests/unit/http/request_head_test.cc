// Request heads: what is taken, what is refused with which answer, and the limits at their edges. RFC 9112, RFC 9110.
#include <doctest/doctest.h>
#include <llhttp.h>

#include <string>

#include "http/h1.h"

using namespace gh;
using namespace gh::http;
using namespace std::string_literals;  // "a\0b"s keeps its NUL

namespace {

struct Parsed {
  std::string bytes;
  Arena arena;
  RequestHead head;
  HeadError error;
  bool ok = false;
  explicit Parsed(std::string text, const HeadLimits& limits = {}) : bytes(std::move(text)) {
    ok = parse_request_head(bytes, limits, arena, head, error);
  }
  [[nodiscard]] unsigned status() const { return ok ? 200 : error.status; }
};

std::string get(const std::string& fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }
std::string line(const std::string& request_line) { return request_line + "\r\nHost: a\r\n\r\n"; }

void answers(unsigned status, const std::string& bytes) {
  const Parsed parsed(bytes);
  CAPTURE(bytes);
  CAPTURE(parsed.error.reason);
  CHECK(parsed.status() == status);
}

}  // namespace

TEST_CASE("a plain request comes out as slices of its bytes") {
  const Parsed p(
      "POST /a?b=c HTTP/1.1\r\nHost: Shop.Example:81\r\nContent-Length:  12  \r\nX-Tab: \ta\t \r\nX-Empty:\r\n\r\n");
  REQUIRE(p.ok);
  CHECK(p.head.method == Method::post);
  CHECK(p.head.method_text == "POST");
  CHECK(p.head.target == "/a?b=c");
  CHECK(p.head.request_line == "POST /a?b=c HTTP/1.1");
  CHECK(p.head.version_minor == 1);
  CHECK(p.head.host == "Shop.Example:81");
  REQUIRE(p.head.fields.size() == 4);
  CHECK(p.head.fields[1].name == "Content-Length");
  CHECK(p.head.fields[1].value == "12");
  CHECK(p.head.fields[1].id == HeaderId::content_length);
  CHECK(p.head.fields[2].value == "a");
  CHECK(p.head.fields[3].value.empty());
  CHECK(p.head.framing == BodyFraming::length);
  CHECK(p.head.content_length == 12);
  CHECK(p.head.keep_alive);
  CHECK_FALSE(p.head.expect_continue);
  CHECK_FALSE(p.head.has_upgrade);
  CHECK_FALSE(p.head.has_connection_names);
}

TEST_CASE("the request line is METHOD SP target SP HTTP/1.x CRLF and nothing else (RFC 9112 3)") {
  answers(200, line("GET / HTTP/1.1"));
  answers(200, "\r\n" + line("GET / HTTP/1.1"));  // 2.2: one empty line before it is skipped
  for (const char* bad : {"GET  / HTTP/1.1",
                          "GET /  HTTP/1.1",
                          " GET / HTTP/1.1",
                          "GET / HTTP/1.1 ",
                          "GET\t/ HTTP/1.1",
                          "GET /\tHTTP/1.1",
                          "GET / a HTTP/1.1",
                          "GET /",
                          "GET",
                          "GET ",
                          "GET / ",
                          "GET HTTP/1.1",
                          "/ HTTP/1.1",
                          "",
                          "GET / http/1.1",
                          "GET / HTTP/1",
                          "GET / HTTP/1.",
                          "GET / HTTP/1.10",
                          "GET / HTTP/11.1",
                          "GET / HTTP/ 1.1",
                          "GET / HTTP/1,1",
                          "GET / HTTP/0.9",
                          "GET / HTTP/x.1",
                          "GET / HTTPS/1.1",
                          "GET / ICE/1.0",
                          "OPTIONS / RTSP/1.0",
                          "GET /\x7f HTTP/1.1",
                          "GET /\x01 HTTP/1.1",
                          "GET /\xc3\xa4 HTTP/1.1",
                          "GET /a#b HTTP/1.1",
                          "GET /\rX HTTP/1.1",
                          "G\rET / HTTP/1.1",
                          "GET / HTTP/1.1\r",
                          "\r\n\r\nGET / HTTP/1.1"})
    answers(400, line(bad));
  answers(400, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  answers(400, "GET / HTTP/1.1\r\nHost: a\n\n");
  answers(400, "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s);
}

TEST_CASE("methods: names of capitals are taken, other tokens are 501, what is no method is 400") {
  for (const char* good :
       {"GET",   "HEAD",       "POST",       "PUT",       "DELETE", "TRACE",    "PATCH",  "COPY",      "LOCK",
        "MKCOL", "MOVE",       "PROPFIND",   "PROPPATCH", "UNLOCK", "SEARCH",   "BIND",   "REBIND",    "UNBIND",
        "ACL",   "REPORT",     "MKACTIVITY", "CHECKOUT",  "MERGE",  "M-SEARCH", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE",
        "PURGE", "MKCALENDAR", "LINK",       "UNLINK",    "SOURCE", "OPTIONS",  "QUERY",  "GETT",      "DESCRIBE",
        "A_B",   "FLUSH",      "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF"})
    answers(200, line(std::string(good) + " / HTTP/1.1"));
  for (const char* unknown : {"X!", "A1", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG"})
    answers(501, line(std::string(unknown) + " / HTTP/1.1"));
  for (const char* bad : {"get", "Get", "GE(T", "G\xc9T", "GET:", "\"GET\""})
    answers(400, line(std::string(bad) + " / HTTP/1.1"));
  answers(400, "PRI * HTTP/2.0\r\n\r\n");
  const Parsed p(line("M-SEARCH / HTTP/1.1"));
  CHECK(p.head.method == Method::other);
  CHECK(p.head.method_text == "M-SEARCH");
  CHECK_FALSE(is_idempotent(p.head.method));
  answers(400, "BREW / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n");
}

TEST_CASE("versions: 1.0 and 1.1, later 1.x read as 1.1, 2.0 and up are 505") {
  CHECK(Parsed(line("GET / HTTP/1.0")).head.version_minor == 0);
  const Parsed later(line("GET / HTTP/1.7"));
  CHECK(later.ok);
  CHECK(later.head.version_minor == 1);
  CHECK(later.head.keep_alive);
  answers(505, line("GET / HTTP/2.0"));
  answers(505, line("GET / HTTP/3.1"));
  answers(505, line("GET / HTTP/9.9"));
}

TEST_CASE("the four forms of a target (RFC 9112 3.2)") {
  answers(200, line("OPTIONS * HTTP/1.1"));
  answers(400, line("GET * HTTP/1.1"));
  answers(400, line("GET a HTTP/1.1"));
  answers(400, line("GET a:80 HTTP/1.1"));
  answers(400, line("GET ftp://a/ HTTP/1.1"));
  answers(400, line("GET http:///x HTTP/1.1"));
  answers(400, line("GET http://u@a/x HTTP/1.1"));
  answers(400, line("GET http://u:p@a/x HTTP/1.1"));
  answers(400, line("GET http://a:b/ HTTP/1.1"));
  answers(400, line("CONNECT / HTTP/1.1"));
  answers(400, line("CONNECT a HTTP/1.1"));
  const Parsed absolute("GET HTTP://Other.Test:8080/x HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(absolute.ok);
  CHECK(absolute.head.host == "Other.Test:8080");  // 3.2.2: beats the Host field
  CHECK(absolute.head.target == "HTTP://Other.Test:8080/x");
  const Parsed connect("CONNECT up.test:443 HTTP/1.1\r\nHost: up.test:443\r\n\r\n");
  CHECK(connect.ok);  // parses; the caller answers 405
  CHECK(connect.head.method == Method::connect);
  CHECK(connect.head.host == "up.test:443");
}

TEST_CASE("Host: exactly one valid field in HTTP/1.1 (RFC 9112 3.2)") {
  answers(400, "GET / HTTP/1.1\r\n\r\n");
  answers(400, "GET / HTTP/1.7\r\n\r\n");
  answers(400, "GET http://a/ HTTP/1.1\r\n\r\n");
  answers(200, "GET / HTTP/1.0\r\n\r\n");
  answers(400, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n");
  answers(400, "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n");
  answers(200, "GET / HTTP/1.1\r\nHost:\r\n\r\n");
  for (const char* bad : {"a b", "a,b c", "a/b", "a@b", "a..b", "a:b", "a:1:2", "a:65536", "a:0", ".", "[::1", "[::g]",
                          "[]", "a?b", "a\\b", "<a>", "a\xc3\xa4", ":80"})
    answers(400, "GET / HTTP/1.1\r\nHost: " + std::string(bad) + "\r\n\r\n");
  for (const char* good : {"a", "a.", "a:", "a:80", "a_b", "1.2.3.4:65535", "[::1]", "[::1]:80", "a%2fb", "_"})
    answers(200, "GET / HTTP/1.1\r\nHost: " + std::string(good) + "\r\n\r\n");
}

TEST_CASE("field lines (RFC 9112 5): what smugglers send") {
  for (const char* bad : {"Foo : x\r\n",
                          "Foo bar: x\r\n",
                          "Foo\t: x\r\n",
                          ": x\r\n",
                          " Foo: x\r\n",
                          "\tFoo: x\r\n",
                          "A: b\r\n c\r\n",
                          "A: b\r\n\tc\r\n",
                          "A: b\r\n \r\n",
                          "Foo\r\n",
                          "Foo: a\rb\r\n",
                          "Foo: a\nb: c\r\n",
                          "Foo: a\r\r\n",
                          "Foo: a\n",
                          "If-Match: a\r\nIf-Match: b\r\n",
                          "Authorization: a\r\nauthorization: a\r\n",
                          "F\xc3\xb6o: x\r\n",
                          "Fo\x01o: x\r\n",
                          "Foo: a\x01\r\n",
                          "Foo: a\x7f\r\n",
                          "Foo: a\x0b\r\n",
                          "F(o: x\r\n",
                          "Foo,: x\r\n",
                          "\x0b"
                          "Foo: x\r\n",
                          "Foo\r: x\r\n",
                          "Foo=x\r\n",
                          "{F}: x\r\n",
                          "\"F\": x\r\n",
                          "F/o: x\r\n"})
    answers(400, get(bad));
  answers(400, get("Foo: a\0b\r\n"s));
  answers(400, get("F\0o: a\r\n"s));
  answers(400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n");
  for (const char* good : {"Foo: \r\n", "Foo:\t x \t\r\n", "Foo: \xc3\xa4\xff\r\n", "Foo: a\tb\r\n", "Foo::\r\n"})
    answers(200, get(good));
  answers(400, get("") + "X");                    // bytes behind the blank line
  answers(400, "GET / HTTP/1.1\r\nHost: a\r\n");  // none at all
  answers(400, "GET / HTTP/1.1\r\n");
  answers(400, "");
  answers(400, "\r\n");
}

TEST_CASE("bare LF: taken behind a first line that ends so (RFC 9112 2.2), refused behind one with CRLF") {
  const Parsed p("POST / HTTP/1.1\nHost: a\nContent-Length: 4\n\n");
  REQUIRE(p.ok);
  CHECK(p.head.request_line == "POST / HTTP/1.1");
  CHECK(p.head.content_length == 4);
  for (const char* good : {"GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\nHost: a\r\n\r\n",
                           "GET / HTTP/1.1\nHost: a\n\r\n", "GET / HTTP/1.1\nHost: a\r\nA: b\n\n"}) {
    const Parsed mixed(good);
    CHECK(mixed.ok);
    CHECK(mixed.head.fields[0].value == "a");  // no CR is left in a value
  }
  for (const char* bad : {"GET / HTTP/1.1\r\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\nA: b\r\n\r\n",
                          "GET / HTTP/1.1\r\nHost: a\r\n\n", "GET / HTTP/1.1\nHost: a\n b\n\n",
                          "GET / HTTP/1.1\nHost: a\nA: b\rc\n\n", "GET / HTTP/1.1\nHost: a\r\r\n\n",
                          "GET / HTTP/1.1\nHost: a\nA: b\r\n c\r\n\r\n", "GET /\n\n"})
    answers(400, bad);
}

TEST_CASE("every control byte is refused at every place of a long value") {
  for (int c = 0; c < 256; ++c) {
    for (std::size_t at = 0; at < 20; ++at) {
      std::string value(20, 'v');
      value[at] = static_cast<char>(c);
      const bool legal = c == '\t' || (c >= 0x20 && c != 0x7f);
      const Parsed p(get("Foo: " + value + "\r\n"));
      CAPTURE(c);
      CAPTURE(at);
      CHECK(p.ok == legal);
    }
  }
}

TEST_CASE("Transfer-Encoding: one field, exactly chunked, HTTP/1.1, no Content-Length (RFC 9112 6.1)") {
  for (const char* good : {"chunked", "Chunked", "\t CHUNKED  "}) {
    const Parsed p(get("Transfer-Encoding: " + std::string(good) + "\r\n"));
    CHECK(p.ok);
    CHECK(p.head.framing == BodyFraming::chunked);
  }
  for (const char* unknown :
       {"xchunked", "chunked;q=1", "identity, chunked", "chunked, chunked", "gzip, chunked", "chunked, identity",
        "identity", "gzip", "", "chunked,", ",chunked", "\"chunked\"", "chunked\xa0",
        "\xa0"
        "chunked",
        "chunkedx", "chunke"})
    answers(501, get("Transfer-Encoding: " + std::string(unknown) + "\r\n"));
  answers(400, get("Transfer-Encoding: \x0b"
                   "chunked\r\n"));
  answers(400, get("Transfer-Encoding: chunked \t\r\n"));  // legal white space, but llhttp reads another coding
  answers(400, get("Content-Length: 5\t\r\n"));            // and no number here
  answers(400, get("Transfer-Encoding : chunked\r\n"));
  answers(400, get("Transfer-Encoding:\r\n chunked\r\n"));
  answers(400, get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"));
  answers(400, get("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"));
  answers(400, get("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"));
  answers(400, get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"));
  answers(400, get("Content-Length: 0\r\nTransfer-Encoding: xchunked\r\n"));
  answers(400, "POST / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n");
  answers(400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n");
}

TEST_CASE("Content-Length: digits, once, within 63 bits (RFC 9112 6.2)") {
  for (const char* bad : {"+5", "-5", "5 5", "5,5", "5, 5", "0x5", "5.0", "", "five", "5;", "9223372036854775808",
                          "18446744073709551616", "99999999999999999999999",
                          "\xc2\xa0"
                          "5"})
    answers(400, get("Content-Length: " + std::string(bad) + "\r\n"));
  answers(400, get("Content-Length: 5\r\nContent-Length: 5\r\n"));
  answers(400, get("Content-Length: 5\r\nContent-Length: 6\r\n"));
  const Parsed largest(get("Content-Length: 9223372036854775807\r\n"));
  CHECK(largest.ok);
  CHECK(largest.head.content_length == 9223372036854775807u);
  CHECK(Parsed(get("Content-Length: 007\r\n")).head.content_length == 7);
  const Parsed zero(get("Content-Length: 0\r\n"));
  CHECK(zero.head.framing == BodyFraming::length);
  CHECK(Parsed(get("")).head.framing == BodyFraming::none);
}

TEST_CASE("names that nginx calls invalid are dropped, and do not count") {
  const std::string fields = "A_b: 1\r\nA.b: 2\r\nTransfer_Encoding: chunked\r\nContent_Length: 9\r\nOk-1: 3\r\n";
  const Parsed dropped(get(fields));
  REQUIRE(dropped.ok);
  REQUIRE(dropped.head.fields.size() == 2);
  CHECK(dropped.head.fields[1].name == "Ok-1");
  CHECK(dropped.head.framing == BodyFraming::none);
  HeadLimits limits;
  limits.underscores = true;
  const Parsed underscores(get(fields), limits);
  REQUIRE(underscores.ok);
  CHECK(underscores.head.fields.size() == 5);
  CHECK(underscores.head.fields[1].name == "A_b");
  limits.underscores = false;
  limits.ignore_invalid = false;
  CHECK(Parsed(get(fields), limits).head.fields.size() == 6);
}

TEST_CASE("Connection, Upgrade and Expect") {
  struct Case {
    const char* version;
    const char* fields;
    bool keep_alive, upgrade, names, expect;
  };
  const Case cases[] = {{"1.1", "", true, false, false, false},
                        {"1.0", "", false, false, false, false},
                        {"1.0", "Connection: Keep-Alive\r\n", true, false, false, false},
                        {"1.0", "Connection: keep-alive, close\r\n", false, false, false, false},
                        {"1.1", "Connection: close\r\n", false, false, false, false},
                        {"1.1", "Connection: x, CLOSE\r\n", false, false, true, false},
                        {"1.1", "Connection: keep-alive\r\nConnection: close\r\n", false, false, false, false},
                        {"1.1", "Connection: closed\r\n", true, false, true, false},
                        {"1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", true, true, false, false},
                        {"1.1", "Upgrade: websocket\r\n", true, false, false, false},
                        {"1.1", "Connection: upgrade\r\n", true, false, false, false},
                        {"1.0", "Connection: upgrade\r\nUpgrade: websocket\r\n", false, false, false, false},
                        {"1.1", "Connection: keep-alive, X-Secret,,\r\n", true, false, true, false},
                        {"1.1", "Expect: 100-Continue\r\n", true, false, false, true},
                        {"1.0", "Expect: 100-continue\r\n", false, false, false, false},
                        {"1.1", "Expect: something\r\n", true, false, false, false}};
  for (const Case& c : cases) {
    const Parsed p("GET / HTTP/" + std::string(c.version) + "\r\nHost: a\r\n" + c.fields + "\r\n");
    CAPTURE(p.bytes);
    REQUIRE(p.ok);
    CHECK(p.head.keep_alive == c.keep_alive);
    CHECK(p.head.has_upgrade == c.upgrade);
    CHECK(p.head.has_connection_names == c.names);
    CHECK(p.head.expect_continue == c.expect);
  }
}

TEST_CASE("limits at their edges: one less and exactly the limit pass, one more does not") {
  HeadLimits limits;
  const std::string request_line = "GET /1234567890123456789 HTTP/1.1\r\n";
  const std::string fields = "Host: a\r\nB: 12345678901234567890123456789012345\r\nC: 1\r\n\r\n";
  const std::string head = request_line + fields;
  const auto status = [&](std::size_t line_bytes, std::size_t total_bytes, std::size_t count) {
    limits.line_bytes = line_bytes;
    limits.total_bytes = total_bytes;
    limits.fields = count;
    return Parsed(head, limits).status();
  };
  const std::size_t long_field = 40;
  CHECK(status(long_field, head.size(), 3) == 200);
  CHECK(status(long_field + 1, head.size() + 1, 4) == 200);
  CHECK(status(long_field - 1, head.size(), 3) == 400);
  CHECK(status(request_line.size() - 1, head.size(), 3) == 414);
  CHECK(status(long_field, head.size() - 1, 3) == 400);
  CHECK(status(long_field, head.size(), 2) == 400);
}

TEST_CASE("many fields keep their order when the array grows") {
  std::string fields;
  for (int i = 0; i < 999; ++i) fields += "F: " + std::to_string(i) + "\r\n";
  const Parsed p(get(fields));
  REQUIRE(p.ok);
  REQUIRE(p.head.fields.size() == 1000);
  for (std::size_t i = 1; i < 1000; ++i) CHECK(p.head.fields[i].value == std::to_string(i - 1));
  answers(400, get(fields + "G: 1\r\n"));
}

TEST_CASE("a refused head leaves what was understood for the log") {
  const Parsed p("GET /log?me HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n");
  CHECK_FALSE(p.ok);
  CHECK(p.head.request_line == "GET /log?me HTTP/1.1");
  CHECK(p.head.target == "/log?me");
  REQUIRE(p.head.fields.size() == 1);
  CHECK(p.head.fields[0].value == "a");
}

TEST_CASE("llhttp is compiled strict, in the header and in the library") {
  CHECK(LLHTTP_STRICT_MODE == 1);
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  const std::string bytes = "GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n";  // only the loose mode takes bytes over 0x7f
  CHECK(llhttp_execute(&parser, bytes.data(), bytes.size()) != HPE_OK);
}

TEST_CASE("a head beyond its limits says so; a number that is too large is none") {
  HeadLimits limits;
  limits.line_bytes = 64;
  limits.total_bytes = 128;
  limits.fields = 3;
  const auto too_large = [&](const std::string& fields) {
    const Parsed parsed(get(fields), limits);
    CHECK(parsed.status() == 400);
    return parsed.error.head_too_large;
  };
  CHECK(too_large("X: " + std::string(64, 'x') + "\r\n"));
  CHECK(too_large("A: 1\r\nB: 1\r\nC: 1\r\n"));
  CHECK(too_large("A: " + std::string(50, 'x') + "\r\nB: " + std::string(50, 'x') + "\r\n"));
  CHECK_FALSE(too_large("Content-Length: 99999999999999999999\r\n"));
  CHECK_FALSE(too_large("A: \x01\r\n"));
  CHECK(check_partial_request("GET / HTTP/1.1\r\nX: " + std::string(64, 'x'), limits).head_too_large);
  CHECK_FALSE(check_partial_request("GET /" + std::string(64, 'x'), limits).head_too_large);
}
