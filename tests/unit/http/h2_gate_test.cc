// What a client may send on an HTTP/2 connection: RFC 9113 3.4, 4.2, 5.1, 6, and floods.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "http/h2_gate.h"

using namespace gh::http;
using namespace std::string_literals;  // "a\0b"s keeps its NUL

namespace {

std::string frame(unsigned type, unsigned flags, std::uint32_t stream, std::string_view payload,
                  std::size_t stated = SIZE_MAX) {
  const std::size_t length = stated == SIZE_MAX ? payload.size() : stated;
  std::string out;
  for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>(length >> shift);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(stream >> shift);
  return out.append(payload);
}
constexpr unsigned data = 0, headers = 1, priority = 2, rst = 3, settings = 4, push = 5, ping = 6, goaway = 7,
                   window = 8, continuation = 9;
const std::string opening = std::string(h2_preface) + frame(settings, 0, 0, "");
const std::string get = "block";  // the gate does not look into field blocks
const std::string four(4, '\0'), five(5, '\0'), eight(8, '\0');

struct Fed {
  H2Error error = H2Error::none;
  std::string reason;
  std::size_t consumed = 0;
  std::string passed;
  int frames = 0;
};

/// Feeds `wire` in pieces of `piece` bytes.
Fed feed(H2Gate& gate, std::string_view wire, std::size_t piece = SIZE_MAX, std::int64_t now_ms = 1000) {
  Fed fed;
  while (!wire.empty()) {
    std::string_view part = wire.substr(0, std::min(piece, wire.size()));
    wire.remove_prefix(part.size());
    while (!part.empty()) {
      const H2Gate::Step step = gate.take(part, now_ms);
      REQUIRE(step.consumed <= part.size());
      fed.consumed += step.consumed;
      if (step.reason) {
        fed.error = step.error;
        fed.reason = step.reason;
        CHECK(step.pass.empty());
        return fed;
      }
      REQUIRE(step.consumed > 0);
      fed.passed += step.pass;
      fed.frames += step.frame_ended ? 1 : 0;
      part.remove_prefix(step.consumed);
    }
  }
  return fed;
}

struct Opened {
  H2Gate gate{H2GateLimits{}};
  Opened() { REQUIRE(feed(gate, opening).error == H2Error::none); }
  H2Error operator()(const std::string& wire) { return feed(gate, wire).error; }
};

H2Error after_opening(const std::string& wire) { return Opened()(wire); }

}  // namespace

TEST_CASE("the preface is refused at its first differing byte") {
  for (std::size_t at = 0; at < h2_preface.size(); ++at) {
    std::string wire(h2_preface);
    wire[at] = '#';
    H2Gate gate{H2GateLimits{}};
    const Fed fed = feed(gate, wire);
    CHECK(fed.error == H2Error::protocol);
    CHECK(fed.consumed == at);
  }
}

TEST_CASE("the first frame is SETTINGS") {
  for (const unsigned type : {data, headers, priority, rst, ping, goaway, window, continuation, 0x42u}) {
    H2Gate gate{H2GateLimits{}};
    CHECK(feed(gate, std::string(h2_preface) + frame(type, 0, 1, four)).error == H2Error::protocol);
  }
}

TEST_CASE("all that is good passes unchanged, in any split") {
  const std::string wire = frame(headers, 5, 1, get) + frame(headers, 0x2c, 3, "\x02" + five + get + "pp") +
                           frame(data, 0, 3, "body") + frame(data, 8, 3, "\x03xppp") + frame(ping, 0, 0, eight) +
                           frame(window, 0, 0, four) + frame(window, 0, 1, four) + frame(priority, 0, 9, five) +
                           frame(headers, 0, 5, get) + frame(continuation, 0, 5, "more") +
                           frame(continuation, 4, 5, "") + frame(headers, 5, 3, "trailers") + frame(rst, 0, 5, four) +
                           frame(0x42, 0xff, 77, "unknown") + frame(goaway, 0, 0, eight + "why") +
                           frame(settings, 1, 0, "");
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{10}, wire.size()}) {
    H2Gate gate{H2GateLimits{}};
    const Fed fed = feed(gate, opening + wire, piece);
    CHECK(fed.reason.empty());
    CHECK(fed.frames == 17);
    CHECK(fed.passed == frame(settings, 0, 0, "") + wire);
    CHECK(gate.between_frames());
    CHECK(gate.last_stream() == 5);
  }
}

