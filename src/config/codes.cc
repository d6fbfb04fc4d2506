// What `gatehouse explain CODE` prints. One entry a code, in order; tests/unit/config/codes_test.cc checks that each
// is complete and that a fixture in tests/check fires it.
#include "config/codes.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "config/codes_lists.h"

namespace gh::config {
namespace {

std::string indented(std::string_view text) {
  std::string out = "    ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "    ";
  }
  return out + "\n";
}

}  // namespace

std::span<const Code> codes() {
  static const std::vector<Code> all = [] {
    std::vector<Code> list;
    for (const auto part : {error_codes(), warning_codes()}) list.insert(list.end(), part.begin(), part.end());
    return list;
  }();
  return all;
}

const Code* find_code(std::string_view id) {
  const auto all = codes();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Code& c) { return c.id == id; });
  return found == all.end() ? nullptr : &*found;
}

std::string explain(const Code& code) {
  std::string out = fmt::format("{}: {}\n\n{}\n\nFires:\n{}", code.id, code.title, code.cause, indented(code.bad));
  if (!code.good.empty()) out += fmt::format("\nPut right:\n{}", indented(code.good));
  out += fmt::format("\nTo silence: {}\n", code.silence.empty() ? "not possible, it would fail a start" : code.silence);
  return out;
}

}  // namespace gh::config
