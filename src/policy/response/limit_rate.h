// limit_rate: settings for its rows.
#pragma once

#include "table/scope.h"
#include "table/template.h"

namespace gh::policy {

struct RateSettings {
  table::Template rate, after;
};

void finish_limit_rate(table::Scope&, table::Route&);

}  // namespace gh::policy
