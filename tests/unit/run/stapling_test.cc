#include "run/stapling.h"

#include <map>
#include <set>

#include "base/base64.h"
#include "base/log.h"
#include "state/ocsp_staples.h"
#include "table/ocsp_answer.h"
#include "unit/net/net_bench.h"
#include "unit/table/ocsp_party.h"

using namespace gh;
using namespace gh::table::test;

namespace {

/// A responder, and a table with certificates that name it. The clock stands still unless the test moves it.
struct Scene {
  net::Loop loop{Clock::Kind::manual};
  net::test::Server server{loop};
  Party authority{"authority", 1, nullptr};
  state::OcspStaples known;
  std::shared_ptr<table::TlsPlan> plan = std::make_shared<table::TlsPlan>();
  std::map<std::string, std::string> answers;  // by the bytes of a request
  std::set<net::test::End*> served;
  bool holds = false;  // requests wait
  table::Table table;
  run::Stapling stapling{loop};

  explicit Scene(int certificates = 1) {
    set_process_log(std::make_shared<const ErrorLog>(std::vector<ErrorLog::Target>{}));  // it says much
    for (int i = 0; i < certificates; ++i) add(i);
    auto with_tls = std::make_shared<table::Server>();
    with_tls->tls = plan;
    table.servers = {with_tls, std::make_shared<table::Server>()};
  }
  void add(int nth) {
    const Party shop("shop", 4097 + nth, &authority);
    auto identity = std::make_shared<table::TlsIdentity>();
    identity->certificate.reset(X509_dup(shop.certificate.get()));
    table::OcspSource source;
    source.identity = identity;
    source.issuer.reset(X509_dup(authority.certificate.get()));
    source.responder = "http://" + server.address.text() + "/ocsp";
    source.staple = known.of(std::to_string(nth));
    plan->staples.push_back(std::move(source));
  }
  /// What is said of the certificate from now on.
  void say(std::size_t nth, const Said& said) {
    const table::OcspSource& about = plan->staples[nth];
    Party subject("shop", 4097 + static_cast<long>(nth), &authority);
    answers[*table::ocsp_request(about.identity->certificate.get(), about.issuer.get())] =
        answer(subject, authority, authority, said);
  }
  std::string answer_to(std::string_view head) const {
    std::string text;
    const std::size_t begin = head.find("/ocsp/") + 6, end = head.find(" HTTP/1.1");
    for (std::size_t i = begin; i < end; ++i) {
      if (head[i] != '%') text += head[i];
      else text += static_cast<char>(std::stoi(std::string(head.substr(i + 1, 2)), nullptr, 16)), i += 2;
    }
    std::string room(base64_decoded_bytes(text.size()), ' ');
    const auto it = answers.find(std::string(*decode_base64(text, room.data())));
    if (it == answers.end()) return "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
    return "HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: " +
           std::to_string(it->second.size()) + "\r\n\r\n" + it->second;
  }
  void turn() {
    loop.timers().advance();
    for (int i = 0; i < 20; ++i) {
      uv_run(loop.uv(), UV_RUN_NOWAIT);
      ::usleep(200);
      for (const auto& end : server.ends) {
        if (end->connected == 1) end->connected = 0, end->stream.start_reading();
        if (holds || end->read.find("\r\n\r\n") == std::string::npos || !served.insert(end.get()).second) continue;
        end->stream.write(answer_to(end->read));
      }
    }
  }
  /// Until so many requests were answered.
  void until(std::size_t count) {
    for (int i = 0; i < 500 && served.size() < count; ++i) turn();
    turn();
    CHECK(served.size() == count);
  }
  [[nodiscard]] bool has(std::size_t nth = 0) const { return plan->staples[nth].staple->get(0) != nullptr; }
  void wait(std::int64_t seconds) {
    loop.clock().advance(seconds * 1000 + 16);
    turn();
  }
};

}  // namespace

TEST_CASE("a status is asked at once, then each hour; a known revocation ends an earlier response") {
  Scene scene;
  scene.say(0, {.until_s = 86400});
  scene.stapling.follow(scene.table);
  scene.until(1);
  CHECK(scene.has());
  scene.wait(3590);
  CHECK(scene.served.size() == 1);
  scene.wait(10);
  scene.until(2);
  CHECK(scene.has());
  scene.say(0, {.status = V_OCSP_CERTSTATUS_REVOKED});
  scene.wait(3600);
  scene.until(3);
  CHECK_FALSE(scene.has());
}

TEST_CASE("failures keep what is known and wait longer each time; a reload asks at once") {
  Scene scene;
  scene.say(0, {.until_s = 86400});
  scene.stapling.follow(scene.table);
  scene.until(1);
  scene.answers.clear();
  scene.wait(3600);
  scene.until(2);
  CHECK(scene.has());
  scene.wait(5);
  scene.until(3);
  scene.wait(5);
  CHECK(scene.served.size() == 3);
  scene.wait(5);
  scene.until(4);
  CHECK(scene.has());
  scene.stapling.follow(scene.table);
  scene.until(5);
  scene.say(0, {.until_s = 86400});
  scene.stapling.follow(scene.table);
  scene.until(6);
  scene.stapling.follow(scene.table);  // it is known now
  scene.wait(3000);
  CHECK(scene.served.size() == 6);
}

TEST_CASE("many certificates are asked about a few at a time") {
  constexpr int count = 20;
  Scene scene(count);
  for (std::size_t i = 0; i < count; ++i) scene.say(i, {});
  scene.holds = true;
  scene.stapling.follow(scene.table);
  for (int i = 0; i < 50; ++i) scene.turn();
  CHECK(scene.server.ends.size() == run::Stapling::most_at_once);
  scene.holds = false;
  scene.until(count);
  for (std::size_t i = 0; i < count; ++i) CHECK(scene.has(i));
}
