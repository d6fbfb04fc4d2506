// secure_link, secure_link_md5, secure_link_secret: settings of $secure_link, which proxy/variables_links.cc computes.
#include "policy/policy.h"
#include "table/build.h"

namespace gh::policy {

using table::SecureLink;

namespace {

/// Which of the two ways this very block has stated.
struct OwnForm { bool is_link = false, is_secret = false; };

bool mixes_forms(table::Scope& scope, const config::Bound& directive, bool is_secret) {
  auto& own = scope.local<OwnForm>();
  (is_secret ? own.is_secret : own.is_link) = true;
  if (!own.is_secret || !own.is_link) return false;
  scope.error(table::code::bad_choice, directive.span(), "`secure_link_secret` excludes `secure_link` and its md5")
      .with_help("take one of the two ways: `secure_link` and `secure_link_md5` are the better one");
  return true;
}

/// The innermost block that states one of the ways leaves the other behind.
SecureLink& new_form(table::Scope& scope) {
  auto& settings = scope.edit<SecureLink>();
  settings.secret.clear();
  return settings;
}

}  // namespace

void apply_secure_link(table::Scope& scope, const config::Bound& directive) {
  if (!mixes_forms(scope, directive, false)) new_form(scope).link = scope.compile(directive.at(0));
}

void apply_secure_link_md5(table::Scope& scope, const config::Bound& directive) {
  if (!mixes_forms(scope, directive, false)) new_form(scope).md5 = scope.compile(directive.at(0));
}

void apply_secure_link_secret(table::Scope& scope, const config::Bound& directive) {
  if (mixes_forms(scope, directive, true)) return;
  auto& settings = scope.edit<SecureLink>();
  settings = {};
  settings.secret = directive.at(0).text;
}

void finish_secure_link(table::Scope& scope, table::Route& route) {
  if (!scope.has<SecureLink>()) return;
  auto settings = scope.shared<SecureLink>();
  route.secure_link = settings.get();
  route.owned.push_back(std::move(settings));
}

}  // namespace gh::policy
