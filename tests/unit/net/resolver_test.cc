#include "net/resolver.h"

#include <unistd.h>

#include <sys/socket.h>

#include <map>
#include <set>

#include "unit/net/net_bench.h"

using namespace gh;
using namespace gh::net;
using namespace gh::net::test;

namespace {

/// A name server of one loop on a kernel-chosen UDP port. Knows what the test tells it and counts what it is asked.
class NameServer {
 public:
  struct Record {
    std::vector<std::string> v4, v6;
    std::uint32_t ttl_s = 60;
  };
  std::map<std::string, Record> records;
  std::set<std::string> silent;       // asked for these it says nothing
  std::map<std::string, int> queries;  // A and AAAA together

  explicit NameServer(Loop& loop) {
    fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const Address any = *Address::parse_ip("127.0.0.1", 0);
    REQUIRE(::bind(fd_, any.get(), any.size()) == 0);
    poll_ = new uv_poll_t;
    REQUIRE(uv_poll_init(loop.uv(), poll_, fd_) == 0);
    poll_->data = this;
    uv_poll_start(poll_, UV_READABLE, [](uv_poll_t* poll, int, int) { static_cast<NameServer*>(poll->data)->serve(); });
  }
  ~NameServer() {
    uv_close(reinterpret_cast<uv_handle_t*>(poll_), [](uv_handle_t* h) { delete reinterpret_cast<uv_poll_t*>(h); });
    ::close(fd_);
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;
  [[nodiscard]] Address address() const { return bound_address(fd_); }

 private:
  static void put16(std::string& to, unsigned value) {
    to += static_cast<char>(value >> 8);
    to += static_cast<char>(value & 0xff);
  }
  void serve() {
    char buffer[512];
    sockaddr_storage from;
    socklen_t from_size = sizeof from;
    const ssize_t size = ::recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size < 17) return;
    const std::string reply = answer({buffer, static_cast<std::size_t>(size)});
    if (!reply.empty()) ::sendto(fd_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), from_size);
  }
  std::string answer(std::string_view query) {  // RFC 1035 4.1
    std::string name;
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<std::size_t>(query[at]);
      name += (name.empty() ? "" : ".") + std::string(query.substr(at + 1, length));
      at += length + 1;
    }
    const std::string_view question = query.substr(12, at + 5 - 12);
    const int type = static_cast<unsigned char>(query[at + 2]);
    ++queries[name];
    if (silent.contains(name)) return {};
    const auto known = records.find(name);
    const bool is_v4 = type == 1;
    std::vector<std::string> found;
    if (known != records.end()) found = is_v4 ? known->second.v4 : known->second.v6;
    std::string reply(query.substr(0, 2));
    put16(reply, known == records.end() ? 0x8183 : 0x8180);  // a reply, recursion done; NXDOMAIN is 3
    put16(reply, 1);
    put16(reply, static_cast<unsigned>(found.size()));
    reply += std::string(4, '\0');
    reply += question;
    for (const std::string& text : found) {
      const Address address = *Address::parse_ip(text, 0);
      put16(reply, 0xc00c);
      put16(reply, is_v4 ? 1 : 28);
      put16(reply, 1);
      put16(reply, known->second.ttl_s >> 16);
      put16(reply, known->second.ttl_s & 0xffff);
      put16(reply, static_cast<unsigned>(address.binary().size()));
      reply += address.binary();
    }
    return reply;
  }
  int fd_ = -1;
  uv_poll_t* poll_ = nullptr;
};

