// jwt_issue: a token endpoint (RFC 6749). Who has proven to be who, by any check of the location but an address, gets a
// token that lasts minutes (grant_type client_credentials, RFC 9068), and a refresh token for the next ones, each good
// once (RFC 9700 4.14.2).
#include "policy/jwt_issue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "config/values.h"
#include "http/query.h"
#include "json/text_faults.h"
#include "json/write.h"
#include "policy/proven_text.h"
#include "policy/typed_values.h"
#include "proxy/external_identity.h"
#include "table/build.h"
#include "table/expression.h"

namespace gh::policy {

using proxy::Exchange;
using state::TokenFamilies;
using table::ExprValue;
using table::Verdict;

namespace {

constexpr std::size_t most_form_bytes = 16 * 1024;
constexpr std::size_t most_claims_bytes = 8 * 1024;  // auth_jwt takes tokens of 16 KiB
constexpr std::size_t most_cookie_bytes = 4000;      // browsers drop longer ones
constexpr std::size_t most_list_items = 1000;

/// What each check knows of who asks.
struct Name { std::string_view check, variable; };
constexpr std::array<Name, 6> names{{{"auth_basic", "$auth_basic_user"}, {"auth_key", "$consumer"},
                                     {"auth_mtls", "$consumer"}, {"auth_jwt", "$jwt_claim_sub"},
                                     {"auth_introspect", "$introspect_claim_sub"}, {"auth_oidc", "$oidc_claim_sub"}}};

struct Claim {
  std::string name;
  table::Expression expression;
  std::optional<table::Template> text;  // in place of the expression
};

struct IssueFor {
  std::string issuer;
  std::int64_t expires_s = 15 * 60;
};
struct IssueAudiences { std::vector<std::string> list; };
struct IssueClaims { std::vector<Claim> list; };
struct IssueRefresh {
  std::int64_t time_s = 0;  // 0: off
  std::string cookie, path;
};

struct Plan {
  std::unique_ptr<TokenIssuer> issuer;
  std::int64_t expires_s = 0;
  IssueRefresh refresh;
  std::vector<Claim> claims;
  std::optional<table::Template> subject;
  std::array<table::Template, names.size()> subjects;  // of `names`
  std::shared_ptr<TokenFamilies> families;
  table::Origin origin;
};

// ---- answers -------------------------------------------------------------------------------------------------------

Verdict answer(Exchange& x, unsigned status, const std::string& body) {
  x.reply.fields.add(x.arena, "Cache-Control", "no-store");
  x.reply.fields.add(x.arena, "Pragma", "no-cache");
  return x.respond(status, "application/json", x.arena.copy(body));
}

/// RFC 6749 5.2. The texts are static.
Verdict refuse(Exchange& x, const Plan& plan, std::string_view error, std::string_view why, unsigned status = 400) {
  x.log(LogLevel::info, fmt::format("no token is given: {}: {}", error, why));
  x.refused_by(plan.origin, why);
  if (status == 401) {
    x.reply.fields.add(x.arena, "WWW-Authenticate", "Bearer", http::HeaderId::www_authenticate);
  }
  return answer(x, status, fmt::format("{{\"error\":\"{}\",\"error_description\":\"{}\"}}\n", error, why));
}

Verdict broken(Exchange& x, const Plan& plan, std::string_view why) {
  x.log(LogLevel::error, fmt::format("no token can be given: {}", why));
  return x.error(500, plan.origin, "no token can be made");
}

void set_cookie(Exchange& x, const IssueRefresh& refresh, std::string_view value, std::int64_t seconds) {
  const std::string cookie = fmt::format("{}={}; Max-Age={}; Path={}; Secure; HttpOnly; SameSite=Strict",
                                         refresh.cookie, value, seconds, refresh.path);
  x.reply.fields.add(x.arena, "Set-Cookie", x.arena.copy(cookie), http::HeaderId::set_cookie);
}

/// The token to be renewed is of no use any more, nor is the cookie that brought it.
Verdict refuse_grant(Exchange& x, const Plan& plan, std::string_view why) {
  if (!plan.refresh.cookie.empty()) set_cookie(x, plan.refresh, "", 0);
  return refuse(x, plan, "invalid_grant", why);
}

// ---- what a request says -------------------------------------------------------------------------------------------

struct Form {
  std::string grant, refresh_token;
  bool has_scope = false;
};

bool is_form(const Exchange& x) {
  const http::Field* const type = http::find(x.request.fields, http::HeaderId::content_type);
  if (!type) return false;
  return iequals(trim(type->value.substr(0, type->value.find(';'))), "application/x-www-form-urlencoded");
}

/// Nothing: it lies in a file, and that cannot be read.
std::optional<std::string> read_body(const Exchange& x) {
  std::string text;
  if (!x.body.in_file()) return std::string(x.body.whole(text));
  text.resize(x.body.size());
  for (std::size_t done = 0; done < text.size();) {
    const auto got = x.body.read_file(done, text.data() + done, text.size() - done);
    if (!got || *got == 0) return std::nullopt;
    done += *got;
  }
  return text;
}

/// False: something is said twice, or there is too much of it.
bool read_form(std::string_view body, Form& form) {
  std::vector<QueryValues> said;
  if (!split_query(body, said)) return false;
  for (QueryValues& each : said) {
    if (each.values.size() != 1) return false;
    if (each.name == "grant_type") form.grant = std::move(each.values.front());
    if (each.name == "refresh_token") form.refresh_token = std::move(each.values.front());
    form.has_scope = form.has_scope || (each.name == "scope" && !each.values.front().empty());
  }
  return true;
}

std::string_view cookie_of(const Exchange& x, std::string_view name) {
  std::string_view found;
  for (const http::Field& field : x.request.fields) {
    if (field.id != http::HeaderId::cookie) continue;
    http::each_cookie(field.value, [&](std::string_view, std::string_view its_name, std::string_view value) {
      if (found.empty() && its_name == name) found = value;
    });
  }
  return found;
}

// ---- who asks, and what is said of them ----------------------------------------------------------------------------

bool is_proven(const Exchange& x) { return x.external && !x.external->proven_by.empty(); }

std::string_view subject_of(Exchange& x, const Plan& plan) {
  if (plan.subject) return plan.subject->render(x, x.arena);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].check == x.external->proven_by) return plan.subjects[i].render(x, x.arena);
  }
  return {};
}

