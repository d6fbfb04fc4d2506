// gunzip: settings for its row.
#pragma once

#include "table/scope.h"

namespace gh::policy {

struct GunzipSettings { bool on = false; };

void finish_gunzip(table::Scope&, table::Route&);

}  // namespace gh::policy
