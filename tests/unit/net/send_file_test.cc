// Stream::send_file: bytes of a file that the kernel sends.
#include <sys/mman.h>

#include <cerrno>

#include "unit/net/net_bench.h"

using namespace gh;
using namespace gh::net;
using namespace gh::net::test;

namespace {

struct Sending {
  Loop loop;
  Server server{loop};
  End sink;
  int file = -1;

  explicit Sending(const std::string& bytes) {
    REQUIRE(sink.stream.connect(loop, sink, server.address, nullptr) == 0);
    REQUIRE(run_until(loop, [&] { return server.ends.size() == 1 && sink.connected == 0; }));
    file = ::memfd_create("sent", 0);
    REQUIRE(file >= 0);
    REQUIRE(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  ~Sending() { ::close(file); }
  Stream& out() { return server.ends[0]->stream; }
};

}  // namespace

TEST_CASE("bytes of a file stand in their order between those that are written") {
  const std::string bytes = pattern_bytes(50000);
  Sending s(bytes);
  s.sink.stream.start_reading();
  REQUIRE(s.out().write("head") == 0);
  REQUIRE(s.out().send_file(s.file, 1000, 20000) == 20000);
  REQUIRE(s.out().write("tail") == 0);
  CHECK(s.out().bytes_sent() == 20008);
  REQUIRE(run_until(s.loop, [&] { return s.sink.read.size() >= 20008; }));
  CHECK(s.sink.read == "head" + bytes.substr(1000, 20000) + "tail");
  CHECK(s.out().send_file(s.file, 49999, 20000) == 1);
  CHECK(s.out().send_file(s.file, 50000, 20000) == 0);  // the end of the file
}

TEST_CASE("a client that takes nothing: what was taken is told, and while bytes are queued none are taken") {
  const std::string bytes = pattern_bytes(32 << 20);
  Sending s(bytes);
  std::size_t sent = 0;
  ssize_t size = 0;
  while ((size = s.out().send_file(s.file, sent, bytes.size())) > 0) sent += static_cast<std::size_t>(size);
  CHECK(size == -EAGAIN);
  REQUIRE(sent < bytes.size());
  REQUIRE(s.out().write(std::string_view(bytes).substr(sent, 1000)) == 0);
  CHECK(s.out().queued_bytes() > 0);
  CHECK(s.out().send_file(s.file, sent, 1) == -EAGAIN);
  sent += 1000;
  std::size_t received = 0;
  bool equal = true;
  s.sink.reading = [&](std::string_view more) {
    equal = equal && bytes.compare(received, more.size(), more) == 0;
    received += more.size();
  };
  s.sink.stream.start_reading();
  REQUIRE(run_until(s.loop, [&] { return s.out().queued_bytes() == 0 && received == sent; }));
  CHECK(equal);
  CHECK(s.server.ends[0]->drained == 1);
  CHECK(s.out().send_file(s.file, sent, 10) == 10);
}

TEST_CASE("what cannot be sent is told with its cause") {
  Sending s("x");
  CHECK(s.out().send_file(-1, 0, 1) == -EBADF);
  s.out().shut_down_write();
  CHECK(s.out().send_file(s.file, 0, 1) == -EPIPE);
  s.out().close();
  CHECK(s.out().send_file(s.file, 0, 1) == -ENOTCONN);
}
