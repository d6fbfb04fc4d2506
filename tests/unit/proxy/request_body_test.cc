// RequestBody: memory first, then a file without a name; read any number of times.
#include "proxy/request_body.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

namespace gh::proxy {
namespace {

std::string pattern(std::size_t bytes) {
  std::string text(bytes, ' ');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  return text;
}

table::CoreSettings settings(std::size_t memory_bytes,
                             const std::string& folder = std::filesystem::temp_directory_path()) {
  table::CoreSettings made;
  made.client_body_buffer_bytes = static_cast<std::int64_t>(memory_bytes);
  made.client_body_temp_path.folder = folder;
  return made;
}

std::string joined(const RequestBody& body, std::uint64_t from) {
  std::string all;
  while (true) {
    iovec parts[3];
    const std::size_t count = body.parts(from, parts, 3);
    if (count == 0) return all;
    for (std::size_t i = 0; i < count; ++i) {
      all.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
      from += parts[i].iov_len;
    }
  }
}

std::string from_file(const RequestBody& body) {
  std::string all;
  char piece[1000];
  while (true) {
    const Result<std::size_t> got = body.read_file(all.size(), piece, sizeof piece);
    REQUIRE(got);
    if (*got == 0) return all;
    all.append(piece, *got);
  }
}

constexpr std::size_t plenty = 1 << 20;

TEST_CASE("an empty body has no parts") {
  RequestBody body;
  std::string scratch;
  CHECK(body.size() == 0);
  CHECK(!body.in_file());
  CHECK(joined(body, 0).empty());
  CHECK(body.whole(scratch).empty());
}

TEST_CASE("a body of unknown length grows in chunks and can be read from any offset") {
  const std::string text = pattern(200000);
  RequestBody body;
  for (std::size_t at = 0; at < text.size(); at += 777) {
    REQUIRE(body.append(std::string_view(text).substr(at, 777), settings(plenty), 0));
  }
  CHECK(body.size() == text.size());
  CHECK(!body.in_file());
  CHECK(body.memory_bytes() < 2 * text.size() + 64 * 1024);
  for (const std::size_t from :
       {std::size_t{0}, std::size_t{1}, std::size_t{16383}, std::size_t{16384}, text.size() - 1, text.size()}) {
    CHECK(joined(body, from) == text.substr(from));
  }
  std::string scratch;
  CHECK(body.whole(scratch) == text);
}

TEST_CASE("a stated length is met with one chunk, and the whole body is that chunk") {
  const std::string text = pattern(100000);
  RequestBody body;
  REQUIRE(body.append(std::string_view(text).substr(0, 10), settings(plenty), text.size()));
  REQUIRE(body.append(std::string_view(text).substr(10), settings(plenty), text.size()));
  CHECK(body.memory_bytes() == text.size());
  std::string scratch;
  CHECK(body.whole(scratch) == text);
  CHECK(scratch.empty());
}

TEST_CASE(
    "the edge of client_body_buffer_size: the last byte that fits stays in memory, the next one moves all to a file") {
  const table::CoreSettings at_the_edge = settings(3000);
  const std::string text = pattern(3000);
  RequestBody body;
  REQUIRE(body.append(text, at_the_edge, 0));
  CHECK(!body.in_file());
  REQUIRE(body.append("x", at_the_edge, 0));
  CHECK(body.in_file());
  CHECK(body.memory_bytes() == 0);
  REQUIRE(body.append("yz", at_the_edge, 0));
  CHECK(body.size() == 3003);
  CHECK(from_file(body) == text + "xyz");
  CHECK(from_file(body) == text + "xyz");  // a second try reads it again
}

TEST_CASE("cleared, a body starts anew in memory") {
  const table::CoreSettings small = settings(4);
  RequestBody body;
  REQUIRE(body.append("0123456789", small, 0));
  CHECK(body.in_file());
  body.clear();
  CHECK(!body.in_file());
  CHECK(body.size() == 0);
  REQUIRE(body.append("abc", small, 0));
  CHECK(joined(body, 0) == "abc");
}

TEST_CASE("a folder that is not there is an error that names it") {
  RequestBody body;
  const table::CoreSettings lost = settings(4, "/nonexistent/folder");
  const Result<void> kept = body.append("0123456789", lost, 0);
  REQUIRE(!kept);
  CHECK(kept.error().text.find("/nonexistent/folder") != std::string::npos);
}

TEST_CASE("client_body_in_file_only: a file from the first byte, also for an empty body; clean removes it") {
  for (const table::BodyInFile mode : {table::BodyInFile::clean, table::BodyInFile::on}) {
    table::CoreSettings only = settings(plenty);
    only.client_body_in_file_only = mode;
    RequestBody body;
    REQUIRE(body.append("abc", only, 3));
    CHECK(body.in_file());
    const std::string name(body.file_name());
    CHECK(std::filesystem::file_size(name) == 3);
    body.clear();
    CHECK(std::filesystem::exists(name) == (mode == table::BodyInFile::on));
    REQUIRE(body.to_file(only));
    const std::string empty(body.file_name());
    CHECK(std::filesystem::file_size(empty) == 0);
    body.clear();
    std::filesystem::remove(name);
    std::filesystem::remove(empty);
  }
}

TEST_CASE("client_body_in_single_buffer: one chunk for all that is stated") {
  table::CoreSettings single = settings(plenty);
  single.client_body_in_single_buffer = true;
  const std::string text = pattern(600000);
  RequestBody body;
  for (std::size_t at = 0; at < text.size(); at += 100000)
    REQUIRE(body.append(std::string_view(text).substr(at, 100000), single, text.size()));
  std::string scratch;
  CHECK(body.whole(scratch) == text);
  CHECK(scratch.empty());
}

TEST_CASE("a length that is only stated costs no memory") {
  const table::CoreSettings some = settings(1 << 20);
  RequestBody body;
  REQUIRE(body.append("x", some, std::uint64_t{1} << 40));
  CHECK(body.memory_bytes() <= 256 * 1024);
}

TEST_CASE("what streams past is remembered as long as it is small") {
  RequestBody body;
  std::string scratch;
  body.remember("0123", 8);
  body.remember("4567", 8);
  CHECK(body.whole(scratch) == "01234567");
  body.remember("8", 8);
  CHECK(body.size() == 0);
  body.remember("9", 8);
  CHECK(body.size() == 0);
  body.clear();
  body.remember("a", 8);
  CHECK(body.size() == 1);
}

}  // namespace
}  // namespace gh::proxy
