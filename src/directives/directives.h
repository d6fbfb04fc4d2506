// THE TABLE: every directive of the language is one row in one of the files here (one file a module). This joins them.
// The modules stand in the order in which their policies act within one phase.
#pragma once

#include <span>

#include "config/directive.h"
#include "table/scope.h"

namespace gh::directives {

extern const table::Module process_module, core_http_module, server_module, location_module, upstream_module,
    files_module, error_page_module, log_module, return_module, limit_req_module, stub_status_module, proxy_module,
    headers_module, access_group_module, gunzip_module, sub_filter_module, gzip_module, limit_rate_module;

std::span<const table::Module* const> all_modules();

/// All rows and the names that are only known, for load().
config::Language language();

/// Names of nginx and of its neighbours that are not in the table, and what happens to them (known.cc).
std::span<const config::Known> known_names();

}  // namespace gh::directives
