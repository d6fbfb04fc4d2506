// Listening sockets of a table: all of them or none, kept over reloads, closed when no longer named.
#include "run/sockets.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "config/codes.h"
#include "net/listener.h"

using namespace gh;

namespace {

Address kernel_chosen() { return *Address::parse_ip("127.0.0.1", 0); }

table::Table naming(const std::vector<Address>& addresses) {
  table::Table table;
  for (const Address& address : addresses) {
    table::ListenSocket socket;
    socket.address = address;
    table.sockets.push_back(std::move(socket));
  }
  return table;
}

struct Taken {  // a port that somebody else holds
  int fd;
  Address address;
  Taken() : fd(*net::open_listening_socket(kernel_chosen(), plain())), address(net::bound_address(fd)) {}
  ~Taken() { ::close(fd); }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
  static net::ListenOptions plain() {
    net::ListenOptions options;
    options.reuseport = false;
    return options;
  }
};

struct Sockets {
  run::ListenSockets sockets;
  config::Diagnostics diagnostics;
  std::vector<const run::ListenSockets::Open*> opened;
  bool open(const table::Table& table, unsigned workers) {
    opened.clear();
    return sockets.open_new(table, workers, diagnostics, opened);
  }
};

bool answers(const Address& address) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool good = ::connect(fd, address.get(), address.size()) == 0;
  ::close(fd);
  return good;
}

}  // namespace

TEST_CASE("each worker has a socket of its own on the port that the kernel chose") {
  Sockets s;
  REQUIRE(s.open(naming({kernel_chosen()}), 3));
  REQUIRE(s.opened.size() == 1);
  const auto& open = *s.opened.front();
  CHECK(open.fds.size() == 3);
  CHECK(open.bound.port() != 0);
  for (const int fd : open.fds) CHECK(net::bound_address(fd).port() == open.bound.port());
  CHECK(open.fd_of(2) == open.fds[2]);
}

TEST_CASE("one port in use: every such address is told, and nothing stays open") {
  for (const unsigned workers : {1u, 2u}) {
    CAPTURE(workers);
    const Taken first, second;
    Address free_address;
    {
      const Taken was_free;
      free_address = was_free.address;
    }
    Sockets s;
    CHECK_FALSE(s.open(naming({free_address, first.address, second.address}), workers));
    CHECK(s.diagnostics.errors() == 2);
    CHECK(s.diagnostics.all().front().code == config::code::port_in_use);
    CHECK(s.diagnostics.all().front().message.find(first.address.text()) != std::string::npos);
    CHECK(s.sockets.all().empty());
    CHECK_FALSE(answers(free_address));
  }
}

TEST_CASE("a reload keeps what is still named, opens what is new, closes what is gone") {
  Address a, b;
  {
    const Taken one, two;
    a = one.address;
    b = two.address;
  }
  Sockets s;
  REQUIRE(s.open(naming({a}), 2));
  const int kept = s.opened.front()->fds.front();
  REQUIRE(s.open(naming({a, b}), 2));
  REQUIRE(s.opened.size() == 1);
  CHECK(s.opened.front()->address == b);
  CHECK(s.sockets.all().front()->fds.front() == kept);
  CHECK(s.sockets.close_unnamed(naming({a, b})).empty());

  const auto gone = s.sockets.close_unnamed(naming({b}));
  REQUIRE(gone.size() == 1);
  CHECK(gone.front() == a);
  CHECK_FALSE(answers(a));
  CHECK(answers(b));
}

TEST_CASE("a failed reload leaves the old sockets alone") {
  const Taken taken;
  Address a;
  {
    const Taken one;
    a = one.address;
  }
  Sockets s;
  REQUIRE(s.open(naming({a}), 1));
  CHECK_FALSE(s.open(naming({a, taken.address}), 1));
  CHECK(s.sockets.all().size() == 1);
  CHECK(answers(a));
}

TEST_CASE("a unix socket is one for all workers, and its file goes with it") {
  char folder[] = "gh-sockets-XXXXXX";
  REQUIRE(::mkdtemp(folder));
  const std::string path = std::string(folder) + "/s";
  Sockets s;
  REQUIRE(s.open(naming({*Address::unix_path(path)}), 4));
  CHECK(s.opened.front()->fds.size() == 1);
  CHECK(s.opened.front()->fd_of(3) == s.opened.front()->fds[0]);
  CHECK(std::filesystem::is_socket(path));
  s.sockets.close_all();
  CHECK_FALSE(std::filesystem::exists(path));
  std::filesystem::remove_all(folder);
}
