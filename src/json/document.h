// JSON text (RFC 8259) read into a compact immutable tree. Strict: invalid UTF-8, lone surrogates, control characters
// in strings, leading zeros, a byte order mark and bytes after the value are errors. The document keeps a copy of the
// text, and each value knows its span in it, so that what nobody edits is copied raw. Any thread; immutable once read.
// simdjson does the reading; its types stay in the .cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gh::json {

enum class Kind : std::uint8_t {
  null,
  boolean,
  integer,  // written without fraction and exponent, and fits int64 or uint64: exact
  number,   // any other number, as a double; raw() has its digits
  text,
  array,
  object,
};
/// "null", "a boolean", "an integer", "a number", "a text", "an array", "an object": for sentences.
std::string_view kind_name(Kind kind);

/// What a text may be at most. More is an error, found before memory is spent on it.
struct Limits {
  std::size_t bytes = 1024 * 1024;
  std::uint32_t depth = 64;  // arrays and objects within each other; at most most_depth
  std::uint32_t values = 200'000;
  static constexpr std::uint32_t most_depth = 1000;
};

enum class Duplicates : std::uint8_t {
  allow,   // find() answers the last of them, as JSON.parse does
  refuse,  // two members of one name, escapes undone, are an error: what others could read otherwise (JWT)
};

struct ParseError {
  std::string text;        // for people: lower case, no full stop, nothing of the text read
  std::size_t offset = 0;  // in bytes
  bool is_limit = false;   // the text may be good, but it is more than the limits allow
};

class Value;
namespace detail { struct Tree; struct Node; }

class Document {
 public:
  static Result<Document, ParseError> parse(std::string_view text, const Limits& limits = {},
                                            Duplicates duplicates = Duplicates::allow);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  /// Values live as long as their document, also when it is moved.
  [[nodiscard]] Value root() const;
  /// The text that was read.
  [[nodiscard]] std::string_view text() const;
  /// Memory held, for caches that count.
  [[nodiscard]] std::size_t bytes_held() const;

 private:
  explicit Document(std::unique_ptr<detail::Tree> tree);
  std::unique_ptr<detail::Tree> tree_;
};

/// A light handle, 16 bytes. One that is absent (find() found nothing) answers as null does and is false.
class Value {
 public:
  struct Member;
  template <class T>
  class Iterator;
  template <class T>
  class Range;
  using Elements = Range<Value>;
  using Members = Range<Member>;

  Value() = default;
  explicit operator bool() const { return tree_ != nullptr; }
  /// The very same place of one document; equal contents are told by json/compare.h.
  friend bool operator==(const Value&, const Value&) = default;

  [[nodiscard]] Kind kind() const;
  [[nodiscard]] bool is_null() const { return kind() == Kind::null; }
  [[nodiscard]] bool is_text() const { return kind() == Kind::text; }
  [[nodiscard]] bool is_array() const { return kind() == Kind::array; }
  [[nodiscard]] bool is_object() const { return kind() == Kind::object; }
  [[nodiscard]] bool is_number() const { return kind() == Kind::integer || kind() == Kind::number; }

  [[nodiscard]] std::optional<bool> as_bool() const;
  /// Integers only, and those that fit.
  [[nodiscard]] std::optional<std::int64_t> as_int64() const;
  [[nodiscard]] std::optional<std::uint64_t> as_uint64() const;
  /// Of integers too, rounded when they have more than 53 bits.
  [[nodiscard]] std::optional<double> as_double() const;
  /// Escapes undone, valid UTF-8, may hold NUL; empty when this is no text.
  [[nodiscard]] std::string_view text() const;
  /// The bytes of the source that this value is, quotes and brackets included; empty when absent.
  [[nodiscard]] std::string_view raw() const;

  /// Elements or members; 0 for others.
  [[nodiscard]] std::size_t size() const;
  /// The element, the member's value; absent when there is none or this is no array or object. Cost: what stands before
  /// it, nested values skipped in one step.
  [[nodiscard]] Value at(std::size_t index) const;
  [[nodiscard]] Value find(std::string_view name) const;
  /// In their order; empty when this is no array or object.
  [[nodiscard]] Elements elements() const;
  [[nodiscard]] Members members() const;

  /// Tells the values of one document apart: smaller than the count of its values and names.
  [[nodiscard]] std::uint32_t index() const { return index_; }

 private:
  friend class Document;
  Value(const detail::Tree* tree, std::uint32_t index) : tree_(tree), index_(index) {}
  [[nodiscard]] const detail::Node& node() const;
  /// The nodes of the array's elements or the object's names and values.
  [[nodiscard]] std::uint32_t inner_begin(Kind kind) const;
  [[nodiscard]] std::uint32_t inner_end(Kind kind) const;
  /// The node after this value.
  [[nodiscard]] std::uint32_t next() const;

  const detail::Tree* tree_ = nullptr;
  std::uint32_t index_ = 0;
};

struct Value::Member {
  std::string_view name;  // escapes undone
  Value value;
  /// The name as a text.
  [[nodiscard]] Value key() const { return {value.tree_, value.index_ - 1}; }
};

template <class T>
class Value::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using pointer = const T*;
  using reference = T;
  Iterator() = default;
  T operator*() const {
    if constexpr (std::is_same_v<T, Value>) {
      return at_;
    } else {
      return {at_.text(), Value(at_.tree_, at_.index_ + 1)};
    }
  }
  Iterator& operator++() {
    if constexpr (std::is_same_v<T, Value>) {
      at_.index_ = at_.next();
    } else {
      at_.index_ = Value(at_.tree_, at_.index_ + 1).next();
    }
    return *this;
  }
  Iterator operator++(int) {
    Iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Iterator&, const Iterator&) = default;

 private:
  friend class Value;
  explicit Iterator(Value at) : at_(at) {}
  Value at_;
};

template <class T>
class Value::Range {
 public:
  [[nodiscard]] Iterator<T> begin() const { return begin_; }
  [[nodiscard]] Iterator<T> end() const { return end_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }

 private:
  friend class Value;
  Range(Iterator<T> begin, Iterator<T> end) : begin_(begin), end_(end) {}
  Iterator<T> begin_, end_;
};

}  // namespace gh::json
