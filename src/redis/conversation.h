// Conversation: what is said over one connection to a Redis server: the greeting (AUTH, SELECT, PING), then calls,
// whose replies come in their order (pipelining). Bytes in, bytes out; no sockets and no clock. One thread.
//
//   greeting -> open -> (over: whoever finds that out calls fail_all)
//
// Calls that are made before the server has answered the greeting wait for that. A script that the server does not know
// (any more) is sent to it whole.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "redis/command.h"
#include "redis/reply.h"

namespace gh::redis {

class Conversation;

/// One command and who waits for its reply. It stays where it is until it was answered or forgotten.
class Call {
 public:
  Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  std::span<const std::string_view> words;  // of the command; of a script: number of keys, keys, arguments
  const Script* script = nullptr;

  /// The reply, never an error. False: no server that knows the command replies so: nothing that it says counts.
  virtual bool on_reply(const Reply& reply) = 0;
  /// There is no reply, or the server's error: `why` is a line for people.
  virtual void on_failure(std::string_view why) = 0;
  /// Sent or about to be; one of the two above will come.
  [[nodiscard]] bool is_pending() const { return owner_ != nullptr; }
  /// Neither of the two will come. The command may have its effect nevertheless.
  void forget();
  std::uint8_t redirects = 0;  // in a cluster: how often it was sent on

 protected:
  ~Call() = default;

 private:
  friend class Conversation;
  Conversation* owner_ = nullptr;
  std::uint64_t ticket_ = 0;
};

/// In a cluster: who sends calls on that another node has to answer.
class Redirector {
 public:
  /// `error` answers the call. True: the call is taken care of, sent or told.
  virtual bool redirect(Call& call, std::string_view error) = 0;

 protected:
  ~Redirector() = default;
};

struct Login {
  std::string_view username, password;  // empty: without
  std::int64_t database = 0;
};

class Conversation {
 public:
  explicit Conversation(std::size_t most_pending, ReplyLimits limits = {});
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  /// First thing on a new connection: what is to be sent is added to `out`. Calls that wait stay.
  void greet(const Login& login, std::string& out);
  /// False: too many calls are pending. `deadline` comes back from first_deadline(). `asking`: behind ASKING.
  bool send(Call& call, std::int64_t deadline, std::string& out, bool asking = false);
  void set_redirector(Redirector* redirector) { redirector_ = redirector; }
  /// What the peer has sent. Calls are told; `out` may get more to send. An error: the connection is of no use.
  Result<void> feed(std::string_view bytes, std::string& out);
  /// Nothing more will come: all calls are told so. The next greet() begins anew.
  void fail_all(std::string_view why);

  [[nodiscard]] bool is_open() const { return open_; }
  [[nodiscard]] std::size_t pending() const { return entries_.size(); }
  /// Of the call that was made first; 0: none is pending.
  [[nodiscard]] std::int64_t first_deadline() const { return entries_.empty() ? 0 : entries_.front().deadline; }
  /// How many replies were right, and how many were errors.
  [[nodiscard]] std::uint64_t good_replies() const { return good_; }
  [[nodiscard]] std::uint64_t error_replies() const { return errors_; }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  friend class Call;
  struct Entry {
    Call* call;  // null: forgotten
    std::int64_t deadline;
    bool whole_script;
    bool asking;      // each time it is written, that comes first
    bool asks = false;  // the next reply is to that
  };
  void forget(const Call& call);
  bool write(Entry& entry, std::string& out);
  void push(Entry entry);
  Result<void> take_greeting(const Reply& reply, std::string& out);
  Result<void> take(const Reply& reply, std::string& out);

  const std::size_t most_pending_;
  const ReplyLimits limits_;
  std::unique_ptr<ReplyReader> reader_;
  std::vector<std::string_view> greetings_;  // commands whose replies are due, by name
  std::deque<Entry> entries_;
  std::uint64_t first_ticket_ = 1;           // of entries_.front()
  bool open_ = false;
  std::uint64_t good_ = 0, errors_ = 0;
  std::string last_error_;
  Redirector* redirector_ = nullptr;
};

}  // namespace gh::redis