struct Bench {
  explicit Bench(Clock::Kind kind = Clock::Kind::real) : loop(kind), server(loop) {}
  Loop loop;
  NameServer server;
  ResolverOptions options() const {
    ResolverOptions o;
    o.servers = {server.address()};
    o.timeout_ms = 5000;
    return o;
  }
  struct Got {
    bool done = false;
    int error = 0;
    std::string text;
    std::vector<std::string> addresses;
    std::int64_t ttl_ms = 0;
  };
  Got ask(Resolver& resolver, const std::string& name) {
    Got got;
    bool inside = true;
    resolver.resolve(name, [&](Result<Resolver::Answer> answer) {
      CHECK_FALSE(inside);
      got.done = true;
      if (answer) {
        for (const Address& a : answer->addresses) got.addresses.push_back(a.ip_text());
        got.ttl_ms = answer->ttl_ms;
      } else {
        got.error = answer.error().code;
        got.text = answer.error().text;
      }
      loop.stop();
    });
    inside = false;
    loop.run();
    CHECK(got.done);
    return got;
  }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("A and AAAA records, IPv4 first, with the smallest TTL") {
  Bench b;
  b.server.records["both.test"] = {{"10.0.0.1", "10.0.0.2"}, {"2001:db8::1"}, 90};
  b.server.records["six.test"] = {{}, {"2001:db8::6"}, 0};
  Resolver resolver(b.loop, b.options());
  const auto both = b.ask(resolver, "Both.Test");
  CHECK(both.addresses == Texts{"10.0.0.1", "10.0.0.2", "2001:db8::1"});
  CHECK(both.ttl_ms == 90000);
  const auto six = b.ask(resolver, "six.test");
  CHECK(six.addresses == Texts{"2001:db8::6"});
  CHECK(six.ttl_ms == 1000);  // never less than a second
}

TEST_CASE("one family only") {
  Bench b;
  b.server.records["both.test"] = {{"10.0.0.1"}, {"2001:db8::1"}, 90};
  ResolverOptions options = b.options();
  options.ipv6 = false;
  Resolver v4(b.loop, options);
  CHECK(b.ask(v4, "both.test").addresses == Texts{"10.0.0.1"});
  CHECK(b.server.queries["both.test"] == 1);
  options.ipv6 = true;
  options.ipv4 = false;
  Resolver v6(b.loop, options);
  CHECK(b.ask(v6, "both.test").addresses == Texts{"2001:db8::1"});
}

TEST_CASE("answers are kept for their TTL, or for `valid`") {
  Bench b(Clock::Kind::manual);
  b.server.records["a.test"] = {{"10.0.0.1"}, {}, 30};
  Resolver resolver(b.loop, b.options());
  b.ask(resolver, "a.test");
  const int asked = b.server.queries["a.test"];
  b.server.records["a.test"].v4 = {"10.0.0.2"};
  b.loop.clock().advance(29000);
  const auto kept = b.ask(resolver, "a.test");
  CHECK(kept.addresses == Texts{"10.0.0.1"});
  CHECK(kept.ttl_ms == 1000);
  CHECK(b.server.queries["a.test"] == asked);
  b.loop.clock().advance(1000);
  CHECK(b.ask(resolver, "a.test").addresses == Texts{"10.0.0.2"});
  ResolverOptions options = b.options();
  options.valid_ms = 120000;
  Resolver longer(b.loop, options);
  CHECK(b.ask(longer, "a.test").ttl_ms == 120000);
  b.server.records["a.test"].v4 = {"10.0.0.3"};
  b.loop.clock().advance(119000);
  CHECK(b.ask(longer, "a.test").addresses == Texts{"10.0.0.2"});
}

TEST_CASE("a name that is not there is an error, kept for a second") {
  Bench b(Clock::Kind::manual);
  Resolver resolver(b.loop, b.options());
  const auto missing = b.ask(resolver, "none.test");
  CHECK(missing.error == 3);
  CHECK(missing.text == "none.test could not be resolved (3: Host not found)");
  const int asked = b.server.queries["none.test"];
  b.ask(resolver, "none.test");
  CHECK(b.server.queries["none.test"] == asked);
  b.server.records["none.test"] = {{"10.0.0.9"}, {}, 30};
  b.loop.clock().advance(1000);
  CHECK(b.ask(resolver, "none.test").addresses == Texts{"10.0.0.9"});
  b.server.records["empty.test"] = {};
  CHECK(b.ask(resolver, "empty.test").error == 3);
}

TEST_CASE("a server that says nothing: the caller's time-out holds") {
  Bench b;
  b.server.silent.insert("slow.test");
  ResolverOptions options = b.options();
  options.timeout_ms = 200;
  Resolver resolver(b.loop, options);
  const auto start = b.loop.clock().now_ms();
  const auto got = b.ask(resolver, "slow.test");
  CHECK(got.error == ETIMEDOUT);
  CHECK(b.loop.clock().now_ms() - start >= 190);
  CHECK(b.loop.clock().now_ms() - start < 2000);
  CHECK(b.server.queries["slow.test"] >= 2);  // it was asked again meanwhile
}

TEST_CASE("several servers: in turn, and the next one, too, while one is silent") {
  Bench b;
  NameServer other(b.loop);
  ResolverOptions options = b.options();
  options.servers.push_back(other.address());
  options.timeout_ms = 800;
  b.server.records["a.test"] = {{"10.0.0.1"}, {}, 30};
  other.records["b.test"] = {{"10.0.0.2"}, {}, 30};
  b.server.silent.insert("s.test");
  other.records["s.test"] = {{"10.0.0.3"}, {}, 30};
  b.server.records["n.test"] = {{"10.0.0.4"}, {}, 30};
  Resolver resolver(b.loop, options);
  CHECK(b.ask(resolver, "a.test").addresses == Texts{"10.0.0.1"});
  CHECK(b.ask(resolver, "b.test").addresses == Texts{"10.0.0.2"});
  CHECK(other.queries["a.test"] + b.server.queries["b.test"] == 0);
  CHECK(b.ask(resolver, "s.test").addresses == Texts{"10.0.0.3"});
  CHECK(b.server.queries["s.test"] > 0);
  CHECK(b.ask(resolver, "n.test").error == 3);  // an answer is an answer: the other server is not asked
  CHECK(b.server.queries["n.test"] == 0);
}

TEST_CASE("a name server that is not there fails at once, and is passed over") {
  Bench b;
  b.server.records["a.test"] = {{"10.0.0.1"}, {}, 30};
  ResolverOptions options = b.options();
  Address nobody;
  {
    const NameServer gone(b.loop);
    nobody = gone.address();
  }
  options.servers = {nobody};
  Resolver alone(b.loop, options);
  CHECK(b.ask(alone, "a.test").error == ECONNREFUSED);
  options.servers = {nobody, b.server.address()};
  Resolver both(b.loop, options);
  CHECK(b.ask(both, "a.test").addresses == Texts{"10.0.0.1"});
}

TEST_CASE("a service without stated servers is an error, told later") {
  Bench b;
  ResolverOptions options = b.options();
  options.servers.clear();
  Resolver resolver(b.loop, options);
  bool done = false;
  resolver.resolve_service("_http._tcp.a.test", [&](const Result<Resolver::ServiceAnswer>& answer) {
    CHECK_FALSE(answer);
    done = true;
  });
  CHECK_FALSE(done);
  REQUIRE(run_until(b.loop, [&] { return done; }));
}

TEST_CASE("all who ask while a question is out share its answer; one may cancel") {
  Bench b;
  b.server.records["a.test"] = {{"10.0.0.1"}, {}, 30};
  ResolverOptions options = b.options();
  options.ipv6 = false;
  Resolver resolver(b.loop, options);
  int done = 0;
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(resolver.resolve("a.test", [&](Result<Resolver::Answer> answer) {
      CHECK(answer);
      ++done;
    }));
  }
  resolver.cancel(ids[2]);
  REQUIRE(run_until(b.loop, [&] { return done == 4; }));
  run_for(b.loop, 20);
  CHECK(done == 4);
  CHECK(b.server.queries["a.test"] == 1);
  const auto cached = resolver.resolve("a.test", [&](Result<Resolver::Answer>) { ++done; });
  resolver.cancel(cached);
  run_for(b.loop, 20);
  CHECK(done == 4);
}

