// sub_filter's search: whatever the strings and wherever the pieces' borders, the result is that of a plain replacement
// done by hand: leftmost first, then the list's order, case aside.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/text.h"
#include "policy/response/sub_filter_matcher.h"

using namespace gh;
using policy::SubMatcher;
using policy::SubPatterns;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::string mark(std::uint32_t number) { return "<" + std::to_string(number) + ">"; }

std::string by_hand(const std::vector<std::string>& strings, std::string_view body, bool once) {
  std::vector<bool> used(strings.size());
  std::string out;
  for (std::size_t at = 0; at < body.size();) {
    std::uint32_t found = 0;
    while (found < strings.size() &&
           ((once && used[found]) || !iequals(body.substr(at, strings[found].size()), strings[found]))) {
      ++found;
    }
    if (found == strings.size()) {
      out.push_back(body[at++]);
      continue;
    }
    used[found] = true;
    out += mark(found);
    at += strings[found].size();
  }
  return out;
}

struct Writer final : SubMatcher::Sink {
  std::string out;
  void on_text(std::string_view text) override {
    require(!text.empty());
    out += text;
  }
  void on_match(std::uint32_t number) override { out += mark(number); }
};

}  // namespace

// First byte: how many strings, and whether each is found once; then the strings, each behind its length; then a byte
// that pieces' sizes come from; the rest is the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  auto take = [&](std::size_t bytes) {
    const std::string_view taken = rest.substr(0, bytes);
    rest.remove_prefix(taken.size());
    return taken;
  };
  if (rest.size() < 3) return 0;
  const auto head = static_cast<unsigned char>(take(1)[0]);
  std::vector<std::string> strings;
  std::size_t longest = 0;
  for (unsigned i = 0; i < head % 8u + 1 && !rest.empty(); ++i) {
    const std::size_t bytes = static_cast<unsigned char>(take(1)[0]) % 12u + 1;
    const std::string_view string = take(bytes);
    if (!string.empty()) strings.emplace_back(string);
    longest = std::max(longest, string.size());
  }
  if (strings.empty()) return 0;
  std::uint32_t random = rest.empty() ? 1 : static_cast<unsigned char>(take(1)[0]) + 1u;
  const bool once = (head & 0x80) != 0;
  const std::string_view body = rest;
  const SubPatterns patterns(strings);
  SubMatcher matcher(patterns, once);
  Writer writer;
  while (!rest.empty()) {
    random = random * 1664525u + 1013904223u;
    const std::string piece(take((random >> 24) % 17u));  // a copy, so that a slice that is kept too long is seen
    matcher.feed(piece, writer);
    require(matcher.held_bytes() < longest);
  }
  matcher.end(writer);
  require(writer.out == by_hand(strings, body, once));
  return 0;
}
