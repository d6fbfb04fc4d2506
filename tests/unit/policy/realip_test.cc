// realip: whose word is taken. The reading of lists is tested in http/forwarded_test.cc.
#include "gateway_fixture.h"

using gh::Address;
using gh::test::Gateway;
using gh::test::TestClient;

namespace {

std::string address(Gateway& gateway, const std::string& target, const std::string& fields,
                    const std::string& peer = "192.0.2.1") {
  TestClient client;
  client.peer = peer.starts_with("/") ? *Address::unix_path(peer) : *Address::parse_ip(peer, 4711);
  gateway.ask("GET " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n", client);
  return client.field("X-IP");
}

}  // namespace

TEST_CASE("a trusted proxy names the client") {
  Gateway gateway(R"(set_real_ip_from 192.0.2.0/24; add_header X-IP "$remote_addr $remote_port/$realip_remote_addr $realip_remote_port" always;
    server { listen 8080; location / { stub_status; }
      location /xff { real_ip_header X-Forwarded-For; stub_status; }
      location /deep { real_ip_header X-Forwarded-For; real_ip_recursive on; stub_status; }
      location /own { real_ip_header X-My-Client; stub_status; }
      location /none { set_real_ip_from unix:; stub_status; } })");
  CHECK(address(gateway, "/", "X-Real-IP: 198.51.100.7\r\n") == "198.51.100.7 /192.0.2.1 4711");
  CHECK(address(gateway, "/", "X-Real-IP: 198.51.100.7:99\r\n") == "198.51.100.7 99/192.0.2.1 4711");
  CHECK(address(gateway, "/", "X-Real-IP: 198.51.100.7\r\n", "203.0.113.1") == "203.0.113.1 4711/203.0.113.1 4711");
  CHECK(address(gateway, "/", "") == "192.0.2.1 4711/192.0.2.1 4711");
  CHECK(address(gateway, "/", "X-Real-IP: fe80::1%eth0\r\n") == "192.0.2.1 4711/192.0.2.1 4711");
  CHECK(address(gateway, "/xff", "X-Forwarded-For: 198.51.100.7, 192.0.2.9\r\n") == "192.0.2.9 /192.0.2.1 4711");
  CHECK(address(gateway, "/deep", "X-Forwarded-For: 198.51.100.7, 192.0.2.9\r\n") == "198.51.100.7 /192.0.2.1 4711");
  CHECK(address(gateway, "/own", "X-MY-client: 198.51.100.7\r\n") == "198.51.100.7 /192.0.2.1 4711");
}

TEST_CASE("what a client brought along stands before what the proxy wrote") {
  Gateway gateway(R"(set_real_ip_from 192.0.2.1; add_header X-IP $remote_addr always;
    server { listen 8080; location / { stub_status; } })");
  CHECK(address(gateway, "/", "X-Real-IP: 10.0.0.1\r\nX-Real-IP: 198.51.100.7\r\n") == "198.51.100.7");
  CHECK(address(gateway, "/", "X-Real_IP: 10.0.0.1\r\n") == "192.0.2.1");
}

TEST_CASE("a location with settings of its own acts when no address was taken before") {
  Gateway gateway(R"(add_header X-IP $remote_addr always;
    server { listen 8080; location / { stub_status; }
      location /here { set_real_ip_from 192.0.2.1; stub_status; deny 198.51.100.7; }
      location /unix { set_real_ip_from unix:; stub_status; } })");
  CHECK(address(gateway, "/", "X-Real-IP: 198.51.100.7\r\n") == "192.0.2.1");
  CHECK(address(gateway, "/here", "X-Real-IP: 198.51.100.8\r\n") == "198.51.100.8");
  CHECK(address(gateway, "/unix", "X-Real-IP: 198.51.100.8\r\n") == "192.0.2.1");
  CHECK(address(gateway, "/unix", "X-Real-IP: 198.51.100.8\r\n", "/run/p") == "198.51.100.8");
  TestClient refused;
  gateway.ask("GET /here HTTP/1.1\r\nHost: h\r\nX-Real-IP: 198.51.100.7\r\n\r\n", refused);
  CHECK(refused.status == 403);
}

TEST_CASE("names are looked up when the configuration is read") {
  Gateway gateway(R"(set_real_ip_from localhost; add_header X-IP $remote_addr always;
    server { listen 8080; location / { stub_status; } })");
  CHECK(address(gateway, "/", "X-Real-IP: 198.51.100.7\r\n", "127.0.0.1") == "198.51.100.7");
  CHECK(address(gateway, "/", "X-Real-IP: 198.51.100.7\r\n", "::1") == "198.51.100.7");
  CHECK_FALSE(gateway.load("set_real_ip_from no-such-host.invalid; server { listen 8080; }"));
  CHECK(gateway.messages.find("host not found") != std::string::npos);
}
