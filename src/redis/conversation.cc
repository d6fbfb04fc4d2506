#include "redis/conversation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace gh::redis {

namespace {

constexpr std::size_t most_error_text = 160;

bool is_status(const Reply& reply, std::string_view text) {
  return reply.kind == Reply::Kind::status && reply.text == text;
}

}  // namespace

void Call::forget() {
  if (owner_) owner_->forget(*this);
  owner_ = nullptr;
}

Conversation::Conversation(std::size_t most_pending, ReplyLimits limits)
    : most_pending_(most_pending), limits_(limits) {}

Conversation::~Conversation() {
  for (const Entry& entry : entries_) {
    if (entry.call) entry.call->owner_ = nullptr;
  }
}

void Conversation::forget(const Call& call) { entries_[call.ticket_ - first_ticket_].call = nullptr; }

void Conversation::greet(const Login& login, std::string& out) {
  reader_ = std::make_unique<ReplyReader>(limits_);
  open_ = false;
  greetings_.clear();
  const std::string database = fmt::format("{}", login.database);
  const auto say = [&](std::initializer_list<std::string_view> words) {
    append_command(out, std::span<const std::string_view>(words.begin(), words.size()), {});
    greetings_.push_back(*words.begin());
  };
  if (!login.username.empty()) say({"AUTH", login.username, login.password});
  else if (!login.password.empty()) say({"AUTH", login.password});
  if (login.database != 0) say({"SELECT", database});
  say({"PING"});
}

// ---- calls ---------------------------------------------------------------------------------------------------------

void Conversation::push(Entry entry) {
  if (entry.call) {
    entry.call->owner_ = this;
    entry.call->ticket_ = first_ticket_ + entries_.size();
  }
  entries_.push_back(entry);
}

bool Conversation::write(Entry& entry, std::string& out) {
  const Call& call = *entry.call;
  static constexpr std::string_view asking[] = {"ASKING"};
  if (entry.asking && !append_command(out, {}, asking)) return false;
  entry.asks = entry.asking;
  if (!call.script) return append_command(out, {}, call.words);
  const std::string_view named[] = {"EVALSHA", call.script->sha}, whole[] = {"EVAL", call.script->source};
  return append_command(out, entry.whole_script || call.script->sha.empty() ? whole : named, call.words);
}

bool Conversation::send(Call& call, std::int64_t deadline, std::string& out, bool asking) {
  if (entries_.size() >= most_pending_) return false;
  Entry entry{&call, deadline, false, asking};
  if (open_ && !write(entry, out)) return false;
  push(entry);
  return true;
}

void Conversation::fail_all(std::string_view why) {
  open_ = false;
  std::deque<Entry> failed;
  failed.swap(entries_);
  first_ticket_ += failed.size();
  // All are let go of before any is told: what it does then may make another one go.
  for (const Entry& entry : failed) {
    if (entry.call) entry.call->owner_ = nullptr;
  }
  for (const Entry& entry : failed) {
    if (entry.call) entry.call->on_failure(why);
  }
}

// ---- replies -------------------------------------------------------------------------------------------------------

Result<void> Conversation::feed(std::string_view bytes, std::string& out) {
  if (!reader_) return fail("it speaks before it was greeted");
  reader_->feed(bytes);
  Reply reply;
  while (true) {
    switch (reader_->next(reply)) {
      case ReplyReader::Outcome::none: return {};
      case ReplyReader::Outcome::broken: return fail("it does not speak as Redis does: " + reader_->error());
      case ReplyReader::Outcome::reply: break;
    }
    Result<void> taken = greetings_.empty() ? take(reply, out) : take_greeting(reply, out);
    if (!taken) return taken;
  }
}

Result<void> Conversation::take_greeting(const Reply& reply, std::string& out) {
  const std::string_view command = greetings_.front();
  if (reply.kind == Reply::Kind::error) {
    return fail(fmt::format("it answers {} with \"{}\"", command, printable(reply.text, most_error_text)));
  }
  if (!is_status(reply, command == "PING" ? "PONG" : "OK")) {
    return fail(fmt::format("its answer to {} is not one of Redis", command));
  }
  greetings_.erase(greetings_.begin());
  if (!greetings_.empty()) return {};
  open_ = true;
  for (Entry& entry : entries_) {
    // What was forgotten meanwhile keeps its place, as each has a reply of its own.
    static constexpr std::string_view nothing[] = {"PING"};
    const bool written = entry.call ? write(entry, out) : append_command(out, {}, nothing);
    if (!written) return fail("no memory");
  }
  return {};
}

Result<void> Conversation::take(const Reply& reply, std::string& out) {
  if (entries_.empty() || !open_) return fail("it replies to what nobody has asked");
  if (std::exchange(entries_.front().asks, false)) return {};
  Entry entry = entries_.front();
  entries_.pop_front();
  ++first_ticket_;
  Call* const call = entry.call;
  if (call) call->owner_ = nullptr;
  const bool is_error = reply.kind == Reply::Kind::error;
  if (is_error && call && call->script && !entry.whole_script && reply.text.starts_with("NOSCRIPT")) {
    entry.whole_script = true;
    if (!write(entry, out)) return fail("no memory");
    push(entry);
    return {};
  }
  if (is_error && call && redirector_ && redirector_->redirect(*call, reply.text)) return {};
  if (is_error) {
    ++errors_;
    last_error_ = printable(reply.text, most_error_text);
    if (call) call->on_failure(last_error_);
    return {};
  }
  ++good_;
  if (!call || call->on_reply(reply)) return {};
  call->on_failure("its reply is not one to such a command");
  return fail("its replies are not those to what it was asked");
}

}  // namespace gh::redis
