#include "policy/body_headers.h"

#include <fmt/format.h>

#include "proxy/exchange.h"

namespace gh::policy {

using http::Field;
using http::HeaderId;
using proxy::Exchange;

const Field* reply_field(const Exchange& x, HeaderId id) { return http::find(x.reply.fields.view(), id); }

void weaken_etag(Exchange& x) {
  x.reply.fields.remove_if([](const Field& field) {
    return field.id == HeaderId::etag && !field.value.starts_with('"') && !field.value.starts_with("W/");
  });
  for (Field& field : x.reply.fields.view()) {
    if (field.id == HeaderId::etag && field.value.starts_with('"'))
      field.value = x.arena.copy(fmt::format("W/{}", field.value));
  }
}

void body_changes(Exchange& x) {
  x.reply.has_content_length = false;
  x.reply.fields.remove_if([](const Field& field) {
    return field.id == HeaderId::accept_ranges || field.id == HeaderId::content_length;
  });
  weaken_etag(x);
}

}  // namespace gh::policy