void append_json(std::string& out, const ExprValue& value, Arena& arena) {
  switch (value.kind) {
    case ExprValue::Kind::null: out += "null"; break;
    case ExprValue::Kind::boolean: json::append_bool(out, value.yes); break;
    case ExprValue::Kind::integer:
    case ExprValue::Kind::real: out += table::number_text(value, arena); break;
    case ExprValue::Kind::text: json::append_text(out, value.text()); break;
    case ExprValue::Kind::json: json::append_value(out, value.node); break;
    case ExprValue::Kind::list: {
      std::string items;
      table::each_item(value, most_list_items, [&](const ExprValue& item) {
        if (!items.empty()) items += ',';
        append_json(items, item, arena);
        return items.size() <= most_claims_bytes;
      });
      out.append("[").append(items).append("]");
    }
  }
}

/// A claim without a value is left out. Nothing: they are too large.
std::optional<std::string> claims_of(Exchange& x, const Plan& plan) {
  bool gave_up = false;
  const table::ExprInput input{x, x.arena, x.clock().unix_ms(), {}, &gave_up};
  std::string out = "{";
  for (const Claim& claim : plan.claims) {
    const ExprValue value =
        claim.text ? ExprValue::of(claim.text->render(x, x.arena)) : claim.expression.evaluate(input);
    if (value.is_null() || (claim.text && value.text().empty())) continue;
    if (out.size() > 1) out += ',';
    json::append_name(out, claim.name);
    append_json(out, value, x.arena);
    if (out.size() > most_claims_bytes) return std::nullopt;
  }
  return out + '}';
}

// ---- giving tokens -------------------------------------------------------------------------------------------------

Verdict give(Exchange& x, const Plan& plan, const IssuedTo& who, std::int64_t now_s) {
  const bool refreshes = plan.refresh.time_s > 0;
  const std::int64_t ends_s = refreshes ? std::min(now_s + plan.expires_s, who.ends_s) : now_s + plan.expires_s;
  const auto access = plan.issuer->access_token(who, now_s, ends_s);
  if (!access) return broken(x, plan, access.error().text);
  std::string body = "{\"access_token\":\"" + *access + "\",\"token_type\":\"Bearer\",\"expires_in\":";
  json::append_number(body, ends_s - now_s);
  if (refreshes) {
    const std::string refresh = plan.issuer->refresh_token(who);
    if (refresh.empty()) return broken(x, plan, "the refresh token cannot be sealed");
    if (plan.refresh.cookie.empty()) {
      body += ",\"refresh_token\":\"" + refresh + '"';
    } else {
      if (refresh.size() > most_cookie_bytes) return broken(x, plan, "the refresh token is too long for a cookie");
      set_cookie(x, plan.refresh, refresh, who.ends_s - now_s);
    }
  }
  const auto claims = json::Document::parse(who.claims);
  if (claims && claims->root().find("scope").is_text()) {
    json::append_text(body += ",\"scope\":", claims->root().find("scope").text());
  }
  return answer(x, 200, body + "}\n");
}

