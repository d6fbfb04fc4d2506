// ssl_certificate_cache, proxy_ssl_certificate_cache: "off | max=N [inactive=TIME] [valid=TIME]".
#pragma once

#include <memory>

#include "directives/setters.h"
#include "table/tls_client_plan.h"

namespace gh::directives {

inline constexpr ArgSpec certificate_cache_args[] = {{"off", ArgType::flag, Presence::optional},
                                                     {"max=", ArgType::count, Presence::optional, {}, 1},
                                                     {"inactive=", ArgType::sec, Presence::optional},
                                                     {"valid=", ArgType::sec, Presence::optional}};

/// Null: off, or it was said what is wrong.
inline std::shared_ptr<const table::CertificateCacheRule> read_certificate_cache(Scope& scope,
                                                                                 const Bound& directive) {
  const Value* const most = directive.find("max=");
  const Value* const off = directive.find("off");
  if (off && !most && directive.values.size() == 1) return nullptr;
  if (off || !most) {
    scope.error(table::code::missing_parameter, directive.span(),
                off ? "`off` stands alone" : "`" + std::string(directive.row->name) + "` needs the parameter `max=`")
        .with_help("write `off`, or `max=NUMBER`, then perhaps `inactive=TIME` and `valid=TIME`");
    return nullptr;
  }
  auto rule = std::make_shared<table::CertificateCacheRule>();
  rule->most = static_cast<std::size_t>(most->number);
  rule->inactive_ms = directive.number("inactive=", rule->inactive_ms / 1000) * 1000;
  rule->valid_ms = directive.number("valid=", rule->valid_ms / 1000) * 1000;
  return rule;
}

}  // namespace gh::directives
