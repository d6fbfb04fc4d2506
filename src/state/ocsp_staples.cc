#include "state/ocsp_staples.h"

#include <algorithm>

namespace gh::state {

OcspStaple::Response OcspStaple::get(std::int64_t now_s) const {
  const std::lock_guard guard(lock_);
  return response_ && now_s <= valid_until_s_ ? response_ : nullptr;
}

void OcspStaple::set(std::string der, std::int64_t valid_until_s) {
  auto made = std::make_shared<const std::string>(std::move(der));
  const std::lock_guard guard(lock_);
  response_.swap(made);
  valid_until_s_ = valid_until_s;
}

void OcspStaple::clear() {
  Response gone;
  const std::lock_guard guard(lock_);
  response_.swap(gone);
}

std::shared_ptr<OcspStaple> OcspStaples::of(const std::string& key) {
  std::erase_if(all_, [](const auto& each) { return each.second.expired(); });
  std::weak_ptr<OcspStaple>& kept = all_[key];
  auto staple = kept.lock();
  if (!staple) kept = staple = std::make_shared<OcspStaple>();
  return staple;
}

/// As nginx: each hour, or five minutes before it ends.
std::int64_t ocsp_refresh_s(std::int64_t now_s, std::int64_t valid_until_s) {
  constexpr std::int64_t least_s = 300, most_s = 3600, before_end_s = 300;
  return std::clamp(valid_until_s - before_end_s - now_s, least_s, most_s);
}

/// A responder that was away for a moment is soon asked again, one that stays away every five minutes.
std::int64_t ocsp_retry_s(unsigned failures) {
  constexpr std::int64_t first_s = 5, most_s = 300;
  return std::min(first_s << std::min(std::max(failures, 1U) - 1, 10U), most_s);
}

}  // namespace gh::state
