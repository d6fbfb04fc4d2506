// `gatehouse route METHOD URL`: where a request would go, and why. Read from the table by the same searches that the
// workers use; nothing is connected to and no directive runs. Main thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "table/plan.h"

namespace gh::tools {

struct RouteQuery {
  std::string method;
  std::string url;                   // "http://host:port/path?query", or from its path on
  std::vector<std::string> headers;  // "Name: value"; Host wins over the URL's
};

/// The explanation, some lines of text. False: `out` says in one line why the request cannot be one.
bool explain_route(const table::Table& table, const RouteQuery& query, std::string& out);

}  // namespace gh::tools
