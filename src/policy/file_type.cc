#include "policy/file_type.h"

#include <string>

#include "base/text.h"

namespace gh::policy {

std::string_view file_type(const table::FileSettings& files, std::string_view path) {
  const std::size_t dot = path.find_last_of("./");
  if (dot == std::string_view::npos || path[dot] == '/' || !files.types) return files.default_type;
  if (dot > 0 && path[dot - 1] == '/') return files.default_type;  // ".profile" is all name
  const auto found = files.types->find(to_lower(path.substr(dot + 1)));
  return found == files.types->end() ? std::string_view(files.default_type) : std::string_view(found->second);
}

}  // namespace gh::policy
