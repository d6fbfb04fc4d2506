// Set-Cookie on its way from an upstream to the client: proxy_cookie_domain, proxy_cookie_path, proxy_cookie_flags.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "table/plan.h"

namespace gh::proxy {

class Exchange;

struct CookieDomains { std::vector<table::RedirectRule> list; };
struct CookiePaths { std::vector<table::RedirectRule> list; };

struct CookieFlags {
  table::Template cookie;                      // whose flags; any case
  std::shared_ptr<const Regex> regex;          // `~RE`, any case; `cookie` is empty then
  std::vector<std::uint32_t> regex_slots;      // slot of each named group, in Regex::names() order
  std::vector<table::Template> flags;          // secure, nosecure, samesite=lax ...; unknown and empty ones do nothing
};
struct CookieFlagRules { std::vector<CookieFlags> list; };

/// Of a location; null where nothing is stated.
struct CookieRules {
  std::shared_ptr<const CookieDomains> domains;
  std::shared_ptr<const CookiePaths> paths;
  std::shared_ptr<const CookieFlagRules> flags;
};

/// Is this one of the words that proxy_cookie_flags knows?
bool is_cookie_flag(std::string_view text);

/// A Set-Cookie field's value as the client gets it: the same one when no rule fits. In each list the first that fits
/// acts.
std::string_view rewrite_cookie(Exchange& exchange, const CookieRules& rules, std::string_view value);

}  // namespace gh::proxy
