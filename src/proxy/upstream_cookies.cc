#include "proxy/upstream_cookies.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "proxy/exchange.h"
#include "proxy/join.h"
#include "proxy/value_rewrite.h"

namespace gh::proxy {

namespace {

/// "Domain=example.org": name and value; a flag such as "Secure" has no value (null). A null name: it was removed.
struct Attribute {
  std::string_view name, value;
};

enum Flag : unsigned {
  secure = 1, no_secure = 2, http_only = 4, no_http_only = 8, same_site_strict = 16, same_site_lax = 32,
  same_site_none = 64, no_same_site = 128
};
constexpr unsigned any_same_site = same_site_strict | same_site_lax | same_site_none;
struct FlagWord {
  std::string_view text;
  unsigned flag;
};
constexpr FlagWord words[] = {{"secure", secure}, {"nosecure", no_secure}, {"httponly", http_only},
                              {"nohttponly", no_http_only}, {"samesite=strict", same_site_strict},
                              {"samesite=lax", same_site_lax}, {"samesite=none", same_site_none},
                              {"nosamesite", no_same_site}};

unsigned flag_of(std::string_view text) {
  for (const FlagWord& word : words) {
    if (iequals(word.text, text)) return word.flag;
  }
  return 0;
}

constexpr std::size_t most_added = 3;  // flags that a rule can add

/// A cookie in parts, with room for flags to come. Lives in the exchange's arena.
struct Cookie {
  Attribute* parts = nullptr;
  std::size_t count = 0;

  void add(std::string_view name, std::string_view value) { new (parts + count++) Attribute{name, value}; }
};

Cookie split_cookie(Arena& arena, std::string_view value) {
  Cookie cookie;
  cookie.parts = arena.array<Attribute>(
      static_cast<std::size_t>(std::count(value.begin(), value.end(), ';')) + 1 + most_added);
  while (true) {
    const std::string_view part = value.substr(0, value.find(';'));
    const std::size_t equals = part.find('=');
    const bool has_value = equals != std::string_view::npos;
    cookie.add(trim(part.substr(0, equals)),
               has_value ? trim(part.substr(equals + 1)) : std::string_view());
    if (part.size() == value.size()) return cookie;
    value.remove_prefix(part.size() + 1);
  }
}

std::string_view join_cookie(Arena& arena, const Cookie& cookie) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < cookie.count; ++i) size += cookie.parts[i].name.size() + cookie.parts[i].value.size() + 3;
  char* const begin = arena.chars(size);
  char* to = begin;
  const auto put = [&](std::string_view text) { to = std::copy(text.begin(), text.end(), to); };
  for (std::size_t i = 0; i < cookie.count; ++i) {
    const Attribute& part = cookie.parts[i];
    if (!part.name.data()) continue;
    if (i > 0) put("; ");
    put(part.name);
    if (!part.value.data()) continue;
    put("=");
    put(part.value);
  }
  return {begin, static_cast<std::size_t>(to - begin)};
}

/// RFC 6265 5.2.3: a leading dot of a Domain says nothing; it is neither compared nor lost.
std::string_view rewrite_domain(Exchange& x, const table::RedirectRule& rule, std::string_view value) {
  if (rule.regex) return rewrite_value(x, rule, value);
  const std::string_view dot = value.starts_with('.') ? "." : "";
  std::string_view from = rule.from.render(x, x.arena);
  if (!iequals(from, value.substr(dot.size()))) return {};
  const std::string_view to = replacement_of(x, rule);
  if (dot.empty()) return to;
  return join(x.arena, ".", to);
}

bool rewrite_attribute(Exchange& x, const std::vector<table::RedirectRule>& rules, bool is_domain, Attribute& part) {
  for (const table::RedirectRule& rule : rules) {
    const std::string_view changed =
        is_domain ? rewrite_domain(x, rule, part.value) : rewrite_value(x, rule, part.value);
    if (!changed.data()) continue;
    part.value = changed;
    return true;
  }
  return false;
}

/// The flags of the first rule that means this cookie; 0: none does, or it says nothing.
unsigned wanted_flags(Exchange& x, const CookieFlagRules& rules, std::string_view name) {
  for (const CookieFlags& rule : rules.list) {
    const bool fits = rule.regex ? match_and_capture(x, *rule.regex, rule.regex_slots, name)
                                 : iequals(rule.cookie.render(x, x.arena), name);
    if (!fits) continue;
    unsigned flags = 0;
    for (const table::Template& flag : rule.flags) flags |= flag_of(flag.render(x, x.arena));
    return flags;
  }
  return 0;
}

std::string_view same_site_text(unsigned flags) {
  return (flags & same_site_strict) != 0 ? "Strict" : (flags & same_site_lax) != 0 ? "Lax" : "None";
}

/// An attribute that is there: kept (its flag is done with then), changed, or removed.
void edit_flag(Attribute& part, unsigned& flags) {
  const auto settle = [&](unsigned on, unsigned off) {
    if ((flags & on) != 0) flags &= ~on;
    else if ((flags & off) != 0) part.name = {};
  };
  if (iequals(part.name, "secure")) return settle(secure, no_secure);
  if (iequals(part.name, "httponly")) return settle(http_only, no_http_only);
  if (!iequals(part.name, "samesite")) return;
  if ((flags & any_same_site) == 0) return settle(0, no_same_site);
  const std::string_view text = same_site_text(flags);
  flags &= ~any_same_site;
  if (!iequals(part.value, text)) part = {"SameSite", text};
}

bool edit_flags(Cookie& cookie, unsigned flags) {
  if (flags == 0) return false;
  for (std::size_t i = 1; i < cookie.count; ++i) edit_flag(cookie.parts[i], flags);
  if ((flags & secure) != 0) cookie.add("Secure", {});
  if ((flags & http_only) != 0) cookie.add("HttpOnly", {});
  if ((flags & any_same_site) != 0) cookie.add("SameSite", same_site_text(flags));
  return true;
}

}  // namespace

bool is_cookie_flag(std::string_view text) { return flag_of(text) != 0; }

std::string_view rewrite_cookie(Exchange& x, const CookieRules& rules, std::string_view value) {
  Cookie cookie = split_cookie(x.arena, value);
  if (!cookie.parts[0].value.data()) return value;  // no "NAME=": not a cookie
  bool changed = false;
  for (std::size_t i = 1; i < cookie.count; ++i) {
    Attribute& part = cookie.parts[i];
    if (!part.value.data()) continue;
    if (rules.domains && iequals(part.name, "domain")) {
      changed = rewrite_attribute(x, rules.domains->list, true, part) || changed;
    } else if (rules.paths && iequals(part.name, "path")) {
      changed = rewrite_attribute(x, rules.paths->list, false, part) || changed;
    }
  }
  if (rules.flags) changed = edit_flags(cookie, wanted_flags(x, *rules.flags, cookie.parts[0].name)) || changed;
  return changed ? join_cookie(x.arena, cookie) : value;
}

}  // namespace gh::proxy
