// Set-Cookie on its way to the client: proxy_cookie_domain, proxy_cookie_path, proxy_cookie_flags.
#include "proxy/upstream_cookies.h"

#include "unit/proxy/loopback.h"

namespace gh::test {
namespace {

/// The Set-Cookie that a client gets when the upstream sends `cookie`. `lines` go into the location.
std::string passed(const std::string& lines, const std::string& cookie, const std::string& query = "") {
  const std::string got =
      exchanged("location / { proxy_pass http://UP:; " + lines + " }",
                "GET /app/x" + query + " HTTP/1.1\r\nHost: example.org\r\n\r\n",
                "HTTP/1.1 200 OK\r\nSet-Cookie: " + cookie + "\r\nContent-Length: 0\r\n\r\n");
  const std::size_t at = got.find("\r\nSet-Cookie: ");
  if (at == std::string::npos) return got;
  const std::size_t begin = at + std::string_view("\r\nSet-Cookie: ").size();
  return got.substr(begin, got.find("\r\n", begin) - begin);
}

TEST_CASE("without rules, and where none fits, a cookie passes byte for byte") {
  const std::string odd = "a=b=c ;  Path = /x;secure; =y;;Domain=Q";
  CHECK(passed("", odd) == odd);
  CHECK(passed("proxy_cookie_path /y /z; proxy_cookie_domain q.org w.org; proxy_cookie_flags b secure;", odd) == odd);
  CHECK(passed("proxy_cookie_flags ~. secure;", "no-cookie") == "no-cookie");
  CHECK(passed("proxy_cookie_flags a $arg_none;", odd) == odd);
}

TEST_CASE("proxy_cookie_domain compares names in any case and leaves a leading dot") {
  const std::string lines =
      "proxy_cookie_domain www.example.org .example.com; proxy_cookie_domain .$arg_d.com en.$arg_d.org; "
      "proxy_cookie_domain ~^(?<first>.+)\\.net$ $first-$1.org;";
  CHECK(passed(lines, "v=1; Domain=www.Example.org") == "v=1; Domain=example.com");
  CHECK(passed(lines, "v=1; domain=.Other.com;Path=/", "?d=other") == "v=1; domain=.en.other.org; Path=/");
  CHECK(passed(lines, "v=1; Domain=A.NET") == "v=1; Domain=A-A.org");
  CHECK(passed(lines, "v=1; Domain=sub.www.example.org") == "v=1; Domain=sub.www.example.org");
  CHECK(passed(lines, "domain=www.example.org; Path=/") == "domain=www.example.org; Path=/");  // the cookie's own name
}

TEST_CASE("proxy_cookie_path replaces what a path begins with, a regex all of it") {
  const std::string lines =
      "proxy_cookie_path /two/ /2/; proxy_cookie_path /two /never; proxy_cookie_path ~^/re/(.+)$ /$1; "
      "proxy_cookie_path ~*^/any/(?<rest>.+)$ /$rest;";
  CHECK(passed(lines, "v=1; Path=/two/x") == "v=1; Path=/2/x");
  CHECK(passed(lines, "v=1; PATH = /re/x ;HttpOnly") == "v=1; PATH=/x; HttpOnly");
  CHECK(passed(lines, "v=1; Path=/RE/x") == "v=1; Path=/RE/x");
  CHECK(passed(lines, "v=1; Path=/ANY/x") == "v=1; Path=/x");
  CHECK(passed("proxy_cookie_path / \"/; HttpOnly\";", "v=1; Path=/a") == "v=1; Path=/; HttpOnlya");
}

TEST_CASE("what a variable holds cannot end the field") {
  CHECK(passed("proxy_cookie_path ~^(.*)$ $arg_p$uri;", "v=1; Path=/") == "v=1; Path=/app/x");
  const std::string got = exchanged("location / { proxy_pass http://UP:; proxy_cookie_path / $uri; }",
                                    "GET /%0d%0aX-Evil:%201 HTTP/1.1\r\nHost: h\r\n\r\n",
                                    "HTTP/1.1 200 OK\r\nSet-Cookie: v=1; Path=/\r\nContent-Length: 0\r\n\r\n");
  CHECK(got.find("Set-Cookie: v=1; Path=/") != std::string::npos);
  CHECK(got.find("\r\nX-Evil") == std::string::npos);
}

TEST_CASE("proxy_cookie_flags sets and removes; what is there already stays where it is") {
  const std::string lines =
      "proxy_cookie_flags a secure httponly samesite=none; proxy_cookie_flags b samesite=lax; "
      "proxy_cookie_flags d nosecure nohttponly nosamesite; proxy_cookie_flags $arg_c secure; "
      "proxy_cookie_flags ~BAR httponly;";
  CHECK(passed(lines, "a=1; Path=/") == "a=1; Path=/; Secure; HttpOnly; SameSite=None");
  CHECK(passed(lines, "A=1;secure;HTTPONLY;SameSite=Lax;Path=/") == "A=1; secure; HTTPONLY; SameSite=None; Path=/");
  CHECK(passed(lines, "b=1; samesite=LAX") == "b=1; samesite=LAX");
  CHECK(passed(lines, "d=1;secure;Path=/;httponly;samesite=lax") == "d=1; Path=/");
  CHECK(passed(lines, "v=1", "?c=v") == "v=1; Secure");
  CHECK(passed(lines, "foobarbaz=1") == "foobarbaz=1; HttpOnly");
  CHECK(passed("proxy_cookie_flags a $arg_f;", "a=1", "?f=SameSite=Strict") == "a=1; SameSite=Strict");
}

TEST_CASE("every Set-Cookie is rewritten, and an inner off ends the outer rules") {
  Loopback gateway(server("proxy_cookie_path /in/ /out/; location / { proxy_pass http://UP:; "
                          "location /off { proxy_cookie_path off; proxy_pass http://UP:; } }"));
  End client = gateway.client();
  const auto ask = [&](const char* target) {
    client.got.clear();
    client.send(std::string("GET ") + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
    gateway.turn();
    End upstream = gateway.upstream();
    gateway.turn();
    upstream.send("HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/in/a\r\nSet-Cookie: b=1; Path=/in/b\r\n"
                  "Connection: close\r\nContent-Length: 0\r\n\r\n");
    gateway.step(client);
  };
  ask("/");
  CHECK(client.has("\r\nSet-Cookie: a=1; Path=/out/a\r\nSet-Cookie: b=1; Path=/out/b\r\n"));
  ask("/off");
  CHECK(client.has("\r\nSet-Cookie: a=1; Path=/in/a\r\n"));
}

}  // namespace
}  // namespace gh::test
