#include "policy/secret_arguments.h"

#include <algorithm>

#include "base/text.h"

namespace gh::policy {

void keep_out_of_logs(table::Scope& scope, std::string_view argument) {
  std::vector<std::string>& names = scope.builder.table->secret_arguments;
  std::string name = to_lower(argument);
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
}

void keep_arguments_out_of_logs(table::Scope& scope, std::string_view source) {
  constexpr std::string_view family = "arg_";
  const auto is_name = [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; };
  for (std::size_t at = source.find(family); at != std::string_view::npos; at = source.find(family, at)) {
    const bool is_variable = at > 0 && (source[at - 1] == '$' || source[at - 1] == '{');
    at += family.size();
    const auto end = std::find_if_not(source.begin() + static_cast<std::ptrdiff_t>(at), source.end(), is_name);
    const auto size = static_cast<std::size_t>(end - source.begin()) - at;
    if (is_variable && size > 0) keep_out_of_logs(scope, source.substr(at, size));
  }
}

}  // namespace gh::policy
