// DnsClient: questions to the name servers that a configuration states. Each begins at the next server in turn; while
// nothing comes it goes to the one after it, too, and the first answer counts, whichever server gives it. An
// answer is an answer: a server's "no such name" or failure is not asked about elsewhere. An alias is the caller's
// business for addresses (both families go on together), and followed here for SRV records.
// Not shared between threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/address.h"
#include "net/ares_channel.h"
#include "net/dns_message.h"
#include "net/loop.h"

namespace gh::net {

/// What came of a question: 0 and an answer, or the code of RFC 1035 4.1.1, or an errno (ETIMEDOUT, ECONNREFUSED).
struct DnsOutcome {
  int code = 0;
  DnsAnswer answer;
};

class DnsClient {
 public:
  using Done = std::function<void(const DnsOutcome&)>;
  static constexpr int most_aliases = 50;
  DnsClient(Loop& loop, const std::vector<Address>& servers, std::int64_t timeout_ms);
  ~DnsClient();  // open questions are dropped without calling Done
  DnsClient(const DnsClient&) = delete;
  DnsClient& operator=(const DnsClient&) = delete;

  /// Where the next question begins. Questions about one name should begin at one server.
  std::size_t next_server() { return turn_++ % channels_.size(); }
  /// `done` may be called inside this call (a name that cannot be asked for), else from the loop.
  void ask(const std::string& name, DnsType type, std::size_t server, Done done);

 private:
  struct Question;
  struct Sent;
  void send(const std::shared_ptr<Question>& question);
  void received(const std::shared_ptr<Question>& question, int status, std::string_view message);
  void refused(const std::shared_ptr<Question>& question);
  void finish(const std::shared_ptr<Question>& question, const DnsOutcome& outcome);
  static void on_answer(void* arg, int status, int timeouts, unsigned char* bytes, int size);

  Loop& loop_;
  const std::int64_t timeout_ms_;
  std::size_t turn_ = 0;
  std::set<std::shared_ptr<Question>> open_;
  std::vector<std::unique_ptr<AresChannel>> channels_;  // one a server
};

}  // namespace gh::net
