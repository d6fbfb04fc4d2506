// Source texts and places in them. Files are read once into immutable buffers; every node and diagnostic points here.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"

namespace gh::config {

/// A byte range of one file. file == npos: no place (command line, built in).
struct Span {
  static constexpr std::uint32_t npos = 0xffffffff;
  std::uint32_t file = npos, begin = 0, end = 0;
  [[nodiscard]] bool is_set() const { return file != npos; }
};

struct Place { std::uint32_t line = 0, column = 0; };  // from 1; column in bytes

struct SourceFile {
  std::string path;       // as people should see it (as named by the include, made relative to nothing)
  std::string text;
  Span included_from;     // the include directive, unset for the main file
  std::vector<std::uint32_t> line_starts;
};

class Sources {
 public:
  /// Limits: 64 MiB a file, 1,000 files. Error text says what is wrong with the file.
  Result<std::uint32_t> read(const std::string& path, Span included_from);
  std::uint32_t add(std::string path, std::string text, Span included_from = {});
  [[nodiscard]] const SourceFile& file(std::uint32_t id) const { return files_[id]; }
  [[nodiscard]] std::size_t count() const { return files_.size(); }
  /// The path as diagnostics show it: from the folder of show_from() on, if it is below that.
  [[nodiscard]] std::string_view shown_path(std::uint32_t id) const;
  void show_from(std::string folder) { shown_from_ = std::move(folder); }  // ends with "/"; empty: paths stay whole
  [[nodiscard]] Place place(const Span& span) const;
  [[nodiscard]] std::string_view text(const Span& span) const;
  [[nodiscard]] std::string_view line(std::uint32_t file, std::uint32_t number) const;  // without line end
  [[nodiscard]] std::string where(const Span& span) const;  // "gateway.conf:14:5"
  /// Memory that lives as long as the sources: what trees point to besides the texts.
  void adopt(std::unique_ptr<Arena> memory) { memory_.push_back(std::move(memory)); }
  std::string_view keep(std::string_view text) { return memory().copy(text); }
  template <class T>
  std::span<const T> keep(const std::vector<T>& items) {
    T* to = memory().array<T>(items.size());
    std::uninitialized_copy(items.begin(), items.end(), to);
    return {to, items.size()};
  }

 private:
  Arena& memory() {
    if (memory_.empty()) adopt(std::make_unique<Arena>());
    return *memory_.back();
  }

  std::deque<SourceFile> files_;  // addresses stay put
  std::vector<std::unique_ptr<Arena>> memory_;
  std::string shown_from_;
};

}  // namespace gh::config
