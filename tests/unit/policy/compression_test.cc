// The encoders: what they make can be decoded again, at every level, flushed or not.
#include "policy/response/compression_codec.h"

#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

using namespace gh::policy;
using Flush = Compressor::Flush;

namespace {

std::string text_of(std::size_t bytes) {
  std::string text;
  unsigned random = 1;
  while (text.size() < bytes) {
    random = random * 1664525u + 1013904223u;
    text += "{\"id\":" + std::to_string(random >> 20) + ",\"name\":\"value\"}";
  }
  text.resize(bytes);
  return text;
}

std::string gunzip(const std::string& data, std::size_t most) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, MAX_WBITS + 16) == Z_OK);
  std::string out(most + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  inflate(&stream, Z_SYNC_FLUSH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

}  // namespace

TEST_CASE("gzip of every level and size decodes to the same, and says that it has ended") {
  for (int level = 1; level <= 9; ++level) {
    for (std::size_t size : {0u, 1u, 500u, 30000u, 300000u}) {
      const std::string text = text_of(size);
      for (std::uint64_t length : {std::uint64_t{0}, std::uint64_t{size}}) {
        auto gzip = make_compressor({Coding::gzip, level, 15, 8}, length);
        REQUIRE(gzip);
        std::string out;
        REQUIRE(gzip->run(std::string_view(text).substr(0, size / 3), Flush::none, out));
        REQUIRE(gzip->run(std::string_view(text).substr(size / 3), Flush::finish, out));
        REQUIRE(gunzip(out, size) == text);
      }
    }
  }
}

TEST_CASE("after a flush all that was given can be decoded") {
  for (const Coding coding : {Coding::gzip, Coding::brotli, Coding::zstd}) {
    auto compressor = make_compressor({coding, 5, 15, 8}, 0);
    std::string out;
    std::size_t before = 0;
    for (int i = 0; i < 4; ++i) {
      REQUIRE(compressor->run("data: an event\n\n", Flush::sync, out));
      CHECK(out.size() > before);
      before = out.size();
      REQUIRE(compressor->run("", Flush::sync, out));  // nothing new: no failure
      if (coding == Coding::gzip) CHECK(gunzip(out, 1000).size() == 16u * static_cast<unsigned>(i + 1));
    }
  }
}

TEST_CASE("windows and levels that are small or large") {
  for (const CompressorSettings settings : {CompressorSettings{Coding::gzip, 9, 10, 1}, {Coding::brotli, 11, 10, 8},
                                            {Coding::brotli, 0, 24, 8}, {Coding::zstd, 22, 15, 8}}) {
    const std::string text = text_of(100000);
    auto compressor = make_compressor(settings, 0);
    REQUIRE(compressor);
    std::string out;
    REQUIRE(compressor->run(text, Flush::finish, out));
    CHECK(out.size() < text.size() / 3);
    if (settings.coding == Coding::zstd) {
      std::string back(text.size() + 1, '\0');
      const std::size_t got = ZSTD_decompress(back.data(), back.size(), out.data(), out.size());
      REQUIRE(!ZSTD_isError(got));
      CHECK(back.substr(0, got) == text);
    }
  }
}
