// A temporary file. Without a name it is gone with its descriptor, whatever happens to the process; a name is made
// only for who asks for it. Owned by one thread; names are unique in the process.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gh {

/// nginx's temp paths: a folder, and how many digits of a file's number name each level of folders below it (0: none).
struct TempPath {
  std::string folder;
  std::array<std::uint8_t, 3> levels{};
  bool operator==(const TempPath&) const = default;
};

/// "/folder/9/53/0000000539" for number 539 and levels 1 2. Pure.
std::string temp_file_name(const TempPath& path, std::uint32_t number);

class TempFile {
 public:
  enum class Form : std::uint8_t { nameless, named };  // nameless: as far as the file system can
  TempFile() = default;
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile() { close(); }

  /// `path` must outlive the open file; the folder and its levels are made as needed, for the process's user alone.
  Result<void> open(const TempPath& path, Form form);
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }
  /// A nameless file gets its name at the first call. Empty when that is impossible.
  std::string_view name();
  /// close() does not remove the name.
  void keep() { kept_ = true; }
  void close();

 private:
  Result<void> open_named();
  const TempPath* path_ = nullptr;
  std::string name_;
  int fd_ = -1;
  bool kept_ = false;
};

}  // namespace gh