TEST_CASE("the end of each frame is told with what it was") {
  Opened open;
  const std::string wire = frame(headers, 4, 1, get) + frame(data, 1, 1, "x");
  std::string_view rest = wire;
  H2Gate::Step step = open.gate.take(rest, 0);
  CHECK(step.frame_ended);
  CHECK(open.gate.frame().is(H2Frame::headers));
  CHECK(open.gate.frame().opens_stream);
  CHECK(open.gate.block_bytes() == get.size());
  CHECK_FALSE(open.gate.block_ends_stream());
  rest.remove_prefix(step.consumed);
  step = open.gate.take(rest, 0);
  CHECK(step.frame_ended);
  CHECK(open.gate.frame().is(H2Frame::data));
  CHECK_FALSE(open.gate.frame().opens_stream);
}

TEST_CASE("frames of a wrong size") {
  CHECK(after_opening(frame(data, 0, 1, "", 16385)) == H2Error::frame_size);
  CHECK(after_opening(frame(0x42, 0, 0, "", 0xffffff)) == H2Error::frame_size);
  for (const std::size_t size : {0u, 7u, 9u}) CHECK(after_opening(frame(ping, 0, 0, "", size)) == H2Error::frame_size);
  for (const std::size_t size : {0u, 7u}) CHECK(after_opening(frame(goaway, 0, 0, "", size)) == H2Error::frame_size);
  for (const std::size_t size : {1u, 5u, 7u}) {
    CHECK(after_opening(frame(settings, 0, 0, "", size)) == H2Error::frame_size);
  }
  CHECK(after_opening(frame(settings, 1, 0, "", 6)) == H2Error::frame_size);
  const std::string open = frame(headers, 4, 1, get);
  for (const std::size_t size : {0u, 3u, 5u}) {
    CHECK(after_opening(open + frame(rst, 0, 1, "", size)) == H2Error::frame_size);
    CHECK(after_opening(open + frame(window, 0, 1, "", size)) == H2Error::frame_size);
    CHECK(after_opening(frame(window, 0, 0, "", size)) == H2Error::frame_size);
  }
  for (const std::size_t size : {4u, 6u}) CHECK(after_opening(frame(priority, 0, 1, "", size)) == H2Error::frame_size);
  CHECK(after_opening(frame(headers, 0x0c, 1, "")) == H2Error::frame_size);
  CHECK(after_opening(frame(headers, 0x24, 1, four)) == H2Error::frame_size);
  CHECK(after_opening(frame(headers, 0x2c, 1, five)) == H2Error::frame_size);
  CHECK(after_opening(open + frame(data, 8, 1, "")) == H2Error::frame_size);
}

TEST_CASE("frames that carry something may be larger") {
  H2GateLimits limits;
  limits.frame_bytes = 1 << 20;
  const auto judge = [&](const std::string& wire) {
    H2Gate gate{limits};
    return feed(gate, opening + wire).error;
  };
  const std::string open = frame(headers, 4, 1, get);
  CHECK(judge(open + frame(data, 0, 1, "", 1 << 20)) == H2Error::none);
  CHECK(judge(open + frame(data, 0, 1, "", (1 << 20) + 1)) == H2Error::frame_size);
  CHECK(judge(frame(headers, 4, 1, "", limits.block_bytes)) == H2Error::none);
  CHECK(judge(frame(headers, 4, 1, "", limits.block_bytes + 1)) == H2Error::enhance_your_calm);
  for (const unsigned type : {settings, ping, goaway, 0x42u}) {
    CHECK(judge(frame(type, 0, 0, "", 16386)) == H2Error::frame_size);
  }
}

