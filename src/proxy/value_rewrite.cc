#include "proxy/value_rewrite.h"

#include "http/field_value.h"
#include "proxy/exchange.h"
#include "proxy/join.h"

namespace gh::proxy {

bool match_and_capture(Exchange& x, const Regex& regex, const std::vector<std::uint32_t>& slots,
                       std::string_view subject) {
  Captures found;
  if (regex.match(subject, &found) != Regex::Match::yes) return false;
  x.captures = found;
  x.captures_subject = subject;
  for (std::size_t i = 0; i < slots.size(); ++i) x.set_slot(slots[i], found.group(subject, regex.names()[i].group));
  return true;
}

std::string_view replacement_of(Exchange& x, const table::RedirectRule& rule) {
  const std::string_view text = http::safe_field_value(rule.to.render(x, x.arena), x.arena);
  return text.data() ? text : std::string_view("");
}

std::string_view rewrite_value(Exchange& x, const table::RedirectRule& rule, std::string_view value) {
  if (rule.regex) {
    return match_and_capture(x, *rule.regex, rule.regex_slots, value) ? replacement_of(x, rule) : std::string_view();
  }
  const std::string_view from = rule.from.render(x, x.arena);
  if (!value.starts_with(from)) return {};
  return join(x.arena, replacement_of(x, rule), value.substr(from.size()));
}

}  // namespace gh::proxy
