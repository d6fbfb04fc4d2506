#include "policy/mime_types.h"

#include <algorithm>

#include "base/text.h"
#include "table/codes.h"

namespace gh::policy {

namespace {

constexpr std::string_view always = "text/html";

}  // namespace

bool MimeTypes::has(std::string_view content_type) const {
  if (all) return true;
  content_type = trim(content_type.substr(0, content_type.find(';')));
  if (content_type.empty()) return false;
  return iequals(content_type, always) ||
         std::any_of(list.begin(), list.end(), [&](const std::string& type) { return iequals(type, content_type); });
}

void MimeTypes::add(table::Scope& scope, const config::Bound& directive) {
  for (const config::Value& value : directive.values) {
    if (value.text == "*") {
      all = true;
      continue;
    }
    std::string type = to_lower(value.text);
    if (type == always) {
      scope.note(table::code::no_effect, value.span, "`text/html` is always one of `" +
                                                         std::string(directive.row->name) + "`");
    } else if (std::find(list.begin(), list.end(), type) == list.end()) {
      list.push_back(std::move(type));
    }
  }
}

}  // namespace gh::policy
