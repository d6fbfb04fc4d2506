#include "base/text.h"
#include "http/field_section.h"
#include "http/h1.h"

namespace gh::http {

bool may_be_trailer(const Field& field) {
  switch (field.id) {
    case HeaderId::etag:
    case HeaderId::link:
    case HeaderId::server:
    case HeaderId::user_agent:
      return true;
    case HeaderId::other:
      break;
    default:
      return false;
  }
  static constexpr std::string_view forbidden[] = {"age",
                                                   "warning",
                                                   "max-forwards",
                                                   "proxy-authenticate",
                                                   "content-language",
                                                   "content-location",
                                                   "forwarded",
                                                   "x-forwarded-host",
                                                   "x-forwarded-proto",
                                                   "x-forwarded-port",
                                                   "pragma"};
  for (const std::string_view name : forbidden)
    if (field.name.size() == name.size() && iequals(field.name, name)) return false;
  return true;
}

bool parse_trailers(std::string_view section, const HeadLimits& limits, Arena& arena, std::span<Field>& out,
                    HeadError& error) {
  out = {};
  error = {0, ""};
  if (section.size() > limits.total_bytes) return refuse(error, 400, "trailer section too large");
  if (!check_field_section(section, limits, error)) return false;
  FieldReader reader(section, limits, LineEnd::crlf);
  FieldList list(arena);
  Field field;
  for (FieldStep step = reader.next(field); step != FieldStep::end; step = reader.next(field)) {
    if (step == FieldStep::unusual && limits.ignore_invalid) continue;
    if (may_be_trailer(field)) list.push(field);
  }
  out = list.span();
  return true;
}

}  // namespace gh::http
