// StoreCall: one command that a request has for a store, and what came of it. Steps and checks that wait are run again
// from their beginning: they find the calls that they have made by the command and its key. In the exchange's arena;
// worker threads. And tell_store(), for commands that nobody waits for.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>

#include "proxy/exchange.h"
#include "redis/conversation.h"

namespace gh::table {
struct StorePlan;
}

namespace gh::policy {

class StoreCall final : public redis::Call, public proxy::AtEnd {
 public:
  /// Null: the request has not asked so. `last` is the last word, where it matters.
  static StoreCall* find(const proxy::Exchange& x, std::string_view command, std::string_view key,
                         std::string_view last = {});
  /// Asks now, once more or not: words[0] is the command, words[1] its key.
  static StoreCall& send(proxy::Exchange& x, const std::shared_ptr<const table::StorePlan>& store,
                         std::initializer_list<std::string_view> words);

  /// The request is resumed when there is a reply; it returns that it waits.
  [[nodiscard]] bool waits();
  [[nodiscard]] bool has_failed() const { return state_ == State::failed; }
  [[nodiscard]] bool is_nil() const { return is_nil_; }
  [[nodiscard]] std::string_view text() const { return text_; }  // of a reply that is one

  bool on_reply(const redis::Reply& reply) override;
  void on_failure(std::string_view why) override;

 private:
  enum class State : std::uint8_t { pending, answered, failed };
  StoreCall(proxy::Exchange& x, std::span<const std::string_view> its_words);
  void tell(State now);

  proxy::Exchange& x_;
  std::string_view text_;
  std::uint32_t run_number_ = 0;
  State state_ = State::pending;
  bool is_nil_ = false;
  bool is_awaited_ = false;
};

/// Told now, or when the store is back, unless that takes longer than `most_ms`; whatever becomes of the request.
void tell_store(proxy::Exchange& x, const std::shared_ptr<const table::StorePlan>& store,
                std::initializer_list<std::string_view> words, std::int64_t most_ms);

}  // namespace gh::policy
