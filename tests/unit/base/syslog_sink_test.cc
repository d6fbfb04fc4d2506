#include "base/syslog_sink.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/regex.h"

using namespace gh;

namespace {

std::string fault(std::string_view text) {
  const auto options = parse_syslog(text);
  return options ? std::string() : options.error().text;
}

/// A log server: a datagram socket on loopback or at a path.
struct Server {
  int fd;
  std::string name;
  explicit Server(const std::string& path = "") : fd(::socket(path.empty() ? AF_INET : AF_UNIX, SOCK_DGRAM, 0)) {
    if (path.empty()) {
      sockaddr_in in{};
      in.sin_family = AF_INET;
      in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&in), sizeof in) == 0);
      socklen_t size = sizeof in;
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&in), &size);
      name = "127.0.0.1:" + std::to_string(ntohs(in.sin_port));
    } else {
      sockaddr_un un{};
      un.sun_family = AF_UNIX;
      path.copy(un.sun_path, sizeof un.sun_path - 1);
      REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&un), sizeof un) == 0);
      name = "unix:" + path;
    }
  }
  ~Server() { ::close(fd); }
  [[nodiscard]] std::string take() const {
    char bytes[4096];
    const ssize_t n = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    return n < 0 ? "nothing" : std::string(bytes, static_cast<std::size_t>(n));
  }
};

bool matches(const std::string& pattern, const std::string& text) {
  auto regex = Regex::compile(pattern, false);
  REQUIRE(regex);
  return regex->match(text, nullptr) == Regex::Match::yes;
}

std::shared_ptr<SyslogSink> sink(const std::string& text) {
  const auto options = parse_syslog(text);
  REQUIRE(options);
  auto opened = SyslogSink::open(*options);
  REQUIRE(opened);
  return *opened;
}

}  // namespace

TEST_CASE("parameters") {
  const auto plain = parse_syslog("server=10.0.0.1");
  REQUIRE(plain);
  CHECK(plain->server == "10.0.0.1");
  CHECK(plain->facility == 23);
  CHECK(plain->severity == 6);
  CHECK(plain->tag == "nginx");
  CHECK(plain->host_name);
  const auto all = parse_syslog("nohostname,severity=alert,tag=my_9,facility=user,server=[::1]:5514");
  REQUIRE(all);
  CHECK(all->facility == 1);
  CHECK(all->severity == 1);
  CHECK(all->tag == "my_9");
  CHECK_FALSE(all->host_name);
}

TEST_CASE("faults of parameters") {
  CHECK(fault("") == "unknown syslog parameter ``");
  CHECK(fault("tag=x") == "no syslog server specified");
  CHECK(fault("server=") == "syslog `server=` is empty");
  CHECK(fault("server=a,server=b") == "duplicate syslog `server`");
  CHECK(fault("server=a,facility=local8") == "unknown syslog facility `local8`");
  CHECK(fault("server=a,severity=warning") == "unknown syslog severity `warning`");
  CHECK(fault("server=a,tag=a-b") == "a syslog tag is 1 to 32 letters, digits and `_`");
  CHECK(fault("server=a,tag=" + std::string(33, 'x')) == "a syslog tag is 1 to 32 letters, digits and `_`");
  CHECK(fault("server=a,port=1") == "unknown syslog parameter `port`");
  CHECK(fault("server=a,") == "unknown syslog parameter ``");
}

TEST_CASE("an address that cannot be") {
  CHECK_FALSE(SyslogSink::open(*parse_syslog("server=127.0.0.1:0")));
  CHECK_FALSE(SyslogSink::open(*parse_syslog("server=127.0.0.1:x")));
  CHECK_FALSE(SyslogSink::open(*parse_syslog("server=unix:" + std::string(200, 'x'))));
}

TEST_CASE("the time has a blank before a single digit") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  char text[16] = "";
  write_syslog_time(784111777, text);
  CHECK(std::string(text, 15) == "Nov  6 08:49:37");
}

TEST_CASE("lines as RFC 3164 has them") {
  const Server server;
  const auto log = sink("server=" + server.name);
  log->write(LogLevel::error, "text of a line\n");
  CHECK(matches("^<187>[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\S+ nginx: text of a line\\z", server.take()));
  log->send("GET / 200");
  CHECK(matches("^<190>.* nginx: GET / 200\\z", server.take()));
  const auto other = sink("server=" + server.name + ",nohostname,facility=user,severity=alert,tag=GATE");
  other->send("x");
  CHECK(matches("^<9>\\w{3} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d GATE: x\\z", server.take()));
  CHECK(server.take() == "nothing");
  log->write(LogLevel::alert, std::string(5000, 'x') + "\n");
  CHECK(server.take().ends_with(": " + std::string(2048, 'x')));
}

TEST_CASE("a server that is away costs its lines only") {
  std::string folder = (std::filesystem::temp_directory_path() / "gh-syslog-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()));
  const std::string path = folder + "/log";
  const auto log = sink("server=unix:" + path);
  log->send("lost");
  {
    const Server server(path);
    log->send("first");
    CHECK(server.take().ends_with("nginx: first"));
  }
  log->send("lost");
  std::filesystem::remove(path);
  const Server again(path);
  log->send("second");
  CHECK(again.take().ends_with("nginx: second"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("a server that does not read is not waited for") {
  std::string folder = (std::filesystem::temp_directory_path() / "gh-syslog-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()));
  const Server server(folder + "/log");
  const auto log = sink("server=" + server.name);
  for (int i = 0; i < 5000; ++i) log->send(std::string(1000, 'x'));
  CHECK(server.take().ends_with("xxx"));
  std::filesystem::remove_all(folder);
}
