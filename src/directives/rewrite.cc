// The rewrite module: rows only, see policy/rewrite/.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"
#include "table/plan.h"
#include "table/server_block.h"

namespace gh::directives {
namespace {

using table::CoreSettings;

constexpr config::Contexts in_blocks = config::in_server | config::in_location | in_ifs;

constexpr Row if_row(config::Contexts contexts, config::Context inside) {
  return {.name = "if",
          .contexts = contexts,
          .args = {{{"(condition)", ArgType::word, Presence::repeat_one}}},
          .block = Block::directives,
          .inside = inside,
          .inherit = Inherit::none,
          .repeatable = true,
          .phase = Phase::rewrite,
          .apply = policy::apply_if,
          .declare = table::declare_group_names,
          .doc = "Settings and operations for requests for which a condition holds."};
}

constexpr Row rows[] = {
    {.name = "return",
     .contexts = in_blocks,
     .args = {{{"code|url", ArgType::templ}, {"text|url", ArgType::templ, Presence::optional}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .phase = Phase::rewrite,
     .apply = policy::apply_return,
     .doc = "Answer at once: CODE, CODE TEXT, CODE URL or URL (302); 444 closes without an answer."},
    {.name = "rewrite",
     .contexts = in_blocks,
     .args = {{{"regex", ArgType::regex},
               {"replacement", ArgType::templ},
               {"flag", ArgType::one_of, Presence::optional, "last|break|redirect|permanent"}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .phase = Phase::rewrite,
     .apply = policy::apply_rewrite,
     .declare = table::declare_group_names,
     .doc = "Another path, or a redirect, for paths that match."},
    {.name = "set",
     .contexts = in_blocks,
     .args = {{{"$variable", ArgType::variable}, {"value", ArgType::templ}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .phase = Phase::rewrite,
     .apply = policy::apply_set,
     .declare = policy::declare_set,
     .doc = "Gives a variable a value."},
    {.name = "break",
     .contexts = in_blocks,
     .inherit = Inherit::none,
     .repeatable = true,
     .phase = Phase::rewrite,
     .apply = policy::apply_break,
     .doc = "Ends this block's rewriting."},
    if_row(config::in_server, config::in_server_if),
    if_row(config::in_location, config::in_location_if),
    setting("rewrite_log", hsl | in_ifs, on_off, "off", set<&CoreSettings::rewrite_log>,
            "Tell in the error log, at level notice, what rewriting does."),
    setting("uninitialized_variable_warn", hsl | in_ifs, on_off, "on", set<&CoreSettings::uninitialized_variable_warn>,
            "Warn in the error log when a variable is used that no `set` has given a value."),
};

}  // namespace

constinit const table::Module rewrite_module{"rewrite", rows, policy::finish_rewrite};

}  // namespace gh::directives
