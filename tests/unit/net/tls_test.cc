#include "net/tls.h"

#include <sys/socket.h>

#include <array>

#include "unit/net/tls_bench.h"

using namespace gh;
using namespace gh::net;
using namespace gh::net::test;

namespace {

/// Counts the records of application data that its SSL reads (TLS 1.2, where the type is seen from outside).
struct RecordCount {
  int records = 0;
  void watch(SSL* ssl) {
    SSL_set_msg_callback(ssl, [](int is_write, int, int type, const void* bytes, std::size_t, SSL*, void* self) {
      if (is_write || type != SSL3_RT_HEADER) return;
      if (*static_cast<const unsigned char*>(bytes) != SSL3_RT_APPLICATION_DATA) return;
      ++static_cast<RecordCount*>(self)->records;
    });
    SSL_set_msg_callback_arg(ssl, this);
  }
};

std::array<iovec, 2> two_parts(std::string_view a, std::string_view b) {
  return {iovec{const_cast<char*>(a.data()), a.size()}, iovec{const_cast<char*>(b.data()), b.size()}};
}

}  // namespace

TEST_CASE("TLS: a handshake, then bytes both ways") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPair p(version);
    CHECK(p.client.stream.tls() == nullptr);
    p.secure();
    CHECK(SSL_version(p.client.stream.tls()) == version);
    CHECK(p.client.stream.write("GET /") == 0);
    CHECK(p.client.stream.queued_bytes() == 0);
    CHECK(p.client.stream.bytes_sent() == 5);
    REQUIRE(run_until(p.loop, [&] { return p.peer->read == "GET /"; }));
    CHECK(p.peer->stream.write(two_parts("200 ", "OK")) == 0);
    CHECK(p.peer->stream.write("") == 0);
    REQUIRE(run_until(p.loop, [&] { return p.client.read == "200 OK"; }));
    CHECK(p.client.drained + p.peer->drained == 0);
    CHECK(p.client.stream.tls_error().empty());
    char byte = 0;
    CHECK(p.client.stream.send_file(0, 0, sizeof byte) == -EAGAIN);
  }
}

TEST_CASE("TLS: a client may start it before it is connected, and write at once") {
  Loop loop;
  Server server(loop);
  const Context server_ctx = server_context(), client_ctx = client_context();
  End client;
  std::string order;
  REQUIRE(client.stream.connect(loop, client, server.address, nullptr) == 0);
  REQUIRE(client.stream.start_tls(connecting(client_ctx)) == 0);
  CHECK(client.stream.start_tls(connecting(client_ctx)) == UV_EINVAL);
  REQUIRE(client.stream.write("hel") == 0);
  REQUIRE(client.stream.write("lo") == 0);
  CHECK(client.stream.queued_bytes() == 5);
  CHECK(client.stream.bytes_sent() == 0);
  client.when_secured = [&] { CHECK(client.connected == 0); };
  REQUIRE(run_until(loop, [&] { return !server.ends.empty(); }));
  End& peer = *server.ends.front();
  CHECK(client.secured == 1);
  REQUIRE(peer.stream.start_tls(accepting(server_ctx)) == 0);
  REQUIRE(run_until(loop, [&] { return peer.read == "hello"; }));
  CHECK(client.secured == 0);
  CHECK(client.drained == 1);
  CHECK(client.stream.queued_bytes() == 0);
  CHECK(client.stream.bytes_sent() == 5);
}

TEST_CASE("TLS: start_tls without a connection frees the session") {
  const Context ctx = client_context();
  Stream stream;
  CHECK(stream.start_tls(connecting(ctx)) == UV_ENOTCONN);
  CHECK(stream.tls() == nullptr);
}

TEST_CASE("TLS: nobody listens: on_connected tells, and nothing else comes") {
  Loop loop;
  const Context ctx = client_context();
  End client;
  Address nobody;
  {
    const Server server(loop);
    nobody = server.address;
  }
  REQUIRE(client.stream.connect(loop, client, nobody, nullptr) == 0);
  REQUIRE(client.stream.start_tls(connecting(ctx)) == 0);
  REQUIRE(client.stream.write("lost") == 0);
  REQUIRE(run_until(loop, [&] { return client.connected != 1; }));
  run_for(loop, 10);
  CHECK(client.connected == UV_ECONNREFUSED);
  CHECK(client.secured == 1);
  CHECK(client.broken == 0);
}

