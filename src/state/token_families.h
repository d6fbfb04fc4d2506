// TokenFamilies: which refresh tokens have been used. All that come of one login are a family, numbered in their order;
// each is good once. One that is used again was copied by somebody: its whole family ends (RFC 9700 4.14.2). Only
// families of which a token was used take memory, and that is bounded: a full one takes no further ones until some of
// its families are over. Kept over reloads, not over restarts. Any thread: one mutex, held for a look-up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <unordered_map>

namespace gh::state {

using TokenFamily = std::array<unsigned char, 16>;  // drawn at random

class TokenFamilies {
 public:
  static constexpr std::size_t usual_families = std::size_t{1} << 20;  // some 80 bytes each
  static constexpr std::int64_t sweep_pause_s = 10;                    // between two looks for what is over

  explicit TokenFamilies(std::size_t most = usual_families) : most_(most) {}

  enum class Use : std::uint8_t { good, again, full };
  /// The token with this number is used; none of its family is good from `ends_s` on.
  Use use(const TokenFamily& family, std::uint32_t number, std::int64_t ends_s, std::int64_t now_s);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Entry {
    std::int64_t ends_s = 0;
    std::uint64_t next = 0;  // the lowest number that is still good
  };
  struct FirstBytes {  // they are random, and sealed: nobody chooses a bucket
    std::size_t operator()(const TokenFamily& family) const {
      std::size_t hash = 0;
      std::memcpy(&hash, family.data(), sizeof hash);
      return hash;
    }
  };
  bool has_room(std::int64_t now_s);

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::unordered_map<TokenFamily, Entry, FirstBytes> entries_;
  std::int64_t swept_s_ = 0;
};

}  // namespace gh::state