/// `who` is said anew of a request that proves who it is. False: an answer is decided.
bool describe(Exchange& x, const Plan& plan, IssuedTo& who, Verdict& verdict) {
  who.subject = subject_of(x, plan);
  if (who.subject.empty()) {
    x.log(LogLevel::error, fmt::format("{} lets the request pass and does not name who asks", x.external->proven_by));
    verdict = refuse(x, plan, "invalid_client", "who asks has no name", 401);
    return false;
  }
  if (json::first_invalid_utf8(who.subject) < who.subject.size()) {  // to write it otherwise makes one of two
    x.log(LogLevel::error, fmt::format("the name \"{}\" is not UTF-8", printable(who.subject, 100)));
    verdict = refuse(x, plan, "invalid_client", "the name of who asks is not UTF-8", 401);
    return false;
  }
  auto claims = claims_of(x, plan);
  if (!claims) {
    verdict = broken(x, plan, "the claims are too large");
    return false;
  }
  who.claims = std::move(*claims);
  return true;
}

Verdict begin(Exchange& x, const Plan& plan, std::int64_t now_s) {
  if (!is_proven(x)) return refuse(x, plan, "invalid_client", "nobody has proven to be who asks", 401);
  IssuedTo who;
  Verdict verdict = Verdict::done;
  if (!describe(x, plan, who, verdict)) return verdict;
  who.family = new_family();
  who.ends_s = now_s + plan.refresh.time_s;
  return give(x, plan, who, now_s);
}

Verdict refresh(Exchange& x, const Plan& plan, const Form& form, std::int64_t now_s) {
  const bool in_cookie = !plan.refresh.cookie.empty();
  const std::string_view token = in_cookie ? cookie_of(x, plan.refresh.cookie) : std::string_view(form.refresh_token);
  if (token.empty()) return refuse(x, plan, "invalid_request", "there is no refresh token");
  auto who = plan.issuer->open_refresh_token(token);
  if (!who) return refuse_grant(x, plan, "this is no refresh token of ours");
  if (who->ends_s <= now_s) return refuse_grant(x, plan, "the login is too old");
  if (is_proven(x)) {
    const std::string subject = who->subject;
    Verdict verdict = Verdict::done;
    if (!describe(x, plan, *who, verdict)) return verdict;
    if (who->subject != subject) return refuse(x, plan, "invalid_grant", "the refresh token is another one's");
  }
  switch (plan.families->use(who->family, who->number, who->ends_s, now_s)) {
    case TokenFamilies::Use::good: break;
    case TokenFamilies::Use::again:
      x.log(LogLevel::warn, fmt::format("a refresh token of \"{}\" was used again: its login is over",
                                        printable(who->subject, 100)));
      return refuse_grant(x, plan, "the refresh token was used before");
    case TokenFamilies::Use::full:
      x.log(LogLevel::error, "no refresh token is taken: there is no memory for those that were used");
      return x.error(503, plan.origin, "too many refresh tokens");
  }
  ++who->number;
  return give(x, plan, *who, now_s);
}

Verdict run(Exchange& x, const void* params) {
  const Plan& plan = *static_cast<const Plan*>(params);
  if (x.parent) return x.error(403, plan.origin, "a subrequest gets no token");
  if (x.method_now != http::Method::post) {
    x.reply.fields.add(x.arena, "Allow", "POST");
    return x.error(405, plan.origin, "only POST");
  }
  if (!x.body_is_read()) return Verdict::wait;
  if (x.body.size() > most_form_bytes) return x.error(413, plan.origin, "a form is smaller");
  const auto body = read_body(x);
  if (!body) return broken(x, plan, "the body's file cannot be read");
  Form form;
  if (!is_form(x)) return refuse(x, plan, "invalid_request", "the body is no form");
  if (!read_form(*body, form)) {
    return refuse(x, plan, "invalid_request", "something is said twice, or too much");
  }
  if (form.grant.empty()) return refuse(x, plan, "invalid_request", "there is no grant_type");
  const auto states_scope = [](const Claim& claim) { return claim.name == "scope"; };
  if (form.has_scope && std::none_of(plan.claims.begin(), plan.claims.end(), states_scope)) {
    return refuse(x, plan, "invalid_scope", "tokens have no scope here");
  }
  const std::int64_t now_s = x.clock().unix_ms() / 1000;
  if (form.grant == "client_credentials") return begin(x, plan, now_s);
  if (form.grant == "refresh_token" && plan.refresh.time_s > 0) return refresh(x, plan, form, now_s);
  return refuse(x, plan, "unsupported_grant_type", "this grant_type is not served here");
}

