#include "policy/response/compression_codec.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

namespace gh::policy {

namespace {

constexpr std::size_t step_bytes = 8 * 1024;  // how much an encoder's output grows by at a time

class Gzip final : public Compressor {
 public:
  ~Gzip() override {
    if (open_) deflateEnd(&stream_);
  }
  bool open(const CompressorSettings& settings, std::uint64_t length) {
    int window = settings.window_bits, memory = settings.memory_level;
    if (length > 0) {  // as nginx: what a short body cannot fill is not allocated
      while (window > 9 && length < (std::uint64_t{1} << (window - 1)) - 262) {
        --window;
        memory = std::max(memory - 1, 1);
      }
    }
    constexpr int with_gzip_head = 16;
    open_ = deflateInit2(&stream_, settings.level, Z_DEFLATED, window + with_gzip_head, memory, Z_DEFAULT_STRATEGY) ==
            Z_OK;
    return open_;
  }
  bool run(std::string_view in, Flush flush, std::string& out) override {
    constexpr int modes[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH};
    const int mode = modes[static_cast<std::size_t>(flush)];
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    while (true) {
      const std::size_t before = out.size();
      const std::size_t room = std::max(step_bytes, stream_.avail_in / 4 + std::size_t{64});
      out.resize(before + room);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream_.avail_out = static_cast<uInt>(room);
      const int result = deflate(&stream_, mode);
      out.resize(before + room - stream_.avail_out);
      if (result == Z_STREAM_END) return true;
      if (result != Z_OK && result != Z_BUF_ERROR) return false;
      if (stream_.avail_out > 0) return stream_.avail_in == 0 && flush != Flush::finish;
    }
  }

 private:
  z_stream stream_{};
  bool open_ = false;
};

class Brotli final : public Compressor {
 public:
  ~Brotli() override { BrotliEncoderDestroyInstance(state_); }
  bool open(const CompressorSettings& settings, std::uint64_t length) {
    state_ = BrotliEncoderCreateInstance(nullptr, nullptr, nullptr);
    if (!state_) return false;
    int window = std::clamp(settings.window_bits, BROTLI_MIN_WINDOW_BITS, BROTLI_MAX_WINDOW_BITS);
    while (length > 0 && window > 10 && length < (std::uint64_t{1} << (window - 1)) - 16) --window;
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, static_cast<std::uint32_t>(settings.level));
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, static_cast<std::uint32_t>(window));
    const auto hint = static_cast<std::uint32_t>(std::min<std::uint64_t>(length, 1u << 30));
    if (hint > 0) BrotliEncoderSetParameter(state_, BROTLI_PARAM_SIZE_HINT, hint);
    return true;
  }
  bool run(std::string_view in, Flush flush, std::string& out) override {
    constexpr BrotliEncoderOperation operations[] = {BROTLI_OPERATION_PROCESS, BROTLI_OPERATION_FLUSH,
                                                     BROTLI_OPERATION_FINISH};
    const BrotliEncoderOperation operation = operations[static_cast<std::size_t>(flush)];
    std::size_t left = in.size();
    const auto* next = reinterpret_cast<const std::uint8_t*>(in.data());
    while (true) {
      std::size_t no_room = 0;
      std::uint8_t* no_place = nullptr;
      if (!BrotliEncoderCompressStream(state_, operation, &left, &next, &no_room, &no_place, nullptr)) return false;
      std::size_t bytes = 0;
      while (const std::uint8_t* taken = BrotliEncoderTakeOutput(state_, &bytes)) {
        out.append(reinterpret_cast<const char*>(taken), bytes);
        bytes = 0;
      }
      if (left > 0 || BrotliEncoderHasMoreOutput(state_)) continue;
      return flush != Flush::finish || BrotliEncoderIsFinished(state_);
    }
  }

 private:
  BrotliEncoderState* state_ = nullptr;
};

class Zstd final : public Compressor {
 public:
  ~Zstd() override { ZSTD_freeCCtx(context_); }
  bool open(const CompressorSettings& settings, std::uint64_t length) {
    context_ = ZSTD_createCCtx();
    if (!context_) return false;
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, settings.level);
    // Bounds for what one answer may hold, at any level: about 2 MB. Decoders of RFC 9659 have to take 8 MB windows.
    constexpr int window_bits = 18, hash_bits = 17, chain_bits = 17;
    int window = window_bits;
    while (length > 0 && window > 10 && length <= std::uint64_t{1} << (window - 1)) --window;
    ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, window);
    if (settings.level > 3 || window < window_bits) {
      ZSTD_CCtx_setParameter(context_, ZSTD_c_hashLog, std::min(hash_bits, window));
      ZSTD_CCtx_setParameter(context_, ZSTD_c_chainLog, std::min(chain_bits, window));
    }
    return true;
  }
  bool run(std::string_view in, Flush flush, std::string& out) override {
    constexpr ZSTD_EndDirective directives[] = {ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end};
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    while (true) {
      const std::size_t before = out.size();
      out.resize(before + step_bytes);
      ZSTD_outBuffer to{out.data() + before, step_bytes, 0};
      const std::size_t left = ZSTD_compressStream2(context_, &to, &from, directives[static_cast<std::size_t>(flush)]);
      out.resize(before + to.pos);
      if (ZSTD_isError(left)) return false;
      if (flush == Flush::none ? from.pos == from.size : left == 0) return true;
    }
  }

 private:
  ZSTD_CCtx* context_ = nullptr;
};

template <class C>
std::unique_ptr<Compressor> make(const CompressorSettings& settings, std::uint64_t length) {
  auto made = std::make_unique<C>();
  if (!made->open(settings, length)) return nullptr;
  return made;
}

}  // namespace

std::string_view coding_name(Coding coding) {
  return coding == Coding::gzip ? "gzip" : coding == Coding::brotli ? "br" : "zstd";
}

std::unique_ptr<Compressor> make_compressor(const CompressorSettings& settings, std::uint64_t length) {
  switch (settings.coding) {
    case Coding::gzip: return make<Gzip>(settings, length);
    case Coding::brotli: return make<Brotli>(settings, length);
    case Coding::zstd: return make<Zstd>(settings, length);
  }
  return nullptr;
}

// By the slowest case seen: gzip 9 takes some 100 us for 4 KB, brotli 11 a millisecond for each.
std::size_t most_bytes_on_loop(const CompressorSettings& settings) {
  switch (settings.coding) {
    case Coding::gzip: return settings.level <= 6 ? 16 * 1024 : 4 * 1024;
    case Coding::brotli: return settings.level <= 4 ? 8 * 1024 : settings.level <= 8 ? 2 * 1024 : 0;
    case Coding::zstd: return settings.level <= 3 ? 16 * 1024 : settings.level <= 6 ? 4 * 1024 : 0;
  }
  return 0;
}

}  // namespace gh::policy
