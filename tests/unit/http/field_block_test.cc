// HTTP/2 heads as fields: what an answer's block means, what is malformed, and a request's head turned into a block.
// RFC 9113 8.2, 8.3.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "http/field_block.h"

using namespace gh;
using namespace gh::http;
using namespace std::string_literals;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

FieldBlock block_of(const Fields& fields, std::size_t most = SIZE_MAX) {
  FieldBlock block;
  block.clear(most);
  for (const auto& [name, value] : fields) block.add(name, value);
  return block;
}

struct Answer {
  Arena arena;
  ResponseHead head;
  HeadError error;
  bool ok;
  explicit Answer(const Fields& fields, bool to_head = false, bool ends = false) {
    ok = read_response_block(block_of(fields), to_head, ends, arena, head, error);
  }
};

Fields ok200(Fields more) {
  more.insert(more.begin(), {":status", "200"});
  return more;
}

struct Request {
  std::string names;
  std::vector<FieldBlock::Pair> pairs;
  bool ok;
  Fields fields;
  explicit Request(std::string_view head) {
    ok = request_block_of(head, "http", names, pairs);
    for (const auto& [name, value] : pairs) fields.emplace_back(name, value);
  }
};

}  // namespace

TEST_CASE("an answer's head") {
  const Answer a(ok200({{"content-type", "text/plain"}, {"content-length", "5"}, {"x-empty", ""}}));
  REQUIRE(a.ok);
  CHECK(a.head.status == 200);
  CHECK(a.head.framing == BodyFraming::until_close);
  CHECK(a.head.has_content_length);
  CHECK(a.head.content_length == 5);
  REQUIRE(a.head.fields.size() == 3);
  CHECK(a.head.fields[0].id == HeaderId::content_type);
  CHECK(a.head.fields[2].value.empty());
}

TEST_CASE("answers without a body") {
  CHECK(Answer(ok200({}), false, true).head.framing == BodyFraming::none);
  CHECK(Answer(ok200({{"content-length", "0"}}), false, true).ok);
  CHECK_FALSE(Answer(ok200({{"content-length", "5"}}), false, true).ok);
  const Answer to_head(ok200({{"content-length", "5"}}), true, true);
  CHECK(to_head.ok);
  CHECK(to_head.head.framing == BodyFraming::none);
  CHECK(to_head.head.content_length == 5);
  CHECK(Answer(Fields{{":status", "304"}, {"content-length", "5"}}, false, true).ok);
  CHECK(Answer(Fields{{":status", "204"}}).head.framing == BodyFraming::none);
  CHECK(Answer(Fields{{":status", "103"}, {"link", "</a>"}}).head.framing == BodyFraming::none);
  CHECK_FALSE(Answer(Fields{{":status", "103"}}, false, true).ok);
}

TEST_CASE("malformed heads") {
  const std::vector<Fields> bad = {{},
                                   {{"a", "b"}},
                                   {{":status", "200"}, {":status", "200"}},
                                   {{":status", "20"}},
                                   {{":status", "2000"}},
                                   {{":status", "099"}},
                                   {{":status", "600"}},
                                   {{":status", "20x"}},
                                   {{":status", "101"}},
                                   {{"a", "b"}, {":status", "200"}},
                                   {{":status", "200"}, {":path", "/"}},
                                   {{":status", "200"}, {":unknown", "/"}},
                                   ok200({{"", "v"}}),
                                   ok200({{"Name", "v"}}),
                                   ok200({{"na me", "v"}}),
                                   ok200({{"na:me", "v"}}),
                                   ok200({{"na\nme", "v"}}),
                                   ok200({{"name", "v\r\nother: v"}}),
                                   ok200({{"name", "v\nv"}}),
                                   ok200({{"name", "v\0v"s}}),
                                   ok200({{"name", " v"}}),
                                   ok200({{"name", "v\t"}}),
                                   ok200({{"connection", "close"}}),
                                   ok200({{"keep-alive", "timeout=5"}}),
                                   ok200({{"proxy-connection", "close"}}),
                                   ok200({{"transfer-encoding", "chunked"}}),
                                   ok200({{"upgrade", "h2c"}}),
                                   ok200({{"content-length", "5"}, {"content-length", "5"}}),
                                   ok200({{"content-length", "5, 5"}}),
                                   ok200({{"content-length", "-1"}}),
                                   ok200({{"content-length", ""}})};
  for (const Fields& fields : bad) {
    const Answer a(fields);
    if (!fields.empty()) CAPTURE(fields.back().first + ": " + fields.back().second);
    CHECK_FALSE(a.ok);
    CHECK(a.error.status == 502);
    CHECK(a.error.reason[0] != '\0');
  }
}

TEST_CASE("trailers: the same strictness, and no pseudo fields") {
  Arena arena;
  std::span<Field> out;
  HeadError error;
  CHECK(read_trailer_block(block_of({{"grpc-status", "0"}, {"content-length", "5"}, {"grpc-message", ""}}), arena, out,
                           error));
  REQUIRE(out.size() == 2);  // one that may not be a trailer is dropped
  CHECK(out[0].name == "grpc-status");
  CHECK(out[1].name == "grpc-message");
  CHECK_FALSE(read_trailer_block(block_of({{":status", "200"}}), arena, out, error));
  CHECK_FALSE(read_trailer_block(block_of({{"Name", "v"}}), arena, out, error));
  CHECK_FALSE(read_trailer_block(block_of({{"connection", "close"}}), arena, out, error));
}

TEST_CASE("a block keeps nothing beyond its bound, and is used again") {
  FieldBlock block = block_of({{"abc", "def"}}, 10);
  CHECK_FALSE(block.is_too_big());
  block.add("x", "");
  CHECK(block.is_too_big());
  CHECK(block.size() == 1);
  block.clear(9);
  CHECK(block.size() == 0);
  CHECK_FALSE(block.is_too_big());
}

TEST_CASE("a request's head becomes a block") {
  const Request r("POST /path?a=b HTTP/1.1\r\nX-First: 1\r\nHost: example.com\r\nConnection: close\r\n"
                  "Transfer-Encoding: chunked\r\nTE: trailers\r\nUpgrade: x\r\nX-Last: two words\r\n\r\n");
  REQUIRE(r.ok);
  CHECK(r.fields == Fields{{":method", "POST"},
                           {":scheme", "http"},
                           {":path", "/path?a=b"},
                           {":authority", "example.com"},
                           {"x-first", "1"},
                           {"te", "trailers"},
                           {"x-last", "two words"}});
  CHECK(Request("GET / HTTP/1.0\r\nTE: gzip, trailers\r\n\r\n").fields ==
        Fields{{":method", "GET"}, {":scheme", "http"}, {":path", "/"}});
}

TEST_CASE("what is no head is no block") {
  for (const char* head : {"", "GET / HTTP/1.1", "GET / HTTP/1.1\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nbad\r\n\r\n",
                           "GET / HTTP/1.1\r\nA: b\r\n"}) {
    CAPTURE(head);
    CHECK_FALSE(Request(head).ok);
  }
}
