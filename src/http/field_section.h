// The fields of a head or trailer section, one at a time: the only place where field lines are taken apart.
// Called by request_head.cc, response_head.cc, trailers.cc and body.cc. Pure; allocates only in FieldList. RFC 9112 5.
#pragma once

#include <string_view>

#include "base/arena.h"
#include "http/h1.h"

namespace gh::http {

/// How lines end. `lf` is a lenient read of heads (RFC 9112 2.2): every line must then end so.
enum class LineEnd : std::uint8_t { crlf, lf };

enum class FieldStep : std::uint8_t {
  field,    // a good field
  unusual,  // a good field whose name nginx calls invalid: a token, but not of letters, digits and "-" alone
  end,      // the blank line was read
  bad       // `fault()` says why
};

/// Walks over a section that ends with its blank line. The section's last byte must be LF (the constructor's caller
/// has seen to that): every inner loop stops there.
class FieldReader {
 public:
  FieldReader(std::string_view section, const HeadLimits& limits, LineEnd line_end)
      : at_(section.data()), end_(section.data() + section.size()), limits_(limits), line_end_(line_end) {}

  /// `field.id` is set; name and value are slices of the section.
  FieldStep next(Field& field);
  [[nodiscard]] const HeadError& fault() const { return fault_; }
  /// The first byte behind what was read.
  [[nodiscard]] const char* position() const { return at_; }

 private:
  FieldStep bad(const char* reason);
  FieldStep too_large(const char* reason);
  FieldStep bad_name(const char* at, bool empty);
  FieldStep bad_line_end(char byte);
  bool take_line_end(const char*& at) const;

  const char* at_;
  const char* end_;
  const HeadLimits& limits_;
  LineEnd line_end_;
  HeadError fault_;
  std::size_t seen_ = 0;
};

/// A growing array in the arena: 16 fields at first, which holds nearly every head.
class FieldList {
 public:
  explicit FieldList(Arena& arena) : arena_(arena) {}
  void push(const Field& field) {
    if (size_ == capacity_) grow();
    data_[size_++] = field;
  }
  [[nodiscard]] std::span<Field> span() const { return {data_, size_}; }

 private:
  void grow();
  Arena& arena_;
  Field* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// What Content-Length, Transfer-Encoding and Connection say together, both directions.
struct FramingFields {
  std::uint64_t length = 0;
  bool has_length = false;
  bool has_encoding = false;
  bool chunked = false;  // the one Transfer-Encoding is exactly "chunked"
  bool close = false;
  bool keep_alive = false;
  bool upgrade_named = false;
  bool other_names = false;

  /// Takes note of a field; nullptr, or why the message must be refused with 400.
  const char* note(const Field& field);

 private:
  const char* note_length(std::string_view value);
  const char* note_encoding(std::string_view value);
  void note_connection(std::string_view value);
};

/// True for a section without any fault; for readers that do not want the fields (body.cc).
bool check_field_section(std::string_view section, const HeadLimits& limits, HeadError& error);

/// RFC 9110 6.5.1: fields that steer framing, routing, authentication, content or caching may not come late; neither
/// may fields that say who the client is, nor those that steer the gateway.
bool may_be_trailer(const Field& field);

inline bool refuse(HeadError& error, std::uint16_t status, const char* reason) {
  error = {status, reason};
  return false;
}

}  // namespace gh::http
