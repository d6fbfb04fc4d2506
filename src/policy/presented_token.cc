#include "policy/presented_token.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "http/query.h"
#include "proxy/exchange.h"

namespace gh::policy {

using proxy::Exchange;

namespace {

constexpr std::string_view scheme = "bearer";

/// Of a text that is one variable, and nothing else; else empty.
std::string_view variable_of(std::string_view text) {
  if (!text.starts_with('$')) return {};
  text.remove_prefix(1);
  if (text.starts_with('{') && text.ends_with('}')) text = text.substr(1, text.size() - 2);
  const auto fits = [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; };
  return std::all_of(text.begin(), text.end(), fits) ? text : std::string_view();
}

/// As $http_NAME names it.
bool is_field(std::string_view field, std::string_view name) {
  const auto same = [](char a, char b) { return (a == '-' ? '_' : lower(a)) == lower(b); };
  return field.size() == name.size() && std::equal(field.begin(), field.end(), name.begin(), same);
}

std::size_t count_cookies(const Exchange& x, std::string_view wanted) {
  std::size_t count = 0;
  for (const http::Field& field : x.request.fields) {
    if (field.id != http::HeaderId::cookie) continue;
    http::each_cookie(field.value, [&](std::string_view, std::string_view name, std::string_view) {
      count += iequals(trim(name), wanted) ? 1 : 0;
    });
  }
  return count;
}

std::size_t count_arguments(const Exchange& x, std::string_view wanted) {
  std::size_t count = 0;
  http::each_argument(x.args, [&](std::string_view, std::string_view name, std::string_view) {
    count += http::is_argument(name, wanted) ? 1 : 0;
  });
  return count;
}

std::size_t count_fields(const Exchange& x, std::string_view wanted) {
  const auto& fields = x.request.fields;
  return static_cast<std::size_t>(std::count_if(
      fields.begin(), fields.end(), [&](const http::Field& field) { return is_field(field.name, wanted); }));
}

}  // namespace

PresentedToken bearer_token(const Exchange& x) {
  const http::Field* found = nullptr;
  for (const http::Field& field : x.request.fields) {
    if (field.id != http::HeaderId::authorization) continue;
    if (found) return {{}, "there are several Authorization fields"};
    found = &field;
  }
  if (!found || found->value.size() <= scheme.size()) return {};
  std::string_view rest = found->value;
  if (!iequals(rest.substr(0, scheme.size()), scheme) || rest[scheme.size()] != ' ') return {};
  rest.remove_prefix(std::min(rest.find_first_not_of(' ', scheme.size()), rest.size()));
  return {rest, {}};
}

TokenSource::TokenSource(table::Template text) : text_(std::move(text)) {
  static constexpr std::pair<std::string_view, Place> places[] = {
      {"arg_", Place::argument}, {"cookie_", Place::cookie}, {"http_", Place::field}};
  const std::string_view variable = variable_of(text_.source());
  for (const auto& [prefix, place] : places) {
    if (!variable.starts_with(prefix)) continue;
    place_ = place;
    name_ = variable.substr(prefix.size());
  }
}

PresentedToken TokenSource::find(Exchange& x) const {
  std::size_t count = 1;
  switch (place_) {
    case Place::anywhere: break;
    case Place::argument: count = count_arguments(x, name_); break;
    case Place::cookie: count = count_cookies(x, name_); break;
    case Place::field: count = count_fields(x, name_); break;
  }
  if (count > 1) return {{}, "it is sent twice"};
  return {text_.render(x, x.arena), {}};
}

}  // namespace gh::policy
