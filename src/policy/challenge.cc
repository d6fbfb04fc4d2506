#include "policy/challenge.h"

#include <fmt/format.h>

#include "http/field_value.h"

namespace gh::policy {

void add_challenge(proxy::Exchange& x, std::string_view scheme, std::string_view realm) {
  const std::string_view safe = http::safe_field_value(realm, x.arena);
  char* const to = x.arena.chars(scheme.size() + safe.size() * 2 + 16);
  char* end = fmt::format_to(to, "{} realm=\"", scheme);
  for (const char c : safe) {
    if (c == '"' || c == '\\') *end++ = '\\';  // RFC 9110 5.6.4
    *end++ = c;
  }
  *end++ = '"';
  x.reply.fields.add(x.arena, "WWW-Authenticate", {to, static_cast<std::size_t>(end - to)},
                     http::HeaderId::www_authenticate);
}

}  // namespace gh::policy
