// StoreLink: one worker's connection to a store, or to one node of a cluster. Calls of one loop turn leave together;
// replies come in order. A store that fails is left alone: calls are refused at once, while the link tries to reach it
// again, more and more seldom.
//
//   idle -> resolving -> connecting (the next address when one fails) -> greeting -> open
//    ^          ^             |                                             |         |
//    |          '--- resting <+---------------------------------------------+---------+  failed
//    '------------------------------------------------------------------------------- closed by the peer, nothing due
//
// Calls may be made when idle and on the way from there to open; they wait then, no longer than any other. What is only
// told may wait until the store is back. Loop thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/log.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/stream.h"
#include "redis/conversation.h"
#include "table/store_plan.h"
#include "upstream/tls_client.h"

namespace gh::upstream {

class StoreLink final : private net::StreamEvents, private net::Deferred, private redis::Redirector {
 public:
  /// In a cluster: see redis::Redirector. `from` has answered so.
  class Router {
   public:
    virtual bool redirect(const redis::StoreNode& from, redis::Call& call, std::string_view error) = 0;

   protected:
    ~Router() = default;
  };
  using Log = void (*)(LogLevel level, std::string_view text);

  StoreLink(net::Loop& loop, const table::StorePlan& plan, const redis::StoreNode& node, Log log);
  ~StoreLink();
  StoreLink(const StoreLink&) = delete;
  StoreLink& operator=(const StoreLink&) = delete;

  /// False: the store is not to be had now, and nothing more will come. Never calls back within this call.
  bool send(redis::Call& call, bool asking = false);
  void set_router(Router& router) {
    router_ = &router;
    conversation_.set_redirector(this);
  }
  /// For what the store has to be told, and nobody waits for: while it is not to be had that is put off until it is
  /// back, when it goes before all else, or until `most_ms` are over (a failure then). False: too many wait. While it
  /// waits it can be found by its name, if it has one, and changed.
  bool send_later(redis::Call& call, std::int64_t most_ms, std::string_view name = {});
  [[nodiscard]] redis::Call* waiting_as(std::string_view name) const;
  /// Milliseconds until it is tried again; 0 when it is not known to be down.
  [[nodiscard]] std::int64_t retry_ms() const;
  /// Its worker ends: what is due is sent, and nothing more comes.
  void end();
  /// A later table's plan for the same connection.
  void adopt(const table::StorePlan& plan) { plan_ = plan; }
  [[nodiscard]] bool is_quiet() const { return conversation_.pending() == 0; }

 private:
  enum class Stage : std::uint8_t { idle, resolving, connecting, greeting, open, resting };
  struct Clock final : net::Timer {
    using Act = void (StoreLink::*)();
    StoreLink& owner;
    const Act act;
    Clock(StoreLink& of, Act does) : owner(of), act(does) {}
    void fire() override { (owner.*act)(); }
  };
  struct Later {
    redis::Call* call;
    std::int64_t until_ms;
    std::string name;
  };
  bool say(redis::Call& call, bool asking = false);
  void send_late_ones();
  void drop_late_ones(std::int64_t until_ms);
  void start();
  void resolved(Result<net::Resolver::Answer> answer);
  void connect_next();
  bool start_tls(const Address& to);
  void greet();
  void opened();
  void write_out();
  void give_up(std::string why);
  void close();
  void note_replies(std::uint64_t good, std::uint64_t errors);
  void watch_deadline();
  void stage_over();
  void call_over();
  [[nodiscard]] std::string place() const;
  // of StreamEvents, Deferred, Redirector
  void on_connected(int error) override;
  void on_secured(int error) override;
  void on_read(std::string_view bytes) override;
  void on_eof() override;
  void on_broken(int error) override;
  void on_drained() override {}
  void run_deferred() override;
  bool redirect(redis::Call& call, std::string_view error) override { return router_->redirect(node_, call, error); }

  net::Loop& loop_;
  table::StorePlan plan_;                    // a copy
  const redis::StoreNode node_;
  const Log log_;
  redis::Conversation conversation_;
  net::Stream stream_;
  TlsClient tls_;
  std::unique_ptr<TlsPeer> tls_peer_;
  std::unique_ptr<net::Resolver> resolver_;  // made when the host is a name
  std::uint64_t lookup_ = 0;                 // 0: none is under way
  std::vector<Address> addresses_;
  std::size_t next_address_ = 0;
  Stage stage_ = Stage::idle;
  bool down_ = false;                        // since the last failure nothing has worked
  std::int64_t rest_ms_ = 0;                 // the next rest
  std::string out_;                          // for the end of this turn
  std::vector<Later> later_;                 // for when the store is back
  std::unordered_map<std::string, redis::Call*> named_;  // of them
  bool ending_ = false;
  Router* router_ = nullptr;
  std::string failure_;
  Clock stage_clock_{*this, &StoreLink::stage_over};  // the way to `open`, and rests
  Clock call_clock_{*this, &StoreLink::call_over};    // the oldest call
};

}  // namespace gh::upstream
