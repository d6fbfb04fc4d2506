#include "policy/store_call.h"

#include <algorithm>
#include <new>
#include <string>
#include <vector>

#include "proxy/worker.h"
#include "upstream/store_client.h"
#include "upstream/stores.h"

namespace gh::policy {

using proxy::Exchange;

namespace {

void forget(proxy::AtEnd& end) { static_cast<StoreCall&>(end).forget(); }

}  // namespace

StoreCall::StoreCall(Exchange& x, std::span<const std::string_view> its_words) : x_(x) {
  words = its_words;
  run = gh::policy::forget;
}

StoreCall* StoreCall::find(const Exchange& x, std::string_view command, std::string_view key, std::string_view last) {
  for (proxy::AtEnd* end = x.at_end; end; end = end->next) {
    if (end->run != gh::policy::forget) continue;
    auto* const call = static_cast<StoreCall*>(end);
    const bool is_it = call->words[0] == command && call->words[1] == key;
    if (is_it && (last.empty() || call->words.back() == last)) return call;
  }
  return nullptr;
}

StoreCall& StoreCall::send(Exchange& x, const std::shared_ptr<const table::StorePlan>& store,
                           std::initializer_list<std::string_view> words) {
  auto* const kept = x.arena.array<std::string_view>(words.size());
  std::transform(words.begin(), words.end(), kept, [&](std::string_view word) { return x.arena.copy(word); });
  auto* const call = new (x.arena.allocate(sizeof(StoreCall), alignof(StoreCall))) StoreCall(x, {kept, words.size()});
  x.when_freed(*call);
  if (!x.worker.stores.client(store).send(*call)) call->state_ = State::failed;
  return *call;
}

bool StoreCall::waits() {
  is_awaited_ = state_ == State::pending;
  run_number_ = x_.run_number();
  return is_awaited_;
}

bool StoreCall::on_reply(const redis::Reply& reply) {
  using Kind = redis::Reply::Kind;
  if (reply.kind == Kind::array || reply.kind == Kind::error) return false;
  is_nil_ = reply.kind == Kind::nil;
  if (reply.kind == Kind::text) text_ = x_.arena.copy(reply.text);
  tell(State::answered);
  return true;
}

void StoreCall::on_failure(std::string_view) { tell(State::failed); }

void StoreCall::tell(State now) {
  state_ = now;
  if (is_awaited_ && run_number_ == x_.run_number()) x_.resume();
}

namespace {

/// Owns itself.
class Message final : public redis::Call {
 public:
  static void send(upstream::StoreClient& client, std::initializer_list<std::string_view> words, std::int64_t most_ms) {
    auto* const message = new Message(words);
    if (!client.send_later(*message, most_ms)) delete message;
  }
  bool on_reply(const redis::Reply&) override {
    delete this;
    return true;
  }
  void on_failure(std::string_view) override { delete this; }

 private:
  explicit Message(std::initializer_list<std::string_view> its_words) : texts_(its_words.begin(), its_words.end()) {
    views_.assign(texts_.begin(), texts_.end());
    words = views_;
  }
  const std::vector<std::string> texts_;
  std::vector<std::string_view> views_;
};

}  // namespace

void tell_store(Exchange& x, const std::shared_ptr<const table::StorePlan>& store,
                std::initializer_list<std::string_view> words, std::int64_t most_ms) {
  Message::send(x.worker.stores.client(store), words, most_ms);
}

}  // namespace gh::policy
