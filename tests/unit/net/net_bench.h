// What the tests of net/ share: a loop with a guard against hanging, a recording end of a connection, a listener.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "net/listener.h"
#include "net/loop.h"
#include "net/stream.h"

namespace gh::net::test {

class Alarm final : public Timer {
 public:
  explicit Alarm(std::function<void()> work) : work_(std::move(work)) {}
  void fire() override {
    const auto work = work_;
    work();
  }

 private:
  std::function<void()> work_;
};

/// Runs the loop until `done` holds at the end of a turn; false when that takes longer than `limit_ms`.
inline bool run_until(Loop& loop, const std::function<bool()>& done, std::int64_t limit_ms = 20000) {
  struct Check final : Deferred {
    Loop& loop;
    const std::function<bool()>& done;
    Check(Loop& on, const std::function<bool()>& what) : loop(on), done(what) {}
    void run_deferred() override {
      if (done()) loop.stop();
    }
  } check(loop, done);
  bool late = false;
  Alarm limit([&] {
    late = true;
    loop.stop();
  });
  loop.timers().set(limit, limit_ms);
  std::unique_ptr<Alarm> tick;
  tick = std::make_unique<Alarm>([&] {
    loop.defer(check);
    loop.timers().set(*tick, 1);
  });
  loop.timers().set(*tick, 0);
  loop.run();
  return !late;
}

/// Lets the loop turn for a while, to see that nothing comes.
inline void run_for(Loop& loop, std::int64_t ms) {
  Alarm end([&] { loop.stop(); });
  loop.timers().set(end, ms);
  loop.run();
}

/// One end of a connection that writes down what happens to it.
struct End final : StreamEvents {
  Stream stream;
  std::string read;
  int connected = 1;  // 1: not yet told
  int broken = 0;
  int eofs = 0;
  int drained = 0;
  int secured = 1;  // 1: not yet told
  std::function<void(std::string_view)> reading;  // instead of keeping the bytes
  std::function<void()> when_secured;
  void on_connected(int error) override {
    CHECK(connected == 1);
    connected = error;
  }
  void on_read(std::string_view bytes) override {
    CHECK_FALSE(bytes.empty());
    if (reading) return reading(bytes);
    read += bytes;
  }
  void on_eof() override { ++eofs; }
  void on_broken(int error) override {
    CHECK(broken == 0);
    broken = error;
  }
  void on_drained() override { ++drained; }
  void on_secured(int error) override {
    CHECK(secured == 1);
    secured = error;
    if (when_secured) when_secured();
  }
};

/// A listening socket on a kernel-chosen port (or a unix path) whose connections go to `server` ends.
struct Server {
  Loop& loop;
  int fd;
  Address address;
  std::vector<std::unique_ptr<End>> ends;
  std::unique_ptr<Listener> listener;

  explicit Server(Loop& on, const Address& where = *Address::parse_ip("127.0.0.1", 0), ListenOptions options = {})
      : loop(on) {
    auto opened = open_listening_socket(where, options);
    REQUIRE(opened);
    fd = *opened;
    address = bound_address(fd);
    listener = std::make_unique<Listener>(loop, fd, where.is_unix(), options.backlog, [this](uv_stream_t* listening) {
      ends.push_back(std::make_unique<End>());
      CHECK(ends.back()->stream.accept(loop, *ends.back(), listening) == 0);
    });
    REQUIRE(listener->error() == 0);
  }
  ~Server() { ::close(fd); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
};

/// A client and the server end that it reached, both reading.
struct Pair {
  Loop loop;
  Server server;
  End client;
  End* peer = nullptr;
  explicit Pair(const Address& where = *Address::parse_ip("127.0.0.1", 0)) : server(loop, where) {
    REQUIRE(client.stream.connect(loop, client, server.address, nullptr) == 0);
    REQUIRE(run_until(loop, [&] { return client.connected != 1 && !server.ends.empty(); }));
    REQUIRE(client.connected == 0);
    peer = server.ends.front().get();
    client.stream.start_reading();
    peer->stream.start_reading();
  }
};

/// Bytes among which a missing, doubled or misplaced piece is seen.
inline std::string pattern_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t seed = 1;
  for (char& c : bytes) c = static_cast<char>((seed = seed * 1664525u + 1013904223u) >> 24);
  return bytes;
}

/// A folder of its own that goes with the test.
struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "gh-net-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()));
    path = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string file(const char* name) const { return (path / name).string(); }
};

}  // namespace gh::net::test
