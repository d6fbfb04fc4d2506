// A gateway without sockets: a configuration text becomes a table, a request's bytes become an answer's bytes. The
// clock stands still unless a test moves it. Each test has its own folder, with a file tree of its own.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>
#include <uv.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "directives/directives.h"
#include "proxy/exchange.h"
#include "proxy/forwarder.h"
#include "proxy/head_writer.h"
#include "proxy/variables.h"
#include "proxy/worker.h"
#include "table/build.h"

namespace gh::test {

/// The client side of one exchange: keeps what it is sent.
class TestClient final : public proxy::Client {
 public:
  void send_head(proxy::Exchange& x, std::span<const iovec> first, bool last) override {
    const bool no_body = x.request.method == http::Method::head || x.reply.status == 204 || x.reply.status == 304;
    chunked = !no_body && !x.reply.has_content_length && x.request.version_minor >= 1;
    proxy::Output out;
    proxy::write_reply_head(out, x, *this, {true, chunked});
    head = out.view();
    status = x.reply.status;
    drop_body = no_body;
    send_body(x, first, last);
  }
  void send_interim(proxy::Exchange&, unsigned) override {}
  void send_body(proxy::Exchange& x, std::span<const iovec> parts, bool last) override {
    for (const iovec& part : parts) {
      if (!drop_body) body.append(static_cast<const char*>(part.iov_base), part.iov_len);
      queued += part.iov_len;
    }
    x.body_bytes_sent = body.size();
    if (!last) return;
    proxy::Output out;
    if (chunked) proxy::write_last_chunk(out, x);
    trailers = out.view();
    done = true;
  }
  [[nodiscard]] net::Stream* body_stream(proxy::Exchange&) override { return nullptr; }
  void moved(proxy::Exchange&, std::size_t, bool) override {}
  void abort_body(proxy::Exchange&) override { done = aborted = true; }
  [[nodiscard]] std::size_t queued_bytes() const override { return slow ? queued : 0; }
  void want_body(proxy::Exchange&, bool) override {}
  void drop(proxy::Exchange&) override { done = dropped = true; }
  [[nodiscard]] const Address& peer_address() override { return peer; }
  [[nodiscard]] const Address& local_address() override { return local; }
  [[nodiscard]] std::uint64_t serial() const override { return 7; }
  [[nodiscard]] std::uint64_t requests() const override { return 3; }
  [[nodiscard]] std::uint64_t bytes_sent() const override { return head.size() + body.size(); }
  [[nodiscard]] bool is_tls() const override { return false; }
  [[nodiscard]] std::int64_t connected_ms() const override { return 0; }
  [[nodiscard]] int socket_fd() const override { return -1; }

  /// The value of a field of the head, or "(none)".
  [[nodiscard]] std::string field(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "(none)";
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }

  Address peer = *Address::parse_ip("192.0.2.1", 4711), local = *Address::parse_ip("127.0.0.1", 8080);
  std::string head, body, trailers;
  unsigned status = 0;
  std::size_t queued = 0;
  bool chunked = false, drop_body = false, done = false, aborted = false, dropped = false;
  bool slow = false;  // takes nothing: queued bytes stay
};

class Gateway {
 public:
  Gateway() : folder_(make_folder()) {
    all_.workers.push_back(std::make_unique<proxy::Counters>());
    worker = std::make_unique<proxy::Worker>(0, *all_.workers[0], all_, Clock::Kind::manual);
  }
  explicit Gateway(const std::string& config) : Gateway() { REQUIRE_MESSAGE(load(config), messages); }
  ~Gateway() {
    worker.reset();
    std::filesystem::remove_all(folder_);
  }

  /// False: `messages` says what was found.
  bool load(const std::string& config) {
    write("gateway.conf", config);
    config::LoadOptions options;
    options.main_file = folder_ + "gateway.conf";
    options.prefix = folder_;
    const config::Language language = directives::language();
    loaded_ = config::load(options, language);
    table::BuildInput input;
    input.modules = directives::all_modules();
    input.variables = proxy::variable_rows();
    input.slot_getter = proxy::slot_value;
    input.capture_getter = proxy::capture_value;
    input.computed_getter = proxy::computed_value;
    input.registry = &registry_;
    input.prefix = folder_;
    input.default_error_log = folder_ + "error.log";
    auto table = table::build(*loaded_, input);
    messages.clear();
    for (const config::Diagnostic& d : loaded_->diagnostics.all())
      messages += std::string(d.code) + " " + d.message + "; " + d.help + "\n";
    if (!table || loaded_->diagnostics.has_errors()) {
      registry_.rollback();
      return false;
    }
    registry_.commit();
    worker->publish(std::move(table));
    return true;
  }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(folder_ + name).parent_path());
    std::ofstream(folder_ + name, std::ios::binary) << text;
  }
  std::string read(const std::string& name) {
    turn();
    std::stringstream text;
    text << std::ifstream(folder_ + name, std::ios::binary).rdbuf();
    return text.str();
  }
  [[nodiscard]] const std::string& folder() const { return folder_; }

  /// One request on a connection of its own; the exchange runs until its answer is complete or it waits.
  TestClient& ask(const std::string& head) {
    clients_.push_back(std::make_unique<TestClient>());
    return ask(head, *clients_.back());
  }
  TestClient& ask(const std::string& head, TestClient& client) {
    proxy::Exchange& x = *worker->new_exchange();
    exchange = &x;
    x.client = &client;
    x.snapshot = const_cast<proxy::Snapshot*>(worker->current());
    worker->pin(x.snapshot);
    x.listen = x.snapshot->table->addresses.at(0).get();
    x.started_us = worker->loop.clock().now_us();
    x.started_unix_ms = worker->loop.clock().unix_ms();
    x.server = x.listen->fallback.get();
    x.route = &x.server->base;
    x.request_bytes = head.size();
    x.body_complete = true;
    http::HeadError error;
    REQUIRE_MESSAGE(http::parse_request_head(x.arena.copy(head), x.listen->fallback->limits, x.arena, x.request, error),
                    error.reason);
    x.start();
    end_if_done(client);
    return client;
  }
  TestClient& get(const std::string& target, const std::string& fields = "") {
    return ask("GET " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n");
  }
  /// Time passes, then what is due happens.
  void pass(std::int64_t ms) {
    worker->loop.clock().advance(ms);
    worker->loop.timers().advance();
    turn();
  }
  void turn() {
    for (int i = 0; i < 3; ++i) uv_run(worker->loop.uv(), UV_RUN_NOWAIT);
  }
  void end_if_done(TestClient& client) {
    if (!client.done || !exchange) return;
    exchange->finish();
    worker->free_exchange(exchange);
    exchange = nullptr;
  }

  std::string messages;
  std::unique_ptr<proxy::Worker> worker;
  proxy::Exchange* exchange = nullptr;  // the one that is under way

 private:
  static std::string make_folder() {
    std::string name = std::filesystem::temp_directory_path() / "gatehouse-unit-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    return name + "/";
  }
  std::string folder_;
  proxy::ProcessCounters all_;
  state::Registry registry_;
  std::unique_ptr<config::Loaded> loaded_;
  std::vector<std::unique_ptr<TestClient>> clients_;
};

}  // namespace gh::test
