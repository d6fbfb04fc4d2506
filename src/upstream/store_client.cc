#include "upstream/store_client.h"

#include <algorithm>
#include <utility>

namespace gh::upstream {

namespace {

constexpr std::uint8_t most_redirects = 4;
constexpr std::int64_t slots_pause_ms = 1000;  // who has which slots is not asked more often

}  // namespace

/// Who has which slots. One at a time; it goes with its client.
class StoreClient::SlotsCall final : public redis::Call {
 public:
  SlotsCall(StoreClient& client, redis::StoreNode node) : client_(client), node_(std::move(node)) { words = command; }
  ~SlotsCall() { forget(); }
  bool on_reply(const redis::Reply& reply) override {
    const auto ranges = redis::read_slots(reply, node_);
    if (ranges) client_.learn(*ranges);
    return ranges.has_value();
  }
  void on_failure(std::string_view) override {}

 private:
  static constexpr std::string_view command[] = {"CLUSTER", "SLOTS"};
  StoreClient& client_;
  const redis::StoreNode node_;
};

StoreClient::StoreClient(net::Loop& loop, const std::shared_ptr<const table::StorePlan>& plan, Log log)
    : loop_(loop), of_tables_(plan), plan_(*plan), log_(log) {
  for (const redis::StoreNode& address : plan_.url.nodes) nodes_.push_back({address, nullptr});
  if (plan_.url.cluster) slots_.assign(redis::slot_count, unknown);
}

StoreClient::~StoreClient() { end(); }

void StoreClient::end() {
  ending_ = true;
  for (const Node& node : nodes_) {
    if (node.link) node.link->end();
  }
}

void StoreClient::adopt(const std::shared_ptr<const table::StorePlan>& plan) {
  if (!of_tables_.owner_before(plan) && !plan.owner_before(of_tables_)) return;
  of_tables_ = plan;
  plan_ = *plan;
  for (const Node& node : nodes_) {
    if (node.link) node.link->adopt(plan_);
  }
}

// ---- calls ---------------------------------------------------------------------------------------------------------

bool StoreClient::send(redis::Call& call) {
  if (ending_) return false;
  call.redirects = 0;
  return link_for(call).send(call);
}

bool StoreClient::send_later(redis::Call& call, std::int64_t most_ms, std::string_view name) {
  if (ending_) return false;
  call.redirects = 0;
  return link_for(call).send_later(call, most_ms, name);
}

redis::Call* StoreClient::waiting_as(std::string_view name) const {
  for (const Node& node : nodes_) {
    redis::Call* const call = node.link ? node.link->waiting_as(name) : nullptr;
    if (call) return call;
  }
  return nullptr;
}

std::int64_t StoreClient::retry_ms() const {
  std::int64_t longest = 0;
  for (const Node& node : nodes_) longest = std::max(longest, node.link ? node.link->retry_ms() : 0);
  return longest;
}

std::int64_t StoreClient::retry_ms(const redis::Call& call) { return ending_ ? 1 : link_for(call).retry_ms(); }

StoreLink& StoreClient::link(std::size_t node) {
  auto& link = nodes_[node].link;
  if (!link) {
    link = std::make_unique<StoreLink>(loop_, plan_, nodes_[node].address, log_);
    if (!slots_.empty()) link->set_router(*this);
  }
  return *link;
}

/// While the node that should know is away any other may be asked: it tells who has taken over.
StoreLink& StoreClient::link_for(const redis::Call& call) {
  if (slots_.empty()) return link(0);
  const std::size_t known = call.words.size() < 2 ? unknown : slots_[redis::key_slot(call.words[1])];
  if (known != unknown && link(known).retry_ms() == 0) return link(known);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const bool is_needed = i < plan_.url.nodes.size() || nodes_[i].link;
    if (is_needed && link(i).retry_ms() == 0) return link(i);
  }
  return link(known == unknown ? 0 : known);
}

// ---- the cluster ---------------------------------------------------------------------------------------------------

/// `unknown`: there are too many.
std::uint8_t StoreClient::node_number(const redis::StoreNode& address) {
  const auto found = std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& n) { return n.address == address; });
  if (found != nodes_.end()) return static_cast<std::uint8_t>(found - nodes_.begin());
  if (nodes_.size() >= most_nodes) return unknown;
  nodes_.push_back({address, nullptr});
  return static_cast<std::uint8_t>(nodes_.size() - 1);
}

bool StoreClient::redirect(const redis::StoreNode& from, redis::Call& call, std::string_view error) {
  const auto to = redis::read_redirect(error, from);
  if (!to || ending_) return false;
  const std::uint8_t node = node_number(to->to);
  if (node == unknown || ++call.redirects > most_redirects) return false;
  if (!to->asks) {
    slots_[to->slot] = node;
    ask_for_slots(node);
  }
  if (!link(node).send(call, to->asks)) call.on_failure("the node that has the key is not to be had");
  return true;
}

void StoreClient::ask_for_slots(std::size_t node) {
  const std::int64_t now_ms = loop_.clock().now_ms();
  const bool is_due = slots_asked_ms_ == 0 || now_ms - slots_asked_ms_ >= slots_pause_ms;
  if (!is_due || (slots_call_ && slots_call_->is_pending())) return;
  slots_asked_ms_ = now_ms;
  slots_call_ = std::make_unique<SlotsCall>(*this, nodes_[node].address);
  link(node).send(*slots_call_);
}

void StoreClient::learn(const std::vector<redis::SlotRange>& ranges) {
  for (const redis::SlotRange& range : ranges) {
    const std::uint8_t node = node_number(range.node);
    if (node != unknown) std::fill(slots_.begin() + range.first, slots_.begin() + range.last + 1, node);
  }
}

void StoreClient::tidy() {
  if (slots_.empty()) return;
  std::array<bool, 256> used{};
  for (const std::uint8_t node : slots_) used[node] = true;
  for (std::size_t i = plan_.url.nodes.size(); i < nodes_.size(); ++i) {
    if (used[i] || !nodes_[i].link || !nodes_[i].link->is_quiet()) continue;
    const auto gone = std::move(nodes_[i].link);
  }
}

}  // namespace gh::upstream
