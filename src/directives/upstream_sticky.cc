// sticky: its three methods share a row; which parameters belong to which is checked here.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "config/values.h"
#include "directives/setters.h"
#include "directives/upstreams.h"
#include "state/sticky_zone.h"
#include "table/sticky_plan.h"

namespace gh::directives {
namespace {

using table::StickyPlan;

constexpr std::array cookie_words = {"expires=", "domain=", "path=", "samesite=", "secure", "httponly"};
constexpr std::array learn_words = {"create=", "lookup=", "zone=", "timeout=", "header", "sync"};

template <class Words>
bool refuse(Scope& scope, const Bound& directive, const Words& words) {
  const std::string method(directive.at(0).text);
  for (const std::string_view word : words) {
    const Value* value = directive.find(word);
    if (!value) continue;
    scope.error(table::code::unknown_parameter, value->span,
                "`sticky " + method + "` has no parameter `" + std::string(word) + "`")
        .with_help("gatehouse explain sticky");
    return true;
  }
  return false;
}

std::vector<const Value*> all_of(const Bound& directive, std::string_view name) {
  std::vector<const Value*> found;
  for (const Value& value : directive.values) {
    if (value.spec->name == name) found.push_back(&value);
  }
  return found;
}

/// RFC 6265 4.1.1: a token.
bool is_cookie_name(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  const auto is_token = [&](char c) { return is_alpha(c) || is_digit(c) || others.find(c) != std::string_view::npos; };
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token);
}

bool take_expires(Scope& scope, const Bound& directive, StickyPlan& plan) {
  const Value* expires = directive.find("expires=");
  if (!expires) return true;
  if (expires->text == "max") {
    plan.expires_s = StickyPlan::expires_max;
    return true;
  }
  const auto time = config::parse_time_ms(expires->text, true);
  if (!time) {
    scope.error(table::code::bad_time, expires->span, "`" + std::string(expires->text) + "` is no time")
        .with_help("for example expires=1h, or expires=max");
    return false;
  }
  plan.expires_s = *time / 1000;
  return true;
}

bool take_same_site(Scope& scope, const Bound& directive, StickyPlan& plan) {
  const Value* value = directive.find("samesite=");
  if (!value) return true;
  plan.same_site = scope.compile(*value);
  plan.has_same_site = true;
  const std::string text = to_lower(value->text);
  if (!plan.same_site.is_constant() || text == "strict" || text == "lax" || text == "none") return true;
  scope.error(table::code::bad_choice, value->span, "`samesite=" + std::string(value->text) + "` is not known")
      .with_help("one of strict, lax, none, or a variable");
  return false;
}

void read_cookie(Scope& scope, const Bound& directive, StickyPlan& plan) {
  const auto names = all_of(directive, "value");
  if (refuse(scope, directive, learn_words)) return;
  if (names.size() != 1 || !is_cookie_name(names.front()->text)) {
    scope.error(table::code::argument_count, names.empty() ? directive.span() : names.back()->span,
                "`sticky cookie` needs one name of a cookie")
        .with_help("for example: sticky cookie srv_id expires=1h path=/;");
    return;
  }
  plan.cookie = names.front()->text;
  if (!take_expires(scope, directive, plan) || !take_same_site(scope, directive, plan)) return;
  plan.secure = directive.has("secure");
  plan.http_only = directive.has("httponly");
  const Value* domain = directive.find("domain=");
  const Value* path = directive.find("path=");
  if ((plan.has_domain = domain != nullptr)) plan.domain = scope.compile(*domain);
  if ((plan.has_path = path != nullptr)) plan.path = scope.compile(*path);
}

/// One or more texts with variables: a constant would be one session for all.
bool take_variables(Scope& scope, const Bound& directive, std::string_view name, std::vector<table::Template>& to) {
  for (const Value* value : all_of(directive, name)) {
    to.push_back(scope.compile(*value));
    if (!to.back().is_constant()) continue;
    scope.error(table::code::bad_variable, value->span, "`" + std::string(value->text) + "` holds no variable")
        .with_help("write a variable, for example $cookie_session");
    return false;
  }
  if (!to.empty()) return true;
  scope.error(table::code::missing_parameter, directive.span(),
              "`sticky " + std::string(directive.at(0).text) + "` needs " +
                  (name == "value" ? std::string("a variable") : "`" + std::string(name) + "`"))
      .with_help("gatehouse explain sticky");
  return false;
}

void read_route(Scope& scope, const Bound& directive, StickyPlan& plan) {
  if (refuse(scope, directive, cookie_words) || refuse(scope, directive, learn_words)) return;
  take_variables(scope, directive, "value", plan.lookup);
}

/// "NAME:SIZE": the sessions, kept over reloads while the size stays.
void take_zone(Scope& scope, const Bound& directive, StickyPlan& plan) {
  const Value* zone = directive.find("zone=");
  if (!zone) {
    scope.error(table::code::missing_parameter, directive.span(), "`sticky learn` needs `zone=`")
        .with_help("for example zone=sessions:1m");
    return;
  }
  const std::size_t colon = zone->text.find(':');
  const std::string name(zone->text.substr(0, colon));
  const std::string_view digits = colon == std::string_view::npos ? "" : zone->text.substr(colon + 1);
  const auto size = config::parse_size(digits, false);
  if (name.empty() || !size || *size < static_cast<std::int64_t>(state::StickyZone::min_bytes)) {
    scope.error(table::code::bad_size, zone->span, "`zone=" + std::string(zone->text) + "` needs a name and a size")
        .with_help("for example zone=sessions:1m, at least 32k; 1m keeps about 4000 sessions");
    return;
  }
  auto& entry = scope.builder.zones["sticky/" + name];
  if (entry.where.is_set()) {
    scope.error(table::code::duplicate_name, zone->span, "zone `" + name + "` is defined twice")
        .with_related(entry.where, "first defined here");
    return;
  }
  entry.where = zone->span;
  entry.used = true;
  plan.zone = scope.builder.registry()
                  .adopt_or_create<state::StickyZone>(
                      "sticky/" + name, "size=" + std::to_string(*size),
                      [&](const auto&) { return std::make_shared<state::StickyZone>(static_cast<std::size_t>(*size)); })
                  .object;
}

void read_learn(Scope& scope, const Bound& directive, StickyPlan& plan) {
  if (refuse(scope, directive, cookie_words)) return;
  if (const Value* word = directive.find("value")) {
    scope.error(table::code::unknown_parameter, word->span, "`sticky learn` takes no bare word")
        .with_help("write create=, lookup= and zone=");
    return;
  }
  if (!take_variables(scope, directive, "create=", plan.create) ||
      !take_variables(scope, directive, "lookup=", plan.lookup)) {
    return;
  }
  plan.timeout_ms = directive.number("timeout=", plan.timeout_ms);
  plan.at_header = directive.has("header");
  if (const Value* sync = directive.find("sync")) {
    scope.note(table::code::no_effect, sync->span, "`sync` has no effect: sessions are not shared between machines");
  }
  take_zone(scope, directive, plan);
}

}  // namespace

void apply_sticky(Scope& scope, const Bound& directive) {
  auto plan = std::make_shared<StickyPlan>();
  const std::string_view method = directive.at(0).text;
  if (method == "cookie") read_cookie(scope, directive, *plan);
  if (method == "route") plan->kind = StickyPlan::Kind::route, read_route(scope, directive, *plan);
  if (method == "learn") plan->kind = StickyPlan::Kind::learn, read_learn(scope, directive, *plan);
  draft_of(scope).upstream->sticky = std::move(plan);
}

}  // namespace gh::directives
