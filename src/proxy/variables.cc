#include "proxy/variables.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include "base/text.h"
#include "http/target.h"
#include "proxy/exchange.h"
#include "proxy/external_identity.h"

namespace gh::proxy {

namespace {

char* write_byte(unsigned value, char* to) {
  if (value >= 100) *to++ = static_cast<char>('0' + value / 100);
  if (value >= 10) *to++ = static_cast<char>('0' + value / 10 % 10);
  *to++ = static_cast<char>('0' + value % 10);
  return to;
}

char* write_text(std::string_view text, char* to) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

}  // namespace

// IPv4 by hand: inet_ntop costs more than the rest of a log line's fields together.
char* write_ip(const Address& address, char* to) {
  if (address.family() == AF_INET) {
    const std::string_view bytes = address.binary();
    for (std::size_t i = 0; i < 4; ++i) {
      if (i > 0) *to++ = '.';
      to = write_byte(static_cast<unsigned char>(bytes[i]), to);
    }
    return to;
  }
  if (address.family() == AF_INET6 && ::inet_ntop(AF_INET6, address.binary().data(), to, ip_text_bytes)) {
    return to + std::strlen(to);
  }
  return write_text("unix:", to);
}

char* write_seconds(std::int64_t ms, char* to) {
  ms = std::max<std::int64_t>(ms, 0);
  to = std::to_chars(to, to + 20, ms / 1000).ptr;
  const auto rest = static_cast<unsigned>(ms % 1000);
  *to++ = '.';
  *to++ = static_cast<char>('0' + rest / 100);
  *to++ = static_cast<char>('0' + rest / 10 % 10);
  *to++ = static_cast<char>('0' + rest % 10);
  return to;
}

std::string_view number_text(Arena& arena, std::uint64_t number) {
  char digits[20];
  return arena.copy(
      {digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits)});
}

std::string_view seconds_text(Arena& arena, std::int64_t ms) {
  char* const to = arena.chars(seconds_text_bytes);
  return {to, static_cast<std::size_t>(write_seconds(ms, to) - to)};
}

bool names_field(std::string_view variable_part, std::string_view field_name) {
  if (variable_part.size() != field_name.size()) return false;
  for (std::size_t i = 0; i < field_name.size(); ++i) {
    const char c = field_name[i] == '-' ? '_' : lower(field_name[i]);
    if (c != lower(variable_part[i])) return false;
  }
  return true;
}

std::string_view joined_fields(Arena& arena, std::span<const http::Field> fields, std::string_view variable_part,
                               std::string_view separator) {
  const http::Field* first = nullptr;
  std::size_t count = 0, bytes = 0;
  for (const http::Field& field : fields) {
    if (!names_field(variable_part, field.name)) continue;
    if (!first) first = &field;
    ++count;
    bytes += field.value.size() + separator.size();
  }
  if (count == 0) return table::not_found;
  if (count == 1) return first->value.data() ? first->value : std::string_view("");
  char* const to = arena.chars(bytes);
  char* end = write_text(first->value, to);
  for (const http::Field* field = first + 1; field != fields.data() + fields.size(); ++field) {
    if (!names_field(variable_part, field->name)) continue;
    end = write_text(field->value, write_text(separator, end));
  }
  return {to, static_cast<std::size_t>(end - to)};
}

std::int64_t request_ms(Exchange& x) { return x.clock().now_ms() - x.started_us / 1000; }

std::string_view slot_value(Exchange& x, const table::VariableParam& param) {
  if (x.slots && x.slots[param.slot].data()) return x.slots[param.slot];
  if (param.object && x.core().uninitialized_variable_warn) {
    x.log(LogLevel::warn, fmt::format("using uninitialized \"{}\" variable", param.text));
  }
  return "";
}

/// Kept in its slot, which `set` may write as well; a variable that needs itself is empty.
std::string_view computed_value(Exchange& x, const table::VariableParam& param) {
  static constexpr std::uint8_t max_depth = 100;
  if (x.slots && x.slots[param.slot].data()) return x.slots[param.slot];
  const auto& computed = *static_cast<const table::Computed*>(param.object);
  if (x.variable_cycle) return "";  // of many variables in a circle each would be asked for again and again
  if (x.variable_depth >= max_depth) {
    x.variable_cycle = true;
    x.log(LogLevel::error, fmt::format("cycle while evaluating variable \"{}\"", param.text));
    return "";
  }
  ++x.variable_depth;
  const bool escapes = std::exchange(x.escapes_captures, false);  // that is for the text that asks, not for this value
  const bool escapes_path = std::exchange(x.escapes_path, false);
  std::string_view value = computed.compute(x, computed.param);
  x.escapes_captures = escapes;
  x.escapes_path = escapes_path;
  if (--x.variable_depth == 0) x.variable_cycle = false;
  if (!value.data()) value = "";
  if (!computed.is_volatile) x.set_slot(param.slot, value);
  return value;
}

std::string_view capture_value(Exchange& x, const table::VariableParam& param) {
  const std::string_view text = x.captures.group(x.captures_subject, param.slot);
  return x.escapes_captures ? http::escape_args(text, x.arena) : text;
}

std::span<const table::VariableRow> variable_rows() {
  static const std::vector<table::VariableRow> rows = [] {
    std::vector<table::VariableRow> all;
    for (const auto part :
         {request_variables(), connection_variables(), reply_variables(), upstream_variables(), file_variables(),
                            tls_variables(), link_variables(), external_variables()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return rows;
}

}  // namespace gh::proxy