TEST_CASE("TLS: 8 MiB each way to readers that pause: in order, drained once, nothing delivered while paused") {
  TlsPair p;
  p.secure();
  const std::string bytes = pattern_bytes(8 << 20);
  std::size_t pauses = 0;
  Alarm go_on([&] {
    p.peer->stream.resume();
    p.client.stream.resume();
  });
  const auto pausing = [&](End& end) {
    return [&](std::string_view part) {
      CHECK_FALSE(end.stream.is_paused());
      const std::size_t before = end.read.size() / (1 << 20);
      end.read += part;
      if (end.read.size() / (1 << 20) == before) return;
      ++pauses;
      end.stream.pause();
      p.loop.timers().set(go_on, 1);
    };
  };
  p.peer->reading = pausing(*p.peer);
  p.client.reading = pausing(p.client);
  p.peer->stream.pause();
  p.client.stream.pause();
  for (std::size_t at = 0; at < bytes.size(); at += 100000) {
    REQUIRE(p.client.stream.write(std::string_view(bytes).substr(at, 100000)) == 0);
  }
  REQUIRE(p.peer->stream.write(bytes) == 0);
  CHECK(p.client.stream.queued_bytes() > 0);
  CHECK(p.client.stream.bytes_sent() < bytes.size());
  run_for(p.loop, 20);
  CHECK(p.peer->read.empty());
  p.peer->stream.resume();
  p.client.stream.resume();
  REQUIRE(run_until(p.loop, [&] {
    return p.peer->read.size() >= bytes.size() && p.client.read.size() >= bytes.size() && p.client.drained > 0;
  }));
  CHECK(p.peer->read == bytes);
  CHECK(p.client.read == bytes);
  CHECK(p.client.drained == 1);
  CHECK(p.peer->drained == 1);
  CHECK(pauses >= 16);
  CHECK(p.client.stream.bytes_sent() == bytes.size());
}

TEST_CASE("TLS: small parts share a record, large ones are cut at record_bytes") {
  TlsPair p(TLS1_2_VERSION);
  RecordCount count;
  REQUIRE(p.peer->stream.start_tls(accepting(p.server_ctx)) == 0);
  REQUIRE(p.client.stream.start_tls(connecting(p.client_ctx), {}, 4096) == 0);
  REQUIRE(run_until(p.loop, [&] { return p.client.secured == 0 && p.peer->secured == 0; }));
  count.watch(p.peer->stream.tls());
  const std::string body(100, 'b');
  CHECK(p.client.stream.write(two_parts("head", body)) == 0);
  REQUIRE(run_until(p.loop, [&] { return p.peer->read.size() == 104; }));
  CHECK(count.records == 1);
  const std::string large = pattern_bytes(10000);
  CHECK(p.client.stream.write(two_parts("head", large)) == 0);
  REQUIRE(run_until(p.loop, [&] { return p.peer->read.size() == 104 + 10004; }));
  CHECK(count.records == 1 + 3);
  CHECK(p.peer->read == "head" + body + "head" + large);
}

TEST_CASE("TLS: close_notify ends one direction; the other may still answer") {
  TlsPair p;
  p.secure();
  CHECK(p.client.stream.write("request") == 0);
  p.client.stream.shut_down_write();
  CHECK(p.client.stream.write("more") == UV_EPIPE);
  REQUIRE(run_until(p.loop, [&] { return p.peer->eofs == 1; }));
  CHECK((SSL_get_shutdown(p.peer->stream.tls()) & SSL_RECEIVED_SHUTDOWN) != 0);
  CHECK(p.peer->read == "request");
  CHECK(p.peer->stream.write("reply") == 0);
  REQUIRE(run_until(p.loop, [&] { return p.client.read == "reply"; }));
  p.peer->stream.close();
  REQUIRE(run_until(p.loop, [&] { return p.client.eofs == 1; }));
  CHECK((SSL_get_shutdown(p.client.stream.tls()) & SSL_RECEIVED_SHUTDOWN) != 0);
  CHECK(p.client.broken + p.peer->broken == 0);
}

