// What Forwarder learns from answers, and the sessions of `sticky`: where a request's session goes, and what the answer
// tells about it.
#include <fmt/format.h>

#include <ctime>

#include "base/text.h"
#include "http/field_value.h"
#include "proxy/forwarder.h"
#include "proxy/tunnel_plan.h"
#include "proxy/variables.h"
#include "proxy/worker.h"
#include "state/sticky_zone.h"
#include "table/sticky_plan.h"

namespace gh::proxy {

using table::StickyPlan;

namespace {

constexpr std::int64_t max_age_s = 315360000;  // ten years: expires=max
constexpr std::string_view max_expires = "Thu, 31-Dec-37 23:55:55 GMT";

std::string_view first_of(const std::vector<table::Template>& templates, Exchange& x) {
  for (const table::Template& one : templates) {
    if (const std::string_view value = one.render(x, x.arena); !value.empty()) return value;
  }
  return {};
}

/// The form of Netscape's cookies, as nginx writes it.
std::string cookie_time(std::int64_t unix_s) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<std::time_t>(unix_s);
  std::tm t{};
  ::gmtime_r(&seconds, &t);
  const int year = t.tm_year + 1900;
  // Two digits of a year after 2037 would be read as one of the last century.
  const std::string year_text = year > 2037 ? fmt::format("{}", year) : fmt::format("{:02}", year % 100);
  return fmt::format("{}, {:02}-{}-{} {:02}:{:02}:{:02} GMT", days[t.tm_wday], t.tm_mday, months[t.tm_mon], year_text,
                     t.tm_hour, t.tm_min, t.tm_sec);
}

void add_attribute(std::string& text, std::string_view name, bool stated, const table::Template& value, Exchange& x) {
  if (!stated) return;
  const std::string_view now = http::safe_field_value(value.render(x, x.arena), x.arena);
  if (now.empty()) return;
  text.append("; ").append(name).append("=").append(now.substr(0, now.find(';')));
}

/// A variable may come to anything: what is no known word is the strictest one.
void add_same_site(std::string& text, const StickyPlan& plan, Exchange& x) {
  if (!plan.has_same_site) return;
  const std::string value = to_lower(plan.same_site.render(x, x.arena));
  if (value.empty()) return;
  const bool known = value == "lax" || value == "none" || value == "strict";
  text.append("; samesite=").append(known ? value : "strict");
}

std::string cookie_text(const StickyPlan& plan, std::string_view sid, Exchange& x) {
  std::string text = plan.cookie + '=' + std::string(sid);
  if (plan.expires_s == StickyPlan::expires_max) {
    text += fmt::format("; expires={}; max-age={}", max_expires, max_age_s);
  } else if (plan.expires_s != StickyPlan::no_expires) {
    const std::int64_t at = x.clock().unix_ms() / 1000 + plan.expires_s;
    text += fmt::format("; expires={}; max-age={}", cookie_time(at), plan.expires_s);
  }
  add_attribute(text, "domain", plan.has_domain, plan.domain, x);
  add_attribute(text, "path", plan.has_path, plan.path, x);
  add_same_site(text, plan, x);
  if (plan.secure) text += "; secure";
  if (plan.http_only) text += "; httponly";
  return text;
}

class KeptSession final : public Kept {
 public:
  KeptSession(const StickyPlan& plan, std::string_view name, std::string_view sid)
      : zone_(plan.zone), timeout_ms_(plan.timeout_ms), name_(name), sid_(sid) {}
  /// Its time begins anew, unless it has gone to another peer meanwhile.
  void end(Worker& worker) override {
    const std::int64_t now = worker.loop.clock().now_ms();
    const std::string known = zone_->find(name_, now);
    if (known.empty() || known == sid_) zone_->put(name_, sid_, timeout_ms_, now);
  }

 private:
  const std::shared_ptr<state::StickyZone> zone_;
  const std::int64_t timeout_ms_;
  const std::string name_, sid_;
};

}  // namespace

/// Where the request's session goes, if it has one.
void Forwarder::find_session() {
  const StickyPlan& plan = *upstream_->sticky;
  switch (plan.kind) {
    case StickyPlan::Kind::cookie: selection_.sid = request_cookie(x_, plan.cookie); return;
    case StickyPlan::Kind::route: selection_.sid = first_of(plan.lookup, x_); return;
    case StickyPlan::Kind::learn: break;
  }
  session_ = first_of(plan.lookup, x_);
  if (!session_.empty()) selection_.sid = x_.arena.copy(plan.zone->find(session_, x_.clock().now_ms()));
}

/// The answer's head goes to the client.
void Forwarder::head_in_session() {
  const StickyPlan& plan = *upstream_->sticky;
  if (plan.kind == StickyPlan::Kind::cookie) {
    const std::string_view cookie = x_.arena.copy(cookie_text(plan, peer_->sid, x_));
    x_.reply.fields.add(x_.arena, "Set-Cookie", cookie, http::HeaderId::set_cookie);
  }
  if (plan.kind == StickyPlan::Kind::learn && plan.at_header) learn_session();
}

/// What a good answer tells about its peer.
void Forwarder::answer_is_whole() {
  if (upstream_->sticky) end_in_session();
  const bool is_measured = upstream_->measure != upstream::TimeMeasure::none && !is_header(upstream_->measure);
  if (is_measured) upstream::add_time(*peer_, record_->response_ms, x_.clock().now_ms());
}

/// The answer is whole.
void Forwarder::end_in_session() {
  const StickyPlan& plan = *upstream_->sticky;
  if (plan.kind == StickyPlan::Kind::learn && !plan.at_header) learn_session();
}

/// An answer that names a session binds it to this peer. One that names none keeps the request's session alive; one
/// that names another does not, so that a session that the peer has replaced runs out.
void Forwarder::learn_session() {
  const StickyPlan& plan = *upstream_->sticky;
  const std::int64_t now = x_.clock().now_ms();
  const std::string_view named = first_of(plan.create, x_);
  if (!named.empty()) plan.zone->put(named, peer_->sid, plan.timeout_ms, now);
  else if (!session_.empty() && selection_.sid == peer_->sid) plan.zone->touch(session_, plan.timeout_ms, now);
}

/// A session counts as in use until its tunnel ends.
void Forwarder::keep_session(TunnelPlan& tunnel) {
  const StickyPlan& plan = *upstream_->sticky;
  if (plan.kind != StickyPlan::Kind::learn) return;
  learn_session();
  std::string_view name = first_of(plan.create, x_);
  if (name.empty() && selection_.sid == peer_->sid) name = session_;
  if (!name.empty()) tunnel.kept.push_back(std::make_unique<KeptSession>(plan, name, peer_->sid));
}

}  // namespace gh::proxy
