#include "net/listener.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>
#include <vector>

#include <fmt/format.h>

#include "base/log.h"
#include "unit/net/net_bench.h"

using namespace gh;
using namespace gh::net;
using namespace gh::net::test;

namespace {

const Address any_port = *Address::parse_ip("127.0.0.1", 0);

int dial(const Address& address) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(fd >= 0);
  REQUIRE(::connect(fd, address.get(), address.size()) == 0);
  return fd;
}

}  // namespace

TEST_CASE("port 0 is chosen by the kernel, and the same port can be taken again with SO_REUSEPORT only") {
  auto first = open_listening_socket(any_port, {});
  REQUIRE(first);
  const Address address = bound_address(*first);
  CHECK(address.port() != 0);
  CHECK(address.ip_text() == "127.0.0.1");
  auto second = open_listening_socket(address, {});
  REQUIRE(second);
  CHECK(bound_address(*second) == address);
  ListenOptions alone;
  alone.reuseport = false;
  auto third = open_listening_socket(address, alone);
  REQUIRE_FALSE(third);
  CHECK(third.error().text == "cannot listen on " + address.text() + ": address already in use");
  CHECK(third.error().code == EADDRINUSE);
  ::close(*first);
  ::close(*second);
  auto fourth = open_listening_socket(address, alone);
  REQUIRE(fourth);
  ::close(*fourth);
}

TEST_CASE("options reach the socket") {
  ListenOptions options;
  options.so_keepalive = true;
  options.deferred = true;
  options.rcvbuf = 20000;
  auto fd = open_listening_socket(*Address::parse_ip("::1", 0), options);
  REQUIRE(fd);
  const auto option = [&fd](int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    CHECK(getsockopt(*fd, level, name, &value, &size) == 0);
    return value;
  };
  CHECK(option(SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(SOL_SOCKET, SO_REUSEPORT) == 1);
  CHECK(option(SOL_SOCKET, SO_RCVBUF) >= 20000);
  CHECK((fcntl(*fd, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((fcntl(*fd, F_GETFL) & O_NONBLOCK) != 0);
  ::close(*fd);
}

TEST_CASE("an address that is not ours") {
  auto opened = open_listening_socket(*Address::parse_ip("192.0.2.1", 0), {});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().text == "cannot listen on 192.0.2.1:0: cannot assign requested address");
}

TEST_CASE("unix sockets: a stale file is replaced, a living one and other files are not") {
  const Folder folder;
  const Address address = *Address::unix_path(folder.file("s"));
  ListenOptions options;
  options.unix_mode = 0620;
  auto first = open_listening_socket(address, options);
  REQUIRE(first);
  struct stat info;
  REQUIRE(::stat(folder.file("s").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0620);
  auto second = open_listening_socket(address, options);
  REQUIRE_FALSE(second);
  CHECK(second.error().text.find("address already in use") != std::string::npos);
  ::close(*first);  // the file stays: nobody answers any more
  auto third = open_listening_socket(address, options);
  REQUIRE(third);
  ::close(*third);
  std::ofstream(folder.file("plain")) << "precious";
  CHECK_FALSE(open_listening_socket(*Address::unix_path(folder.file("plain")), options));
  CHECK(std::filesystem::file_size(folder.file("plain")) == 8);
}

TEST_CASE("many connections at once are all accepted; closing the listener leaves the socket open") {
  Loop loop;
  auto server = std::make_unique<Server>(loop);
  std::vector<int> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(dial(server->address));
  REQUIRE(run_until(loop, [&] { return server->ends.size() == 200; }));
  server->listener.reset();
  clients.push_back(dial(server->address));  // waits in the backlog for the next listener
  run_for(loop, 20);
  CHECK(server->ends.size() == 200);
  Listener again(loop, server->fd, false, 511, [&](uv_stream_t* listening) {
    server->ends.push_back(std::make_unique<End>());
    CHECK(server->ends.back()->stream.accept(loop, *server->ends.back(), listening) == 0);
    CHECK(server->ends.back()->stream.accept(loop, *server->ends.back(), listening) == UV_EAGAIN);  // only once
  });
  REQUIRE(run_until(loop, [&] { return server->ends.size() == 201; }));
  for (int fd : clients) ::close(fd);
}

TEST_CASE("connections that are discarded or not taken are closed") {
  for (const bool discard : {true, false}) {
    Loop loop;
    auto fd = open_listening_socket(any_port, {});
    REQUIRE(fd);
    int seen = 0;
    Listener listener(loop, *fd, false, 511, [&](uv_stream_t* listening) {
      ++seen;
      if (discard) Listener::discard(listening);
    });
    End client;
    REQUIRE(client.stream.connect(loop, client, bound_address(*fd), nullptr) == 0);
    client.stream.start_reading();
    REQUIRE(run_until(loop, [&] { return client.connected == 0; }));
    client.stream.start_reading();
    REQUIRE(run_until(loop, [&] { return client.eofs == 1; }));
    CHECK(seen == 1);
    ::close(*fd);
  }
}

TEST_CASE("a listener may go inside its own callback") {
  Loop loop;
  auto fd = open_listening_socket(any_port, {});
  REQUIRE(fd);
  const Address address = bound_address(*fd);
  const int one = dial(address), two = dial(address);
  int seen = 0;
  std::unique_ptr<Listener> listener;
  listener = std::make_unique<Listener>(loop, *fd, false, 511, [&](uv_stream_t*) {
    if (++seen == 1) listener.reset();
  });
  run_for(loop, 30);
  CHECK(seen == 1);
  ::close(one);
  ::close(two);
  ::close(*fd);
}

TEST_CASE("out of descriptors: accepting pauses, does not spin, loses nobody and says so once a second") {
  const Folder folder;
  auto file = LogFile::open(folder.file("log"));
  REQUIRE(file);
  const auto old_log = process_log();
  set_process_log(std::make_shared<ErrorLog>(std::vector<ErrorLog::Target>{{*file, LogLevel::info}}));
  const auto log_size = [&folder] { return std::filesystem::file_size(folder.file("log")); };
  process_log()->write(LogLevel::info, 0, fmt::format("{}", "first line"));
  const auto size_before = log_size();
  rlimit normal{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &normal) == 0);
  rlimit none = normal;
  none.rlim_cur = 3;
  Loop loop;
  Server server(loop);
  std::vector<int> clients;
  int turns = 0;
  bool lasting = false;
  loop.at_turn_end([&] {
    ++turns;
    if (!lasting && log_size() > size_before) setrlimit(RLIMIT_NOFILE, &normal);
  });
  const auto dial_five = [&] {
    for (int i = 0; i < 5; ++i) clients.push_back(dial(server.address));
  };
  dial_five();
  REQUIRE(run_until(loop, [&] { return server.ends.size() == 5; }));

  // A shortage that is over at once. (It comes first because UBSan itself needs descriptors at the first call of each
  // virtual function.)
  dial_five();
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  REQUIRE(run_until(loop, [&] { return server.ends.size() == 10; }));

  dial_five();
  lasting = true;
  turns = 0;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  run_for(loop, 350);
  CHECK(server.ends.size() == 10);
  CHECK(turns < 20);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &normal) == 0);
  REQUIRE(run_until(loop, [&] { return server.ends.size() == 15; }));
  set_process_log(old_log);
  std::ifstream log(folder.file("log"));
  std::string line;
  int lines = 0;
  while (std::getline(log, line)) ++lines;
  CHECK(lines == 2);
  for (int fd : clients) ::close(fd);
}
