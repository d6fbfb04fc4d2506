// keyval_zone, keyval: rows; see policy/rewrite/keyval.cc.
#include "policy/keyval.h"

#include "directives/directives.h"
#include "directives/setters.h"

namespace gh::directives {
namespace {

constexpr Presence optional = Presence::optional;

constexpr Row rows[] = {
    {.name = "keyval_zone",
     .contexts = config::in_http,
     .args = {{{"zone=", ArgType::word},
               {"state=", ArgType::conf_path, optional},
               {"timeout=", ArgType::msec, optional, {}, 1},
               {"type=", ArgType::one_of, optional, "string|ip|prefix"},
               {"store=", ArgType::store, optional},
               {"prefix=", ArgType::word, optional},
               {"fresh=", ArgType::msec, optional, {}, 0, 3600000}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = policy::apply_keyval_zone,
     .doc = "A table of keys and values: of a state file, or of a store that is asked for them."},
    {.name = "keyval",
     .contexts = config::in_http,
     .args = {{{"key", ArgType::templ}, {"$variable", ArgType::variable}, {"zone=", ArgType::zone}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = policy::apply_keyval,
     .declare = policy::declare_keyval,
     .doc = "A variable whose value a keyval_zone has under a key."},
};

}  // namespace

constinit const table::Module keyval_module{"keyval", rows, policy::finish_keyval, nullptr, policy::end_keyval};

}  // namespace gh::directives
