// Verdicts: what an authorizer has said (auth_request_cache), for as long as its directive says. Shared by the workers;
// a reload begins with none. Keys are not kept, only proofs of them. Memory is bounded: a full one forgets the verdict
// that was not asked for the longest. Any thread: one mutex, held for a look-up or an insertion. Times are monotonic
// milliseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/digest.h"

namespace gh::state {

struct Verdict {
  std::uint16_t status = 0;
  std::vector<std::string> values;      // of the variables that it sets, in their order
  std::vector<std::string> challenges;  // of a 401
};

class Verdicts {
 public:
  static constexpr std::size_t min_bytes = 32 * 1024;
  static constexpr std::size_t most_verdict_bytes = 16 * 1024;  // larger ones are not kept
  static constexpr std::size_t entry_bytes = 320;               // what one costs beside its texts

  explicit Verdicts(std::size_t bytes) : most_bytes_(bytes) {}

  /// Null: there is none, or its time is over.
  [[nodiscard]] std::shared_ptr<const Verdict> find(const Proof& key, std::int64_t now_ms);
  /// Takes the place of an earlier one.
  void put(const Proof& key, std::shared_ptr<const Verdict> verdict, std::int64_t until_ms);

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t used_bytes() const;

 private:
  struct Entry {
    Proof key;
    std::shared_ptr<const Verdict> verdict;
    std::int64_t until_ms;
    std::size_t bytes;
  };
  using Entries = std::list<Entry>;  // last used first
  struct FirstBytes {                // of a keyed hash: nobody chooses a bucket
    std::size_t operator()(const Proof& key) const {
      std::size_t hash = 0;
      std::memcpy(&hash, key.data(), sizeof hash);
      return hash;
    }
  };
  void drop(Entries::iterator entry);

  const std::size_t most_bytes_;
  mutable std::mutex mutex_;
  std::size_t used_ = 0;
  Entries entries_;
  std::unordered_map<Proof, Entries::iterator, FirstBytes> by_key_;
};

}  // namespace gh::state
