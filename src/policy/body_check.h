// A request's body is read whole and held to a JSON Schema; what takes long to judge is work for a thread of the pool.
#pragma once

#include <memory>

#include "json/schema.h"
#include "table/origin.h"
#include "table/program.h"

namespace gh::policy {

/// Of a directive; its place in memory tells it apart from others.
struct BodyRule {
  std::shared_ptr<const json::Schema> schema;
  unsigned status = 400;                     // of a body that does not fit
  std::size_t most_bytes = 1024 * 1024;      // more is 413
  table::Origin stated;
};

/// Is there none?
bool has_no_body(const proxy::Exchange& exchange);
/// POST, PUT and PATCH; the others mean something without one (RFC 9110 9.3).
bool needs_body(const proxy::Exchange& exchange);
/// Two services could take the body for two things.
bool has_several_types(const proxy::Exchange& exchange);
inline constexpr std::string_view several_types = "has several Content-Type fields";
/// application/json, application/problem+json ..., whatever the charset.
bool names_json(std::string_view content_type);
/// And no charset but UTF-8 is stated.
bool is_json_type(std::string_view content_type);
table::Verdict refuse_body(proxy::Exchange& exchange, const table::Origin& by, unsigned status,
                           std::string_view sentence);
/// A step that returns this verdict: `wait` and `again` run it once more. `next`: the body fits.
table::Verdict check_json_body(proxy::Exchange& exchange, const BodyRule& rule);

}  // namespace gh::policy