// ---- the configuration ---------------------------------------------------------------------------------------------

bool is_registered(std::string_view name) {
  constexpr std::array<std::string_view, 7> registered{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"};
  return std::find(registered.begin(), registered.end(), name) != registered.end();
}

bool is_cookie_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), is_tchar);
}

bool is_cookie_path(std::string_view path) {
  const auto is_odd = [](char c) { return c <= ' ' || c > '~' || c == ';' || c == ','; };
  return path.starts_with('/') && std::none_of(path.begin(), path.end(), is_odd);
}

}  // namespace

void apply_jwt_issue(table::Scope& scope, const config::Bound& directive) {
  IssuesTokens& issues = scope.local<IssuesTokens>();
  issues.origin = {directive.row->name, directive.span()};
  if (const config::Value* const subject = directive.find("subject=")) issues.subject = compile_proven(scope, *subject);
}

void apply_jwt_issue_key(table::Scope& scope, const config::Bound& directive) {
  auto& keys = scope.edit_list<IssueKeys>().list;  // also when it is of no use: one diagnostic is enough
  const config::Value* const stated = directive.find("algorithm=");
  const config::Value* const kid = directive.find("kid=");
  const auto algorithm = stated ? jose::find_algorithm(stated->text) : jose::Algorithm::unknown;
  if (stated && !jose::signature_algorithms.has(algorithm)) {
    scope.error(table::code::bad_choice, stated->span,
                fmt::format("`{}` is no algorithm that signs", printable(stated->text, 40)))
        .with_help("RS256, PS256, ES256, HS256 (and 384, 512) or EdDSA");
    return;
  }
  auto text = table::read_secret(scope, directive.at(0));
  if (!text) return;
  auto key = read_signing_key(text, algorithm, kid ? std::optional(std::string(kid->text)) : std::nullopt);
  const auto has_its_name = [&](const auto& other) {
    return other->key.kid() == key->key.kid() && other->text->view() != text->view();
  };
  if (key && key->key.kid() && std::any_of(keys.begin(), keys.end(), has_its_name)) {
    scope.error(table::code::duplicate_name, (kid ? *kid : directive.at(0)).span,
                fmt::format("two keys are named `{}`", printable(*key->key.kid(), 60)))
        .with_help("who verifies finds a key by its name: give each one of its own, `kid=`");
    return;
  }
  if (key) {
    keys.push_back(std::make_shared<SigningKey>(std::move(*key)));
    return;
  }
  scope.error(table::code::bad_keys, directive.at(0).span,
              fmt::format("the key of `{}` is of no use here: {}", printable(text->reference(), 200),
                          key.error().text))
      .with_help("a private key in PEM form, `openssl genpkey -algorithm ed25519`, or with `algorithm=HS256` a secret, "
                 "`openssl rand -base64 48`");
}

void apply_jwt_issue_issuer(table::Scope& scope, const config::Bound& directive) {
  scope.edit<IssueFor>().issuer = directive.at(0).text;
}

void apply_jwt_issue_expires(table::Scope& scope, const config::Bound& directive) {
  scope.edit<IssueFor>().expires_s = directive.at(0).number;
}

void apply_jwt_issue_audience(table::Scope& scope, const config::Bound& directive) {
  IssueAudiences audiences;
  for (const config::Value& value : directive.values) audiences.list.emplace_back(value.text);
  scope.edit<IssueAudiences>() = std::move(audiences);
}

