// Regex: PCRE2 with JIT, nginx's syntax, a match limit so that no pattern can hang a worker. Immutable after compile,
// shared by threads; matching uses one match-data block per thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/regex_literals.h"
#include "base/result.h"

namespace gh {

/// Offsets of up to ten groups (0 is the whole match) into the subject; an unset group has begin == npos.
struct Captures {
  static constexpr std::size_t max_groups = 10;
  struct Group { std::uint32_t begin, end; };
  std::array<Group, max_groups> groups;
  std::uint32_t count = 0;  // groups filled, 0 when nothing matched
  [[nodiscard]] std::string_view group(std::string_view subject, std::size_t n) const {
    if (n >= count || groups[n].begin > groups[n].end || groups[n].end > subject.size()) return {};
    return subject.substr(groups[n].begin, groups[n].end - groups[n].begin);
  }
};

class Regex {
 public:
  struct Name { std::string name; std::uint32_t group; };
  enum class Match : std::uint8_t { yes, no, limit };  // limit: match limit hit; treated as an error by the caller

  /// Error text holds PCRE2's message; Error::code is the byte offset in the pattern.
  static Result<Regex> compile(std::string_view pattern, bool ignore_case);
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  Match match(std::string_view subject, Captures* captures) const;
  [[nodiscard]] const std::string& pattern() const { return pattern_; }
  [[nodiscard]] const std::vector<Name>& names() const { return names_; }   // (?<name>...) groups
  [[nodiscard]] std::uint32_t group_count() const { return group_count_; }  // without group 0
  /// What its subjects start or end with ("/api/v" of "^/api/v\d").
  [[nodiscard]] const RegexLiterals& literals() const { return literals_; }

 private:
  Regex() = default;
  struct Code;
  std::unique_ptr<Code> code_;
  std::string pattern_;
  RegexLiterals literals_;
  std::vector<Name> names_;
  std::uint32_t group_count_ = 0;
};

}  // namespace gh