TEST_CASE("TLS: close_notify comes after what is queued, and not when it is lost") {
  TlsPair p;
  p.secure();
  const std::string bytes = pattern_bytes(8 << 20);
  p.peer->stream.pause();
  CHECK(p.client.stream.write(bytes) == 0);
  p.client.stream.shut_down_write();
  CHECK(p.client.stream.queued_bytes() > 0);
  p.peer->stream.resume();
  REQUIRE(run_until(p.loop, [&] { return p.peer->eofs == 1; }));
  CHECK(p.peer->read == bytes);
  CHECK((SSL_get_shutdown(p.peer->stream.tls()) & SSL_RECEIVED_SHUTDOWN) != 0);
  p.client.stream.pause();
  CHECK(p.peer->stream.write(bytes) == 0);
  CHECK(p.peer->stream.queued_bytes() > 0);
  p.peer->stream.close();
  p.client.stream.resume();
  REQUIRE(run_until(p.loop, [&] { return p.client.eofs + (p.client.broken != 0) == 1; }));
  CHECK(p.client.read.size() < bytes.size());
  CHECK((SSL_get_shutdown(p.client.stream.tls()) & SSL_RECEIVED_SHUTDOWN) == 0);
}

TEST_CASE("TLS: an end without close_notify, also within a record, is the end") {
  TlsPair p;
  p.secure();
  CHECK(p.client.stream.write("last words") == 0);
  REQUIRE(::send(p.client.stream.fd(), "\x17\x03\x03\x01\x00half", 9, 0) == 9);
  ::shutdown(p.client.stream.fd(), SHUT_WR);
  REQUIRE(run_until(p.loop, [&] { return p.peer->eofs == 1; }));
  CHECK(p.peer->read == "last words");
  CHECK(p.peer->broken == 0);
}

TEST_CASE("TLS: a record that was tampered with breaks the stream, after what came before it") {
  TlsPair p;
  p.secure();
  CHECK(p.client.stream.write("good") == 0);
  REQUIRE(::send(p.client.stream.fd(), "\x17\x03\x03\x00\x20" "abcdefghijklmnopqrstuvwxyzabcdef", 37, 0) == 37);
  REQUIRE(run_until(p.loop, [&] { return p.peer->broken != 0; }));
  CHECK(p.peer->broken == UV_EPROTO);
  CHECK(p.peer->read == "good");
  CHECK(p.peer->stream.tls_error().find("bad record mac") != std::string_view::npos);
  CHECK(p.peer->stream.write("x") == UV_EPROTO);
  REQUIRE(run_until(p.loop, [&] { return p.client.broken != 0; }));
  CHECK(p.client.stream.tls_error().find("alert bad record mac") != std::string_view::npos);
}

TEST_CASE("TLS: garbage, an end and a reset instead of a handshake") {
  {
    TlsPair p;
    REQUIRE(p.peer->stream.start_tls(accepting(p.server_ctx)) == 0);
    REQUIRE(p.client.stream.write("GET / HTTP/1.1\r\n\r\n") == 0);
    REQUIRE(run_until(p.loop, [&] { return p.peer->secured != 1; }));
    CHECK(p.peer->secured == UV_EPROTO);
    CHECK(p.peer->stream.tls_error() == "http request");
    CHECK(p.peer->stream.write("x") == UV_EPROTO);
    run_for(p.loop, 10);
    CHECK(p.client.read.empty());  // who does not speak TLS gets no alert
    CHECK(p.peer->broken + p.peer->eofs == 0);
  }
  {
    TlsPair p;
    REQUIRE(p.peer->stream.start_tls(accepting(p.server_ctx)) == 0);
    REQUIRE(p.client.stream.write("\x16\x03\x01") == 0);
    p.client.stream.close();
    REQUIRE(run_until(p.loop, [&] { return p.peer->secured != 1; }));
    CHECK(p.peer->secured == UV_EOF);
    CHECK(p.peer->eofs == 0);
  }
  {
    TlsPair p;
    REQUIRE(p.peer->stream.start_tls(accepting(p.server_ctx)) == 0);
    p.client.stream.close(true);
    REQUIRE(run_until(p.loop, [&] { return p.peer->secured != 1; }));
    CHECK(p.peer->secured == UV_ECONNRESET);
    CHECK(p.peer->broken == 0);
  }
}

