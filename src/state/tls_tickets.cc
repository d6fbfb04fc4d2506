#include "state/tls_tickets.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <string>

namespace gh::state {

namespace {

std::string_view name_of(const TlsTicketKey& key) {
  return {reinterpret_cast<const char*>(key.name.data()), key.name.size()};
}

}  // namespace

TlsTicketKey::~TlsTicketKey() {
  OPENSSL_cleanse(hmac.data(), hmac.size());
  OPENSSL_cleanse(aes.data(), aes.size());
}

Result<TlsTicketKey> TlsTicketKey::parse(std::string_view bytes) {
  if (bytes.size() != short_file_bytes && bytes.size() != file_bytes) {
    return fail("it has " + std::to_string(bytes.size()) + " bytes, not 48 or 80");
  }
  TlsTicketKey key;
  key.is_long = bytes.size() == file_bytes;
  const std::size_t size = key.key_bytes(), first = key.name.size();
  std::copy_n(bytes.begin(), first, key.name.begin());
  // The two come in the other order in short files.
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(first), size, (key.is_long ? key.hmac : key.aes).begin());
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(first + size), size,
              (key.is_long ? key.aes : key.hmac).begin());
  return key;
}

bool TlsTickets::rotate(std::int64_t now_s) {
  if (now_ends_s_ > now_s) return true;
  if (now_ends_s_ != 0) {
    before_ = now_;
    before_ends_s_ = now_ends_s_ + lifetime_s_;
  }
  now_ends_s_ = 0;
  if (RAND_bytes(now_.name.data(), static_cast<int>(now_.name.size())) != 1 ||
      RAND_priv_bytes(now_.hmac.data(), static_cast<int>(now_.hmac.size())) != 1 ||
      RAND_priv_bytes(now_.aes.data(), static_cast<int>(now_.aes.size())) != 1) {
    return false;
  }
  now_ends_s_ = now_s + std::max<std::int64_t>(lifetime_s_, 1);
  return true;
}

std::optional<TlsTicketKey> TlsTickets::current(std::int64_t now_s) {
  if (!fixed_.empty()) return fixed_.front();
  const std::lock_guard guard(mutex_);
  if (!rotate(now_s)) return std::nullopt;
  return now_;
}

std::optional<TlsTickets::Found> TlsTickets::find(std::string_view name, std::int64_t now_s) {
  for (const TlsTicketKey& key : fixed_) {
    if (name_of(key) == name) return Found{key, &key == fixed_.data()};
  }
  if (!fixed_.empty()) return std::nullopt;
  const std::lock_guard guard(mutex_);
  if (now_ends_s_ == 0 || !rotate(now_s)) return std::nullopt;
  if (name_of(now_) == name) return Found{now_, true};
  if (before_ends_s_ > now_s && name_of(before_) == name) return Found{before_, false};
  return std::nullopt;
}

}  // namespace gh::state