TEST_CASE("literal addresses and the hosts file need no server") {
  Bench b;
  Resolver resolver(b.loop, b.options());
  CHECK(b.ask(resolver, "10.1.2.3").addresses == Texts{"10.1.2.3"});
  CHECK(b.ask(resolver, "[::1]").addresses == Texts{"::1"});
  const auto local = b.ask(resolver, "localhost");
  CHECK(local.addresses.empty() == (::access("/etc/hosts", R_OK) != 0));
  for (const auto& address : local.addresses) CHECK((address == "127.0.0.1" || address == "::1"));
  CHECK(b.server.queries.empty());
  CHECK(b.ask(resolver, std::string(300, 'x')).error != 0);
  CHECK(b.ask(resolver, "").error != 0);
}

TEST_CASE("a resolver goes with questions out, and inside its own answer") {
  Bench b;
  b.server.silent.insert("slow.test");
  b.server.records["a.test"] = {{"10.0.0.1"}, {}, 30};
  auto resolver = std::make_unique<Resolver>(b.loop, b.options());
  int called = 0;
  resolver->resolve("slow.test", [&](Result<Resolver::Answer>) { called += 100; });
  for (int i = 0; i < 2; ++i) {
    resolver->resolve("a.test", [&](Result<Resolver::Answer>) {
      ++called;
      resolver.reset();
    });
  }
  REQUIRE(run_until(b.loop, [&] { return called > 0; }));
  run_for(b.loop, 50);
  CHECK(called == 1);
}

TEST_CASE("the cache is bounded, and the oldest go first") {
  Bench b;
  ResolverOptions options = b.options();
  options.ipv6 = false;
  Resolver resolver(b.loop, options);
  for (int i = 0; i <= 1000; ++i) {
    const std::string name = "n" + std::to_string(i) + ".test";
    b.server.records[name] = {{"10.0.0.1"}, {}, 3600};
    b.ask(resolver, name);
  }
  b.ask(resolver, "n1000.test");
  b.ask(resolver, "n1.test");
  CHECK(b.server.queries["n1000.test"] == 1);
  CHECK(b.server.queries["n1.test"] == 1);
  b.ask(resolver, "n0.test");
  CHECK(b.server.queries["n0.test"] == 2);
}
