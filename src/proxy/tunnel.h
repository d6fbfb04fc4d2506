// Tunnel: two connections that have become one, after a 101: bytes pass both ways as they come, until one side ends or
// nothing has come for proxy_read_timeout. It owns both ends; the exchange, its memory and its pin on the table are
// gone. Owns itself and is deleted through the loop's deferred queue. Worker thread.
//
//   open --one side has ended, and the other has all of it--> over: logged, what it held is given back, peer closed
//     client's queue empties -> lingering (as the client may still be sending) -> closed
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "net/loop.h"
#include "net/timer_wheel.h"
#include "proxy/tunnel_end.h"
#include "proxy/tunnel_plan.h"

namespace gh::proxy {

class Tunnel final : private net::Timer, private net::Deferred {
 public:
  /// `early`: bytes of the client that have come already; `client_ended`: none will follow.
  static void begin(Worker& worker, TunnelPlan&& plan, std::unique_ptr<TunnelEnd> client,
                    std::unique_ptr<TunnelEnd> peer, std::string_view early, bool client_ended);

  // from its ends
  void on_read(TunnelEnd& from, std::string_view bytes);
  void on_moved(TunnelEnd& from, std::size_t bytes);   // by the kernel, to the other end
  void on_eof(TunnelEnd& from);
  void on_broken(TunnelEnd& from, int error);
  void on_drained(TunnelEnd& of);
  /// Ends it at once.
  void close_now();

 private:
  enum class Stage : std::uint8_t { open, flushing, lingering, closed };
  struct Side {
    std::unique_ptr<TunnelEnd> end;
    std::uint64_t bytes = 0;      // that came from it
    bool ended = false;
    bool paused = false;
    bool splices = false;
  };
  /// What the timer waits for.
  struct Wait {
    std::int64_t ms;
    const char* text;             // why the tunnel ends when it does not come
  };

  Tunnel(Worker& worker, TunnelPlan&& plan) : worker_(worker), plan_(std::move(plan)) {}
  void start(std::string_view early, bool client_ended);
  void fire() override;
  void run_deferred() override;
  Side& side(const TunnelEnd& end) { return &end == client_.end.get() ? client_ : peer_; }
  Side& other(const Side& of) { return &of == &client_ ? peer_ : client_; }
  void passed(Side& from);
  void splice(Side& from, bool wanted);
  [[nodiscard]] Wait wait() const;
  void touch();
  void settle();
  void end();
  void end_client();
  void leave_lines();
  void linger();
  void close();
  void log(LogLevel level, std::string_view text);
  void log_broken(const Side& broken, int error);

  Worker& worker_;
  TunnelPlan plan_;
  Side client_, peer_;
  std::int64_t last_ms_ = 0;        // when anything moved
  std::uint64_t last_progress_ = 0;
  std::int64_t linger_until_ms_ = 0;
  Stage stage_ = Stage::open;
};

}  // namespace gh::proxy
