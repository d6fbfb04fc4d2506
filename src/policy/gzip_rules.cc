#include "policy/gzip_rules.h"

#include <algorithm>

#include "base/text.h"
#include "http/accept_encoding.h"
#include "http/date.h"
#include "http/user_agent.h"
#include "policy/body_headers.h"
#include "proxy/exchange.h"
#include "table/codes.h"

namespace gh::policy {

using http::Field;
using http::HeaderId;
using proxy::Exchange;

namespace {

struct Word {
  std::string_view name;
  std::uint32_t bit;
};
constexpr Word proxied_words[] = {{"off", proxied_off},
                                  {"expired", proxied_expired},
                                  {"no-cache", proxied_no_cache},
                                  {"no-store", proxied_no_store},
                                  {"private", proxied_private},
                                  {"no_last_modified", proxied_no_last_modified},
                                  {"no_etag", proxied_no_etag},
                                  {"auth", proxied_auth},
                                  {"any", proxied_any}};

bool cache_control_has(const Exchange& x, std::string_view word) {
  for (const Field& field : x.reply.fields.view()) {
    if (field.id == HeaderId::cache_control && list_has(field.value, word)) return true;
  }
  return false;
}

bool is_expired(const Exchange& x, std::string_view expires) {
  const auto until = http::parse_http_date(expires);
  const auto date =
      x.reply.date.empty() ? std::optional(x.clock().unix_ms() / 1000) : http::parse_http_date(x.reply.date);
  return until && date && *until < *date;
}

/// gzip_proxied, for requests that name a proxy: may the answer be encoded although a cache may keep it?
bool proxied_ok(const Exchange& x, std::uint32_t rules) {
  if ((rules & proxied_off) != 0) return false;
  if ((rules & proxied_any) != 0) return true;
  if ((rules & proxied_auth) != 0 && http::find(x.request.fields, HeaderId::authorization)) return true;
  if (const Field* expires = reply_field(x, HeaderId::expires))
    return (rules & proxied_expired) != 0 && is_expired(x, expires->value);
  if (reply_field(x, HeaderId::cache_control)) {
    return ((rules & proxied_no_cache) != 0 && cache_control_has(x, "no-cache")) ||
           ((rules & proxied_no_store) != 0 && cache_control_has(x, "no-store")) ||
           ((rules & proxied_private) != 0 && cache_control_has(x, "private"));
  }
  const bool has_date = x.reply.last_modified >= 0 || reply_field(x, HeaderId::last_modified);
  if ((rules & proxied_no_last_modified) != 0 && has_date) return false;
  return (rules & proxied_no_etag) == 0 || !reply_field(x, HeaderId::etag);
}

bool is_disabled(const Exchange& x, const GzipRules& rules) {
  if (!rules.disable_msie6 && rules.disable.empty()) return false;
  const Field* agent = http::find(x.request.fields, HeaderId::user_agent);
  if (!agent) return false;
  if (rules.disable_msie6 && http::is_msie6(agent->value)) return true;
  return std::any_of(rules.disable.begin(), rules.disable.end(), [&](const auto& regex) {
    return regex->match(agent->value, nullptr) != Regex::Match::no;  // its limit, too: plain is always right
  });
}

}  // namespace

bool gzip_ok(const Exchange& x, const GzipRules& rules) {
  return !x.parent && http::accepts_coding(x.request.fields, "gzip") && may_compress(x, rules);
}

bool may_compress(const Exchange& x, const GzipRules& rules) {
  if (x.request.version_minor < rules.http_minor) return false;
  if (http::find(x.request.fields, "Via") && !proxied_ok(x, rules.proxied)) return false;
  return !is_disabled(x, rules);
}

void note_vary(Exchange& x, const GzipRules& rules) {
  if (!rules.vary) return;
  for (const Field& field : x.reply.fields.view()) {
    if (field.id == HeaderId::vary && list_has(field.value, "Accept-Encoding")) return;
  }
  x.reply.fields.add(x.arena, "Vary", "Accept-Encoding", HeaderId::vary);
}

void apply_gzip_proxied(table::Scope& scope, const config::Bound& directive) {
  std::uint32_t bits = 0;
  for (const config::Value& value : directive.values) {
    for (const Word& word : proxied_words) {
      if (word.name == value.text) bits |= word.bit;
    }
  }
  scope.edit<GzipRules>().proxied = bits;
}

void apply_gzip_http_version(table::Scope& scope, const config::Bound& directive) {
  scope.edit<GzipRules>().http_minor = directive.at(0).text == "1.0" ? 0 : 1;
}

void apply_gzip_disable(table::Scope& scope, const config::Bound& directive) {
  auto& rules = scope.edit<GzipRules>();
  rules.disable.clear();
  rules.disable_msie6 = false;
  for (const config::Value& value : directive.values) {
    if (value.text == "msie6") {
      rules.disable_msie6 = true;
    } else if (value.text != "degradation") {
      auto regex = Regex::compile(value.text, true);
      if (regex) rules.disable.push_back(std::make_shared<const Regex>(std::move(*regex)));
    }
  }
}

}  // namespace gh::policy