TEST_CASE("TLS: both sides hear why they do not agree") {
  TlsPair p;
  SSL_CTX_set_max_proto_version(p.client_ctx.get(), TLS1_2_VERSION);
  SSL_CTX_set_min_proto_version(p.server_ctx.get(), TLS1_3_VERSION);
  p.start();
  REQUIRE(p.client.stream.write("never sent") == 0);
  REQUIRE(run_until(p.loop, [&] { return p.client.secured != 1 && p.peer->secured != 1; }));
  CHECK(p.client.secured == UV_EPROTO);
  CHECK(p.peer->secured == UV_EPROTO);
  CHECK(p.peer->stream.tls_error() == "unsupported protocol");
  CHECK(p.client.stream.tls_error() == "tlsv1 alert protocol version");
  CHECK(p.client.stream.queued_bytes() == 0);
  CHECK(p.client.stream.bytes_sent() == 0);
}

TEST_CASE("TLS: a stream moves when it is secured, with bytes that came with the handshake's end") {
  TlsPair p;
  End heir;
  p.peer->when_secured = [&] {
    heir.stream = std::move(p.peer->stream);
    heir.stream.set_events(heir);
    CHECK_FALSE(p.peer->stream.is_open());
  };
  p.start();
  REQUIRE(p.client.stream.write("at once") == 0);
  REQUIRE(run_until(p.loop, [&] { return heir.read == "at once"; }));
  CHECK(p.peer->read.empty());
  CHECK(heir.stream.write("answer") == 0);
  REQUIRE(run_until(p.loop, [&] { return p.client.read == "answer"; }));
  Stream moved(std::move(heir.stream));
  moved.set_events(heir);
  p.client.stream.shut_down_write();
  REQUIRE(run_until(p.loop, [&] { return heir.eofs == 1; }));
  moved = Stream();
  REQUIRE(run_until(p.loop, [&] { return p.client.eofs == 1; }));
}

TEST_CASE("TLS: the owner may close in each event") {
  {
    TlsPair p;
    p.peer->when_secured = [&] { p.peer->stream.close(); };
    p.start();
    REQUIRE(p.client.stream.write("at once") == 0);
    REQUIRE(run_until(p.loop, [&] { return p.client.eofs + (p.client.broken != 0) > 0; }));
    CHECK(p.peer->read.empty());
  }
  TlsPair p;
  p.secure();
  p.peer->reading = [&](std::string_view) { p.peer->stream.close(); };
  REQUIRE(p.client.stream.write("bye") == 0);
  p.client.stream.shut_down_write();
  REQUIRE(run_until(p.loop, [&] { return p.client.eofs == 1; }));
  CHECK(p.peer->eofs == 0);
}

TEST_CASE("TLS: what came before a pause waits for resume: bytes after the handshake, and the end after bytes") {
  TlsPair p;
  p.peer->when_secured = [&] { p.peer->stream.pause(); };
  p.start();
  REQUIRE(p.client.stream.write("early") == 0);
  REQUIRE(run_until(p.loop, [&] { return p.peer->secured == 0; }));
  run_for(p.loop, 10);
  CHECK(p.peer->read.empty());
  p.peer->stream.resume();
  CHECK(p.peer->read.empty());  // not inside the call
  REQUIRE(run_until(p.loop, [&] { return p.peer->read == "early"; }));
  p.peer->reading = [&](std::string_view bytes) {
    p.peer->read += bytes;
    p.peer->stream.pause();
  };
  CHECK(p.client.stream.write(" last") == 0);
  p.client.stream.shut_down_write();
  REQUIRE(run_until(p.loop, [&] { return p.peer->read == "early last"; }));
  run_for(p.loop, 10);
  CHECK(p.peer->eofs == 0);
  p.peer->stream.resume();
  CHECK(p.peer->eofs == 0);
  REQUIRE(run_until(p.loop, [&] { return p.peer->eofs == 1; }));
  run_for(p.loop, 10);
  CHECK(p.peer->eofs == 1);
}

TEST_CASE("TLS: ciphertext that the owner has read is handed over") {
  TlsPair p;
  std::string first;
  p.peer->reading = [&](std::string_view bytes) {
    if (p.peer->stream.tls()) {
      p.peer->read += bytes;
      return;
    }
    REQUIRE(p.peer->stream.start_tls(accepting(p.server_ctx), bytes.substr(6)) == 0);
    CHECK(p.peer->secured == 1);
  };
  const std::array<iovec, 1> line = {iovec{const_cast<char*>("PROXY\n"), 6}};
  REQUIRE(p.client.stream.write(line, true) == 0);  // travels with the first flight
  REQUIRE(p.client.stream.start_tls(connecting(p.client_ctx)) == 0);
  REQUIRE(p.client.stream.write("request") == 0);
  REQUIRE(run_until(p.loop, [&] { return p.peer->read == "request"; }));
}

