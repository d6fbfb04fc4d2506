#include "proxy/upstream_head.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "http/field_value.h"
#include "http/upgrade.h"
#include "proxy/exchange.h"
#include "proxy/join.h"
#include "proxy/upstream_cookies.h"
#include "proxy/value_rewrite.h"

namespace gh::proxy {

using http::HeaderId;

namespace {

/// RFC 9110 5.3: of these there is one; a second line is passed over, as nginx does.
constexpr FieldBits single_fields =
    field_bit(HeaderId::content_type) | field_bit(HeaderId::date) | field_bit(HeaderId::server) |
    field_bit(HeaderId::location) | field_bit(HeaderId::refresh) | field_bit(HeaderId::etag) |
    field_bit(HeaderId::last_modified) | field_bit(HeaderId::expires);

/// proxy_redirect default; data() == nullptr: it does not fit.
std::string_view rewrite_by_default(Exchange& x, const ProxyPlan& plan, std::string_view value) {
  if (plan.redirect_from.empty() || !value.starts_with(plan.redirect_from)) return {};
  return join(x.arena, plan.redirect_to, value.substr(plan.redirect_from.size()));
}

/// proxy_redirect: the first rule that fits; `value` is a URL. data() == nullptr: none fits.
std::string_view rewrite_redirect(Exchange& x, const ProxyPlan& plan, std::string_view value) {
  if (!plan.redirects || plan.redirects->list.empty()) return rewrite_by_default(x, plan, value);
  if (plan.redirects->off) return {};
  const std::vector<table::RedirectRule>& rules = plan.redirects->list;
  for (std::size_t i = 0; i <= rules.size(); ++i) {
    std::string_view changed;
    if (i == plan.redirects->default_at) changed = rewrite_by_default(x, plan, value);
    if (!changed.data() && i < rules.size()) changed = rewrite_value(x, rules[i], value);
    if (changed.data()) return changed;
  }
  return {};
}

std::string_view rewrite_refresh(Exchange& x, const ProxyPlan& plan, std::string_view value) {
  for (std::size_t at = 0; at + 4 <= value.size(); ++at) {
    if (!iequals(value.substr(at, 4), "url=")) continue;
    const std::string_view changed = rewrite_redirect(x, plan, value.substr(at + 4));
    return changed.data() ? join(x.arena, value.substr(0, at + 4), changed) : value;
  }
  return value;
}

}  // namespace

std::string_view upstream_uri(Exchange& x, const ProxyPlan& plan, std::string_view constant_uri) {
  if (constant_uri.empty() || x.stays) {
    if (!x.uri_changed) return x.target.unparsed;
    const std::string_view path = http::escape_path(x.uri, x.arena);
    return x.args.empty() ? path : join(x.arena, path, "?", http::safe_query(x.args, x.arena));
  }
  const std::string_view rest =
      x.uri.size() >= plan.prefix.size() ? x.uri.substr(plan.prefix.size()) : std::string_view();
  const std::string_view escaped = x.target.path_is_plain && !x.uri_changed ? rest : http::escape_path(rest, x.arena);
  if (x.args.empty()) return join(x.arena, constant_uri, escaped);
  // Arguments that a rule made may hold what came decoded, such as a blank, which would end the request-target.
  return join(x.arena, constant_uri, escaped, "?", x.uri_changed ? http::safe_query(x.args, x.arena) : x.args);
}

bool is_websocket(Exchange& x, const ProxyPlan& plan, const ForwardedRequest& request) {
  const table::ProxySettings& settings = *plan.settings;
  if (settings.http_1_0 || !settings.pass_request_headers || request.has_own_body || request.method != "GET" ||
      !x.client->can_tunnel() || !http::is_websocket_request(x.request)) {
    return false;
  }
  return !plan.upgrade || list_has(plan.upgrade->render(x, x.arena), "websocket");
}

namespace {

/// What proxy_set_header says comes first. (An empty Connection, which is how connections to upstreams are kept where
/// nginx's defaults are older, says nothing.)
void write_websocket_fields(Output& out, Exchange& x, const ProxyPlan& plan) {
  if (!plan.upgrade) out << "Upgrade: websocket\r\n";
  if (!plan.connection || plan.connection->render(x, x.arena).empty()) out << "Connection: upgrade\r\n";
}

}  // namespace

void write_upstream_request(Output& out, Exchange& x, const ProxyPlan& plan, const ForwardedRequest& request) {
  out << request.method << ' ' << request.uri << (plan.settings->http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  if (plan.default_host) out.field("Host", request.host);
  if (plan.settings->http_1_0 && !plan.connection) out << "Connection: close\r\n";
  for (const ProxyPlan::Piece& piece : plan.pieces) {
    if (!piece.value) {
      out << piece.constant;
      continue;
    }
    const std::string_view value = http::safe_field_value(piece.value->render(x, x.arena), x.arena);
    if (!value.empty()) out.field(piece.name, value);
    else if (piece.is_host && !plan.settings->http_1_0) out.field("Host", request.host);  // RFC 9112 3.2: never without
  }
  if (request.websocket) write_websocket_fields(out, x, plan);
  if (request.chunked) {
    out << "Transfer-Encoding: chunked\r\n";
  } else if (request.has_body) {
    out << "Content-Length: ";
    out.number(request.content_length) << "\r\n";
  }
  if (plan.settings->pass_request_headers) {
    const bool named = x.request.has_connection_names;
    for (const http::Field& field : x.request.fields) {
      if (plan.not_forwarded.has(field)) continue;
      if (named && http::named_by_connection(x.request.fields, field.name)) continue;
      out.field(field.name, field.value);
    }
  }
  out << "\r\n";
}

namespace {

void log_duplicate(const Exchange& x, const http::Field& field) {
  x.log(LogLevel::warn, fmt::format("upstream sent duplicate header line: \"{}: {}\", ignored", field.name,
                                    field.value));
}

void take_location(Exchange& x, const ProxyPlan& plan, const http::Field& field) {
  const std::string_view changed = rewrite_redirect(x, plan, field.value);
  if (!changed.data()) return x.reply.fields.add(x.arena, field);
  x.reply.location = changed;
  x.reply.location_is_ours = true;
}

void start_reply(Reply& reply, const http::ResponseHead& head) {
  const bool close = reply.close_connection;
  reply = {};
  reply.close_connection = close;
  reply.status = head.status;
  reply.reason = head.reason;
  reply.from_upstream = true;
  reply.has_content_length = head.has_content_length;
  reply.content_length = head.content_length;
}

}  // namespace

std::string_view passed_cookie(Exchange& x, const ProxyPlan& plan, std::string_view value) {
  return plan.cookies ? rewrite_cookie(x, *plan.cookies, value) : value;
}

FieldBits take_upstream_head(Exchange& x, const ProxyPlan& plan, const http::ResponseHead& head) {
  Reply& reply = x.reply;
  start_reply(reply, head);
  FieldBits seen = 0;
  for (const http::Field& field : head.fields) {
    const FieldBits bit = field_bit(field.id);
    if ((seen & bit & single_fields) != 0) {
      log_duplicate(x, field);
      continue;
    }
    seen |= bit;
    if (plan.hidden.has(field)) continue;
    switch (field.id) {
      case HeaderId::content_type: reply.content_type = field.value; continue;
      case HeaderId::date: reply.date = field.value; continue;
      case HeaderId::server: reply.server = field.value; continue;
      default: break;
    }
    if (head.has_connection_names && http::named_by_connection(head.fields, field.name)) continue;
    switch (field.id) {
      case HeaderId::location: take_location(x, plan, field); break;
      case HeaderId::refresh:
        reply.fields.add(x.arena, {field.name, rewrite_refresh(x, plan, field.value), field.id});
        break;
      case HeaderId::set_cookie:
        reply.fields.add(x.arena, {field.name, passed_cookie(x, plan, field.value), field.id});
        break;
      default: reply.fields.add(x.arena, field);
    }
  }
  return seen;
}

void pass_early_hints(Exchange& x, const ProxyPlan& plan, const http::ResponseHead& head) {
  const auto holds = [&](const table::Template& condition) {
    const std::string_view value = condition.render(x, x.arena);
    return !value.empty() && value != "0";
  };
  const auto& conditions = plan.early_hints->conditions;
  if (x.reply.head_sent || std::none_of(conditions.begin(), conditions.end(), holds)) return;
  Fields fields;
  for (const http::Field& field : head.fields) {
    if (plan.hidden.has(field) || field.id == HeaderId::location || field.id == HeaderId::refresh) continue;
    if (head.has_connection_names && http::named_by_connection(head.fields, field.name)) continue;
    const bool is_cookie = field.id == HeaderId::set_cookie;
    fields.add(x.arena, is_cookie ? http::Field{field.name, passed_cookie(x, plan, field.value), field.id} : field);
  }
  x.client->send_early_hints(x, fields.view());
}

}  // namespace gh::proxy
