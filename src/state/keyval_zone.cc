#include "state/keyval_zone.h"

#include <algorithm>
#include <mutex>

#include "base/address.h"
#include "base/text.h"
#include "json/document.h"

namespace gh::state {

namespace {

constexpr std::size_t entry_bytes = 192;  // beside key and value: the entry, its places in the table and the order

/// A network as "4" or "6", the bits of its mask as a byte, and the bytes that it covers, so that networks of one size
/// have keys of one length.
std::string network_key(const Address& address, unsigned bits) {
  const std::string_view bytes = address.binary();
  std::string out(1, bytes.size() == 4 ? '4' : '6');
  out.push_back(static_cast<char>(bits));
  for (unsigned i = 0; i < (bits + 7) / 8; ++i) {
    const unsigned kept = std::min(8U, bits - i * 8);
    out.push_back(static_cast<char>(static_cast<unsigned char>(bytes[i]) & (0xff00U >> kept)));
  }
  return out;
}

}  // namespace

KeyvalZone::KeyvalZone(std::size_t bytes, Match match, std::int64_t timeout_ms, bool copies)
    : bytes_(bytes), match_(match), timeout_ms_(timeout_ms), copies_(copies) {}

std::size_t KeyvalZone::cost_of(std::string_view key, std::string_view value) {
  return entry_bytes + 2 * key.size() + value.size();
}

std::string KeyvalZone::inner_key(std::string_view key) const {
  if (match_ != Match::address) return std::string(key);
  const std::size_t slash = key.find('/');
  const auto address = Address::parse_ip(key.substr(0, slash), 0);
  if (!address) return {};
  const auto most = static_cast<unsigned>(address->binary().size() * 8);
  if (slash == std::string_view::npos) return network_key(*address, most);
  const auto bits = parse_uint(key.substr(slash + 1));
  return bits && *bits <= most ? network_key(*address, static_cast<unsigned>(*bits)) : std::string();
}

// ---- looking up ----------------------------------------------------------------------------------------------------

KeyvalZone::Entries::const_iterator KeyvalZone::locate_address(std::string_view key) const {
  const auto address = Address::parse_ip(key, 0);
  if (!address) return entries_.end();
  const auto most = static_cast<int>(address->binary().size() * 8);
  for (int bits = most; bits >= 0; --bits) {
    const std::string inner = network_key(*address, static_cast<unsigned>(bits));
    if (!lengths_.contains(inner.size())) continue;
    const auto found = entries_.find(inner);
    if (found != entries_.end()) return found;
  }
  return entries_.end();
}

KeyvalZone::Entries::const_iterator KeyvalZone::locate(std::string_view key) const {
  if (match_ == Match::address) return locate_address(key);
  if (match_ == Match::text) return entries_.find(std::string(key));
  for (auto length = lengths_.rbegin(); length != lengths_.rend(); ++length) {
    if (length->first > key.size()) continue;
    const auto found = entries_.find(std::string(key.substr(0, length->first)));
    if (found != entries_.end()) return found;
  }
  return entries_.end();
}

bool KeyvalZone::is_over(const Entry& entry, std::int64_t now_ms) const {
  return timeout_ms_ > 0 && now_ms - entry.set_ms >= timeout_ms_;
}

KeyvalZone::Found KeyvalZone::find(std::string_view key, std::int64_t now_ms, Arena& arena) const {
  const std::shared_lock guard(lock_);
  const auto found = locate(key);
  if (found == entries_.end() || is_over(found->second, now_ms)) return {};
  const Entry& entry = found->second;
  return {true, entry.absent ? std::string_view() : arena.copy(entry.value), now_ms - entry.set_ms};
}

std::size_t KeyvalZone::size() const {
  const std::shared_lock guard(lock_);
  return entries_.size();
}

// ---- changing ------------------------------------------------------------------------------------------------------

void KeyvalZone::remove(Entries::iterator at) {
  used_ -= cost_of(at->first, at->second.value);
  by_age_.erase(at->second.age);
  const auto length = lengths_.find(at->first.size());
  if (--length->second == 0) lengths_.erase(length);
  entries_.erase(at);
}

/// What is over goes, and of copies the oldest.
bool KeyvalZone::make_room(std::size_t bytes, std::int64_t now_ms) {
  while (used_ + bytes > bytes_ && !by_age_.empty()) {
    const auto oldest = entries_.find(*by_age_.front());
    if (!copies_ && !is_over(oldest->second, now_ms)) return false;
    remove(oldest);
  }
  return used_ + bytes <= bytes_;
}

bool KeyvalZone::put(std::string_view key, std::string_view value, bool absent, std::int64_t now_ms) {
  if (key.size() > most_key_bytes || value.size() > most_value_bytes) return false;
  const std::string inner = inner_key(key);
  if (inner.empty() && match_ != Match::text) return false;
  const std::unique_lock guard(lock_);
  if (const auto old = entries_.find(inner); old != entries_.end()) {
    const std::size_t before = old->second.value.size();
    if (used_ - before + value.size() > bytes_) return false;
    used_ = used_ - before + value.size();
    old->second.value = value;
    old->second.absent = absent;
    old->second.set_ms = now_ms;
    by_age_.splice(by_age_.end(), by_age_, old->second.age);
    return true;
  }
  if (!make_room(cost_of(inner, value), now_ms)) return false;
  const auto at = entries_.emplace(inner, Entry{std::string(value), now_ms, absent, {}}).first;
  at->second.age = by_age_.insert(by_age_.end(), &at->first);
  ++lengths_[inner.size()];
  used_ += cost_of(inner, value);
  return true;
}

bool KeyvalZone::set(std::string_view key, std::string_view value, std::int64_t now_ms) {
  return put(key, value, false, now_ms);
}

bool KeyvalZone::set_absent(std::string_view key, std::int64_t now_ms) { return put(key, {}, true, now_ms); }

// ---- the state file ------------------------------------------------------------------------------------------------

Result<void> KeyvalZone::load(std::string_view json, std::int64_t now_ms) {
  json::Limits limits;
  limits.bytes = bytes_ * 2;
  limits.depth = 1;
  const auto document = json::Document::parse(json, limits, json::Duplicates::refuse);
  if (!document) {
    return fail("byte " + std::to_string(document.error().offset) + ": " + document.error().text);
  }
  if (!document->root().is_object()) return fail("it is no object of texts");
  for (const auto& member : document->root().members()) {
    if (!member.value.is_text()) return fail("the value of \"" + printable(member.name, 60) + "\" is no text");
    if (!set(member.name, member.value.text(), now_ms)) {
      return fail("\"" + printable(member.name, 60) + "\" does not fit: no room, too long, or no key of this type");
    }
  }
  return {};
}

}  // namespace gh::state
