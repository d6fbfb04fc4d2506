// One rule FROM TO of proxy_redirect, proxy_cookie_domain or proxy_cookie_path, applied to a value.
#pragma once

#include <string_view>
#include <vector>

#include "table/plan.h"

namespace gh::proxy {

class Exchange;

/// True: it matches, and its groups are what $1 ... and its names stand for from now on.
bool match_and_capture(Exchange& exchange, const Regex& regex, const std::vector<std::uint32_t>& slots,
                       std::string_view subject);

/// What `value` becomes: a regex replaces all of it, a text its beginning. data() == nullptr: the rule does not fit.
std::string_view rewrite_value(Exchange& exchange, const table::RedirectRule& rule, std::string_view value);

/// The rule's replacement, rendered, and fit for a field.
std::string_view replacement_of(Exchange& exchange, const table::RedirectRule& rule);

}  // namespace gh::proxy
