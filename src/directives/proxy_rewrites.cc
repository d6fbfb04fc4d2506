// proxy_redirect and proxy_cookie_*: fields of an upstream's answer that name its own places, made to name ours.
#include "base/text.h"
#include "directives/directives.h"
#include "directives/setters.h"
#include "proxy/upstream_cookies.h"
#include "table/build.h"
#include "table/plan.h"
#include "table/server_block.h"

namespace gh::directives {
namespace {

using table::RedirectRule;
namespace code = table::code;

/// "~RE" and "~*RE"; null: an error was reported.
std::shared_ptr<const Regex> compile_regex(Scope& scope, const Value& value, std::size_t marks, bool ignore_case) {
  auto regex = Regex::compile(std::string_view(value.text).substr(marks), ignore_case);
  if (regex) return std::make_shared<const Regex>(std::move(*regex));
  scope.error(code::bad_regex, value.span, "regular expression: " + regex.error().text);
  return nullptr;
}

bool set_regex(Scope& scope, const Value& from, bool ignore_case, RedirectRule& rule) {
  const bool starred = from.text.starts_with("~*");
  rule.regex = compile_regex(scope, from, starred ? 2 : 1, starred || ignore_case);
  if (!rule.regex) return false;
  rule.regex_slots = table::define_names(scope, *rule.regex, from.span);
  return true;
}

/// FROM TO, where FROM is a text that a value begins with, or a regex.
bool read_rule(Scope& scope, const Bound& directive, RedirectRule& rule) {
  const Value& from = directive.at(0);
  if (!from.text.starts_with("~")) rule.from = scope.compile(from);
  else if (!set_regex(scope, from, false, rule)) return false;
  rule.to = scope.compile(directive.at(1));
  return true;
}

/// As in nginx `off` stands alone in its block.
bool is_beside_off(Scope& scope, const Bound& directive, bool off_before, bool rules_before) {
  const bool is_off = directive.values.size() == 1 && directive.at(0).text == "off";
  if (!off_before && !(is_off && rules_before)) return false;
  const std::string name(directive.row->name);
  scope.error(code::duplicate, directive.span(), "`" + name + " off` stands beside other `" + name + "` lines")
      .with_help("leave one or the other out");
  return true;
}

void report_single(Scope& scope, const Bound& directive, std::string_view what) {
  scope.error(code::bad_choice, directive.at(0).span,
              "`" + std::string(directive.row->name) + "` takes " + std::string(what));
}

void apply_redirect(Scope& scope, const Bound& directive) {
  const bool first = !scope.is_own<table::ProxyRedirects>();
  auto& redirects = scope.edit_list<table::ProxyRedirects>();
  if (first) redirects.use_default = false;
  if (is_beside_off(scope, directive, redirects.off, redirects.use_default || !redirects.list.empty())) return;
  const Value& from = directive.at(0);
  if (directive.values.size() == 1) {
    if (from.text == "off") {
      redirects.off = true;
    } else if (from.text != "default") {
      report_single(scope, directive, "off, default, or two texts: what to replace and by what");
    } else if (!redirects.use_default) {
      redirects.use_default = true;
      redirects.default_at = redirects.list.size();
    }
    return;
  }
  RedirectRule rule;
  if (read_rule(scope, directive, rule)) redirects.list.push_back(std::move(rule));
}

/// Local to a block: `off` was stated for this list.
template <class List>
struct IsOff { bool off = false; };

/// `off`, or what needs two values. True: there is a rule to read.
template <class List>
bool begins_rule(Scope& scope, const Bound& directive, std::string_view what) {
  const List& list = scope.edit_list<List>();
  bool& off = scope.local<IsOff<List>>().off;
  if (is_beside_off(scope, directive, off, !list.list.empty())) return false;
  if (directive.values.size() > 1) return true;
  if (directive.at(0).text == "off") off = true;
  else report_single(scope, directive, what);
  return false;
}

constexpr std::string_view off_or_two = "off, or two texts: what to replace and by what";

/// RFC 6265 5.2.3: a leading dot says nothing. Domains are names: a regex, too, takes any case.
void apply_cookie_domain(Scope& scope, const Bound& directive) {
  if (!begins_rule<proxy::CookieDomains>(scope, directive, off_or_two)) return;
  const auto undotted = [](const Value& value) {
    const std::string_view text = value.text;
    return text.starts_with('.') ? text.substr(1) : text;
  };
  const Value& from = directive.at(0);
  const Value& to = directive.at(1);
  RedirectRule rule;
  if (!from.text.starts_with("~")) {
    rule.from = scope.compile(undotted(from), from.span);
    rule.to = scope.compile(undotted(to), to.span);
  } else {
    rule.regex = compile_regex(scope, from, 1, true);
    if (!rule.regex) return;
    rule.regex_slots = table::define_names(scope, *rule.regex, from.span);
    rule.to = scope.compile(to);
  }
  scope.edit_list<proxy::CookieDomains>().list.push_back(std::move(rule));
}

void apply_cookie_path(Scope& scope, const Bound& directive) {
  if (!begins_rule<proxy::CookiePaths>(scope, directive, off_or_two)) return;
  RedirectRule rule;
  if (read_rule(scope, directive, rule)) scope.edit_list<proxy::CookiePaths>().list.push_back(std::move(rule));
}

void apply_cookie_flags(Scope& scope, const Bound& directive) {
  if (!begins_rule<proxy::CookieFlagRules>(scope, directive, "off, or a cookie's name and flags")) return;
  proxy::CookieFlags rule;
  const Value& cookie = directive.at(0);
  if (!cookie.text.starts_with("~")) {
    rule.cookie = scope.compile(cookie);
  } else {
    rule.regex = compile_regex(scope, cookie, 1, true);
    if (!rule.regex) return;
    rule.regex_slots = table::define_names(scope, *rule.regex, cookie.span);
  }
  for (const Value& flag : directive.values.subspan(1)) {
    if (flag.text.find('$') == std::string_view::npos && !proxy::is_cookie_flag(flag.text)) {
      scope.error(code::bad_choice, flag.span, "`" + printable(flag.text) + "` is no flag of a cookie")
          .with_help("one of secure nosecure httponly nohttponly samesite=strict samesite=lax samesite=none "
                     "nosamesite");
      return;
    }
    rule.flags.push_back(scope.compile(flag));
  }
  scope.edit_list<proxy::CookieFlagRules>().list.push_back(std::move(rule));
}

constexpr ArgSpec from_arg{"from", ArgType::word}, to_arg{"to", ArgType::templ, Presence::optional};

constexpr Row rewrites(std::string_view name, ArgSpec first, ArgSpec second, std::string_view fallback,
                       config::Apply apply, std::string_view doc) {
  Row row = setting(name, hsl, first, fallback, apply, doc);
  row.declare = table::declare_group_names;
  row.args[1] = second;
  row.inherit = Inherit::replace;
  row.repeatable = true;
  return row;
}

constexpr Row rows[] = {
    rewrites("proxy_redirect", from_arg, to_arg, "default", apply_redirect,
             "Changes Location and Refresh of answers: off, default, or FROM TO (FROM may be ~regex)."),
    rewrites("proxy_cookie_domain", from_arg, to_arg, "off", apply_cookie_domain,
             "Changes the Domain of an upstream's cookies: off, or FROM TO (FROM may be ~regex)."),
    rewrites("proxy_cookie_path", from_arg, to_arg, "off", apply_cookie_path,
             "Changes the Path of an upstream's cookies: off, or FROM TO (FROM may be ~regex)."),
    rewrites("proxy_cookie_flags", {"cookie", ArgType::word}, {"flag", ArgType::templ, Presence::repeat}, "off",
             apply_cookie_flags, "Sets or removes Secure, HttpOnly and SameSite of an upstream's cookies."),
};

}  // namespace

constinit const table::Module proxy_rewrites_module{"proxy_rewrites", rows};

}  // namespace gh::directives
