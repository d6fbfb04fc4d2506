// Stream::splice_to: bytes that the kernel moves from one connection to another.
#include "net/splice.h"

#include "unit/net/net_bench.h"

using namespace gh;
using namespace gh::net;
using namespace gh::net::test;

namespace {

/// source -> in == out -> sink; what comes in is moved, or, when it cannot be, written to `out` by its owner.
struct Relay {
  struct Middle final : StreamEvents {
    Stream in;
    End* out = nullptr;
    std::size_t spliced = 0, read = 0;
    int eofs = 0;
    bool holds_back = false;
    void on_connected(int) override {}
    void on_read(std::string_view bytes) override {
      read += bytes.size();
      static_cast<void>(out->stream.write(bytes));
      look();
    }
    void on_spliced(std::size_t bytes) override {
      spliced += bytes;
      look();
    }
    void look() {
      if (holds_back && out->stream.queued_bytes() > 0) in.pause();
    }
    void on_eof() override { ++eofs; }
    void on_broken(int) override { ++eofs; }
    void on_drained() override {}
  };

  Loop loop;
  Server server;
  End source, sink;
  Middle middle;

  explicit Relay(const Address& where = *Address::parse_ip("127.0.0.1", 0)) : server(loop, where) {
    REQUIRE(source.stream.connect(loop, source, server.address, nullptr) == 0);
    REQUIRE(run_until(loop, [&] { return server.ends.size() == 1 && source.connected == 0; }));
    REQUIRE(sink.stream.connect(loop, sink, server.address, nullptr) == 0);
    REQUIRE(run_until(loop, [&] { return server.ends.size() == 2 && sink.connected == 0; }));
    REQUIRE(middle.in.adopt(loop, middle, ::dup(server.ends[0]->stream.fd()), where.is_unix()) == 0);
    server.ends[0]->stream.close();
    middle.out = server.ends[1].get();
    middle.in.start_reading();
    sink.stream.start_reading();
  }
};

}  // namespace

TEST_CASE("a body is moved whole, and no byte more than was asked for") {
  Relay r;
  const std::string bytes = pattern_bytes(3 << 20);
  r.middle.in.splice_to(&r.middle.out->stream, 2 << 20);
  REQUIRE(r.source.stream.write(bytes) == 0);
  REQUIRE(run_until(r.loop, [&] { return r.sink.read.size() >= bytes.size(); }));
  CHECK(r.sink.read == bytes);
  CHECK(r.middle.spliced == 2 << 20);
  CHECK(r.middle.read == 1 << 20);
  CHECK(r.middle.out->stream.bytes_sent() == bytes.size());
}

TEST_CASE("a slow taker: what it does not take waits in order, and moving goes on when it has taken that") {
  Relay r;
  const std::string bytes = pattern_bytes(12 << 20);
  r.sink.stream.pause();
  r.middle.holds_back = true;
  r.middle.in.splice_to(&r.middle.out->stream, bytes.size());
  REQUIRE(r.source.stream.write(bytes) == 0);
  REQUIRE(run_until(r.loop, [&] { return r.middle.in.is_paused(); }));
  CHECK(r.middle.out->stream.queued_bytes() > 0);
  CHECK(r.middle.out->stream.queued_bytes() <= Loop::read_buffer_bytes);
  r.sink.stream.resume();
  REQUIRE(run_until(r.loop, [&] {
    if (r.middle.out->stream.queued_bytes() == 0) r.middle.in.resume();
    return r.sink.read.size() >= bytes.size();
  }));
  CHECK(r.sink.read == bytes);
  CHECK(r.middle.spliced + r.middle.read == bytes.size());
  CHECK(r.middle.spliced > r.middle.read);
}

TEST_CASE("the taker goes: its owner's next write says so, and reading goes on") {
  Relay r;
  r.middle.in.splice_to(&r.middle.out->stream, UINT64_MAX);
  r.sink.stream.close(true);
  REQUIRE(run_until(r.loop, [&] { return r.middle.out->stream.write("") != 0 || r.server.ends[1]->broken != 0; }, 200) ==
          false);  // nobody reads or writes it yet
  REQUIRE(r.source.stream.write(pattern_bytes(300000)) == 0);
  REQUIRE(run_until(r.loop, [&] { return r.middle.spliced + r.middle.read == 300000; }));
  CHECK(r.middle.out->stream.write("x") < 0);
  r.middle.out->stream.close();
  REQUIRE(r.source.stream.write("more") == 0);
  REQUIRE(run_until(r.loop, [&] { return r.middle.spliced + r.middle.read == 300004; }));
}

TEST_CASE("the end of the stream is told, over unix sockets too") {
  const Folder folder;
  for (const bool is_unix : {false, true}) {
    CAPTURE(is_unix);
    Relay r(is_unix ? *Address::unix_path((folder.path / "s").string()) : *Address::parse_ip("127.0.0.1", 0));
    r.middle.in.splice_to(&r.middle.out->stream, UINT64_MAX);
    REQUIRE(r.source.stream.write("all of it") == 0);
    r.source.stream.shut_down_write();
    REQUIRE(run_until(r.loop, [&] { return r.middle.eofs == 1 && r.sink.read == "all of it"; }));
    CHECK(r.middle.spliced + r.middle.read == 9);
  }
}

TEST_CASE("a closed pipe end or no descriptor: it is read as usual") {
  Splice pipe;
  CHECK(pipe.receive(-1, 10) == -EBADF);
  CHECK_FALSE(pipe.failed());
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::write(ends[1], "abc", 3) == 3);
  CHECK(pipe.receive(ends[0], 10) == 3);
  CHECK(pipe.failed());                     // still held: nobody took it
  REQUIRE(::write(ends[1], "defg", 4) == 4);
  CHECK(pipe.receive(ends[0], 10) == 4);    // the old bytes are gone, not mixed in
  char buffer[10];
  CHECK(pipe.rest(buffer) == "defg");
  CHECK_FALSE(pipe.failed());
  ::close(ends[0]);
  ::close(ends[1]);
}
