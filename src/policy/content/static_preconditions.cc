#include "policy/content/static_preconditions.h"

#include "base/text.h"
#include "http/date.h"
#include "proxy/exchange.h"

namespace gh::policy {

using http::HeaderId;
using proxy::Exchange;

namespace {

enum class Compare : std::uint8_t { strong, weak };

/// RFC 9110 8.8.3.2. Our own tags are strong ones.
bool has_tag(std::string_view list, std::string_view etag, Compare compare) {
  std::string_view tag;
  while (next_list_element(list, tag)) {
    if (compare == Compare::weak && tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == "*" || (!etag.empty() && tag == etag)) return true;
  }
  return false;
}

bool is_unmodified_since(std::string_view date, table::IfModifiedSince how, std::int64_t modified) {
  const auto since = http::parse_http_date(date);
  if (!since || how == table::IfModifiedSince::off) return false;
  return how == table::IfModifiedSince::exact ? modified == *since : modified <= *since;
}

}  // namespace

// The order of RFC 9110 13.2.2.
Precondition judge_preconditions(const Exchange& x, std::string_view etag, std::int64_t modified) {
  const auto& fields = x.request.fields;
  if (const http::Field* match = http::find(fields, HeaderId::if_match)) {
    if (!has_tag(match->value, etag, Compare::strong)) return Precondition::failed;
  } else if (const http::Field* limit = http::find(fields, HeaderId::if_unmodified_since)) {
    const auto date = http::parse_http_date(limit->value);
    if (date && modified > *date) return Precondition::failed;
  }
  if (const http::Field* none = http::find(fields, HeaderId::if_none_match)) {
    return has_tag(none->value, etag, Compare::weak) ? Precondition::not_modified : Precondition::pass;
  }
  const http::Field* since = http::find(fields, HeaderId::if_modified_since);
  if (!since || !is_unmodified_since(since->value, x.route->files->if_modified_since, modified)) {
    return Precondition::pass;
  }
  return Precondition::not_modified;
}

}  // namespace gh::policy
