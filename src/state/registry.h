// Registry: the named things that outlive a reload (rate zones, peer groups, ...). The build of a table asks for each
// by name; what the new table does not name goes when it is published. Main thread only; the objects themselves are
// shared with the workers through the tables' shared pointers, so a dropped one lives until its last request ends.
//
//   build:   registry.adopt_or_create<RateZone>("limit_req/api", "key=$binary_remote_addr size=10485760", make)
//   success: registry.commit()       failure: registry.rollback()   (as if the build had never been)
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>

namespace gh::state {

class Registry {
 public:
  template <class T>
  struct Adoption {
    std::shared_ptr<T> object;
    bool adopted = false;
    std::string reason;  // why an existing object was not adopted; empty when it was, or when the name is new
  };

  /// `name` is "kind/name". `shape` is everything that must be equal for the old contents to make sense (never what
  /// may change in place). `make(previous)` returns shared_ptr<T>; `previous` (const shared_ptr<T>&) is the object of
  /// another shape under this name, or null: it may hand over parts, but must not be changed, as the build can fail.
  /// The same name twice in one build gives the same object when the shape is equal; else the second object is its
  /// own, with a reason: the caller makes that a diagnostic.
  template <class T, class Make>
  Adoption<T> adopt_or_create(std::string_view name, std::string_view shape, Make&& make) {
    const Entry* old = find(name);
    const bool same_type = old != nullptr && old->type == std::type_index(typeid(T));
    if (same_type && old->shape == shape) {
      auto object = std::static_pointer_cast<T>(old->object);
      keep(name, *old);
      return {std::move(object), true, {}};
    }
    std::string reason = old == nullptr ? std::string() : why_not(name, *old, shape, same_type);
    std::shared_ptr<T> previous = same_type ? std::static_pointer_cast<T>(old->object) : nullptr;
    std::shared_ptr<T> object = std::forward<Make>(make)(std::as_const(previous));
    keep(name, Entry{object, std::string(shape), std::type_index(typeid(T))});
    return {std::move(object), false, std::move(reason)};
  }

  /// The published table's object, or null. Not those of a build under way.
  template <class T>
  [[nodiscard]] std::shared_ptr<T> get(std::string_view name) const {
    const auto it = published_.find(name);
    if (it == published_.end() || it->second.type != std::type_index(typeid(T))) return nullptr;
    return std::static_pointer_cast<T>(it->second.object);
  }

  void commit();    // the names of this build become the published ones; all others are dropped
  void rollback();  // forgets this build
  [[nodiscard]] std::size_t size() const { return published_.size(); }

 private:
  struct Entry {
    std::shared_ptr<void> object;
    std::string shape;
    std::type_index type;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  [[nodiscard]] const Entry* find(std::string_view name) const;  // this build first, then the published ones
  void keep(std::string_view name, Entry entry);                 // first of the build wins the name
  static std::string why_not(std::string_view name, const Entry& old, std::string_view shape, bool same_type);

  Entries published_;
  Entries building_;
};

}  // namespace gh::state
