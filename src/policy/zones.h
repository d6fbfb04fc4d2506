// What the limits with zones share: reading "NAME:SIZE", and what is said about a name that nobody defined.
#pragma once

#include <string>
#include <string_view>

#include "table/build.h"

namespace gh::policy {

/// "NAME:SIZE" of a `zone=`; false: said why. `least` bytes are wanted.
bool read_zone(table::Scope& scope, const config::Value& value, std::size_t least, std::string& name,
               std::int64_t& bytes);
/// Claims NAME for a zone of this kind ("limit_req/"); null when it is defined already, which is said.
table::Builder::ZoneEntry* claim_zone(table::Scope& scope, std::string_view kind, const std::string& name,
                                      const config::Bound& directive, const config::Value& where);
/// Error E0403; `definition` is an example of one.
void unknown_zone(table::Builder& builder, std::string_view kind, const std::string& name, config::Span where,
                  const std::string& definition);

}  // namespace gh::policy
