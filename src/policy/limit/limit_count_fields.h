// The fields that tell clients what is left of a limit, in the forms that clients know: the drafts of
// draft-ietf-httpapi-ratelimit-headers and the older X-RateLimit-*. Texts that do not change are made at build.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/count_rate.h"
#include "proxy/exchange.h"

namespace gh::policy {

struct CountForms {
  enum class Draft : std::uint8_t { none, six, seven, eight };
  Draft draft = Draft::six;
  bool legacy = false;
  [[nodiscard]] bool any() const { return draft != Draft::none || legacy; }
};

/// "off", or one of "draft-6", "draft-7", "draft-8" and "legacy", or one of the drafts and "legacy" with a comma.
std::optional<CountForms> read_count_forms(std::string_view text);

struct CountTexts {
  CountForms forms;
  std::string limit;             // "100"
  std::string policy;            // "100;w=900"
  std::string before_remaining;  // draft 7: "limit=100, remaining="; draft 8: "\"general\";r="
};
CountTexts make_count_texts(CountForms forms, const CountTier& tier);

/// Those of an upstream give way.
void add_count_fields(proxy::Exchange& x, const CountTexts& texts, std::uint32_t remaining, std::int64_t reset_ms);
void add_retry_after(proxy::Exchange& x, std::int64_t retry_ms);

}  // namespace gh::policy
