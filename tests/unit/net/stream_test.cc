#include "net/stream.h"

#include <array>

#include "unit/net/net_bench.h"

using namespace gh;
using namespace gh::net;
using namespace gh::net::test;

TEST_CASE("bytes go both ways, parts in order, and addresses match") {
  Pair p;
  CHECK(p.client.stream.peer_address() == p.server.address);
  CHECK(p.client.stream.local_address() == p.peer->stream.peer_address());
  const std::array<iovec, 3> parts = {iovec{const_cast<char*>("GET "), 4}, iovec{nullptr, 0},
                                      iovec{const_cast<char*>("/\r\n"), 3}};
  CHECK(p.client.stream.write(parts) == 0);
  CHECK(p.client.stream.queued_bytes() == 0);
  CHECK(p.client.stream.bytes_sent() == 7);
  CHECK(p.client.stream.write("") == 0);
  REQUIRE(run_until(p.loop, [&] { return p.peer->read == "GET /\r\n"; }));
  CHECK(p.peer->stream.write("200") == 0);
  REQUIRE(run_until(p.loop, [&] { return p.client.read == "200"; }));
  CHECK(p.client.drained == 0);  // nothing was ever queued
}

TEST_CASE("8 MiB to a slow reader: queued exactly, in order, drained once") {
  Pair p;
  const std::string bytes = pattern_bytes(8 << 20);
  p.peer->stream.pause();
  CHECK(p.peer->stream.is_paused());
  std::size_t given = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 100000) {
    const auto part = std::string_view(bytes).substr(at, 100000);
    REQUIRE(p.client.stream.write(part) == 0);
    given += part.size();
    REQUIRE(p.client.stream.queued_bytes() + p.client.stream.bytes_sent() == given);
  }
  CHECK(p.client.stream.queued_bytes() > 0);
  CHECK(p.client.drained == 0);
  run_for(p.loop, 30);
  CHECK(p.client.stream.queued_bytes() > 0);
  CHECK(p.peer->read.empty());
  std::size_t pauses = 0;
  Alarm go_on([&] { p.peer->stream.resume(); });
  p.peer->reading = [&](std::string_view part) {
    p.peer->read += part;
    if (p.peer->read.size() / (1 << 20) <= pauses) return;
    ++pauses;
    p.peer->stream.pause();
    p.peer->stream.pause();
    p.loop.timers().set(go_on, 1);
  };
  p.peer->stream.resume();
  REQUIRE(run_until(p.loop, [&] { return p.peer->read.size() >= bytes.size() && p.client.drained > 0; }));
  CHECK(p.peer->read == bytes);
  CHECK(p.client.drained == 1);
  CHECK(pauses == 8);
  CHECK(p.client.stream.queued_bytes() == 0);
  CHECK(p.client.stream.bytes_sent() == bytes.size());
}

TEST_CASE("the owner goes with writes pending") {
  auto p = std::make_unique<Pair>();
  p->peer->stream.pause();
  auto doomed = std::make_unique<End>();
  REQUIRE(doomed->stream.connect(p->loop, *doomed, p->server.address, nullptr) == 0);
  REQUIRE(run_until(p->loop, [&] { return p->server.ends.size() == 2; }));
  REQUIRE(doomed->stream.write(std::string(8 << 20, 'x')) == 0);
  REQUIRE(doomed->stream.write("more") == 0);
  CHECK(doomed->stream.queued_bytes() > 0);
  doomed.reset();
  run_for(p->loop, 30);
  REQUIRE(p->client.stream.write(std::string(8 << 20, 'x')) == 0);
  p.reset();  // and all at once, the loop last
}

TEST_CASE("what was sent is still known after close") {
  Pair p;
  CHECK(p.client.stream.write("12345") == 0);
  p.client.stream.close();
  CHECK_FALSE(p.client.stream.is_open());
  CHECK(p.client.stream.bytes_sent() == 5);
  CHECK(p.client.stream.write("x") == UV_ENOTCONN);
  CHECK(p.client.stream.queued_bytes() == 0);
  CHECK(p.client.stream.fd() == -1);
  CHECK_FALSE(p.client.stream.peer_address().is_set());
  p.client.stream.close();
  REQUIRE(run_until(p.loop, [&] { return p.peer->eofs == 1; }));
  CHECK(p.peer->read == "12345");
  CHECK(p.client.eofs + p.client.broken == 0);
}

