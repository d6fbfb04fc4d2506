// How rates and quotas are written, "100r/15m", and what of them is counted. Build thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "state/count_zone.h"
#include "table/build.h"

namespace gh::policy {

struct CountRate {
  std::uint32_t count = 0;
  std::int64_t window_ms = 0;  // a month has 30 days here
  state::CountWindow::Kind kind = state::CountWindow::Kind::sliding;  // or day, or month
  config::Span where;

  [[nodiscard]] bool is_calendar() const { return kind != state::CountWindow::Kind::sliding; }
};

/// Nothing after a diagnostic; `directive` names what it stands in.
std::optional<CountRate> read_count_rate(table::Scope& scope, const config::Value& text, std::string_view directive);

/// What a rate or quota counts: part of a zone.
struct CountTier {
  state::CountLimit limit;
  std::string name;    // as clients are told of it: the zone's or the plan's
  std::string suffix;  // of keys in a zone with plans, so that their counts never meet; empty in others
  std::int64_t window_seconds = 0;
};

/// `kind` is what the rate is counted by, of the calendar's where it names one; `burst` 0: the rate's count. Nothing
/// after a diagnostic.
std::optional<CountTier> make_tier(config::Diagnostics& diagnostics, const CountRate& rate,
                                   state::CountWindow::Kind kind, std::uint32_t burst);

/// "sliding/900s", "month": what the words of a count mean.
std::string window_text(const state::CountWindow& window);

}  // namespace gh::policy
