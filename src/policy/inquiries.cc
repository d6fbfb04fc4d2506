#include "policy/inquiries.h"

#include <algorithm>
#include <utility>

#include "proxy/external_identity.h"
#include "proxy/worker.h"

namespace gh::policy {

// ---- answers -------------------------------------------------------------------------------------------------------

FindingPtr Inquiries::find(const std::string& key, std::int64_t now_ms) {
  const std::lock_guard hold(lock_);
  const auto at = index_.find(key);
  if (at == index_.end()) return nullptr;
  if (at->second->until_ms <= now_ms) {
    drop(at->second);
    return nullptr;
  }
  kept_.splice(kept_.begin(), kept_, at->second);
  return at->second->finding;
}

std::size_t Inquiries::kept() const {
  const std::lock_guard hold(lock_);
  return kept_.size();
}

void Inquiries::keep(Kept entry) {
  if (entry.bytes > most_bytes_) return;
  bytes_ += entry.bytes;
  kept_.push_front(std::move(entry));
  index_[kept_.front().key] = kept_.begin();
  while (kept_.size() > most_kept_ || bytes_ > most_bytes_) drop(std::prev(kept_.end()));
}

void Inquiries::drop(KeptList::iterator entry) {
  bytes_ -= entry->bytes;
  index_.erase(entry->key);
  kept_.erase(entry);
}

void Inquiries::forget(const std::string& key, const void* finding) {
  const std::lock_guard hold(lock_);
  const auto at = index_.find(key);
  if (at != index_.end() && at->second->finding.get() == finding) drop(at->second);
}

// ---- questions -----------------------------------------------------------------------------------------------------

Inquiries::Joined Inquiries::join(const std::string& key, const WaiterPtr& waiter) {
  const std::lock_guard hold(lock_);
  const auto at = asked_.find(key);
  if (at == asked_.end() && asked_.size() >= most_asked_) return Joined::refused;
  asked_[key].push_back(waiter);
  return at == asked_.end() ? Joined::asks : Joined::waits;
}

void Inquiries::leave(const std::string& key, const WaiterPtr& waiter) {
  const std::lock_guard hold(lock_);
  if (const auto at = asked_.find(key); at != asked_.end()) std::erase(at->second, waiter);
}

/// A waiter's loop lives as long as it has not left, which takes this lock.
void Inquiries::conclude(const std::string& key, FindingPtr finding, std::int64_t until_ms, std::size_t bytes) {
  const std::lock_guard hold(lock_);
  const auto at = asked_.find(key);
  if (at != asked_.end()) {
    for (const WaiterPtr& waiter : at->second) {
      waiter->loop->post([waiter, finding] {
        if (waiter->tell) waiter->tell(finding);
      });
    }
    asked_.erase(at);
  }
  if (until_ms == 0) return;
  const auto old = index_.find(key);
  if (old != index_.end() && !finding->failure.empty()) return;  // what is known may still be good
  if (old != index_.end()) drop(old->second);
  keep({key, std::move(finding), until_ms, bytes});
}

bool Inquiries::begin(const std::string& key) {
  const std::lock_guard hold(lock_);
  return asked_.size() < most_asked_ && asked_.try_emplace(key).second;
}

Inquiry::~Inquiry() {
  if (!is_over_) fail("the gateway gave up asking");
}

void Inquiry::conclude(FindingPtr finding, std::int64_t until_ms, std::size_t bytes) {
  if (std::exchange(is_over_, true)) return;
  of_->conclude(key_, std::move(finding), until_ms, bytes);
}

void Inquiry::fail(std::string why, std::int64_t until_ms) {
  auto nothing = std::make_shared<Finding>();
  nothing->failure = std::move(why);
  conclude(std::move(nothing), until_ms, sizeof(Finding));
}

// ---- requests that wait --------------------------------------------------------------------------------------------

namespace {

/// Lies in its exchange's arena.
struct Wait : proxy::AtEnd {
  Inquiries::WaiterPtr waiter;
  std::shared_ptr<Inquiries> inquiries;
  std::string key;
  FindingPtr finding;
};

/// Its memory goes with the arena: what it owns, now.
void end_wait(proxy::AtEnd& end) {
  auto& wait = static_cast<Wait&>(end);
  wait.waiter->tell = nullptr;
  wait.inquiries->leave(wait.key, wait.waiter);
  wait.waiter.reset();
  wait.inquiries.reset();
  wait.finding.reset();
  std::string().swap(wait.key);
}

}  // namespace

bool wait_for(proxy::Exchange& x, const std::shared_ptr<Inquiries>& inquiries, const std::string& key,
               const std::function<void()>& ask) {
  auto waiter = std::make_shared<Inquiries::Waiter>();
  waiter->loop = &x.worker.loop;
  const Inquiries::Joined joined = inquiries->join(key, waiter);
  if (joined == Inquiries::Joined::refused) return false;
  auto* const wait = new (x.arena.allocate(sizeof(Wait), alignof(Wait))) Wait;
  wait->waiter = waiter;
  wait->inquiries = inquiries;
  wait->key = key;
  wait->run = end_wait;
  x.when_freed(*wait);
  proxy::ExternalIdentity& identity = proxy::external_identity(x);
  identity.pending = wait;
  waiter->tell = [&x, &identity, wait](const FindingPtr& finding) {
    wait->finding = finding;
    if (identity.pending == wait) x.resume();  // else another answer was decided meanwhile
  };
  if (joined == Inquiries::Joined::asks) ask();
  return true;
}

Waits look_again(proxy::Exchange& x, const Inquiries& inquiries, const std::string& key, FindingPtr& finding) {
  proxy::ExternalIdentity* const identity = x.external;
  auto* const wait = identity ? static_cast<Wait*>(identity->pending) : nullptr;
  if (!wait || wait->inquiries.get() != &inquiries || wait->key != key) return Waits::no;
  if (!wait->finding) return Waits::yes;
  finding = wait->finding;
  identity->pending = nullptr;
  return Waits::over;
}

}  // namespace gh::policy