TEST_CASE("half close: the other side may still answer") {
  Pair p;
  CHECK(p.client.stream.write("request") == 0);
  p.client.stream.shut_down_write();
  CHECK(p.client.stream.write("more") == UV_EPIPE);
  REQUIRE(run_until(p.loop, [&] { return p.peer->eofs == 1; }));
  CHECK(p.peer->read == "request");
  CHECK(p.peer->stream.write("reply") == 0);
  p.peer->stream.resume();  // after the end there is nothing to read: not a second EOF
  p.peer->stream.start_reading();
  REQUIRE(run_until(p.loop, [&] { return p.client.read == "reply"; }));
  run_for(p.loop, 20);
  CHECK(p.peer->eofs == 1);
  CHECK(p.client.eofs == 0);
}

TEST_CASE("the FIN comes after what is queued") {
  Pair p;
  p.peer->stream.pause();
  const std::string bytes = pattern_bytes(8 << 20);
  CHECK(p.client.stream.write(bytes) == 0);
  CHECK(p.client.stream.queued_bytes() > 0);
  p.client.stream.shut_down_write();
  p.peer->stream.resume();
  REQUIRE(run_until(p.loop, [&] { return p.peer->eofs == 1; }));
  CHECK(p.peer->read == bytes);
}

TEST_CASE("a reset breaks the other side, once, and its writes fail") {
  Pair p;
  p.client.stream.close(true);
  REQUIRE(run_until(p.loop, [&] { return p.peer->broken != 0; }));
  CHECK(p.peer->broken == UV_ECONNRESET);
  CHECK(p.peer->eofs == 0);
  CHECK(p.peer->stream.write("x") < 0);
  run_for(p.loop, 20);
}

TEST_CASE("a reset with writes queued is told once and drops the queue") {
  Pair p;
  p.peer->stream.pause();
  CHECK(p.client.stream.write(std::string(8 << 20, 'x')) == 0);
  CHECK(p.client.stream.write(std::string(1 << 20, 'y')) == 0);
  p.peer->stream.close(true);
  REQUIRE(run_until(p.loop, [&] { return p.client.broken != 0; }));
  run_for(p.loop, 20);
  CHECK(p.client.stream.queued_bytes() == 0);
  CHECK(p.client.drained == 0);
  CHECK(p.client.stream.write("z") < 0);
  CHECK(p.client.stream.bytes_sent() < (9u << 20));
}

TEST_CASE("the owner may close inside on_read") {
  Pair p;
  p.peer->reading = [&](std::string_view) { p.peer->stream.close(); };
  CHECK(p.client.stream.write(std::string(300000, 'x')) == 0);
  REQUIRE(run_until(p.loop, [&] { return p.client.broken != 0 || p.client.eofs != 0; }));
  CHECK_FALSE(p.peer->stream.is_open());
}

TEST_CASE("the owner may be destroyed inside on_read") {
  struct Suicidal final : StreamEvents {
    Stream stream;
    bool& dead;
    explicit Suicidal(bool& flag) : dead(flag) {}
    void on_connected(int) override {}
    void on_read(std::string_view) override {
      dead = true;
      delete this;
    }
    void on_eof() override {}
    void on_broken(int) override {}
    void on_drained() override {}
  };
  Pair p;
  bool dead = false;
  auto* owner = new Suicidal(dead);
  REQUIRE(owner->stream.connect(p.loop, *owner, p.server.address, nullptr) == 0);
  REQUIRE(run_until(p.loop, [&] { return p.server.ends.size() == 2; }));
  owner->stream.start_reading();
  CHECK(p.server.ends[1]->stream.write(std::string(500000, 'x')) == 0);
  REQUIRE(run_until(p.loop, [&] { return dead; }));
  run_for(p.loop, 10);
}

TEST_CASE("bytes written before the connection stands are sent when it does") {
  Loop loop;
  Server server(loop);
  End client;
  REQUIRE(client.stream.connect(loop, client, server.address, nullptr) == 0);
  CHECK(client.stream.write("early ") == 0);
  CHECK(client.stream.write("bird") == 0);
  CHECK(client.stream.queued_bytes() == 10);
  client.stream.shut_down_write();
  REQUIRE(run_until(loop, [&] { return client.drained == 1 && !server.ends.empty(); }));
  server.ends.front()->stream.start_reading();
  REQUIRE(run_until(loop, [&] { return server.ends.front()->eofs == 1; }));
  CHECK(server.ends.front()->read == "early bird");
}

