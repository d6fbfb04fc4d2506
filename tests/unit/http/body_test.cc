// Bodies off the wire: RFC 9112 6 and 7, in every split, with every limit.
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "http/h1.h"

using namespace gh;
using namespace gh::http;
using namespace std::string_literals;  // "a\0b"s keeps its NUL

namespace {

struct Outcome {
  bool done = false;
  std::string bad;  // the reason
  std::string data;
  std::string trailers;
  std::size_t consumed = 0;
  bool operator==(const Outcome&) const = default;
};

/// Feeds `wire` in pieces ended by `cuts` (ascending offsets).
Outcome feed(BodyReader& reader, std::string_view wire, const std::vector<std::size_t>& cuts) {
  Outcome out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : wire.size();
    std::string_view piece = wire.substr(begin, end - begin);
    begin = end;
    for (;;) {
      const BodyReader::Step step = reader.read(piece);
      REQUIRE(step.consumed <= piece.size());
      out.consumed += step.consumed;
      out.data += step.data;
      piece.remove_prefix(step.consumed);
      if (step.state == BodyReader::State::bad) out.bad = step.reason;
      if (step.state == BodyReader::State::done) out.done = true;
      if (step.state != BodyReader::State::data) break;
      REQUIRE_FALSE(step.data.empty());
    }
    if (out.done || !out.bad.empty()) break;
    REQUIRE(piece.empty());
  }
  out.trailers = reader.trailer_section();
  return out;
}

Outcome chunked(std::string_view wire, const std::vector<std::size_t>& cuts = {}, const HeadLimits& limits = {}) {
  BodyReader reader;
  reader.start(BodyFraming::chunked, 0, limits);
  return feed(reader, wire, cuts);
}

const std::string two_chunks = "5\r\nhello\r\n6;a=b; c=\"d e\"\r\n world\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n";

}  // namespace

TEST_CASE("chunks, extensions and trailers") {
  const Outcome out = chunked(two_chunks + "GET /next");
  CHECK(out.done);
  CHECK(out.data == "hello world");
  CHECK(out.trailers == "X-Sum: 1\r\nY: 2\r\n\r\n");
  CHECK(out.consumed == two_chunks.size());
  const Outcome empty = chunked("0\r\n\r\n");
  CHECK(empty.done);
  CHECK(empty.data.empty());
  CHECK(empty.trailers == "\r\n");
  CHECK(chunked("00000000000A\r\n0123456789\r\n0 ;x\r\n\r\n").data == "0123456789");
  CHECK(chunked("a\r\n0123456789\r\n0\t;\r\n\r\n").done);
}

TEST_CASE("every split of a chunked body in two and in three gives the same") {
  const Outcome whole = chunked(two_chunks);
  for (std::size_t a = 0; a <= two_chunks.size(); ++a) {
    CHECK(chunked(two_chunks, {a}) == whole);
    for (std::size_t b = a; b <= two_chunks.size(); ++b) CHECK(chunked(two_chunks, {a, b}) == whole);
  }
}

TEST_CASE("random bodies in random splits give what was written") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string wire;
    std::string data;
    for (auto i = random() % 6; i > 0; --i) {
      const std::string chunk(1 + random() % 300, static_cast<char>(random() % 256));
      char head[18];
      wire.append(head, write_chunk_head(chunk.size(), head));
      wire += chunk + "\r\n";
      data += chunk;
    }
    wire += random() % 2 ? "0\r\n\r\n" : "0\r\nA: b\r\n\r\n";
    std::vector<std::size_t> cuts;
    for (std::size_t at = random() % 9; at < wire.size(); at += 1 + random() % 40) cuts.push_back(at);
    const Outcome out = chunked(wire, cuts);
    CHECK(out.done);
    CHECK(out.data == data);
    CHECK(out.consumed == wire.size());
  }
}

