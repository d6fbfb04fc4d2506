// Values that directives of proxy_* and grpc_* have in common.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "table/plan.h"
#include "table/scope.h"

namespace gh::directives {

/// proxy_next_upstream: table::NextUpstream bits.
std::uint32_t read_next_upstream(const config::Bound& directive);
/// proxy_ignore_headers: table::IgnoreHeader bits; names that are none are reported.
std::uint32_t read_ignored_headers(table::Scope& scope, const config::Bound& directive);
/// proxy_bind ADDRESS|off.
void read_bind(table::Scope& scope, const config::Bound& directive, table::ProxySettings& settings);
/// proxy_set_header NAME VALUE; nothing: reported.
std::optional<table::HeaderSetting> read_set_header(table::Scope& scope, const config::Bound& directive);
/// The target of a URL without variables that table::parse_proxy_url() takes; its upstream is found when all are known.
void set_target(table::Scope& scope, const std::shared_ptr<table::ProxyTarget>& target, std::string url,
                config::Span span);

inline constexpr std::string_view next_upstream_words =
    "error|timeout|invalid_header|http_500|http_502|http_503|http_504|http_403|http_404|http_429|non_idempotent|denied|"
    "off";

}  // namespace gh::directives
