// Header blocks out of a stream of frames, however the bytes come; RFC 9113 4.1, 6.2, 6.10.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "http/h2_heads.h"

using namespace gh::http;
using namespace std::string_literals;

namespace {

constexpr int data = 0, headers = 1, push = 5, ping = 6, continuation = 9;
constexpr int ends = 1, complete = 4, padded = 8, priority = 32;

std::string frame(int type, int flags, unsigned id, const std::string& payload) {
  std::string out;
  const std::size_t size = payload.size();
  for (const std::size_t byte : {size >> 16, size >> 8, size}) out.push_back(static_cast<char>(byte));
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(flags));
  for (const unsigned byte : {id >> 24, id >> 16, id >> 8, id}) out.push_back(static_cast<char>(byte));
  return out + payload;
}

/// "pass:..." for bytes that go on, "head ID[ ends]:..." for blocks, "bad".
struct Reading {
  std::string passed;
  std::vector<std::string> heads;
  bool bad = false;
  explicit Reading(const std::string& bytes, std::size_t step = SIZE_MAX) {
    H2HeadReader reader(100, 3);
    for (std::size_t at = 0; at < bytes.size() && !bad; at += std::min(step, bytes.size() - at)) {
      const std::string piece = bytes.substr(at, step);  // memory of its own: reading beyond it is seen
      std::string_view rest = piece;
      while (true) {
        const H2HeadReader::Step s = reader.next(rest);
        if (s.state == H2HeadReader::State::more) break;
        if (s.state == H2HeadReader::State::bad) {
          bad = true;
          break;
        }
        if (s.state == H2HeadReader::State::pass) passed.append(s.bytes);
        else heads.push_back(std::to_string(s.id) + (s.ends ? " ends:" : ":") + std::string(s.bytes));
      }
    }
  }
};

}  // namespace

TEST_CASE("blocks come out whole and other frames go on as they came, in reads of any size") {
  const std::string before = frame(ping, 0, 0, "12345678") + frame(data, 0, 1, "body");
  const std::string behind = frame(data, ends, 1, "");
  const std::string bytes = before + frame(headers, complete, 1, "block") + frame(headers, ends, 3, "be") +
                            frame(continuation, 0, 3, "gi") + frame(continuation, complete, 3, "ns") + behind;
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    CAPTURE(step);
    const Reading r(bytes, step);
    CHECK_FALSE(r.bad);
    CHECK(r.passed == before + behind);
    CHECK(r.heads == std::vector<std::string>{"1:block", "3 ends:begins"});
  }
}

TEST_CASE("padding and priority are taken off") {
  const std::string rank = "\0\0\0\0\x10"s;
  CHECK(Reading(frame(headers, complete | padded, 1, "\3block123")).heads[0] == "1:block");
  CHECK(Reading(frame(headers, complete | priority, 1, rank + "block")).heads[0] == "1:block");
  CHECK(Reading(frame(headers, padded | priority, 1, "\1" + rank + "blx") + frame(continuation, complete, 1, "ock"))
            .heads[0] == "1:block");
  CHECK(Reading(frame(headers, complete | padded, 1, "\6block")).bad);
  CHECK(Reading(frame(headers, complete | padded, 1, "")).bad);
  CHECK(Reading(frame(headers, complete | priority, 1, "1234")).bad);
}

TEST_CASE("frames where they may not be") {
  CHECK(Reading(frame(headers, 0, 1, "a") + frame(ping, 0, 0, "12345678")).bad);
  CHECK(Reading(frame(headers, 0, 1, "a") + frame(continuation, complete, 3, "b")).bad);
  CHECK(Reading(frame(continuation, complete, 1, "b")).bad);
  CHECK(Reading(frame(headers, complete, 0, "a")).bad);
  CHECK(Reading(frame(push, complete, 1, "\0\0\0\2a"s)).bad);
}

TEST_CASE("bounds: a frame, a block, its frames") {
  CHECK_FALSE(Reading(frame(data, 0, 1, std::string(H2HeadReader::frame_bytes, 'x'))).bad);
  CHECK(Reading(frame(data, 0, 1, std::string(H2HeadReader::frame_bytes + 1, 'x'))).bad);
  CHECK_FALSE(Reading(frame(headers, complete, 1, std::string(100, 'x'))).bad);
  CHECK(Reading(frame(headers, complete, 1, std::string(101, 'x'))).bad);
  const std::string more = frame(continuation, 0, 1, "x");
  CHECK_FALSE(Reading(frame(headers, 0, 1, "") + more + more + frame(continuation, complete, 1, "")).bad);
  CHECK(Reading(frame(headers, 0, 1, "") + more + more + more + frame(continuation, complete, 1, "")).bad);
}

TEST_CASE("the stand-in is a frame with the block's stream and end") {
  H2HeadReader::Step step{H2HeadReader::State::head, "block", 0x01020304, true};
  char made[H2HeadReader::stand_in_bytes];
  H2HeadReader::write_stand_in(step, made);
  CHECK(std::string(made, sizeof made) == frame(headers, complete | ends, 0x01020304, "\x20\x88"));
  step.ends = false;
  H2HeadReader::write_stand_in(step, made);
  CHECK(std::string(made, sizeof made) == frame(headers, complete, 0x01020304, "\x20\x88"));
}
