// What a regular expression cannot match without: texts with which each of its subjects starts or ends. A list of many
// patterns is searched by them (table/regex_list), and only the patterns whose texts are there are run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gh {

struct RegexLiterals {
  enum class Where : std::uint8_t {
    nowhere,  // nothing is known; `texts` is empty
    start,    // each subject that matches starts with one of `texts`
    end,      // it ends with one of them, perhaps followed by one line feed ("$"); they are written backwards
  };
  static constexpr std::size_t max_texts = 32, max_bytes = 64;

  std::vector<std::string> texts;  // not empty, and none starts with another
  Where where = Where::nowhere;
  bool folded = false;             // texts are in lower case: compare with the subject in lower case
};

/// Errs on the side of `nowhere`: what this reader does not know for certain gives no texts. The pattern is one that
/// PCRE2 has compiled, without options but PCRE2_CASELESS.
RegexLiterals find_regex_literals(std::string_view pattern, bool ignore_case);

}  // namespace gh
