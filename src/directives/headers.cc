// add_header and add_trailer: rows only, see policy/response/headers.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr config::Contexts add_contexts = hsl | config::in_location_if;
constexpr ArgSpec inherit_mode{"mode", ArgType::one_of, Presence::required, "on|off|merge"};

constexpr Row adds(std::string_view name, config::Apply apply, std::string_view doc) {
  return {
      .name = name,
      .contexts = add_contexts,
      .args = {{{"field", ArgType::word}, {"value", ArgType::templ}, {"always", ArgType::flag, Presence::optional}}},
      .inherit = Inherit::replace,
      .repeatable = true,
      .phase = Phase::response,
      .apply = apply,
      .doc = doc};
}

constexpr Row rows[] = {
    adds("add_header", policy::apply_add_header,
         "A field added to answers of 200 201 204 206 301 302 303 304 307 308; always: to all."),
    setting("add_header_inherit", hsl, inherit_mode, "on", policy::apply_add_header_inherit,
            "merge: the outer add_header lines stay beside those of this block."),
};

constexpr Row trailer_rows[] = {
    adds("add_trailer", policy::apply_add_trailer, "A field added behind the body of an answer."),
    setting("add_trailer_inherit", hsl, inherit_mode, "on", policy::apply_add_trailer_inherit,
            "merge: the outer add_trailer lines stay beside those of this block."),
};

}  // namespace

constinit const table::Module headers_module{"headers", rows, policy::finish_headers};
constinit const table::Module trailers_module{"trailers", trailer_rows, policy::finish_trailers};

}  // namespace gh::directives
