#include "directives/proxy_values.h"

#include <algorithm>

#include "base/text.h"
#include "table/codes.h"

namespace gh::directives {

using config::Bound;
using config::Value;
using table::Scope;
namespace code = table::code;

namespace {

struct Word {
  std::string_view name;
  std::uint32_t bit;
};
constexpr Word next_words[] = {{"error", table::next_error},
                               {"timeout", table::next_timeout},
                               {"invalid_header", table::next_invalid_header},
                               {"non_idempotent", table::next_non_idempotent},
                               {"http_500", table::next_500},
                               {"http_502", table::next_502},
                               {"http_503", table::next_503},
                               {"http_504", table::next_504},
                               {"http_403", table::next_403},
                               {"http_404", table::next_404},
                               {"http_429", table::next_429},
                               {"off", table::next_off},
                               {"denied", table::next_denied}};
constexpr Word ignore_words[] = {
    {"x-accel-redirect", table::ignore_x_accel_redirect},   {"x-accel-expires", table::ignore_x_accel_expires},
    {"x-accel-limit-rate", table::ignore_x_accel_limit_rate}, {"x-accel-buffering", table::ignore_x_accel_buffering},
    {"x-accel-charset", table::ignore_x_accel_charset},     {"expires", table::ignore_expires},
    {"cache-control", table::ignore_cache_control},         {"set-cookie", table::ignore_set_cookie},
    {"vary", table::ignore_vary}};

template <std::size_t N>
std::uint32_t bit_of(const Word (&words)[N], std::string_view name) {
  const auto it =
      std::find_if(std::begin(words), std::end(words), [&](const Word& w) { return iequals(w.name, name); });
  return it == std::end(words) ? 0 : it->bit;
}

}  // namespace

std::uint32_t read_next_upstream(const Bound& directive) {
  std::uint32_t bits = 0;
  for (const Value& value : directive.values) bits |= bit_of(next_words, value.text);
  return (bits & table::next_off) != 0 ? std::uint32_t{table::next_off} : bits;
}

std::uint32_t read_ignored_headers(Scope& scope, const Bound& directive) {
  std::uint32_t bits = 0;
  for (const Value& value : directive.values) {
    const std::uint32_t bit = bit_of(ignore_words, value.text);
    if (bit == 0)
      scope.error(code::bad_choice, value.span, "`" + printable(value.text) + "` is not a field that is acted on")
          .with_help(
              "one of X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset "
              "Expires Cache-Control Set-Cookie Vary");
    bits |= bit;
  }
  return bits;
}

void read_bind(Scope& scope, const Bound& directive, table::ProxySettings& proxy) {
  const Value& value = directive.at(0);
  proxy.bind.reset();
  proxy.bind_template.reset();
  proxy.bind_off = value.text == "off";
  if (const Value* transparent = directive.find("transparent")) {
    scope.error(code::not_served, transparent->span,
                "`" + std::string(directive.row->name) + " ... transparent` is not served yet");
  }
  if (proxy.bind_off) return;
  if (value.text.find('$') != std::string::npos) {
    proxy.bind_template = scope.compile(value);
    return;
  }
  const Result<Address> address = Address::parse(value.text, 0);
  if (address) proxy.bind = *address;
  else scope.error(code::bad_address, value.span, "`" + printable(value.text) + "` is not an address of this machine")
           .with_help("forms: 10.0.0.1, 10.0.0.1:5000, [::1]:5000, off");
}

std::optional<table::HeaderSetting> read_set_header(Scope& scope, const Bound& directive) {
  const std::string_view name = directive.at(0).text;
  if (!name.empty() && std::all_of(name.begin(), name.end(), is_tchar)) {
    return table::HeaderSetting{std::string(name), scope.compile(directive.at(1)), http::header_id(name)};
  }
  scope.error(code::bad_choice, directive.at(0).span, "`" + printable(name) + "` is no field name");
  return std::nullopt;
}

}  // namespace gh::directives
