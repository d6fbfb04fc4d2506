#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/regex.h"

#include <pcre2.h>

namespace gh {

namespace {

constexpr std::uint32_t match_limit = 1000000;  // about 10 ms of a core; PCRE2's own default is ten times that
constexpr std::uint32_t heap_limit_kib = 16 * 1024;
constexpr std::size_t jit_stack_first = 32 * 1024, jit_stack_most = 512 * 1024;

/// What a thread needs for matching: made at its first match, freed at its end.
struct Scratch {
  pcre2_match_data* data = pcre2_match_data_create(Captures::max_groups, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack = pcre2_jit_stack_create(jit_stack_first, jit_stack_most, nullptr);
  Scratch() {
    pcre2_set_match_limit(context, match_limit);
    pcre2_set_heap_limit(context, heap_limit_kib);
    pcre2_jit_stack_assign(context, nullptr, stack);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    pcre2_jit_stack_free(stack);
  }
};
Scratch& scratch() {
  thread_local Scratch instance;
  return instance;
}

}  // namespace

struct Regex::Code {
  pcre2_code* code = nullptr;
  bool has_jit = false;
  explicit Code(pcre2_code* compiled) : code(compiled) {
    has_jit = pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0;
  }
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
  ~Code() { pcre2_code_free(code); }

  [[nodiscard]] std::vector<Name> names() const {
    std::uint32_t count = 0, entry_size = 0;
    PCRE2_SPTR table = nullptr;
    pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &count);
    pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &entry_size);
    pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &table);
    std::vector<Name> result;
    for (std::uint32_t i = 0; i < count; ++i, table += entry_size) {
      const std::uint32_t group = static_cast<std::uint32_t>(table[0]) << 8 | table[1];
      result.push_back({reinterpret_cast<const char*>(table + 2), group});
    }
    return result;
  }
};

Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

Result<Regex> Regex::compile(std::string_view pattern, bool ignore_case) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  const std::uint32_t options = ignore_case ? PCRE2_CASELESS : 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options, &error,
                                   &offset, nullptr);
  if (!code) {
    PCRE2_UCHAR message[256] = {};
    pcre2_get_error_message(error, message, sizeof message);
    return fail(reinterpret_cast<const char*>(message), static_cast<int>(offset));
  }
  Regex regex;
  regex.code_ = std::make_unique<Code>(code);
  regex.pattern_ = pattern;
  regex.names_ = regex.code_->names();
  pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &regex.group_count_);
  regex.literals_ = find_regex_literals(pattern, ignore_case);
  return regex;
}

Regex::Match Regex::match(std::string_view subject, Captures* captures) const {
  Scratch& s = scratch();
  const auto* bytes = reinterpret_cast<PCRE2_SPTR>(subject.data() ? subject.data() : "");
  const int found = code_->has_jit
                        ? pcre2_jit_match(code_->code, bytes, subject.size(), 0, 0, s.data, s.context)
                        : pcre2_match(code_->code, bytes, subject.size(), 0, 0, s.data, s.context);
  if (captures) captures->count = 0;
  if (found == PCRE2_ERROR_NOMATCH) return Match::no;
  if (found < 0) return Match::limit;
  if (!captures) return Match::yes;
  // 0 means that the pattern has more groups than there is room for: the first ten are filled.
  captures->count = found == 0 ? std::uint32_t{Captures::max_groups} : static_cast<std::uint32_t>(found);
  const PCRE2_SIZE* offsets = pcre2_get_ovector_pointer(s.data);
  for (std::uint32_t i = 0; i < captures->count; ++i) {
    captures->groups[i] = {static_cast<std::uint32_t>(offsets[2 * i]), static_cast<std::uint32_t>(offsets[2 * i + 1])};
  }
  return Match::yes;
}

}  // namespace gh
