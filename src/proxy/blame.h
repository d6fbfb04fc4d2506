// Blame: which directive made an answer of the gateway's own, and why: $gateway_reason and gateway_reason_header.
#pragma once

#include <string_view>

#include "table/origin.h"

namespace gh::http {
struct HeadError;
}
namespace gh::table {
struct Route;
}

namespace gh::proxy {

class Exchange;

/// In the exchange's arena; made when something refuses, not before.
struct Blame {
  table::Origin by;                      // without a name: no directive, the request itself was at fault
  std::string_view detail;               // empty: the name says it all
  const table::Route* route = nullptr;   // whose settings counted
  bool gives_way = false;                // an `error_page ... =` answers instead: perhaps an upstream
};

/// The directive that a head's error is due to; without a name when it is no limit.
table::Origin limit_behind(const http::HeadError& refused);

/// "limit_req at gateway.conf:12: the zone is full"; empty for the answer of an upstream, and before there is one.
std::string_view gateway_reason(Exchange& exchange);

}  // namespace gh::proxy
