// What the fields of a request say together, whatever version it came in: used by request_head.cc and h2_request.cc.
// RFC 9110 5.3, 7.2, 8.6, 10.1.1.
#pragma once

#include "base/text.h"
#include "http/field_section.h"

namespace gh::http {

/// Fields of one value whose second line would be an answer to another question (RFC 9110 5.3); the set is nginx's.
/// Host and those of framing have rules of their own.
inline constexpr std::uint64_t unique_fields = [] {
  std::uint64_t bits = 0;
  for (const HeaderId id : {HeaderId::if_modified_since, HeaderId::if_unmodified_since, HeaderId::if_match,
                            HeaderId::if_none_match, HeaderId::if_range, HeaderId::content_range, HeaderId::expect,
                            HeaderId::authorization}) {
    bits |= std::uint64_t{1} << static_cast<unsigned>(id);
  }
  return bits;
}();
static_assert(static_cast<unsigned>(HeaderId::http2_settings) < 64, "a bit for each id");

struct RequestFields {
  std::uint64_t unique_seen = 0;  // bit of each HeaderId that may stand once only
  FramingFields framing;
  bool has_upgrade = false;
  bool has_host = false;
  std::string_view host;
  bool expect_continue = false;

  /// nullptr, or why the request is refused with 400.
  const char* note(const Field& field) {
    const std::uint64_t bit = (std::uint64_t{1} << static_cast<unsigned>(field.id)) & unique_fields;
    if ((unique_seen & bit) != 0) return "duplicate field of one value";
    unique_seen |= bit;
    switch (field.id) {
      case HeaderId::host:
        if (has_host) return "duplicate Host";  // RFC 9112 3.2
        has_host = true;
        host = field.value;
        return nullptr;
      case HeaderId::expect:
        if (iequals(field.value, "100-continue")) expect_continue = true;  // others are ignored, as nginx does
        return nullptr;
      case HeaderId::upgrade:
        has_upgrade = true;
        return nullptr;
      default:
        return framing.note(field);
    }
  }
};

/// nginx's rule: a name of unusual characters is "invalid"; "_" counts as usual where underscores are allowed.
inline bool is_dropped(const Field& field, const HeadLimits& limits) {
  if (!limits.ignore_invalid) return false;
  if (!limits.underscores) return true;
  for (const char c : field.name)
    if (c != '_' && c != '-' && !is_alpha(c) && !is_digit(c)) return true;
  return false;
}

}  // namespace gh::http
