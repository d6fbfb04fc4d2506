#include "policy/body_headers.h"

#include <fmt/format.h>

#include "http/date.h"
#include "proxy/exchange.h"

namespace gh::policy {

using http::Field;
using http::HeaderId;
using proxy::Exchange;

namespace {

void weaken_etag(Exchange& x) {
  x.reply.fields.remove_if([](const Field& field) {
    return field.id == HeaderId::etag && !field.value.starts_with('"') && !field.value.starts_with("W/");
  });
  for (Field& field : x.reply.fields.view()) {
    if (field.id == HeaderId::etag && field.value.starts_with('"'))
      field.value = x.arena.copy(fmt::format("W/{}", field.value));
  }
}

}  // namespace

const Field* reply_field(const Exchange& x, HeaderId id) { return http::find(x.reply.fields.view(), id); }

std::int64_t last_modified_of(const proxy::Reply& reply) {
  if (reply.last_modified >= 0) return reply.last_modified;
  const Field* field = http::find(reply.fields.view(), HeaderId::last_modified);
  return field ? http::parse_http_date(field->value).value_or(-1) : -1;
}

std::string_view etag_of(const proxy::Reply& reply) {
  const Field* field = http::find(reply.fields.view(), HeaderId::etag);
  return field ? field->value : std::string_view();
}

void body_changes(Exchange& x) {
  x.reply.has_content_length = false;
  x.reply.fields.remove_if([](const Field& field) {
    return field.id == HeaderId::accept_ranges || field.id == HeaderId::content_length;
  });
  weaken_etag(x);
}

}  // namespace gh::policy