TEST_CASE("TLS: a turn's handshakes take no more than their time, oldest first, and all end") {
  constexpr int clients = 12;
  Loop loop;
  Server server(loop);
  const Context server_ctx = server_context(), client_ctx = client_context();
  static int steps;
  steps = 0;
  SSL_CTX_set_client_hello_cb(
      server_ctx.get(),
      [](SSL*, int*, void*) {
        ++steps;
        const std::uint64_t end = uv_hrtime() + TlsShare::handshake_ns_a_turn;
        while (uv_hrtime() < end) {
        }
        return SSL_CLIENT_HELLO_SUCCESS;
      },
      nullptr);
  std::vector<std::unique_ptr<End>> ends;
  for (int i = 0; i < clients; ++i) {
    ends.push_back(std::make_unique<End>());
    REQUIRE(ends.back()->stream.connect(loop, *ends.back(), server.address, nullptr) == 0);
  }
  REQUIRE(run_until(loop, [&] { return server.ends.size() == clients; }));
  for (auto& end : ends) REQUIRE(end->stream.start_tls(connecting(client_ctx)) == 0);
  for (auto& end : server.ends) REQUIRE(end->stream.start_tls(accepting(server_ctx)) == 0);
  int most = 0, before = 0;
  loop.at_turn_end([&] {
    most = std::max(most, steps - before);
    before = steps;
  });
  const auto all_secured = [](const auto& list) {
    return std::all_of(list.begin(), list.end(), [](const auto& end) { return end->secured == 0; });
  };
  REQUIRE(run_until(loop, [&] { return all_secured(ends) && all_secured(server.ends); }));
  CHECK(steps == clients);
  CHECK(most == 1);
}

TEST_CASE("TLS: a handshake that waits for its turn may be closed") {
  Loop loop;
  Server server(loop);
  const Context server_ctx = server_context(), client_ctx = client_context();
  End a, b;
  for (End* end : {&a, &b}) REQUIRE(end->stream.connect(loop, *end, server.address, nullptr) == 0);
  REQUIRE(run_until(loop, [&] { return server.ends.size() == 2; }));
  REQUIRE(a.stream.start_tls(connecting(client_ctx)) == 0);
  REQUIRE(b.stream.start_tls(connecting(client_ctx)) == 0);
  b.stream.close();
  for (auto& end : server.ends) REQUIRE(end->stream.start_tls(accepting(server_ctx)) == 0);
  REQUIRE(run_until(loop, [&] { return a.secured == 0 && server.ends[1]->secured != 1; }));
  CHECK(b.secured == 1);
  REQUIRE(b.stream.connect(loop, b, server.address, nullptr) == 0);  // and the loop goes with work queued
  REQUIRE(b.stream.start_tls(connecting(client_ctx)) == 0);
}

TEST_CASE("TLS: keys changed again and again are an attack; now and then they are not") {
  TlsPair p;
  p.secure();
  for (int i = 0; i < 20; ++i) {
    REQUIRE(SSL_key_update(p.client.stream.tls(), SSL_KEY_UPDATE_REQUESTED) == 1);
    REQUIRE(p.client.stream.write("x") == 0);
  }
  REQUIRE(run_until(p.loop, [&] { return p.peer->read.size() == 20; }));
  CHECK(p.peer->stream.write("still here") == 0);
  REQUIRE(run_until(p.loop, [&] { return p.client.read == "still here"; }));
  int written = 0;
  while (p.peer->broken == 0 && written++ < 1000) {
    SSL_key_update(p.client.stream.tls(), SSL_KEY_UPDATE_NOT_REQUESTED);
    if (p.client.stream.write("x") != 0) break;
    if (written % 10 == 0) run_for(p.loop, 1);
  }
  REQUIRE(run_until(p.loop, [&] { return p.peer->broken != 0; }));
  CHECK(p.peer->broken == UV_EPROTO);
  CHECK(p.peer->stream.tls_error() == "too many changes of keys");
  CHECK(written < 100);
}
