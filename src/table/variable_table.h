// The names a configuration may use as variables: fixed rows, families, and what the configuration itself defines.
// Used at build time only, by the building thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "table/variable.h"

namespace gh::table {

class Template;

class VariableTable {
 public:
  struct Found {
    Getter get;
    VariableParam param;
    config::Phase known_from;
    ValueGetter get_value = nullptr;
    bool of_token = false;
  };
  /// `slot_getter` reads a configuration-defined variable from its slot; `computed_getter` one with a Computed behind
  /// its param's object; `capture_getter` reads $1..$9.
  VariableTable(std::span<const VariableRow> rows, Getter slot_getter, Getter capture_getter, Getter computed_getter);

  /// A variable the configuration defines (a named capture, `set`): its slot. The same name gives the same slot.
  std::uint32_t define(std::string_view name, config::Phase known_from = config::Phase::rewrite);
  /// One that `set` assigns: its use where nothing was assigned can be told (uninitialized_variable_warn).
  std::uint32_t define_assigned(std::string_view name);
  /// A variable computed by an object of the table (map, geo, split_clients): at its first use in an exchange, then
  /// kept in a slot, which `set` on the same name writes, too. `object` lives as long as the table. The answer may be
  /// changed until the build ends (volatile). Null when the name is taken by a row. Defining a name again replaces the
  /// object.
  Computed* define_computed(std::string_view name, Getter compute, const void* object, config::Phase known_from);
  /// A computed variable that is made of the token alone (VariableRow::of_token).
  void mark_of_token(std::string_view name);
  /// `name` of a family whose members have to be declared exists.
  void declare_member(std::string_view name) { members_.emplace(name); }
  /// The row whose variable `set` may change ($args); null when it is no row or may not be changed.
  [[nodiscard]] const VariableRow* settable(std::string_view name) const;
  std::optional<Found> find(std::string_view name);
  /// While one lives, $remote_user, which anybody may say, is looked up as $auth_basic_user: for texts that tell others
  /// who asks.
  class Proven {
   public:
    explicit Proven(VariableTable& variables) : variables_(variables) { ++variables_.proven_; }
    ~Proven() { --variables_.proven_; }
    Proven(const Proven&) = delete;
    Proven& operator=(const Proven&) = delete;

   private:
    VariableTable& variables_;
  };
  /// A text that the value of `name` is made of (the source of a map, one of its values, what `set` assigns).
  void note_part(std::string_view name, const Template& text);
  /// From which phase on a text is known: the latest of its parts, through what computes them. When all has been read.
  [[nodiscard]] config::Phase known_from(const Template& text) { return known_from(text, 0); }
  /// Does the text look at the fixed row `name`, or do texts that its variables are made of? When all has been read.
  [[nodiscard]] bool is_made_of(const Template& text, std::string_view name) { return is_made_of(text, name, 0); }
  /// True when `name` is one of the fixed rows, which a configuration may not define.
  [[nodiscard]] bool is_fixed(std::string_view name) const { return fixed_.contains(name); }
  /// Did anything of the configuration look this fixed row up?
  [[nodiscard]] bool is_used(std::string_view name) const { return used_.contains(name); }
  [[nodiscard]] std::string nearest(std::string_view name) const;  // did-you-mean; empty when nothing is near
  [[nodiscard]] std::uint32_t slots() const { return static_cast<std::uint32_t>(slot_names_.size()); }
  [[nodiscard]] std::span<const VariableRow> rows() const { return rows_; }
  /// Texts that params point to; moved into the finished table.
  std::deque<std::string>& texts() { return kept_->texts; }
  std::shared_ptr<const void> kept() { return kept_; }
  /// An object of a computed variable, to live as long as the table.
  void keep(std::shared_ptr<const void> object) { kept_->objects.push_back(std::move(object)); }

 private:
  std::span<const VariableRow> rows_;
  Getter slot_getter_, capture_getter_, computed_getter_;
  std::optional<Found> find_family(std::string_view name);
  config::Phase known_from(const Template& text, int depth);
  bool is_made_of(const Template& text, std::string_view name, int depth);
  template <class Look>
  void each_part(const std::string& name, const Look& look);

  std::unordered_map<std::string_view, const VariableRow*> fixed_;
  std::unordered_set<std::string_view> used_;
  int proven_ = 0;                           // Proven that live
  std::unordered_set<std::string> members_;  // declared ones of families
  std::unordered_map<std::string, Found> defined_;
  std::unordered_map<std::string, std::uint32_t> slot_names_;
  std::unordered_map<std::string, std::vector<std::string>> parts_;  // by name
  struct Kept {
    std::deque<std::string> texts;
    std::deque<Computed> computed;
    std::vector<std::shared_ptr<const void>> objects;
  };
  std::shared_ptr<Kept> kept_;
};

}  // namespace gh::table
