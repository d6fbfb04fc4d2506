#include "policy/validators.h"

#include "http/date.h"
#include "proxy/reply.h"

namespace gh::policy {

std::int64_t last_modified_of(const proxy::Reply& reply) {
  if (reply.last_modified >= 0) return reply.last_modified;
  const http::Field* field = http::find(reply.fields.view(), http::HeaderId::last_modified);
  return field ? http::parse_http_date(field->value).value_or(-1) : -1;
}

std::string_view etag_of(const proxy::Reply& reply) {
  const http::Field* field = http::find(reply.fields.view(), http::HeaderId::etag);
  return field ? field->value : std::string_view();
}

}  // namespace gh::policy
