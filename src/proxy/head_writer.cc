#include "proxy/head_writer.h"

#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace gh::proxy {

namespace {

void write_status_line(Output& out, const Reply& reply) {
  if (reply.status == 200 && reply.reason.empty()) {
    out << "HTTP/1.1 200 OK\r\n";
    return;
  }
  out << "HTTP/1.1 ";
  out.number(reply.status) << ' ' << (reply.reason.empty() ? http::reason_phrase(reply.status) : reply.reason)
                           << "\r\n";
}

}  // namespace

std::string_view server_field(const Exchange& x) {
  if (!x.reply.server.empty()) return x.reply.server;
  return x.core().server_tokens ? "gatehouse/" GATEHOUSE_VERSION : "gatehouse";
}

void write_location(Output& out, Exchange& x, Client& client) {
  const Reply& reply = x.reply;
  const table::CoreSettings& core = x.core();
  if (core.absolute_redirect && (!reply.from_upstream || reply.location_is_ours) && reply.location.starts_with('/')) {
    out << (client.is_tls() ? "https://" : "http://");
    const Address& local = client.local_address();
    if (core.server_name_in_redirect && !x.server->name.empty()) out << x.server->name;
    else if (!x.host_name.empty()) out << x.host_name;
    else if (local.family() == AF_INET6) out << '[' << local.ip_text() << ']';
    else out << local.ip_text();
    const unsigned port = client.local_address().port();
    if (core.port_in_redirect && port != 0 && port != (client.is_tls() ? 443u : 80u)) {
      out << ':';
      out.number(port);
    }
  }
  out << reply.location;
}

void write_reply_head(Output& out, Exchange& x, Client& client, HeadForm form) {
  const Reply& reply = x.reply;
  const table::CoreSettings& core = x.core();
  write_status_line(out, reply);
  out.field("Server", server_field(x));
  out.field("Date", reply.date.empty() ? x.clock().http_date() : reply.date);
  if (!reply.content_type.empty()) out.field("Content-Type", reply.content_type);
  if (form.chunked) {
    out << "Transfer-Encoding: chunked\r\n";
  } else if (reply.has_content_length && reply.status != 204) {
    out << "Content-Length: ";
    out.number(reply.content_length) << "\r\n";
  }
  if (reply.last_modified >= 0) {
    char date[32];
    write_http_date(reply.last_modified, date);
    out.field("Last-Modified", {date, 29});
  }
  if (!reply.location.empty()) {
    out << "Location: ";
    write_location(out, x, client);
    out << "\r\n";
  }
  if (reply.status == 101) out << "Connection: upgrade\r\n";
  else out << (form.keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
  if (form.keep_alive && reply.status != 101 && core.keepalive_header_s > 0) {
    out << "Keep-Alive: timeout=";
    out.number(static_cast<std::uint64_t>(core.keepalive_header_s)) << "\r\n";
  }
  for (const http::Field& field : reply.fields.view()) out.field(field.name, field.value);
  out << "\r\n";
}

void write_last_chunk(Output& out, Exchange& x) {
  if (x.reply.fill_trailers) x.reply.fill_trailers(x, x.reply.trailer_params);
  out << "0\r\n";
  for (const http::Field& field : x.reply.trailers.view()) out.field(field.name, field.value);
  out << "\r\n";
}

}  // namespace gh::proxy