TEST_CASE("frames in a wrong place") {
  for (const unsigned type : {data, headers, priority, rst, continuation}) {
    CHECK(after_opening(frame(type, 4, 0, type == priority ? five : four)) == H2Error::protocol);
  }
  CHECK(after_opening(frame(settings, 0, 1, "")) == H2Error::protocol);
  CHECK(after_opening(frame(ping, 0, 1, eight)) == H2Error::protocol);
  CHECK(after_opening(frame(goaway, 0, 1, eight)) == H2Error::protocol);
  CHECK(after_opening(frame(push, 4, 1, four)) == H2Error::protocol);
  const std::string open = frame(headers, 0, 1, get);  // its block goes on
  for (const unsigned type : {data, headers, settings, ping, 0x42u}) {
    CHECK(after_opening(open + frame(type, 0, 1, "")) == H2Error::protocol);
  }
  CHECK(after_opening(open + frame(continuation, 4, 3, "")) == H2Error::protocol);
  CHECK(after_opening(open + frame(continuation, 4, 1, "") + frame(continuation, 4, 1, "")) == H2Error::protocol);
}

TEST_CASE("padding") {
  const std::string open = frame(headers, 4, 1, get);
  CHECK(after_opening(open + frame(data, 8, 1, "\x04" + four)) == H2Error::none);
  CHECK(after_opening(open + frame(data, 8, 1, "\x05" + four)) == H2Error::protocol);
  CHECK(after_opening(open + frame(data, 8, 1, "\xff")) == H2Error::protocol);
  CHECK(after_opening(frame(headers, 0x0c, 1, "\x02" + get)) == H2Error::none);
  CHECK(after_opening(frame(headers, 0x0c, 1, "\x06" + get)) == H2Error::protocol);
  CHECK(after_opening(frame(headers, 0x2c, 1, "\x03" + five + "ab")) == H2Error::protocol);
}

TEST_CASE("streams: idle, ended, going down") {
  CHECK(after_opening(frame(headers, 5, 2, get)) == H2Error::protocol);
  CHECK(after_opening(frame(data, 0, 1, "x")) == H2Error::protocol);
  CHECK(after_opening(frame(rst, 0, 1, four)) == H2Error::protocol);
  CHECK(after_opening(frame(window, 0, 1, four)) == H2Error::protocol);
  const std::string third = frame(headers, 5, 3, get);
  CHECK(after_opening(third + frame(headers, 5, 1, get)) == H2Error::protocol);  // RFC 9113 5.1.1
  CHECK(after_opening(third + frame(window, 0, 2, four)) == H2Error::protocol);
  CHECK(after_opening(third + frame(headers, 5, 3, get)) == H2Error::stream_closed);
  CHECK(after_opening(third + frame(data, 0, 3, "x")) == H2Error::stream_closed);
  CHECK(after_opening(third + frame(data, 0, 1, "x")) == H2Error::stream_closed);  // closed without having been opened
  CHECK(after_opening(third + frame(window, 0, 3, four) + frame(priority, 0, 3, five)) == H2Error::none);
  CHECK(after_opening(third + frame(rst, 0, 3, four) + frame(rst, 0, 3, four)) == H2Error::none);
  CHECK(after_opening(third + frame(rst, 0, 3, four) + frame(data, 0, 3, "x")) == H2Error::stream_closed);
  const std::string open = frame(headers, 4, 1, get);
  CHECK(after_opening(open + frame(data, 1, 1, "") + frame(data, 1, 1, "")) == H2Error::stream_closed);
  CHECK(after_opening(open + frame(headers, 1, 1, get) + frame(continuation, 4, 1, "") + frame(data, 0, 1, "")) ==
        H2Error::stream_closed);
}

TEST_CASE("what comes on a stream that was reset here passes until the client has ended it") {
  Opened open;
  REQUIRE(open(frame(headers, 4, 1, get)) == H2Error::none);
  open.gate.close_stream(1);
  const std::string late = frame(data, 0, 1, "late") + frame(window, 0, 1, four) + frame(headers, 5, 1, "trailers");
  CHECK(open(late) == H2Error::none);
  CHECK(open(frame(data, 0, 1, "x")) == H2Error::stream_closed);
  Opened other;
  REQUIRE(other(frame(headers, 5, 1, get)) == H2Error::none);
  other.gate.close_stream(1);  // both sides have ended it
  CHECK(other(frame(data, 0, 1, "x")) == H2Error::stream_closed);
}

