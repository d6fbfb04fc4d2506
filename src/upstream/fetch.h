// Fetch: one request to a URL that the gateway makes for itself (a status of a certificate, keys, tokens): the answer
// as a whole, or why there is none. Bounded in time and bytes, strict in framing, one connection that is closed behind
// it. Redirects are answers like others: they are not followed. Any loop. https:// is asked of a peer that proves its
// name.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/h1.h"
#include "http/http_url.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/stream.h"
#include "upstream/fetch_tls.h"

namespace gh::upstream {

struct FetchRequest {
  http::HttpUrl url;
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> fields;  // beside Host, Connection and Content-Length
  std::string body;
  std::int64_t timeout_ms = 10000;      // of all, names included
  std::size_t most_bytes = 64 * 1024;   // of the answer's body
  std::shared_ptr<const FetchTls> tls{};  // for https://; null: such a URL is refused
};

struct FetchAnswer {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  /// The first field of this name, any case; empty: there is none.
  [[nodiscard]] std::string_view field(std::string_view name) const;
};

///  resolving -> connecting (the next address when one fails) -> securing (https) -> waiting (for heads) -> reading
///  -> over
class Fetch final : private net::StreamEvents, private net::Timer, private net::Deferred {
 public:
  using Done = std::function<void(Result<FetchAnswer>)>;
  /// `done` is called once, later, from the loop; it may destroy the fetch. Destroying it earlier gives up. The
  /// resolver must live as long.
  Fetch(net::Loop& loop, net::Resolver& resolver, FetchRequest request, Done done);
  ~Fetch();
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

 private:
  enum class Stage : std::uint8_t { resolving, connecting, securing, waiting, reading, over };
  void resolved(Result<net::Resolver::Answer> answer);
  void connect_next();
  void secure();
  void send();
  void read_heads();
  bool begin_body(const http::ResponseHead& head);
  void read_body(std::string_view bytes);
  void succeed();
  void give_up(std::string why);
  void end();
  [[nodiscard]] std::int64_t left_ms() const;
  // of StreamEvents, Timer, Deferred
  void on_connected(int error) override;
  void on_read(std::string_view bytes) override;
  void on_eof() override;
  void on_broken(int error) override;
  void on_drained() override {}
  void on_secured(int error) override;
  [[nodiscard]] bool was_cut() const;
  void fire() override;
  void run_deferred() override;

  net::Loop& loop_;
  net::Resolver& resolver_;
  const FetchRequest request_;
  Done done_;
  net::Stream stream_;
  Stage stage_ = Stage::resolving;
  std::uint64_t lookup_ = 0;  // 0: none is under way
  std::vector<Address> addresses_;
  std::size_t next_address_ = 0;
  std::int64_t ends_ms_ = 0;
  std::string heads_;            // until the final one is complete
  std::size_t searched_ = 0;     // of heads_
  std::size_t head_bytes_ = 0;   // of all heads so far
  http::BodyReader reader_;
  FetchAnswer answer_;
  std::string failure_;
};

}  // namespace gh::upstream
