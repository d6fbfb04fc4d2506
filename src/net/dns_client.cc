#include "net/dns_client.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"

namespace gh::net {

namespace {

constexpr std::int64_t shortest_try_ms = 20, longest_try_ms = 2000;
constexpr std::uint16_t default_port = 53;
constexpr int format_error = 1, no_such_name = 3;

std::uint16_t random_id() {
  std::uint16_t id = 0;
  return ::getrandom(&id, sizeof id, 0) == sizeof id ? id : static_cast<std::uint16_t>(ares_library_initialized());
}

std::string server_text(Address server) {
  if (server.port() == 0) server.set_port(default_port);
  return server.text();
}

}  // namespace

struct DnsClient::Question final : Timer {
  DnsClient* client = nullptr;
  std::weak_ptr<Question> self;
  std::string name;
  DnsType type = DnsType::a;
  Done done;
  std::size_t server = 0;         // of the next try
  std::size_t refusals = 0;       // since the last server that did not refuse at once
  std::uint32_t ttl_s = UINT32_MAX;  // of the aliases so far
  int aliases = 0;
  std::int64_t deadline_ms = 0;

  void fire() override {
    const auto me = self.lock();
    if (client->loop_.clock().now_ms() >= deadline_ms) return client->finish(me, {ETIMEDOUT, {}});
    client->send(me);
  }
};

struct DnsClient::Sent {
  DnsClient* client;
  std::weak_ptr<Question> question;
  std::string name;  // the question may have moved on to an alias meanwhile
};

DnsClient::DnsClient(Loop& loop, const std::vector<Address>& servers, std::int64_t timeout_ms)
    : loop_(loop), timeout_ms_(timeout_ms) {
  for (const Address& server : servers) {
    AresChannel::Options options;
    options.servers = server_text(server);
    options.try_ms = timeout_ms + 1;  // late answers are good ones; when to ask again is decided here
    options.raw_answers = true;
    channels_.push_back(std::make_unique<AresChannel>(loop, options));
  }
}

DnsClient::~DnsClient() {
  open_.clear();
  channels_.clear();
}

void DnsClient::ask(const std::string& name, DnsType type, std::size_t server, Done done) {
  auto question = std::make_shared<Question>();
  question->client = this;
  question->self = question;
  question->name = name;
  question->type = type;
  question->done = std::move(done);
  question->server = server;
  question->deadline_ms = loop_.clock().now_ms() + timeout_ms_;
  open_.insert(question);
  send(question);
}

void DnsClient::send(const std::shared_ptr<Question>& question) {
  const std::string message = write_dns_question(random_id(), question->name, question->type);
  if (message.empty()) return finish(question, {no_such_name, {}});
  AresChannel& channel = *channels_[question->server++ % channels_.size()];
  const std::int64_t left = question->deadline_ms - loop_.clock().now_ms();
  const std::int64_t wait = std::clamp(timeout_ms_ / 4, shortest_try_ms, longest_try_ms);
  loop_.timers().set(*question, std::min(wait, left));
  auto* sent = new Sent{this, question, question->name};
  if (channel.error() != ARES_SUCCESS) return on_answer(sent, channel.error(), 0, nullptr, 0);
  ares_send(channel.get(), reinterpret_cast<const unsigned char*>(message.data()), static_cast<int>(message.size()),
            on_answer, sent);
  channel.arm();
}

void DnsClient::on_answer(void* arg, int status, int, unsigned char* bytes, int size) {
  const std::unique_ptr<Sent> sent(static_cast<Sent*>(arg));
  if (status == ARES_EDESTRUCTION) return;
  const auto question = sent->question.lock();
  if (!question || question->name != sent->name) return;  // another server was faster
  const std::string_view message(reinterpret_cast<const char*>(bytes), bytes ? static_cast<std::size_t>(size) : 0);
  sent->client->received(question, status, message);
}

void DnsClient::received(const std::shared_ptr<Question>& question, int status, std::string_view message) {
  if (status == ARES_ETIMEOUT) return;  // the question's own timer goes on
  if (status != ARES_SUCCESS) return refused(question);
  std::optional<DnsAnswer> answer = read_dns_answer(message, question->name, question->type);
  if (!answer) return finish(question, {format_error, {}});
  if (answer->code != 0) return finish(question, {answer->code, {}});
  question->ttl_s = std::min(question->ttl_s, answer->ttl_s);
  const bool is_there = !answer->addresses.empty() || !answer->services.empty();
  if (!is_there && !answer->alias.empty() && question->type == DnsType::srv) {
    if (++question->aliases > most_aliases) return finish(question, {no_such_name, {}});
    question->name = std::move(answer->alias);
    question->refusals = 0;
    --question->server;  // it knew the alias
    return send(question);
  }
  answer->ttl_s = question->ttl_s;
  finish(question, {0, std::move(*answer)});
}

/// Nobody listens there: the next server at once; when none is left, there is no answer.
void DnsClient::refused(const std::shared_ptr<Question>& question) {
  if (++question->refusals >= channels_.size()) return finish(question, {ECONNREFUSED, {}});
  send(question);
}

void DnsClient::finish(const std::shared_ptr<Question>& question, const DnsOutcome& outcome) {
  const std::shared_ptr<Question> keep = question;
  if (open_.erase(keep) == 0) return;
  loop_.timers().clear(*keep);
  keep->done(outcome);
}

}  // namespace gh::net
