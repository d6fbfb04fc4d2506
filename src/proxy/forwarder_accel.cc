// X-Accel-...: what an upstream asks the gateway itself to do with its answer.
#include <fmt/format.h>

#include "base/text.h"
#include "http/target.h"
#include "proxy/forwarder.h"
#include "proxy/worker.h"

namespace gh::proxy {

using http::HeaderId;

namespace {

/// nginx's list: what describes the content that is served instead, and cookies.
bool is_kept(const http::Field& field) {
  switch (field.id) {
    case HeaderId::set_cookie:
    case HeaderId::cache_control:
    case HeaderId::expires:
    case HeaderId::accept_ranges: return true;
    default: return field.id == HeaderId::other && iequals(field.name, "content-disposition");
  }
}

/// As in nginx, proxy_hide_header has no say in this. A later redirect adds to what an earlier one kept.
void keep_fields(Exchange& x, const ProxyPlan& plan, const http::ResponseHead& head) {
  if (!x.kept_fields) x.kept_fields = x.arena.make<KeptFields>();
  bool has_expires = false;
  for (const http::Field& field : head.fields) {
    if (field.id == HeaderId::content_type) x.kept_fields->content_type = field.value;
    if (!is_kept(field) || (field.id == HeaderId::expires && has_expires)) continue;
    if (field.id == HeaderId::accept_ranges && plan.settings->force_ranges) continue;
    has_expires = has_expires || field.id == HeaderId::expires;
    const bool is_cookie = field.id == HeaderId::set_cookie;
    x.kept_fields->fields.add(x.arena,
                       {field.name, is_cookie ? passed_cookie(x, plan, field.value) : field.value, field.id});
  }
}

}  // namespace

AccelFields read_accel_fields(const http::ResponseHead& head, std::uint32_t ignored) {
  AccelFields out;
  if ((ignored & table::ignore_x_accel_redirect) == 0) {
    out.redirect = http::find(head.fields, HeaderId::x_accel_redirect);
  }
  const http::Field* rate = http::find(head.fields, HeaderId::x_accel_limit_rate);
  if (rate && (ignored & table::ignore_x_accel_limit_rate) == 0) {
    const auto number = parse_uint(rate->value);
    if (number && *number <= INT64_MAX) out.limit_rate = static_cast<std::int64_t>(*number);
  }
  if ((ignored & table::ignore_x_accel_buffering) != 0) return out;
  for (const http::Field& field : head.fields) {
    if (field.id != HeaderId::x_accel_buffering) continue;
    if (iequals(field.value, "no")) out.buffering = 0;
    else if (iequals(field.value, "yes")) out.buffering = 1;
  }
  return out;
}

void redirect_by_upstream(Exchange& x, const ProxyPlan& plan, const http::ResponseHead& head, std::string_view to) {
  const bool close = x.reply.close_connection;
  x.reply = {};
  x.reply.close_connection = close;
  keep_fields(x, plan, head);
  if (to.starts_with('@')) {
    x.named_redirect(to);
    return;
  }
  std::string_view path, args;
  if (!http::parse_internal_uri(to, x.arena, path, args)) {
    x.log(LogLevel::error, fmt::format("unsafe URI \"{}\" was detected in X-Accel-Redirect", to));
    x.error(404);
    return;
  }
  if (x.method_now != http::Method::head) x.method_now = http::Method::get;
  x.internal_redirect(path, args);
}

/// True: the answer is given up for that of another location.
bool Forwarder::obey_accel_fields() {
  const AccelFields accel = read_accel_fields(head_, plan_->ignored);
  if (accel.limit_rate >= 0) x_.limit_rate = accel.limit_rate;
  if (accel.buffering >= 0) buffering_ = accel.buffering == 1;
  if (!accel.redirect) return false;
  record_->response_ms = since_attempt_ms();
  stage_ = Stage::over;
  end_attempt(upstream::Outcome::ok, false);
  x_.detach();
  redirect_by_upstream(x_, *plan_, *x_.upstream_head, accel.redirect->value);
  return true;
}

}  // namespace gh::proxy
