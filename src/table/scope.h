// Scope: one block while the table is built. Directives' `apply` functions write into it; inner blocks start as a copy
// of their parent's settings, which is what inheritance is (LANGUAGE.md 10). Build thread only.
//
// A block is built in two passes: first its plain directives, then its inner blocks, so that the order of a setting and
// an inner block in the file does not matter.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/diagnostic.h"
#include "config/directive.h"
#include "table/program.h"
#include "table/template.h"

namespace gh::table {

class Builder;
struct Route;
struct Server;

namespace detail {
template <class T>
inline constexpr char group_key = 0;  // its address names the group
}

class Scope {
 public:
  Scope(Builder& builder, Scope* parent, config::Context context);

  Builder& builder;
  Scope* parent;
  config::Context context;
  config::Span where;               // the block's directive

  /// Settings group T as it stands here: own or inherited; a default-made one when nobody stated it.
  template <class T>
  std::shared_ptr<const T> shared() {
    return std::static_pointer_cast<const T>(slot(&detail::group_key<T>, &make<T>).value);
  }
  template <class T>
  const T& get() { return *static_cast<const T*>(slot(&detail::group_key<T>, &make<T>).value.get()); }
  /// Was group T stated here or further out?
  template <class T>
  [[nodiscard]] bool has() const {
    const Slot* s = find(&detail::group_key<T>);
    return s && s->stated;
  }
  /// For scalars: the group, copied from the parent's at the first change here.
  template <class T>
  T& edit() {
    Slot& s = slot(&detail::group_key<T>, &make<T>);
    if (!s.own) {
      s.value = std::make_shared<T>(*static_cast<const T*>(s.value.get()));
      s.own = s.stated = true;
    }
    return *static_cast<T*>(s.value.get());
  }
  /// For lists that replace: empty at the first statement here, whatever the parent had.
  template <class T>
  T& edit_list() {
    Slot& s = slot(&detail::group_key<T>, &make<T>);
    if (!s.own) {
      s.value = std::make_shared<T>();
      s.own = s.stated = true;
    }
    return *static_cast<T*>(s.value.get());
  }
  /// Was group T stated in this very block?
  template <class T>
  [[nodiscard]] bool is_own() const {
    const Slot* s = find(&detail::group_key<T>);
    return s && s->own;
  }
  /// For what is not inherited (proxy_pass, return, server_name ...): like edit(), but inner blocks start without it.
  template <class T>
  T& local() {
    Slot& s = local_slot(&detail::group_key<T>, &make<T>);
    return *static_cast<T*>(s.value.get());
  }
  template <class T>
  [[nodiscard]] std::shared_ptr<const T> local_or_null() const {
    const Slot* s = find(&detail::group_key<T>);
    return s && s->is_local ? std::static_pointer_cast<const T>(s->value) : nullptr;
  }

  config::Diagnostic& error(std::string_view code, config::Span span, std::string message);
  config::Diagnostic& warning(std::string_view code, config::Span span, std::string message);
  config::Diagnostic& note(std::string_view code, config::Span span, std::string message);
  /// Compiles the value as a template; unknown variables become E0401 with a did-you-mean.
  Template compile(const config::Value& value);
  Template compile(std::string_view text, config::Span span);

 private:
  struct Slot {
    const void* key;
    std::shared_ptr<void> value;
    bool own = false;       // stated in this block (may be changed in place)
    bool stated = false;    // stated here or further out; else all defaults
    bool is_local = false;  // not inherited
  };
  using Make = std::shared_ptr<void> (*)();
  template <class T>
  static std::shared_ptr<void> make() { return std::make_shared<T>(); }
  Slot& slot(const void* key, Make make);        // a default is made once, in the outermost block, and shared
  Slot& local_slot(const void* key, Make make);
  [[nodiscard]] const Slot* find(const void* key) const;

  std::vector<Slot> slots_;
};

/// What a module does when a location (or a server's own level, or an `if`) is complete: add its steps.
/// `keep` makes the route own an object that a step's params point to.
using Finish = void (*)(Scope&, Route&);

/// One file of src/directives: rows, and what turns settings into steps. The joined list is in execution order.
struct Module {
  std::string_view name;
  std::span<const config::Row> rows;
  Finish finish = nullptr;
  void (*start)(Scope& main) = nullptr;  // defaults that depend on the command line, before anything is read
  void (*end)(Scope& main) = nullptr;    // when everything was read: the outermost block's settings go to the table
};

/// The scope of the whole file. It lives until the build ends, unlike those of blocks.
inline Scope& outermost(Scope& scope) {
  Scope* s = &scope;
  while (s->parent) s = s->parent;
  return *s;
}

/// The location's route that a scope lies in (its kind, name and prefix are set already); null outside of locations.
Route* route_of(const Scope& scope);

/// Adds a step whose params the route keeps alive.
void add_step(Route& route, config::Phase phase, StepFn run, std::shared_ptr<const void> params, std::string_view name);

}  // namespace gh::table
