#include "http/field_section.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "base/text.h"
#include "http/char_class.h"

namespace gh::http {

namespace {

/// Eight value bytes at a time as long as none of them is a control byte or DEL (HTAB is left to the byte loop, too).
/// The classic "has a byte less than n" trick; a false alarm only costs the byte loop.
const char* skip_value_words(const char* at, const char* end) {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  constexpr std::uint64_t highs = 0x8080808080808080u;
  for (; end - at >= 8; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    const std::uint64_t del = word ^ (ones * 0x7f);
    if (((((word - ones * 0x20) & ~word) | ((del - ones) & ~del)) & highs) != 0) break;
  }
  return at;
}

bool is_word(std::string_view value, std::string_view word) {
  return value.size() == word.size() && iequals(value, word);
}

}  // namespace

FieldStep FieldReader::bad(const char* reason) {
  fault_ = {400, reason};
  return FieldStep::bad;
}

FieldStep FieldReader::too_large(const char* reason) {
  fault_ = {400, reason, true};
  return FieldStep::bad;
}

FieldStep FieldReader::bad_name(const char* at, bool empty) {
  const bool blank = *at == ' ' || *at == '\t';
  if (empty && blank) return bad("folded header line");  // RFC 9112 5.2: obs-fold
  if (empty && *at == ':') return bad("empty header name");
  if (blank) return bad("white space in a header name or before its colon");  // RFC 9112 5.1
  if (*at == '\r' || *at == '\n') return bad("header line without a colon");
  return bad("invalid byte in a header name");
}

FieldStep FieldReader::bad_line_end(char byte) {
  if (byte == '\n') return bad("header line ends with a bare LF");
  if (byte == '\r') return bad("bare CR in a header line");
  return bad("control byte in a header value");
}

bool FieldReader::take_line_end(const char*& at) const {
  if (line_end_ == LineEnd::lf && *at == '\n') {
    ++at;
    return true;
  }
  if (*at != '\r' || at[1] != '\n') return false;  // at[1] exists: the section's last byte is LF, not CR
  at += 2;
  return true;
}

FieldStep FieldReader::next(Field& field) {
  if (at_ == end_) return bad("no blank line at the end");
  const char* at = at_;
  if (take_line_end(at)) {
    at_ = at;
    return FieldStep::end;
  }
  unsigned classes = cls_usual;
  for (unsigned bits = class_of(*at); (bits & cls_token) != 0; bits = class_of(*++at)) classes &= bits;
  const auto name_size = static_cast<std::size_t>(at - at_);
  if (name_size == 0 || *at != ':') return bad_name(at, name_size == 0);
  field.name = {at_, name_size};
  do ++at;
  while (*at == ' ' || *at == '\t');
  const char* value = at;
  at = skip_value_words(at, end_);
  while (is_class(*at, cls_value)) ++at;
  const char* value_end = at;
  if (!take_line_end(at)) return bad_line_end(*at);
  while (value_end > value && (value_end[-1] == ' ' || value_end[-1] == '\t')) --value_end;
  if (static_cast<std::size_t>(at - at_) > limits_.line_bytes) return too_large("header line too large");
  if (++seen_ > limits_.fields) return too_large("too large a number of header fields");
  field.value = {value, static_cast<std::size_t>(value_end - value)};
  field.id = header_id(field.name);
  at_ = at;
  return classes != 0 ? FieldStep::field : FieldStep::unusual;
}

void FieldList::grow() {
  const std::size_t capacity = capacity_ == 0 ? 16 : 2 * capacity_;
  Field* data = arena_.array<Field>(capacity);
  std::uninitialized_copy_n(data_, size_, data);
  data_ = data;
  capacity_ = capacity;
}

const char* FramingFields::note(const Field& field) {
  switch (field.id) {
    case HeaderId::content_length:
      return note_length(field.value);
    case HeaderId::transfer_encoding:
      return note_encoding(field.value);
    case HeaderId::connection:
      note_connection(field.value);
      return nullptr;
    default:
      return nullptr;
  }
}

const char* FramingFields::note_length(std::string_view value) {
  // RFC 9110 8.6 lets a recipient merge equal lengths, RFC 9112 6.3 lets it refuse: we refuse, as nginx does.
  if (has_length) return "duplicate Content-Length";
  has_length = true;
  if (value.empty()) return "empty Content-Length";
  constexpr std::uint64_t most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t sum = 0;
  for (const char c : value) {
    if (!is_digit(c)) return "Content-Length is not a number";
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (sum > (most - digit) / 10) return "Content-Length is too large";
    sum = sum * 10 + digit;
  }
  length = sum;
  return nullptr;
}

const char* FramingFields::note_encoding(std::string_view value) {
  if (has_encoding) return "duplicate Transfer-Encoding";
  has_encoding = true;
  chunked = is_word(value, "chunked");  // RFC 9112 7.1: the only coding we know, no parameters
  return nullptr;
}

void FramingFields::note_connection(std::string_view value) {
  if (is_word(value, "keep-alive")) {
    keep_alive = true;
    return;
  }
  std::string_view rest = value;
  std::string_view element;
  while (next_list_element(rest, element)) {  // RFC 9110 7.6.1
    if (is_word(element, "close"))
      close = true;
    else if (is_word(element, "keep-alive"))
      keep_alive = true;
    else if (is_word(element, "upgrade"))
      upgrade_named = true;
    else
      other_names = true;
  }
}

bool check_field_section(std::string_view section, const HeadLimits& limits, HeadError& error) {
  if (section.empty() || section.back() != '\n') return refuse(error, 400, "no blank line at the end");
  FieldReader reader(section, limits, LineEnd::crlf);
  Field field;
  for (;;) {
    const FieldStep step = reader.next(field);
    if (step == FieldStep::end) break;
    if (step == FieldStep::bad) {
      error = reader.fault();
      return false;
    }
  }
  if (reader.position() != section.data() + section.size()) return refuse(error, 400, "bytes behind the blank line");
  return true;
}

}  // namespace gh::http
