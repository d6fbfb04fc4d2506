// add_header and add_trailer (LANGUAGE.md 10.2, 10.7), with add_header_inherit and add_trailer_inherit. Without
// `always` they act on the answers nginx names. An empty value sends nothing.
#include <optional>
#include <vector>

#include "base/text.h"
#include "http/field_value.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "table/codes.h"
#include "table/plan.h"

namespace gh::policy {

using config::Phase;
using proxy::Exchange;
using table::Verdict;

namespace {

struct Rule {
  std::string name;
  http::HeaderId id = http::HeaderId::other;
  table::Template value;
  bool always = false;
};
using Rules = std::vector<Rule>;

enum class Inherit : std::uint8_t { on, off, merge };

/// One for each directive, so that they are two settings groups.
template <int Which>
struct Stated { Rules list; };
template <int Which>
struct Mode { Inherit mode = Inherit::on; };
template <int Which>
struct Effective { std::shared_ptr<const Rules> rules; };  // own and outer rules joined: local to the scope, made once

constexpr int header = 0, trailer = 1;

// ---- an answer -----------------------------------------------------------------------------------------------------

constexpr bool is_usual(unsigned status) {
  switch (status) {
    case 200: case 201: case 204: case 206: case 301: case 302: case 303: case 304: case 307: case 308: return true;
    default: return false;
  }
}

/// nginx: these two replace what the answer has, and an empty value takes it away.
bool replaces(http::HeaderId id) { return id == http::HeaderId::last_modified || id == http::HeaderId::etag; }

Verdict add_headers(Exchange& x, const void* params) {
  const bool usual = is_usual(x.reply.status);
  for (const Rule& rule : *static_cast<const Rules*>(params)) {
    if (!usual && !rule.always) continue;
    const std::string_view value = rule.value.render(x, x.arena);
    if (replaces(rule.id)) {
      x.reply.fields.remove_if(
          [&](const http::Field& field) { return field.id == rule.id || iequals(field.name, rule.name); });
      if (rule.id == http::HeaderId::last_modified) x.reply.last_modified = -1;
    }
    if (!value.empty()) x.reply.fields.add(x.arena, rule.name, http::safe_field_value(value, x.arena), rule.id);
  }
  return Verdict::next;
}

/// When the body has ended: values may be known only by now.
void fill_trailers(Exchange& x, const void* params) {
  const bool usual = is_usual(x.reply.status);
  for (const Rule& rule : *static_cast<const Rules*>(params)) {
    if (!usual && !rule.always) continue;
    const std::string_view value = rule.value.render(x, x.arena);
    if (!value.empty()) x.reply.trailers.add(x.arena, rule.name, http::safe_field_value(value, x.arena), rule.id);
  }
}

/// Trailers need chunks (RFC 9112 7.1.2), so the answer loses its Content-Length, as in nginx.
Verdict add_trailers(Exchange& x, const void* params) {
  const auto& rules = *static_cast<const Rules*>(params);
  const bool usual = is_usual(x.reply.status);
  bool any = false;
  for (const Rule& rule : rules) any = any || usual || rule.always;
  const bool has_body = x.reply.status != 204 && x.reply.status != 304 && x.request.method != http::Method::head;
  if (!any || !has_body || x.request.version_minor == 0 || !x.core().chunked_transfer_encoding) return Verdict::next;
  x.reply.has_content_length = false;
  x.reply.fill_trailers = fill_trailers;
  x.reply.trailer_params = params;
  return Verdict::next;
}

// ---- the configuration ---------------------------------------------------------------------------------------------

bool is_field_name(std::string_view name) {
  for (char c : name) {
    if (!is_tchar(c)) return false;
  }
  return !name.empty();
}

/// False when the field is the gateway's own business or no field at all.
bool check_name(table::Scope& scope, const config::Bound& directive, std::string_view name) {
  const config::Span span = directive.at(0).span;
  if (!is_field_name(name)) {
    scope.error(table::code::empty_value, span, "`" + std::string(name) + "` is no name of a field")
        .with_help("letters, digits and -");
    return false;
  }
  const http::HeaderId id = http::header_id(name);
  if (id == http::HeaderId::content_length || id == http::HeaderId::transfer_encoding ||
      id == http::HeaderId::connection) {
    scope.note(table::code::no_effect, span,
               "`" + std::string(directive.row->name) + " " + std::string(name) +
                   "` has no effect: the gateway itself says where a body ends");
    return false;
  }
  return true;
}

template <int Which>
void apply_rule(table::Scope& scope, const config::Bound& directive) {
  Rules& rules = scope.edit_list<Stated<Which>>().list;
  const std::string_view name = directive.at(0).text;
  if (!check_name(scope, directive, name)) return;
  rules.push_back({std::string(name), http::header_id(name), scope.compile(directive.at(1)), directive.has("always")});
}

template <int Which>
void apply_mode(table::Scope& scope, const config::Bound& directive) {
  const std::string_view word = directive.at(0).text;
  scope.edit<Mode<Which>>().mode = word == "off" ? Inherit::off : word == "merge" ? Inherit::merge : Inherit::on;
}

/// What acts in a block: its own rules, with those of the block around it as the mode says. Null: none.
template <int Which>
std::shared_ptr<const Rules> effective(table::Scope& scope) {
  const bool own = scope.is_own<Stated<Which>>();
  const Inherit mode = scope.get<Mode<Which>>().mode;
  const bool inherits = scope.parent && mode != Inherit::off && (!own || mode == Inherit::merge);
  std::shared_ptr<const Rules> outer = inherits ? effective<Which>(*scope.parent) : nullptr;
  if (!own) return outer;
  const std::shared_ptr<const Stated<Which>> stated = scope.shared<Stated<Which>>();
  if (!outer) return {stated, &stated->list};
  auto& made = scope.local<Effective<Which>>();
  if (!made.rules) {
    auto joined = std::make_shared<Rules>(stated->list);
    joined->insert(joined->end(), outer->begin(), outer->end());
    made.rules = std::move(joined);
  }
  return made.rules;
}

}  // namespace

void apply_add_header(table::Scope& scope, const config::Bound& directive) { apply_rule<header>(scope, directive); }
void apply_add_header_inherit(table::Scope& scope, const config::Bound& directive) {
  apply_mode<header>(scope, directive);
}
void apply_add_trailer(table::Scope& scope, const config::Bound& directive) { apply_rule<trailer>(scope, directive); }
void apply_add_trailer_inherit(table::Scope& scope, const config::Bound& directive) {
  apply_mode<trailer>(scope, directive);
}

void finish_headers(table::Scope& scope, table::Route& route) {
  if (auto rules = effective<header>(scope); rules && !rules->empty()) {
    table::add_step(route, Phase::response, add_headers, std::move(rules), "add_header");
  }
}

/// Behind all that needs to know the length of the body.
void finish_trailers(table::Scope& scope, table::Route& route) {
  if (auto rules = effective<trailer>(scope); rules && !rules->empty()) {
    table::add_step(route, Phase::response, add_trailers, std::move(rules), "add_trailer");
  }
}

}  // namespace gh::policy
