#include "policy/gzip_rules.h"

#include <array>

#include "base/text.h"
#include "http/date.h"
#include "policy/validators.h"
#include "proxy/exchange.h"
#include "table/codes.h"
#include "table/scope.h"

namespace gh::policy {

using http::HeaderId;

namespace {

struct Word {
  std::string_view name;
  std::uint32_t bit;
};
constexpr std::array<Word, 9> proxied_words{{{"off", GzipRules::off},
                                             {"expired", GzipRules::expired},
                                             {"no-cache", GzipRules::no_cache},
                                             {"no-store", GzipRules::no_store},
                                             {"private", GzipRules::private_},
                                             {"no_last_modified", GzipRules::no_last_modified},
                                             {"no_etag", GzipRules::no_etag},
                                             {"auth", GzipRules::auth},
                                             {"any", GzipRules::any}}};

bool is_expired(const proxy::Exchange& x, std::string_view expires) {
  const auto at = http::parse_http_date(expires);
  const auto date = http::parse_http_date(x.reply.date);
  return at && *at < date.value_or(x.started_unix_ms / 1000);
}

/// The answer to a request that came through a proxy may be kept there for others: only as the rules allow.
bool may_compress_for_proxy(const proxy::Exchange& x, std::uint32_t rules) {
  if (rules & GzipRules::off) return false;
  if (rules & GzipRules::any) return true;
  if ((rules & GzipRules::auth) && http::find(x.request.fields, HeaderId::authorization)) return true;
  const auto fields = x.reply.fields.view();
  if (const http::Field* expires = http::find(fields, HeaderId::expires)) {
    return (rules & GzipRules::expired) && is_expired(x, expires->value);
  }
  bool has_cache_control = false;
  for (const http::Field& field : fields) {
    if (field.id != HeaderId::cache_control) continue;
    has_cache_control = true;
    if (((rules & GzipRules::no_cache) && list_has(field.value, "no-cache")) ||
        ((rules & GzipRules::no_store) && list_has(field.value, "no-store")) ||
        ((rules & GzipRules::private_) && list_has(field.value, "private"))) {
      return true;
    }
  }
  if (has_cache_control) return false;
  return !((rules & GzipRules::no_last_modified) && last_modified_of(x.reply) >= 0) &&
         !((rules & GzipRules::no_etag) && !etag_of(x.reply).empty());
}

}  // namespace

bool may_compress(const proxy::Exchange& x, const GzipRules& rules) {
  if (x.request.version_minor < rules.least_version_minor) return false;
  if (http::find(x.request.fields, "via") && !may_compress_for_proxy(x, rules.proxied)) return false;
  if (rules.disabled_agents.empty()) return true;
  const http::Field* agent = http::find(x.request.fields, HeaderId::user_agent);
  for (const auto& regex : rules.disabled_agents) {
    if (agent && regex->match(agent->value, nullptr) != Regex::Match::no) return false;
  }
  return true;
}

void apply_gzip_proxied(table::Scope& scope, const config::Bound& directive) {
  std::uint32_t bits = 0;
  for (const config::Value& value : directive.values) {
    for (const Word& word : proxied_words) {
      if (value.text == word.name) bits |= word.bit;
    }
  }
  scope.edit<GzipRules>().proxied = bits;
}

/// `msie6` stands for what nginx takes for it: Internet Explorer 4 to 6, but for 6 with its second service pack.
void apply_gzip_disable(table::Scope& scope, const config::Bound& directive) {
  std::vector<std::shared_ptr<const Regex>> list;
  for (const config::Value& value : directive.values) {
    const bool is_msie6 = value.text == "msie6";
    auto regex = Regex::compile(is_msie6 ? std::string_view("MSIE [45]\\.|MSIE 6\\.(?!.*SV1)") : value.text, !is_msie6);
    if (regex) {
      list.push_back(std::make_shared<const Regex>(std::move(*regex)));
    } else {
      scope.error(table::code::bad_regex, value.span, "regular expression: " + regex.error().text);
    }
  }
  scope.edit<GzipRules>().disabled_agents = std::move(list);
}

void apply_gzip_http_version(table::Scope& scope, const config::Bound& directive) {
  scope.edit<GzipRules>().least_version_minor = directive.at(0).text == "1.0" ? 0 : 1;
}

}  // namespace gh::policy
