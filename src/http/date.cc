#include "http/date.h"

#include <cstring>
#include <ctime>

namespace gh::http {

namespace {

constexpr std::size_t longest_date = 40;  // "Wednesday, 06-Nov-94 08:49:37 GMT" has 33 bytes

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  constexpr const char* forms[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"};
  if (text.empty() || text.size() > longest_date) return std::nullopt;
  char copy[longest_date + 1];
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  for (const char* form : forms) {
    std::tm parts{};
    const char* end = ::strptime(copy, form, &parts);
    if (end == copy + text.size()) return ::timegm(&parts);
  }
  return std::nullopt;
}

}  // namespace gh::http
