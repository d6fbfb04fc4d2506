// map, geo, split_clients: variables that the configuration computes. Rows only, see policy/rewrite/.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr Row rows[] = {
    {.name = "map",
     .contexts = config::in_http,
     .args = {{{"source", ArgType::templ}, {"$variable", ArgType::variable}}},
     .block = Block::data,
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = policy::apply_map,
     .declare = policy::declare_map,
     .doc = "A variable whose value a text selects: KEY VALUE; ~REGEX VALUE; default VALUE; hostnames; volatile."},
    {.name = "geo",
     .contexts = config::in_http,
     .args = {{{"$address|$variable", ArgType::variable}, {"$variable", ArgType::variable, Presence::optional}}},
     .block = Block::data,
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = policy::apply_geo,
     .declare = policy::declare_geo,
     .doc = "A variable whose value is selected by the client's address: NETWORK VALUE; the longest prefix wins."},
    {.name = "split_clients",
     .contexts = config::in_http,
     .args = {{{"key", ArgType::templ}, {"$variable", ArgType::variable}}},
     .block = Block::data,
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = policy::apply_split_clients,
     .declare = policy::declare_split_clients,
     .doc = "A variable whose value is selected by the hash of a text: 5% VALUE; * VALUE for the rest."},
};

}  // namespace

constinit const table::Module map_module{"map", rows};

}  // namespace gh::directives
