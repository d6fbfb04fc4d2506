// Bodies: a reader fed in pieces says the same as one that is fed at once, never uses more than it is given, and hands
// out slices of its input only. A complete body's data, written out as chunks, is read back as the same data.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/h1.h"

using namespace gh;
using namespace gh::http;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

struct Outcome {
  BodyReader::State state = BodyReader::State::more;
  std::string data;
  std::string trailers;
  std::size_t consumed = 0;
  bool operator==(const Outcome&) const = default;
};

/// Pieces of 1 to 16 bytes as the bits of `seed` say; 0: in one piece.
Outcome run(std::string_view wire, BodyFraming framing, std::uint64_t length, const HeadLimits& limits,
            std::uint64_t seed) {
  BodyReader reader;
  reader.start(framing, length, limits);
  Outcome out;
  for (std::size_t at = 0;;) {
    std::size_t piece = wire.size() - at;
    if (seed != 0) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      piece = std::min<std::size_t>(piece, 1 + (seed >> 60));
    }
    const std::string exact(wire.substr(at, piece));
    const BodyReader::Step step = reader.read(exact);
    require(step.consumed <= exact.size());
    if (!step.data.empty())
      require(step.data.data() >= exact.data() && step.data.data() + step.data.size() <= exact.data() + exact.size());
    require((step.state == BodyReader::State::data) == !step.data.empty());
    out.state = step.state;
    out.data += step.data;
    out.consumed += step.consumed;
    at += step.consumed;
    if (step.state == BodyReader::State::done || step.state == BodyReader::State::bad) break;
    if (step.state == BodyReader::State::more && at == wire.size()) break;
  }
  out.trailers = reader.trailer_section();
  require((out.state == BodyReader::State::done) == reader.done());
  return out;
}

void check_done(const Outcome& out, BodyFraming framing, const HeadLimits& limits) {
  if (framing != BodyFraming::chunked) return;
  Arena arena;
  std::span<Field> fields;
  HeadError error;
  require(parse_trailers(out.trailers, limits, arena, fields, error));
  char head[18];
  std::string wire;
  if (!out.data.empty()) {
    wire.assign(head, write_chunk_head(out.data.size(), head));
    wire += out.data + "\r\n";
  }
  wire += "0\r\n" + out.trailers;
  const Outcome again = run(wire, BodyFraming::chunked, 0, limits, 0);
  require(again.state == BodyReader::State::done && again.data == out.data && again.trailers == out.trailers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  HeadLimits limits;
  limits.total_bytes = (data[0] & 4) != 0 ? 20 : 32768;
  limits.fields = (data[0] & 8) != 0 ? 2 : 1000;
  const BodyFraming framings[] = {BodyFraming::chunked, BodyFraming::chunked, BodyFraming::length,
                                  BodyFraming::until_close};
  const BodyFraming framing = framings[data[0] & 3];
  const std::string_view wire(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Outcome whole = run(wire, framing, data[1], limits, 0);
  require(run(wire, framing, data[1], limits, 0x9e3779b97f4a7c15u + data[1]) == whole);
  if (whole.state == BodyReader::State::done) check_done(whole, framing, limits);
  return 0;
}
