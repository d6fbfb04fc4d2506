// location { } and what belongs to the block itself.
#include "directives/directives.h"
#include "directives/setters.h"
#include "table/server_block.h"

namespace gh::directives {
namespace {

void apply_internal(Scope& scope, const Bound&) { scope.local<table::BlockParts>().internal = true; }

constexpr Row rows[] = {
    {.name = "location", .contexts = config::in_server | config::in_location,
     .args = {{{"match", ArgType::word}, {"uri", ArgType::word, Presence::optional}}}, .block = Block::directives,
     .inside = config::in_location, .inherit = Inherit::none, .repeatable = true, .apply = table::build_location, .declare = table::declare_group_names,
     .doc = "Settings for the paths that match: prefix, = exact, ^~ prefix, ~ regex, ~* regex, @name."},
    {.name = "internal", .contexts = config::in_location, .inherit = Inherit::none, .apply = apply_internal,
     .doc = "Requests from outside get 404 here; internal redirects pass."},
};

}  // namespace

constinit const table::Module location_module{"location", rows};

}  // namespace gh::directives
