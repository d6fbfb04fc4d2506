// Result<T>: a value or an Error, with std::expected's interface (C++23), so that errors are values in C++20.
// Never throws; asking for the side that is not there is a bug caught by assert.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace gh {

/// Whose fault a failure is: decides the status a client sees and whether a peer is counted as failing.
enum class Blame : std::uint8_t { client, upstream, gateway };

/// May the same request be sent again elsewhere (RFC 9110 9.2.2 decides for the method, this for the failure)?
enum class Retry : std::uint8_t { no, yes, if_connection_was_reused };

struct Error {
  std::string text;             // for the log: lower case, no full stop, no secrets
  int code = 0;                 // errno, HTTP status or library code; 0 when there is none
  Blame blame = Blame::gateway;
  Retry retry = Retry::no;
};

template <class E>
class Unexpected {
 public:
  explicit Unexpected(E error) : error_(std::move(error)) {}
  E&& error() && { return std::move(error_); }

 private:
  E error_;
};

inline Unexpected<Error> fail(std::string text, int code = 0) {
  return Unexpected<Error>(Error{std::move(text), code});
}

template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}                             // NOLINT
  Result(Unexpected<E> error) : state_(std::in_place_index<1>, std::move(error).error()) {}          // NOLINT
  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& value() { assert(has_value()); return *std::get_if<0>(&state_); }
  const T& value() const { assert(has_value()); return *std::get_if<0>(&state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  E& error() { assert(!has_value()); return *std::get_if<1>(&state_); }
  const E& error() const { assert(!has_value()); return *std::get_if<1>(&state_); }

 private:
  std::variant<T, E> state_;
};

template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  Result(Unexpected<E> error) : error_(std::move(error).error()) {}  // NOLINT
  [[nodiscard]] bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  E& error() { assert(error_); return *error_; }
  const E& error() const { assert(error_); return *error_; }

 private:
  std::optional<E> error_;
};

}  // namespace gh
