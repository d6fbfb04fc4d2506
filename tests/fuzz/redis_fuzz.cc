// What a store may send. The first byte says what it was asked before: bit 0 a password, bit 1 a database, bits 2-4 so
// many calls; bit 5: a script; bit 6: the bytes come one by one; bit 7: a cluster. The rest is what it says; as an address, too.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "redis/conversation.h"
#include "redis/slots.h"
#include "redis/url.h"

using namespace gh::redis;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

struct Asked : Call {
  int answers = 0;
  bool on_reply(const Reply& reply) override {
    ++answers;
    require(reply.kind != Reply::Kind::error);
    return reply.kind != Reply::Kind::array;
  }
  void on_failure(std::string_view) override { ++answers; }
};

/// Bit 7: the store is a node of a cluster. What is sent on is told at once.
struct Cluster : Redirector {
  bool redirect(Call& call, std::string_view error) override {
    const auto to = read_redirect(error, {"h", 1});
    if (!to) return false;
    require(to->slot < slot_count && to->to.port != 0 && !to->to.host.empty());
    call.on_failure(error);
    return true;
  }
};

struct SlotsAsked : Call {
  bool on_reply(const Reply& reply) override {
    const auto ranges = read_slots(reply, {"h", 1});
    if (!ranges) return false;
    for (const SlotRange& range : *ranges) require(range.first <= range.last && range.last < slot_count);
    return true;
  }
  void on_failure(std::string_view) override {}
};

constexpr ReplyLimits limits{4096, 64};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned how = data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (const auto url = StoreUrl::parse(bytes)) require(!url->nodes.empty());
  require(key_slot(bytes) < slot_count);

  static const Script script("return 1");
  static constexpr std::string_view words[] = {"0"};
  Cluster cluster;
  SlotsAsked slots;
  Asked calls[8];
  Conversation talk(8, limits);
  if (how & 128) talk.set_redirector(&cluster);
  std::string out;
  const unsigned count = how >> 2 & 7;
  for (unsigned i = 0; i < count; ++i) {
    calls[i].words = words;
    if (how & 32) calls[i].script = &script;
    require(talk.send(calls[i], 1, out, (how & 128) != 0 && i == 0));
  }
  static constexpr std::string_view asks_for_slots[] = {"CLUSTER", "SLOTS"};
  slots.words = asks_for_slots;
  if (how & 128) require(talk.send(slots, 1, out));
  if (count > 2) calls[1].forget();
  talk.greet({{}, how & 1 ? "secret" : "", how & 2 ? 1 : 0}, out);
  bool good = true;
  const std::size_t step = how & 64 ? 1 : bytes.size();
  for (std::size_t at = 0; good && at < bytes.size(); at += step) good = static_cast<bool>(talk.feed(bytes.substr(at, step), out));
  talk.fail_all("over");
  for (unsigned i = 0; i < count; ++i) {
    require(!calls[i].is_pending());
    require(calls[i].answers == (count > 2 && i == 1 ? 0 : 1) || !good);
  }
  require(talk.pending() == 0);
  return 0;
}
