#include "upstream/stores.h"

#include "upstream/store_client.h"

namespace gh::upstream {

Stores::Stores(net::Loop& loop) : loop_(loop) {}
Stores::~Stores() {
  for (const auto& [identity, client] : clients_) client->end();  // who is told of it may look for the client once more
}

StoreClient& Stores::client(const std::shared_ptr<const table::StorePlan>& plan) {
  auto& client = clients_[plan->identity];
  if (!client) {
    client = std::make_unique<StoreClient>(loop_, plan, [](LogLevel level, std::string_view text) {
      process_log()->write(level, 0, text);
    });
    if (!is_set()) loop_.timers().set(*this, tick_ms);
  } else {
    client->adopt(plan);
  }
  return *client;
}

void Stores::fire() {
  std::erase_if(clients_, [](const auto& each) { return each.second->is_orphan(); });
  for (const auto& [identity, client] : clients_) client->tidy();
  if (!clients_.empty()) loop_.timers().set(*this, tick_ms);
}

}  // namespace gh::upstream
