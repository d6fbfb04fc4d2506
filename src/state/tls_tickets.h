// TlsTickets: the keys of session tickets, which clients keep in place of our memory (RFC 5077, RFC 8446 4.6.1). Either
// those of files (ssl_session_ticket_key: the first encrypts, all decrypt), or random ones that change with time: a key
// encrypts for one lifetime of a session, and decrypts for one more. Shared by workers and generations, so that a
// ticket of one is good at the others. Any thread: one mutex, held for a copy. Keys are wiped when they go. Times are
// Unix seconds.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gh::state {

struct TlsTicketKey {
  static constexpr std::size_t short_file_bytes = 48, file_bytes = 80;

  std::array<unsigned char, 16> name{};
  std::array<unsigned char, 32> hmac{}, aes{};
  bool is_long = true;  // AES-256 and a MAC key of 32 bytes; else AES-128 and 16

  TlsTicketKey() = default;
  TlsTicketKey(const TlsTicketKey&) = default;
  TlsTicketKey& operator=(const TlsTicketKey&) = default;
  ~TlsTicketKey();
  /// A file's 48 or 80 bytes, as nginx lays them out.
  static Result<TlsTicketKey> parse(std::string_view bytes);
  [[nodiscard]] std::size_t key_bytes() const { return is_long ? 32 : 16; }
};

class TlsTickets {
 public:
  explicit TlsTickets(std::vector<TlsTicketKey> keys) : fixed_(std::move(keys)) {}
  explicit TlsTickets(std::int64_t lifetime_s) : lifetime_s_(lifetime_s) {}

  /// The key that encrypts now; none when there is no randomness.
  std::optional<TlsTicketKey> current(std::int64_t now_s);
  struct Found {
    TlsTicketKey key;
    bool is_current;
  };
  std::optional<Found> find(std::string_view name, std::int64_t now_s);

 private:
  bool rotate(std::int64_t now_s);

  const std::vector<TlsTicketKey> fixed_;
  const std::int64_t lifetime_s_ = 0;
  std::mutex mutex_;
  TlsTicketKey now_, before_;       // random ones
  std::int64_t now_ends_s_ = 0;     // when now_ becomes before_; 0: there is none
  std::int64_t before_ends_s_ = 0;  // when before_ is worthless
};

}  // namespace gh::state
