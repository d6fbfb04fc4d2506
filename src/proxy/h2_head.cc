#include "proxy/h2_head.h"

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "proxy/exchange.h"
#include "proxy/head_writer.h"
#include "proxy/variables.h"
#include "proxy/worker.h"

namespace gh::proxy {

namespace {

std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data() ? text.data() : ""));
}

bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }

std::string_view lower_name(Arena& arena, std::string_view name) {
  if (std::none_of(name.begin(), name.end(), is_capital)) return name;
  char* const copy = arena.chars(name.size());
  std::transform(name.begin(), name.end(), copy, lower);
  return {copy, name.size()};
}

}  // namespace

void H2Fields::add(std::string_view name, std::string_view value) {
  constexpr std::uint8_t flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
  const nghttp2_nv nv{bytes_of(name), bytes_of(value), name.size(), value.size(), flags};
  if (size_ < few_.size()) {
    few_[size_++] = nv;
    return;
  }
  if (more_.empty()) more_.assign(few_.begin(), few_.end());
  more_.push_back(nv);
  ++size_;
}

void add_fields(H2Fields& out, Exchange& x, std::span<const http::Field> fields) {
  for (const http::Field& field : fields) {
    if (!http::is_hop_by_hop(field.id) || field.id == http::HeaderId::trailer) {
      out.add(lower_name(x.arena, field.name), field.value);
    }
  }
}

void add_status(H2Fields& out, Exchange& x, unsigned status) {
  if (status == 200) return out.add(":status", "200");
  out.add(":status", number_text(x.arena, status));
}

void make_reply_head(H2Fields& out, Exchange& x, Client& client) {
  const Reply& reply = x.reply;
  add_status(out, x, reply.status);
  out.add("server", server_field(x));
  out.add("date", reply.date.empty() ? x.clock().http_date() : reply.date);
  if (!reply.content_type.empty()) out.add("content-type", reply.content_type);
  if (reply.has_content_length && reply.status != 204) {
    out.add("content-length", number_text(x.arena, reply.content_length));
  }
  if (reply.last_modified >= 0) {
    char* const date = x.arena.chars(32);
    write_http_date(reply.last_modified, date);
    out.add("last-modified", {date, 29});
  }
  if (!reply.location.empty()) {
    Output& text = x.worker.out;
    text.clear();
    write_location(text, x, client);
    out.add("location", x.arena.copy(text.view()));
  }
  add_fields(out, x, reply.fields.view());
}

bool make_trailers(H2Fields& out, Exchange& x) {
  if (x.reply.fill_trailers) x.reply.fill_trailers(x, x.reply.trailer_params);
  add_fields(out, x, x.reply.trailers.view());
  return out.size() > 0;
}

}  // namespace gh::proxy
