// Values that directives of proxy_* and grpc_* have in common.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/text.h"
#include "directives/setters.h"
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

/// proxy_hide_header, proxy_pass_header: one more name in the list of a group.
template <class Group>
void apply_field_name(Scope& scope, const Bound& directive) {
  scope.edit_list<Group>().list.push_back(to_lower(directive.at(0).text));
}

inline constexpr ArgSpec field_name{"field", ArgType::word};
inline constexpr ArgSpec field_names{"field", ArgType::word, Presence::repeat_one};
inline constexpr ArgSpec bind_address{"address", ArgType::templ};
inline constexpr ArgSpec is_transparent{"transparent", ArgType::flag, Presence::optional};
inline constexpr ArgSpec next_upstream_conditions{
    "condition", ArgType::one_of, Presence::repeat_one,
    "error|timeout|invalid_header|http_500|http_502|http_503|http_504|http_403|http_404|http_429|non_idempotent|denied|"
    "off"};

/// The row of a list that an inner block replaces as a whole.
constexpr Row lists(std::string_view name, ArgSpec arg, config::Apply apply, std::string_view doc,
                    bool repeatable = true) {
  Row row = setting(name, hsl, arg, {}, apply, doc);
  row.inherit = Inherit::replace;
  row.repeatable = repeatable;
  return row;
}

}  // namespace gh::directives
