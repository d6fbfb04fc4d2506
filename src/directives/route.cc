// route { }: chosen by method and path, before locations.
#include "directives/directives.h"
#include "directives/setters.h"
#include "table/server_block.h"

namespace gh::directives {
namespace {

constexpr Row rows[] = {
    {.name = "route", .contexts = config::in_server,
     .args = {{{"methods", ArgType::word}, {"path", ArgType::word}, {"when", ArgType::flag, Presence::optional},
               {"condition", ArgType::expr, Presence::optional}}},
     .block = Block::directives, .inside = config::in_route, .inherit = Inherit::none, .repeatable = true,
     .apply = table::build_route, .declare = table::declare_path_names,
     .doc = "Settings for requests of these methods whose path has this form; asked before all locations."},
};

}  // namespace

constinit const table::Module route_module{"route", rows};

}  // namespace gh::directives
