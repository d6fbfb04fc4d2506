// $secure_link and $invalid_referer. The hashes were made by openssl.
#include "gateway_fixture.h"

using gh::test::Gateway;

TEST_CASE("a link with its MD5") {
  Gateway gateway(R"(server { listen 8080; add_header X-Link "[$secure_link]" always;
    location / { secure_link $arg_h; secure_link_md5 "secret$uri"; stub_status; }
    location /half { secure_link $arg_h; stub_status; }
    location /without { stub_status; } })");
  // printf 'secret/test' | openssl md5 -binary | openssl base64 | tr +/ -_
  const std::string md5 = "Z3Hqze6OZrakJApoEMLzGA==";
  CHECK(gateway.get("/test?h=" + md5).field("X-Link") == "[1]");
  CHECK(gateway.get("/test?h=" + md5.substr(0, 22)).field("X-Link") == "[1]");
  CHECK(gateway.get("/test?h=" + md5 + "A").field("X-Link") == "[]");
  CHECK(gateway.get("/test2?h=" + md5).field("X-Link") == "[]");
  CHECK(gateway.get("/test?h=").field("X-Link") == "[]");
  CHECK(gateway.get("/test?h=A").field("X-Link") == "[]");
  CHECK(gateway.get("/test?h=" + std::string(4000, 'A')).field("X-Link") == "[]");
  CHECK(gateway.get("/half?h=" + md5).field("X-Link") == "[]");
  CHECK(gateway.get("/without?h=" + md5).field("X-Link") == "[]");
}

TEST_CASE("a link with an end") {
  Gateway gateway(R"(server { listen 8080; add_header X-Link "[$secure_link|$secure_link_expires]" always;
    location / { secure_link $arg_h,$arg_e; secure_link_md5 "s$arg_e"; stub_status; } })");
  CHECK(gateway.get("/?h=dW6mJUPgw_b-6Ps1J7jBDQ&e=4102444800").field("X-Link") == "[1|4102444800]");
  CHECK(gateway.get("/?h=jd-HgDm3B2fEpbz08MT2Xg&e=1").field("X-Link") == "[0|1]");
  CHECK(gateway.get("/?h=jd-HgDm3B2fEpbz08MT2Xg&e=2").field("X-Link") == "[|2]");
  for (const char* wrong : {"", "0", "-1", "x", "1x", "99999999999999999999", "9223372036854775807"}) {
    CAPTURE(wrong);
    CHECK(gateway.get(std::string("/?h=jd-HgDm3B2fEpbz08MT2Xg&e=") + wrong).field("X-Link") == "[|]");
  }
}

TEST_CASE("the end may be part of the text") {
  Gateway gateway(R"(server { listen 8080; add_header X-Link "[$secure_link]" always;
    location / { secure_link $arg_h,$arg_e; secure_link_md5 "s$secure_link_expires"; stub_status; } })");
  CHECK(gateway.get("/?h=dW6mJUPgw_b-6Ps1J7jBDQ&e=4102444800").field("X-Link") == "[1]");
  CHECK(gateway.get("/?h=dW6mJUPgw_b-6Ps1J7jBDQ&e=4102444801").field("X-Link") == "[]");
}

TEST_CASE("the old form: the link is what is behind its MD5") {
  Gateway gateway(R"(server { listen 8080; add_header X-Link "[$secure_link]" always;
    location /p/ { secure_link_secret secret; stub_status;
      location /p/new { secure_link a; secure_link_md5 b; stub_status; } } })");
  const std::string md5 = "181a8c6df88b74bb87b14f72df0a86f9";  // of "test.html" and "secret"
  CHECK(gateway.get("/p/" + md5 + "/test.html").field("X-Link") == "[test.html]");
  CHECK(gateway.get("/p/" + md5 + "/test.htm").field("X-Link") == "[]");
  CHECK(gateway.get("/p/" + md5 + "/").field("X-Link") == "[]");
  CHECK(gateway.get("/p/" + md5).field("X-Link") == "[]");
  CHECK(gateway.get("/p/" + md5.substr(1) + "g/test.html").field("X-Link") == "[]");
  CHECK(gateway.get("/p/new").field("X-Link") == "[]");
}

TEST_CASE("both forms in one block are an error") {
  Gateway gateway;
  CHECK_FALSE(gateway.load("server { listen 8080; location / { secure_link a; secure_link_secret b; } }"));
}

TEST_CASE("referers") {
  Gateway gateway(R"(server { listen 8080; server_name here.example ~^re[0-9]$; add_header X-Bad "[$invalid_referer]" always;
    location / { valid_referers none server_names *.friend.example partner.* shop.example/path ~\.search\.; stub_status; }
    location /blocked { valid_referers blocked a.example; stub_status; }
    location /free { stub_status; } })");
  const auto bad = [&](const std::string& target, const std::string& referer) {
    return gateway.get(target, "Referer: " + referer + "\r\n").field("X-Bad");
  };
  CHECK(gateway.get("/").field("X-Bad") == "[]");
  CHECK(gateway.get("/blocked").field("X-Bad") == "[1]");
  CHECK(bad("/", "http://here.example/x") == "[]");
  CHECK(bad("/", "HTTPS://HERE.example:8443/x") == "[]");
  CHECK(bad("/", "http://re1/xxxx") == "[]");
  CHECK(bad("/", "http://re11/xxxx") == "[1]");
  CHECK(bad("/", "http://www.friend.example") == "[]");
  CHECK(bad("/", "http://friend.example") == "[1]");
  CHECK(bad("/", "http://partner.net/") == "[]");
  CHECK(bad("/", "http://shop.example/pathway") == "[]");
  CHECK(bad("/", "http://shop.example/PATH") == "[1]");
  CHECK(bad("/", "http://shop.example") == "[1]");
  CHECK(bad("/", "http://www.Search.net/") == "[]");
  CHECK(bad("/", "http://evil.example/?http://here.example/") == "[1]");
  CHECK(bad("/", "http://here.example@evil.example/") == "[1]");
  CHECK(bad("/", "hidden") == "[1]");
  CHECK(bad("/", "http://" + std::string(257, 'a')) == "[1]");
  CHECK(bad("/blocked", "hidden") == "[]");
  CHECK(bad("/blocked", "http://su") == "[]");
  CHECK(bad("/blocked", "http://other.example") == "[1]");
  CHECK(bad("/free", "http://other.example") == "[]");
}
