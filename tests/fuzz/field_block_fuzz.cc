// An HTTP/2 peer's bytes: frames in reads of any size, header blocks, heads. What is taken can be written in one line each;
// bytes that go on are those that came; the parts of a read do not matter.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "http/h2_heads.h"
#include "http/hpack.h"

using namespace gh;
using namespace gh::http;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_head(std::string_view bytes, bool ends) {
  FieldBlock block;
  block.clear(64 * 1024);
  if (decode_hpack(bytes, block)) return;
  require(block.is_too_big() || block.bytes() <= 64 * 1024);
  Arena arena;
  ResponseHead head;
  HeadError error;
  if (read_response_block(block, false, ends, arena, head, error)) {
    require(head.status >= 100 && head.status <= 599 && head.status != 101);
    require(!ends || head.framing == BodyFraming::none);
    for (const Field& field : head.fields) {
      require(!field.name.empty() && field.name.find_first_of(": \r\n") == std::string_view::npos);
      require(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    }
  } else {
    require(error.status == 502 && error.reason[0] != '\0');
  }
  std::span<Field> trailers;
  read_trailer_block(block, arena, trailers, error);
}

struct Result {
  std::string passed, heads;
  bool bad = false;
};

Result read_all(std::string_view bytes, std::size_t step) {
  Result out;
  H2HeadReader reader(4096, 8);
  while (!bytes.empty() && !out.bad) {
    std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    while (true) {
      const H2HeadReader::Step s = reader.next(piece);
      if (s.state == H2HeadReader::State::more) break;
      out.bad = s.state == H2HeadReader::State::bad;
      if (out.bad) break;
      if (s.state == H2HeadReader::State::pass) out.passed.append(s.bytes);
      else out.heads.append(s.bytes).append(std::to_string(s.id)).append(s.ends ? "!" : ".");
      if (s.state == H2HeadReader::State::head && step > 4096) check_head(s.bytes, s.ends);
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_head(bytes, (data[0] & 1) != 0);
  const Result whole = read_all(bytes, SIZE_MAX);
  const Result parts = read_all(bytes, std::size_t{1} + data[0] % 16);
  require(whole.bad == parts.bad && whole.heads == parts.heads);
  require(whole.bad || whole.passed == parts.passed);
  return 0;
}