TEST_CASE("nobody listens: on_connected tells, and nothing else") {
  Loop loop;
  Address address;
  {
    Server server(loop);
    address = server.address;
  }
  End client;
  REQUIRE(client.stream.connect(loop, client, address, nullptr) == 0);
  CHECK(client.stream.write("lost") == 0);
  CHECK(client.connected == 1);  // never inside the call
  REQUIRE(run_until(loop, [&] { return client.connected != 1; }));
  CHECK(client.connected == UV_ECONNREFUSED);
  run_for(loop, 20);
  CHECK(client.broken == 0);
  CHECK(client.stream.bytes_sent() == 0);
}

TEST_CASE("closing while connecting is silent") {
  Loop loop;
  Server server(loop);
  End client;
  REQUIRE(client.stream.connect(loop, client, server.address, nullptr) == 0);
  client.stream.close();
  run_for(loop, 20);
  CHECK(client.connected == 1);
}

TEST_CASE("connecting from a given source address, and from one that is not ours") {
  Loop loop;
  Server server(loop);
  End client;
  const Address source = *Address::parse_ip("127.0.0.9", 0);
  REQUIRE(client.stream.connect(loop, client, server.address, &source) == 0);
  REQUIRE(run_until(loop, [&] { return client.connected != 1 && !server.ends.empty(); }));
  CHECK(client.connected == 0);
  CHECK(server.ends.front()->stream.peer_address().ip_text() == "127.0.0.9");
  End other;
  const Address foreign = *Address::parse_ip("192.0.2.1", 0);  // RFC 5737: nobody's
  const int started = other.stream.connect(loop, other, server.address, &foreign);
  if (started == 0) {
    REQUIRE(run_until(loop, [&] { return other.connected != 1; }));
    CHECK(other.connected == UV_EADDRNOTAVAIL);
  } else {
    CHECK(started == UV_EADDRNOTAVAIL);
    CHECK_FALSE(other.stream.is_open());
  }
}

TEST_CASE("unix sockets carry bytes alike") {
  const Folder folder;
  Pair p(*Address::unix_path(folder.file("s")));
  const std::string bytes = pattern_bytes(4 << 20);
  CHECK(p.client.stream.write(bytes) == 0);
  p.client.stream.set_no_delay();  // means nothing there
  p.client.stream.shut_down_write();
  REQUIRE(run_until(p.loop, [&] { return p.peer->eofs == 1; }));
  CHECK(p.peer->read == bytes);
  CHECK(p.client.stream.peer_address().text() == "unix:" + folder.file("s"));
  CHECK(p.peer->stream.peer_address().text() == "unix:");
  p.peer->stream.close(true);
  REQUIRE(run_until(p.loop, [&] { return p.client.eofs == 1; }));
}

TEST_CASE("a unix socket that is not there") {
  const Folder folder;
  Loop loop;
  End client;
  REQUIRE(client.stream.connect(loop, client, *Address::unix_path(folder.file("none")), nullptr) == 0);
  CHECK(client.stream.write("x") <= 0);
  REQUIRE(run_until(loop, [&] { return client.connected != 1; }));
  CHECK(client.connected == UV_ENOENT);
  CHECK(client.broken == 0);
}

TEST_CASE("an idle connection changes hands") {
  Pair p;
  End second;
  p.client.stream.set_events(second);
  CHECK(p.peer->stream.write("for the second") == 0);
  REQUIRE(run_until(p.loop, [&] { return !second.read.empty(); }));
  CHECK(p.client.read.empty());
  p.client.stream.set_events(p.client);
}

TEST_CASE("options of the socket") {
  Pair p;
  p.client.stream.set_no_delay();
  p.client.stream.set_no_delay();
  p.client.stream.set_keep_alive(true);
  int value = 0;
  socklen_t size = sizeof value;
  REQUIRE(getsockopt(p.client.stream.fd(), SOL_SOCKET, SO_KEEPALIVE, &value, &size) == 0);
  CHECK(value != 0);
}

TEST_CASE("a stream may outlive its loop") {
  End late;
  {
    auto p = std::make_unique<Pair>();
    REQUIRE(late.stream.connect(p->loop, late, p->server.address, nullptr) == 0);
    REQUIRE(run_until(p->loop, [&] { return late.connected == 0; }));
    REQUIRE(late.stream.write(std::string(8 << 20, 'x')) == 0);
  }
  CHECK(late.broken == 0);
}
