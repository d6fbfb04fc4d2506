// jwt_issue, as seen by the access group and the directive table. Build thread only.
#pragma once

#include <optional>

#include "policy/token_issuer.h"
#include "table/scope.h"

namespace gh::policy {

/// Local to the scope of a location that gives tokens: its checks note who has proven to be who.
struct IssuesTokens {
  table::Origin origin;
  std::optional<table::Template> subject;
};

/// Of jwt_issue_key: the first signs. Empty though stated: what was wrong has been said.
struct IssueKeys { SigningKeys list; };

void apply_jwt_issue(table::Scope&, const config::Bound&);
void apply_jwt_issue_key(table::Scope&, const config::Bound&);
void apply_jwt_issue_keys(table::Scope&, const config::Bound&);
void apply_jwt_issue_issuer(table::Scope&, const config::Bound&);
void apply_jwt_issue_audience(table::Scope&, const config::Bound&);
void apply_jwt_issue_expires(table::Scope&, const config::Bound&);
void apply_jwt_issue_claim(table::Scope&, const config::Bound&);
void apply_jwt_issue_refresh(table::Scope&, const config::Bound&);
void finish_jwt_issue(table::Scope&, table::Route&);
void finish_jwt_issue_keys(table::Scope&, table::Route&);

}  // namespace gh::policy
