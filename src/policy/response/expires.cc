// expires (LANGUAGE.md 3.2): Expires and Cache-Control of the answers that add_header acts on, in the place of those
// that the answer has.
#include <fmt/format.h>

#include <ctime>
#include <optional>

#include "config/values.h"
#include "policy/body_headers.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "table/codes.h"

namespace gh::policy {

using http::HeaderId;
using proxy::Exchange;
using table::Verdict;

namespace {

constexpr std::int64_t day_s = 24 * 3600;

struct Expires {
  enum class Kind : std::uint8_t { off, epoch, max, access, modified, daily };
  Kind kind = Kind::off;
  std::int64_t seconds = 0;  // access: from now; modified: from Last-Modified; daily: of the local day
};
struct ExpiresSetting {
  Expires value;             // of a constant; with `text`: modified or access
  std::optional<table::Template> text;
};

// ---- the value -----------------------------------------------------------------------------------------------------

/// Null: read. Else what is wrong with it.
const char* read_expires(std::string_view text, bool modified, Expires& out) {
  using Kind = Expires::Kind;
  if (!modified && (text == "epoch" || text == "max" || text == "off")) {
    out = {text == "epoch" ? Kind::epoch : text == "max" ? Kind::max : Kind::off, 0};
    return nullptr;
  }
  const bool daily = text.starts_with('@'), minus = text.starts_with('-');
  if (daily && modified) return "a time of the day cannot be counted from the file's time";
  if (daily || minus || text.starts_with('+')) text.remove_prefix(1);
  const auto ms = config::parse_time_ms(text, true);
  if (!ms) return "it is no time";
  if (daily && *ms > day_s * 1000) return "a time of the day is less than 24 hours";
  out = {daily ? Kind::daily : modified ? Kind::modified : Kind::access, *ms / 1000 * (minus ? -1 : 1)};
  return nullptr;
}

/// The next time at which the local clock shows `of_day` seconds after midnight.
std::int64_t next_time_of_day(std::int64_t now, std::int64_t of_day) {
  const auto second = static_cast<std::time_t>(now);
  std::tm parts{};
  ::localtime_r(&second, &parts);
  parts.tm_hour = static_cast<int>(of_day / 3600);
  parts.tm_min = static_cast<int>(of_day % 3600 / 60);
  parts.tm_sec = static_cast<int>(of_day % 60);
  parts.tm_isdst = -1;
  std::tm tomorrow = parts;
  const std::time_t today = ::mktime(&parts);
  if (today > second) return today;
  ++tomorrow.tm_mday;
  return ::mktime(&tomorrow);
}

// ---- an answer -----------------------------------------------------------------------------------------------------

/// The field takes the place of the first one of its kind; there is one then.
void put(Exchange& x, HeaderId id, std::string_view name, std::string_view value) {
  bool is_put = false;
  x.reply.fields.remove_if([&](http::Field& field) {
    if (field.id != id) return false;
    if (is_put) return true;
    field.value = value;
    is_put = true;
    return false;
  });
  if (!is_put) x.reply.fields.add(x.arena, name, value, id);
}

void put_both(Exchange& x, std::int64_t expires, std::string_view cache_control) {
  char* const date = x.arena.chars(29);
  char text[32];
  write_http_date(std::max<std::int64_t>(expires, 0), text);
  std::copy_n(text, 29, date);
  put(x, HeaderId::expires, "Expires", {date, 29});
  put(x, HeaderId::cache_control, "Cache-Control", cache_control);
}

void put_times(Exchange& x, const Expires& rule) {
  const std::int64_t now = x.clock().unix_seconds();
  const std::int64_t modified = rule.kind == Expires::Kind::modified ? last_modified_of(x.reply) : -1;
  std::int64_t at = now + rule.seconds;
  if (rule.seconds == 0 && rule.kind != Expires::Kind::daily) at = now;
  else if (rule.kind == Expires::Kind::daily) at = next_time_of_day(now, rule.seconds);
  else if (modified >= 0) at = modified + rule.seconds;
  const bool is_past = rule.seconds < 0 || at < now;
  put_both(x, at, is_past ? "no-cache" : x.arena.copy(fmt::format("max-age={}", at - now)));
}

constexpr bool is_usual(unsigned status) {
  return status == 200 || status == 201 || status == 204 || status == 206 || (status >= 301 && status <= 304) ||
         status == 307 || status == 308;
}

Verdict run(Exchange& x, const void* params) {
  if (!is_usual(x.reply.status) || x.parent) return Verdict::next;
  const auto& setting = *static_cast<const ExpiresSetting*>(params);
  Expires rule = setting.value;
  if (setting.text) {
    const bool modified = rule.kind == Expires::Kind::modified;
    if (read_expires(setting.text->render(x, x.arena), modified, rule)) return Verdict::next;
  }
  switch (rule.kind) {
    case Expires::Kind::off: break;
    case Expires::Kind::epoch: put_both(x, 1, "no-cache"); break;
    case Expires::Kind::max: put_both(x, 2145916555, "max-age=315360000"); break;  // the end of 2037, as in nginx
    default: put_times(x, rule); break;
  }
  return Verdict::next;
}

}  // namespace

// ---- the configuration ---------------------------------------------------------------------------------------------

void apply_expires(table::Scope& scope, const config::Bound& directive) {
  const bool modified = directive.values.size() > 1;
  const config::Value& value = directive.values.back();
  if (modified && directive.at(0).text != "modified") {
    scope.error(table::code::bad_time, directive.at(0).span, "the first of two words of `expires` is `modified`")
        .with_help("for example: expires modified 1h;");
    return;
  }
  ExpiresSetting read;
  table::Template text = scope.compile(value);
  if (!text.is_constant()) {
    read.value.kind = modified ? Expires::Kind::modified : Expires::Kind::access;
    read.text = std::move(text);
  } else if (const char* wrong = read_expires(value.text, modified, read.value)) {
    scope
        .error(table::code::bad_time, value.span,
               "`" + std::string(value.text) + "` is no value of `expires`: " + wrong)
        .with_help("write a time (1h, -1), @15h30m, epoch, max or off; `modified 1h` counts from the file's time");
    return;
  }
  scope.edit<ExpiresSetting>() = std::move(read);
}

void finish_expires(table::Scope& scope, table::Route& route) {
  const auto& setting = scope.get<ExpiresSetting>();
  if (!setting.text && setting.value.kind == Expires::Kind::off) return;
  table::add_step(route, config::Phase::response, run, scope.shared<ExpiresSetting>(), "expires");
}

}  // namespace gh::policy
