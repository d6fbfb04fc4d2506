// Paths of our language into a JSON value: `order.items[].price`, `a.b[0]`, `a."x y"`, `[].id`. Compiled once, applied
// by any thread. And JSON pointers (RFC 6901), which name a place in a message to people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace gh::json {

/// path = [ name ] *( "." name | "[" [ index ] "]" ), not empty; a name is letters, digits and `_`, beginning with no
/// digit, or any text in double quotes with `\"` and `\\` for these two.
class Path {
 public:
  struct Name { std::string text; };
  struct Index { std::uint32_t number; };
  struct Each {};
  using Step = std::variant<Name, Index, Each>;
  static constexpr std::size_t most_steps = 64;

  /// Is `-` a letter within names? In expressions it is an operator, in a list of paths it may belong to a name.
  enum class Hyphens : std::uint8_t { are_letters, end_names };

  /// The whole of `text`. Error::code is the byte offset.
  static Result<Path> compile(std::string_view text, Hyphens hyphens = Hyphens::are_letters);
  /// As much of the beginning of `text` as is a path; `used` gets its length. Error when nothing is, or a bracket or
  /// quote is not closed. A dot with no name behind it is not taken.
  static Result<Path> take(std::string_view text, Hyphens hyphens, std::size_t& used);

  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  /// No `[]` in it: at most one value.
  [[nodiscard]] bool is_single() const { return is_single_; }
  /// As written, with names quoted only where they must be.
  [[nodiscard]] std::string text() const;

  /// The first value; absent when there is none. `skip` steps are taken as done: a first name that says which document.
  [[nodiscard]] Value first(Value root, std::size_t skip = 0) const;
  /// Appends all values in their order, at most `most`; false when there are more. Places without such a member or
  /// element give nothing; a member that is null gives null.
  bool all(Value root, std::vector<Value>& out, std::size_t most = 100'000, std::size_t skip = 0) const;

 private:
  std::vector<Step> steps_;
  bool is_single_ = true;
};

/// Appends "/name" with `~` and `/` escaped.
void append_pointer(std::string& pointer, std::string_view name);
void append_pointer(std::string& pointer, std::size_t index);
/// The place that `pointer` ("" is the root) names; absent when there is none or it is no pointer.
Value find_pointer(Value root, std::string_view pointer);
/// Takes the first token off `pointer`, which begins with '/', and undoes its escapes; false when they are wrong.
bool next_pointer_token(std::string_view& pointer, std::string& token);

}  // namespace gh::json