TEST_CASE("malformed chunk framing is refused, whole and byte by byte") {
  for (const std::string bad : {"\r\n",
                                "x\r\n",
                                "-1\r\n",
                                "+1\r\na\r\n",
                                "0x1\r\na\r\n",
                                " 1\r\na\r\n",
                                "1 \r\na\r\n",
                                "1\t\r\na\r\n",
                                "1\na\r\n",
                                "1\r\na\n0\r\n\r\n",
                                "1\r\nab\r\n",
                                "1\r\na\r0\r\n",
                                "1\ra\r\n",
                                "1;a\nb\r\n",
                                "1;a\rb\r\n",
                                "1;\x01\r\n",
                                "1;\x7f\r\n",
                                "1;\xc3\r\n",
                                "1,1\r\n",
                                "1 1\r\n",
                                ";\r\n",
                                "g\r\n",
                                "8000000000000000\r\n",
                                "ffffffffffffffff\r\n",
                                "10000000000000000\r\n",
                                "00000000000000001\r\n",
                                "0\n\r\n",
                                "0\r\n\n",
                                "0\r\n\rx",
                                "0\r\nA: b\n\r\n",
                                "0\r\nA: b\r\n\n",
                                "0\r\nA : b\r\n\r\n",
                                "0\r\n A: b\r\n\r\n",
                                "0\r\nA\r\n\r\n",
                                "0\r\nA: b\r\n c\r\n\r\n",
                                "0\r\nA: \x01\r\n\r\n",
                                "0\r\nA: b\rc\r\n\r\n",
                                "1\r\n\r\n\r\n0\r\n\r\n"}) {
    CAPTURE(bad);
    std::vector<std::size_t> cuts;
    for (std::size_t i = 1; i < bad.size(); ++i) cuts.push_back(i);
    const Outcome whole = chunked(bad);
    CHECK_FALSE(whole.done);
    CHECK_FALSE(whole.bad.empty());
    CHECK(chunked(bad, cuts) == whole);
  }
  const std::string nul = "1;\0\r\n"s;
  CHECK_FALSE(chunked(nul).bad.empty());
}

TEST_CASE("a bad body stays bad") {
  BodyReader reader;
  reader.start(BodyFraming::chunked, 0, {});
  CHECK(reader.read("z").state == BodyReader::State::bad);
  const BodyReader::Step again = reader.read("0\r\n\r\n");
  CHECK(again.state == BodyReader::State::bad);
  CHECK(again.consumed == 0);
  CHECK(std::string(again.reason) == "chunk size has no digits");
  CHECK_FALSE(reader.done());
  CHECK_FALSE(reader.ends_at_eof());
}

TEST_CASE("limits of a chunked body at their edges") {
  CHECK(chunked("7fffffffffffffff\r\nx").bad.empty());
  CHECK(chunked("0000000000000001\r\nx\r\n").bad.empty());  // 16 digits
  const auto size_line = [](std::size_t bytes) { return "1;" + std::string(bytes - 4, 'e') + "\r\n"; };
  CHECK(chunked(size_line(4095)).bad.empty());
  CHECK(chunked(size_line(4096)).bad.empty());
  CHECK(chunked(size_line(4097)).bad == "chunk size line too large");
  std::string body;
  for (int i = 0; i < 16; ++i) body += "1;" + std::string(1023, 'e') + "\r\nx\r\n";  // 16 * 1024
  CHECK(chunked(body + "0\r\n\r\n").done);
  CHECK(chunked(body + "0;\r\n\r\n").bad == "too many bytes of chunk extensions");
  HeadLimits limits;
  const std::string trailers = "A: 1\r\nB: 22\r\n\r\n";
  const auto with = [&](std::size_t total, std::size_t line, std::size_t fields) {
    limits.total_bytes = total;
    limits.line_bytes = line;
    limits.fields = fields;
    return chunked("0\r\n" + trailers, {}, limits).done;
  };
  CHECK(with(trailers.size(), 7, 2));
  CHECK(with(trailers.size() + 1, 8, 3));
  CHECK_FALSE(with(trailers.size() - 1, 7, 2));
  CHECK_FALSE(with(trailers.size(), 6, 2));
  CHECK_FALSE(with(trailers.size(), 7, 1));
}

