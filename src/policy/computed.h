// What map, geo and split_clients share while the table is built: the object behind a variable is made before anything
// is compiled, so that uses may stand above it, and filled when its block is read.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "table/build.h"
#include "table/codes.h"

namespace gh::policy {

/// Local to the outermost scope: where each computed variable was defined.
struct ComputedNames {
  std::unordered_map<std::string, config::Span> where;
};

/// Local to the outermost scope: the objects of one kind, by directive.
template <class T>
struct ComputedObjects {
  struct Entry {
    std::shared_ptr<T> object;
    table::Computed* computed = nullptr;
  };
  std::unordered_map<const config::Node*, Entry> entries;
};

/// Says so when the name is taken, or was computed above.
table::Computed* define_computed(table::Scope& main, const config::Value& name, table::Getter compute,
                                 const void* object);

/// `T::compute` is the getter; its param's object is the T. The variable is the directive's last argument.
template <class T>
void declare_computed(table::Scope& main, const config::Bound& directive) {
  auto object = std::make_shared<T>();
  table::Computed* computed = define_computed(main, directive.values.back(), T::compute, object.get());
  main.builder.variables.keep(object);
  main.local<ComputedObjects<T>>().entries[directive.node] = {std::move(object), computed};
}

/// What declare_computed made of this directive.
template <class T>
T& computed_object(table::Scope& scope, const config::Bound& directive) {
  return *table::outermost(scope).template local<ComputedObjects<T>>().entries.at(directive.node).object;
}

/// A text that the variable's value is made of: a key that uses the variable is known as late as that.
inline void note_part(table::Scope& scope, const config::Bound& directive, const table::Template& text) {
  scope.builder.variables.note_part(directive.values.back().text, text);
}

template <class T>
void make_volatile(table::Scope& scope, const config::Bound& directive) {
  auto* computed = table::outermost(scope).template local<ComputedObjects<T>>().entries.at(directive.node).computed;
  if (computed) computed->is_volatile = true;
}

/// `include` whose pattern names no file is left among the items of a block.
inline bool is_empty_include(const config::Node& item) {
  return item.name() == "include" && !item.words.front().quoted;
}

}  // namespace gh::policy
