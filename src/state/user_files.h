// UserFiles: password files ("name:password" lines), read when they change, and a bounded memory of credentials that
// were right a moment ago, so that slow hashes are not computed for each request. Shared by the workers; kept over
// reloads. Any thread. Nothing here is ever logged.
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "state/spin_lock.h"

namespace gh::state {

/// One file as it was when it was read.
struct UserFile {
  std::map<std::string, std::string, std::less<>> passwords;  // of two lines with one name the first counts
  struct stat identity = {};
  bool is_settled = false;  // false: it was written just before it was read, another write may look the same

  /// Lines "name:password" or "name:password:comment"; "#" begins a comment line.
  static void read_lines(std::string_view text, std::map<std::string, std::string, std::less<>>& passwords);
};

class UserFiles {
 public:
  static constexpr std::size_t max_files = 256;
  static constexpr std::size_t max_file_bytes = 64 * 1024 * 1024;
  static constexpr std::int64_t proof_ms = 60000;

  /// The file's lines when they are known and the file is the same (one stat); null: load() it, off the loop.
  std::shared_ptr<const UserFile> current(const std::string& path);
  /// Reads it anew when it has changed. Error::code is an errno.
  Result<std::shared_ptr<const UserFile>> load(const std::string& path);

  /// The proof holds name, password and the stored hash, so a changed file makes old ones worthless.
  static Proof proof_of(std::string_view user, std::string_view password, std::string_view stored);
  [[nodiscard]] bool was_right(const Proof& proof, std::int64_t now_ms);
  void remember(const Proof& proof, std::int64_t now_ms);

 private:
  static constexpr std::size_t proof_slots = 4096;
  struct Proven {
    Proof proof{};
    std::int64_t until_ms = 0;
  };
  std::mutex lock_;
  std::map<std::string, std::shared_ptr<const UserFile>, std::less<>> files_;
  SpinLock proofs_lock_;
  std::vector<Proven> proofs_ = std::vector<Proven>(proof_slots);
};

}  // namespace gh::state
