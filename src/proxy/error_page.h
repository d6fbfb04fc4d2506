// The pages the gateway makes itself: error_format html | json | problem | auto. And which error_page serves a status.
#pragma once

#include <string_view>

#include "table/plan.h"

namespace gh::proxy {

class Exchange;

struct BuiltinPage {
  std::string_view content_type, body;  // body lies in the exchange's arena or is static
};
BuiltinPage make_builtin_page(Exchange& exchange, unsigned status);

/// The page for `status` as the route's error_page directives say, or null.
const table::ErrorPage* find_error_page(const table::Route& route, unsigned status);

}  // namespace gh::proxy
