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
#include "table/origin.h"
#include "table/program.h"
#include "table/template.h"

namespace gh::table {

class Builder;
struct Route;
struct Server;

namespace detail {
std::size_t next_group();
/// Numbers the settings groups, from 0 in the order of their first use.
template <class T>
std::size_t group_number() {
  static const std::size_t number = next_group();
  return number;
}
}  // namespace detail

class Scope {
 public:
  Scope(Builder& builder, Scope* parent, config::Context context);

  Builder& builder;
  Scope* parent;
  config::Context context;
  config::Span where;               // the block's directive
  std::size_t position = 0;         // in its block: the directive that is being applied
  std::shared_ptr<Stated> stated;   // its directives; null: none yet

  /// Settings group T as it stands here: own or inherited; a default-made one when nobody stated it.
  template <class T>
  std::shared_ptr<const T> shared() {
    slot<T>();
    return std::static_pointer_cast<const T>(owner(detail::group_number<T>()));
  }
  template <class T>
  const T& get() { return *static_cast<const T*>(slot<T>().value); }
  /// Was group T stated here or further out?
  template <class T>
  [[nodiscard]] bool has() const {
    const Slot* s = find(detail::group_number<T>());
    return s && s->stated;
  }
  /// For scalars: the group, copied from the parent's at the first change here.
  template <class T>
  T& edit() {
    Slot& s = slot<T>();
    if (!s.own) {
      put(s, std::make_shared<T>(*static_cast<const T*>(s.value)));
      s.own = s.stated = true;
    }
    return *static_cast<T*>(s.value);
  }
  /// For lists that replace: empty at the first statement here, whatever the parent had.
  template <class T>
  T& edit_list() {
    Slot& s = slot<T>();
    if (!s.own) {
      put(s, std::make_shared<T>());
      s.own = s.stated = true;
    }
    return *static_cast<T*>(s.value);
  }
  /// Was group T stated in this very block?
  template <class T>
  [[nodiscard]] bool is_own() const {
    const Slot* s = find(detail::group_number<T>());
    return s && s->own;
  }
  /// For what is not inherited (proxy_pass, return, server_name ...): like edit(), but inner blocks start without it.
  template <class T>
  T& local() {
    Slot& s = slot_at(detail::group_number<T>());
    if (!s.value) {
      put(s, std::make_shared<T>());
      s.own = s.stated = s.is_local = true;
    }
    return *static_cast<T*>(s.value);
  }
  template <class T>
  [[nodiscard]] std::shared_ptr<const T> local_or_null() const {
    const Slot* s = find(detail::group_number<T>());
    return s && s->is_local ? std::static_pointer_cast<const T>(owners_[s->owner]) : nullptr;
  }
  /// For what answers (proxy_pass, stub_status): local, but `if` and `limit_except` blocks answer as the block around
  /// them does when they say nothing of their own (LANGUAGE.md 10.3).
  template <class T>
  [[nodiscard]] std::shared_ptr<const T> content_or_null() const {
    if (auto own = local_or_null<T>()) return own;
    const bool is_overlay =
        context == config::in_location_if || context == config::in_server_if || context == config::in_limit_except;
    return is_overlay && parent ? parent->content_or_null<T>() : nullptr;
  }

  /// What counts here of all that was stated, for Route::stated.
  [[nodiscard]] std::shared_ptr<const Stated> all_stated() const {
    return stated || !parent ? stated : parent->all_stated();
  }
  void note_stated(const config::Bound& directive);

  config::Diagnostic& error(std::string_view code, config::Span span, std::string message);
  config::Diagnostic& warning(std::string_view code, config::Span span, std::string message);
  config::Diagnostic& note(std::string_view code, config::Span span, std::string message);
  /// Compiles the value as a template; unknown variables become E0401 with a did-you-mean.
  Template compile(const config::Value& value);
  Template compile(std::string_view text, config::Span span);

 private:
  static constexpr std::uint32_t inherited = 0xffffffff;
  struct Slot {
    void* value = nullptr;            // null: not looked at yet, here or further out
    std::uint32_t owner = inherited;  // in owners_; what is inherited is held by an outer block
    bool own = false;                 // stated in this block (may be changed in place)
    bool stated = false;              // stated here or further out; else all defaults
    bool is_local = false;            // not inherited
  };
  using Make = std::shared_ptr<void> (*)();
  template <class T>
  static std::shared_ptr<void> make() { return std::make_shared<T>(); }
  template <class T>
  Slot& slot() {
    const std::size_t number = detail::group_number<T>();
    return number < slots_.size() && slots_[number].value ? slots_[number] : first_look(number, &make<T>);
  }
  Slot& first_look(std::size_t number, Make make);  // a default is made once, in the outermost block, and shared
  Slot& slot_at(std::size_t number);
  void put(Slot& slot, std::shared_ptr<void> group);
  [[nodiscard]] const Slot* find(std::size_t number) const {
    return number < slots_.size() && slots_[number].value ? &slots_[number] : nullptr;
  }
  [[nodiscard]] const std::shared_ptr<void>& owner(std::size_t number) const;  // of a slot that is in use

  std::vector<Slot> slots_;  // by group number
  std::vector<std::shared_ptr<void>> owners_;
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
