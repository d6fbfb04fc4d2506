#include "policy/computed.h"

namespace gh::policy {

table::Computed* define_computed(table::Scope& main, const config::Value& name, table::Getter compute,
                                 const void* object) {
  const std::string text(name.text);
  const auto [first, is_new] = main.local<ComputedNames>().where.try_emplace(text, name.span);
  if (!is_new) {
    main.warning(table::code::computed_twice, name.span, "`$" + text + "` is computed twice: this one counts")
        .with_related(first->second, "this one is never used")
        .with_help("give one of them another name");
    first->second = name.span;
  }
  table::Computed* computed =
      main.builder.variables.define_computed(name.text, compute, object, config::Phase::route);
  if (!computed) {
    main.error(table::code::duplicate_name, name.span, "`$" + text + "` is a variable of the gateway's own")
        .with_help("give the variable another name");
  }
  return computed;
}

}  // namespace gh::policy