void apply_jwt_issue_claim(table::Scope& scope, const config::Bound& directive) {
  const config::Value& name = directive.at(0);
  auto& claims = scope.edit_list<IssueClaims>().list;
  const bool is_twice =
      std::any_of(claims.begin(), claims.end(), [&](const Claim& claim) { return claim.name == name.text; });
  if (is_twice || is_registered(name.text)) {
    scope.error(is_twice ? table::code::duplicate_name : table::code::bad_choice, name.span,
                fmt::format("claim `{}` is {}", printable(name.text, 60),
                            is_twice ? "stated twice" : "not for a configuration to state"))
        .with_help(is_twice ? "a token says each thing once"
                            : "see jwt_issue_issuer, jwt_issue_audience, jwt_issue_expires and `jwt_issue subject=`");
    return;
  }
  if (directive.values.size() != 2) {
    scope.error(table::code::argument_count, directive.span(), "`jwt_issue_claim` needs one value")
        .with_help("write `jwt_issue_claim role $variable;` or `jwt_issue_claim role (expression);`");
    return;
  }
  const config::Value& value = directive.at(1);
  Claim claim{std::string(name.text), {}, {}};
  if (value.spec->type == config::ArgType::expr) claim.expression = compile_proven_expression(scope, value, {});
  else claim.text = compile_proven(scope, value);
  claims.push_back(std::move(claim));
}

void apply_jwt_issue_refresh(table::Scope& scope, const config::Bound& directive) {
  const config::Value& time = directive.at(0);
  IssueRefresh refresh;
  refresh.cookie = directive.text("cookie=");
  refresh.path = directive.text("path=");
  const auto time_ms = config::parse_time_ms(time.text, true);
  const bool is_off = time.text == "off";
  if (!is_off && (!time_ms || *time_ms < 1000)) {
    scope.error(table::code::bad_time, time.span, fmt::format("invalid time `{}`", printable(time.text, 60)))
        .with_help("how long after a login its refresh tokens are taken: `30d`, or `off`");
    return;
  }
  if (refresh.cookie.empty() != refresh.path.empty()) {
    scope.error(table::code::missing_parameter, directive.span(), "`cookie=` and `path=` belong together")
        .with_help("`path=` is where browsers send the cookie, and nowhere else: `cookie=refresh path=/auth/`");
    return;
  }
  if (!refresh.cookie.empty() && !(is_cookie_name(refresh.cookie) && is_cookie_path(refresh.path))) {
    scope.error(table::code::bad_choice, directive.span(), "no browser takes a cookie of this name or path")
        .with_help("`cookie=refresh path=/auth/`");
    return;
  }
  refresh.time_s = is_off ? 0 : *time_ms / 1000;
  scope.edit<IssueRefresh>() = std::move(refresh);
}

namespace {

/// False after a diagnostic.
bool has_all(table::Scope& scope, config::Span where) {
  const std::array<std::pair<bool, std::string_view>, 3> needed{
      {{scope.has<IssueKeys>(), "jwt_issue_key file:PATH"},
       {!scope.get<IssueFor>().issuer.empty(), "jwt_issue_issuer https://NAME"},
       {!scope.get<IssueAudiences>().list.empty(), "jwt_issue_audience NAME"}}};
  for (const auto& [is_there, what] : needed) {
    if (is_there) continue;
    scope.error(table::code::missing_parameter, where,
                fmt::format("`jwt_issue` needs {}", what.substr(0, what.find(' '))))
        .with_help(fmt::format("add `{};` here or in a block around it", what));
    return false;
  }
  return !scope.get<IssueKeys>().list.empty();  // what was wrong has been said
}

std::shared_ptr<Plan> make_plan(table::Scope& scope, const IssuesTokens& issues) {
  auto plan = std::make_shared<Plan>();
  plan->issuer = std::make_unique<TokenIssuer>(scope.get<IssueKeys>().list, scope.get<IssueFor>().issuer,
                                               scope.get<IssueAudiences>().list);
  plan->expires_s = scope.get<IssueFor>().expires_s;
  plan->refresh = scope.get<IssueRefresh>();
  plan->claims = scope.get<IssueClaims>().list;
  plan->subject = issues.subject;
  plan->origin = issues.origin;
  for (std::size_t i = 0; i < names.size(); ++i) {
    plan->subjects[i] = scope.compile(names[i].variable, issues.origin.where);
  }
  const auto make = [](const auto&) { return std::make_shared<TokenFamilies>(); };
  plan->families = scope.builder.registry().adopt_or_create<TokenFamilies>("jwt_issue/families", "1", make).object;
  return plan;
}

}  // namespace

void finish_jwt_issue(table::Scope& scope, table::Route& route) {
  const auto issues = scope.content_or_null<IssuesTokens>();
  if (!issues || !has_all(scope, issues->origin.where)) return;
  table::add_step(route, config::Phase::content, run, make_plan(scope, *issues), "jwt_issue");
}

}  // namespace gh::policy
