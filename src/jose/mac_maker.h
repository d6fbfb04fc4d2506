// Message authentication codes with one secret. What a secret needs once is done once: HMAC begins with a block made of
// it, and a context of OpenSSL is dearer than the code of a short text. Any number of threads use one at once.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>

#include "jose/secret.h"

namespace gh::jose {

using Mac = std::array<unsigned char, EVP_MAX_MD_SIZE>;

class MacMaker {
 public:
  /// `begun` has taken the secret and no text yet.
  explicit MacMaker(MacCtxPtr begun) : begun_(std::move(begun)) {}
  ~MacMaker() { EVP_MAC_CTX_free(idle_.load()); }
  MacMaker(const MacMaker&) = delete;
  MacMaker& operator=(const MacMaker&) = delete;

  /// How many bytes were written; 0: OpenSSL failed.
  std::size_t make(std::string_view text, Mac& mac);

 private:
  const MacCtxPtr begun_;
  std::atomic<EVP_MAC_CTX*> idle_ = nullptr;  // a copy of it that nobody uses now
};

}  // namespace gh::jose