TEST_CASE("bodies of a known length") {
  for (std::size_t cut = 0; cut <= 5; ++cut) {
    BodyReader reader;
    reader.start(BodyFraming::length, 5, {});
    CHECK(reader.remaining() == 5);
    CHECK_FALSE(reader.done());
    CHECK_FALSE(reader.ends_at_eof());
    const Outcome out = feed(reader, "helloGET /", {cut});
    CHECK(out.done);
    CHECK(out.data == "hello");
    CHECK(out.consumed == 5);
    CHECK(reader.remaining() == 0);
    CHECK(reader.trailer_section().empty());
  }
  BodyReader reader;
  reader.start(BodyFraming::length, 0, {});
  CHECK(reader.done());
  CHECK(reader.read("x").consumed == 0);
  CHECK(reader.read("x").state == BodyReader::State::done);
}

TEST_CASE("no body, and bodies that end with the connection") {
  BodyReader reader;
  CHECK(reader.done());
  reader.start(BodyFraming::none, 7, {});
  CHECK(reader.read("x").state == BodyReader::State::done);
  CHECK(reader.remaining() == 0);
  reader.start(BodyFraming::until_close, 0, {});
  CHECK(reader.read("").state == BodyReader::State::more);
  CHECK(reader.read("abc").data == "abc");
  CHECK_FALSE(reader.done());
  CHECK(reader.ends_at_eof());
  reader.start(BodyFraming::chunked, 0, {});
  CHECK_FALSE(reader.ends_at_eof());
  CHECK(reader.trailer_section().empty());
}

TEST_CASE("a reader is small and can be used again") {
  CHECK(sizeof(BodyReader) <= 64);
  BodyReader reader;
  reader.start(BodyFraming::chunked, 0, {});
  CHECK(feed(reader, two_chunks, {}).done);
  reader.start(BodyFraming::chunked, 0, {});
  CHECK(reader.trailer_section().empty());
  CHECK(feed(reader, "0\r\n\r\n", {}).trailers == "\r\n");
}

TEST_CASE("chunk heads") {
  char to[18];
  const auto text = [&](std::size_t n) { return std::string(to, write_chunk_head(n, to)); };
  CHECK(text(0) == "0\r\n");
  CHECK(text(15) == "f\r\n");
  CHECK(text(16) == "10\r\n");
  CHECK(text(0x1a2b) == "1a2b\r\n");
  CHECK(text(~std::size_t{0}) == "ffffffffffffffff\r\n");
}

TEST_CASE("trailer fields: forbidden ones are dropped, faults refused (RFC 9110 6.5.1)") {
  Arena arena;
  std::span<Field> out;
  HeadError error;
  REQUIRE(parse_trailers(
      "Grpc-Status: 0\r\nContent-Length: 3\r\nHost: x\r\nAuthorization: x\r\nX-Forwarded-For: y\r\n"
      "Transfer-Encoding: chunked\r\nX-Accel-Redirect: /\r\nSet-Cookie: a\r\nForwarded: z\r\nEtag: \"1\"\r\n\r\n",
      {}, arena, out, error));
  REQUIRE(out.size() == 2);
  CHECK(out[0].name == "Grpc-Status");
  CHECK(out[1].id == HeaderId::etag);
  CHECK(parse_trailers("\r\n", {}, arena, out, error));
  CHECK(out.empty());
  for (const char* bad :
       {"", "A: b", "A: b\r\n", "A : b\r\n\r\n", "A: b\n\n", "A: b\r\n\r\nx\n", "A: b\r\n\r\nC: d\r\n\r\n"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_trailers(bad, {}, arena, out, error));
    CHECK(error.status == 400);
  }
  HeadLimits limits;
  limits.fields = 1;
  CHECK(parse_trailers("A: b\r\n\r\n", limits, arena, out, error));
  CHECK_FALSE(parse_trailers("A: b\r\nC: d\r\n\r\n", limits, arena, out, error));
  limits.total_bytes = 7;
  CHECK_FALSE(parse_trailers("A: b\r\n\r\n", limits, arena, out, error));
}
