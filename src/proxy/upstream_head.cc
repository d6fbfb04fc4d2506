#include "proxy/upstream_head.h"

#include "base/text.h"
#include "http/field_value.h"
#include "proxy/exchange.h"

namespace gh::proxy {

using http::HeaderId;

namespace {

std::string_view join(Arena& arena, std::string_view a, std::string_view b, std::string_view c = {},
                      std::string_view d = {}) {
  char* to = arena.chars(a.size() + b.size() + c.size() + d.size());
  std::size_t n = 0;
  for (const std::string_view s : {a, b, c, d}) {
    if (!s.empty()) std::memcpy(to + n, s.data(), s.size());
    n += s.size();
  }
  return {to, n};
}

/// proxy_redirect: the first rule that fits; `value` is a URL. data() == nullptr: none fits.
std::string_view rewrite_redirect(Exchange& x, const ProxyPlan& plan, std::string_view value) {
  if (plan.redirects) {
    for (const table::RedirectRule& rule : plan.redirects->list) {
      if (rule.regex) {
        Captures found;
        if (rule.regex->match(value, &found) != Regex::Match::yes) continue;
        x.captures = found;
        x.captures_subject = value;
        const std::string_view whole = found.group(value, 0);
        return join(x.arena, value.substr(0, found.groups[0].begin),
                    http::safe_field_value(rule.to.render(x, x.arena), x.arena),
                    value.substr(found.groups[0].begin + whole.size()));
      }
      const std::string_view from = rule.from.render(x, x.arena);
      if (!value.starts_with(from)) continue;
      return join(x.arena, http::safe_field_value(rule.to.render(x, x.arena), x.arena), value.substr(from.size()));
    }
  }
  if (!plan.redirect_from.empty() && value.starts_with(plan.redirect_from)) {
    return join(x.arena, plan.redirect_to, value.substr(plan.redirect_from.size()));
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
    return x.args.empty() ? path : join(x.arena, path, "?", x.args);
  }
  const std::string_view rest =
      x.uri.size() >= plan.prefix.size() ? x.uri.substr(plan.prefix.size()) : std::string_view();
  const std::string_view escaped = x.target.path_is_plain && !x.uri_changed ? rest : http::escape_path(rest, x.arena);
  if (x.args.empty()) return join(x.arena, constant_uri, escaped);
  return join(x.arena, constant_uri, escaped, "?", x.args);
}

void write_upstream_request(Output& out, Exchange& x, const ProxyPlan& plan, const ForwardedRequest& request) {
  out << request.method << ' ' << request.uri << (plan.settings->http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  if (plan.default_host) out.field("Host", request.host);
  if (plan.settings->http_1_0 && !plan.sets_connection) out << "Connection: close\r\n";
  for (const ProxyPlan::Piece& piece : plan.pieces) {
    if (!piece.value) {
      out << piece.constant;
      continue;
    }
    const std::string_view value = http::safe_field_value(piece.value->render(x, x.arena), x.arena);
    if (!value.empty()) out.field(piece.name, value);
    else if (piece.is_host && !plan.settings->http_1_0) out.field("Host", request.host);  // RFC 9112 3.2: never without
  }
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

constexpr std::uint64_t bit(HeaderId id) { return std::uint64_t{1} << static_cast<unsigned>(id); }

/// Fields that an answer has once; as in nginx the first one counts.
constexpr std::uint64_t single_fields = bit(HeaderId::content_type) | bit(HeaderId::date) | bit(HeaderId::server) |
                                        bit(HeaderId::location) | bit(HeaderId::refresh) | bit(HeaderId::expires) |
                                        bit(HeaderId::etag) | bit(HeaderId::last_modified);

}  // namespace

void take_upstream_head(Exchange& x, const ProxyPlan& plan, const http::ResponseHead& head) {
  Reply& reply = x.reply;
  const bool close = reply.close_connection;
  reply = {};
  reply.close_connection = close;
  reply.status = head.status;
  reply.reason = head.reason;
  reply.from_upstream = true;
  reply.has_content_length = head.has_content_length;
  reply.content_length = head.content_length;
  reply.fields.clear();
  std::uint64_t seen = 0;
  for (const http::Field& field : head.fields) {
    if ((single_fields & seen & bit(field.id)) != 0) {
      const std::string name(field.name);
      x.log(LogLevel::warn, "upstream sent duplicate header line: \"" + name + "\", ignored");
      continue;
    }
    seen |= bit(field.id);
    const bool hidden = plan.hidden.has(field);
    switch (field.id) {
      case HeaderId::content_type: if (!hidden) reply.content_type = field.value; continue;
      case HeaderId::date: if (!hidden) reply.date = field.value; continue;
      case HeaderId::server: if (!hidden) reply.server = field.value; continue;
      default: break;
    }
    if (hidden) continue;
    if (head.has_connection_names && http::named_by_connection(head.fields, field.name)) continue;
    if (field.id == HeaderId::location) {
      const std::string_view changed = rewrite_redirect(x, plan, field.value);
      if (changed.data()) {
        reply.location = changed;
        reply.location_is_ours = true;
      } else {
        reply.fields.add(x.arena, field);
      }
    } else if (field.id == HeaderId::refresh) {
      reply.fields.add(x.arena, {field.name, rewrite_refresh(x, plan, field.value), field.id});
    } else {
      reply.fields.add(x.arena, field);
    }
  }
}

}  // namespace gh::proxy
