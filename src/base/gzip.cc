#include "base/gzip.h"

#include <zlib.h>

namespace gh {

bool gzip(std::string_view text, int level, std::string& out) {
  constexpr int window_bits = 15, gzip_header = 16, memory_level = 8;
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, window_bits + gzip_header, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
    return false;
  const std::size_t before = out.size();
  out.resize(before + deflateBound(&stream, text.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
  stream.avail_out = static_cast<uInt>(out.size() - before);
  const int code = deflate(&stream, Z_FINISH);
  out.resize(before + stream.total_out);
  deflateEnd(&stream);
  return code == Z_STREAM_END;
}

}  // namespace gh
