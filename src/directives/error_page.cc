// error_page: its forms (LANGUAGE.md 11.5). The exchange acts on it when an answer's status is decided.
#include "base/text.h"
#include "directives/directives.h"
#include "directives/setters.h"
#include "table/plan.h"
#include "table/server_block.h"

namespace gh::directives {
namespace {

namespace code = table::code;

/// 300 to 599, but not 499: the client has gone, nobody reads the page.
std::optional<std::uint16_t> read_status(Scope& scope, const Value& value) {
  const auto number = parse_uint(value.text);
  if (number && *number >= 300 && *number <= 599 && *number != 499) return static_cast<std::uint16_t>(*number);
  scope.error(code::bad_status, value.span, "`" + printable(value.text) + "` is no status for `error_page`")
      .with_help("statuses from 300 to 599, without 499");
  return std::nullopt;
}

/// "=": -1 becomes 0 (the target's own); "=200": that.
bool read_overwrite(Scope& scope, const Value& value, table::ErrorPage& page) {
  if (!value.text.starts_with("=")) return false;
  const std::string_view number = std::string_view(value.text).substr(1);
  page.overwrite = 0;
  if (number.empty()) return true;
  const auto status = parse_uint(number);
  if (status && *status <= 999) page.overwrite = static_cast<int>(*status);
  else scope.error(code::bad_status, value.span, "`" + printable(value.text) + "` is no status: write `=200` or `=`");
  return true;
}

void apply_error_page(Scope& scope, const Bound& directive) {
  auto& pages = scope.edit_list<table::ErrorPages>();
  table::ErrorPage page;
  const Value& target = directive.values.back();
  std::size_t statuses = directive.values.size() - 1;
  if (statuses > 1 && read_overwrite(scope, directive.values[statuses - 1], page)) --statuses;
  for (std::size_t i = 0; i < statuses; ++i) {
    if (const auto status = read_status(scope, directive.values[i])) page.statuses.push_back(*status);
  }
  page.target = scope.compile(target);
  const std::string_view text = target.text;
  page.named = text.starts_with("@");
  const bool may_be_path = text.starts_with("/") || text.starts_with("@") || text.starts_with("$");
  page.external = !may_be_path || text.starts_with("$scheme");
  if (page.named && page.target.is_constant()) table::check_named_location(scope, std::string(text), target.span);
  pages.list.push_back(std::move(page));
}

constexpr Row rows[] = {
    {.name = "error_page", .contexts = hsl | config::in_location_if,
     .args = {{{"code", ArgType::word}, {"code|=code|uri", ArgType::templ, Presence::repeat_one}}},
     .inherit = Inherit::replace, .repeatable = true, .apply = apply_error_page,
     .doc = "What is served instead of an error: CODE... [=[CODE]] URI, @name or URL."},
};

}  // namespace

constinit const table::Module error_page_module{"error_page", rows};

}  // namespace gh::directives