TEST_CASE("reset streams are remembered up to a number") {
  Opened open;
  for (std::uint32_t id = 1; id < 2000; id += 2) {
    REQUIRE(open(frame(headers, 4, id, get)) == H2Error::none);
    open.gate.close_stream(id);
  }
  CHECK(open(frame(data, 0, 1999, "x")) == H2Error::none);
  CHECK(open(frame(data, 0, 1, "x")) == H2Error::stream_closed);
}

namespace {

/// How many times `wire` is taken on one connection.
int taken(const std::function<std::string(int)>& wire, H2Error expected, int most = 100'000) {
  Opened open;
  for (int i = 0; i < most; ++i) {
    const H2Error error = open(wire(i));
    if (error == H2Error::none) continue;
    CHECK(error == expected);
    return i;
  }
  return most;
}
std::uint32_t id_of(int i) { return static_cast<std::uint32_t>(2 * i + 1); }

}  // namespace

TEST_CASE("floods end") {
  const H2Error calm = H2Error::enhance_your_calm;
  CHECK(taken([](int i) { return frame(headers, 5, id_of(i), get) + frame(rst, 0, id_of(i), four); }, calm) <= 100);
  CHECK(taken([](int i) { return (i == 0 ? frame(headers, 4, 1, get) : "") + frame(data, 0, 1, ""); }, calm) <= 100);
  CHECK(taken([](int i) { return (i == 0 ? frame(headers, 4, 1, get) : "") + frame(data, 8, 1, "\x04" + four); },
              calm) <= 101);
  CHECK(taken([](int i) { return frame(i == 0 ? headers : continuation, 0, 1, ""); }, calm) <= 101);
  CHECK(taken([](int i) { return frame(i == 0 ? headers : continuation, 0, 1, "x"); }, calm) <= 101);
  CHECK(taken([](int i) { return frame(i == 0 ? headers : continuation, 0, 1, std::string(16384, 'x')); }, calm) == 4);
  CHECK(taken([](int) { return frame(ping, 0, 0, eight); }, calm) <= 1000);
  CHECK(taken([](int) { return frame(settings, 0, 0, ""); }, calm) <= 1000);
  CHECK(taken([](int) { return frame(priority, 0, 1, five); }, calm) <= 1000);
  CHECK(taken([](int) { return frame(window, 0, 0, four); }, calm) <= 1000);
  CHECK(taken([](int) { return frame(0x42, 0, 0, ""); }, calm) <= 1000);
  CHECK(taken([](int) { return frame(goaway, 0, 0, eight); }, calm) <= 1000);
}

TEST_CASE("honest clients are no flood") {
  Opened open;
  for (int i = 0; i < 5000; ++i) {  // requests that are answered, with a window update for each frame of the answer
    REQUIRE(open(frame(headers, 5, id_of(i), get) + frame(window, 0, 0, four) + frame(window, 0, id_of(i), four)) ==
            H2Error::none);
    open.gate.note_data_sent();
    open.gate.note_answer();
    open.gate.close_stream(id_of(i));
  }
  for (int second = 1; second < 100; ++second) {  // ten streams a second that are given up
    for (int i = 0; i < 10; ++i) {
      const std::uint32_t id = id_of(5000 + second * 10 + i);
      const std::string wire = frame(headers, 5, id, get) + frame(rst, 0, id, four);
      REQUIRE(feed(open.gate, wire, SIZE_MAX, 1000 * second).reason.empty());
    }
  }
}

TEST_CASE("errors have names") {
  CHECK(h2_error_name(H2Error::enhance_your_calm) == "ENHANCE_YOUR_CALM");
  CHECK(h2_error_name(static_cast<H2Error>(0x1234)) == "an unknown error");
}
