// Compressor: one encoder of a body, whatever the coding. Used by one thread at a time, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gh::policy {

enum class Coding : std::uint8_t { gzip, brotli, zstd };
std::string_view coding_name(Coding coding);  // as in Content-Encoding

struct CompressorSettings {
  Coding coding = Coding::gzip;
  int level = 1;
  int window_bits = 15;     // gzip, brotli: log2 of the window
  int memory_level = 8;     // gzip: zlib's memLevel, 1-9
};

class Compressor {
 public:
  enum class Flush : std::uint8_t { none, sync, finish };

  Compressor() = default;
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  virtual ~Compressor() = default;

  /// Appends what `in` becomes to `out`. sync: all of it so far can be decoded from what came out. False: the library
  /// failed (no memory), and the answer cannot go on.
  virtual bool run(std::string_view in, Flush flush, std::string& out) = 0;
};

/// `length`: of the whole body if known, else 0; short bodies need less memory. Null: no memory.
std::unique_ptr<Compressor> make_compressor(const CompressorSettings& settings, std::uint64_t length);

/// Does the encoder keep what it was given until much has come, or it is flushed?
inline bool gathers(Coding coding) { return coding != Coding::gzip; }

/// Up to this many bytes at once are encoded on the loop: well under a millisecond. More goes to another thread.
std::size_t most_bytes_on_loop(const CompressorSettings& settings);

}  // namespace gh::policy
