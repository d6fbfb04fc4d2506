// VerifiedToken: what auth_jwt has found good, for the variables of claims. Immutable once made and shared: workers
// keep verified tokens for the next request that brings the same one (policy/access/auth_jwt_cache.h). A request holds
// its own until its memory goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "jose/token.h"
#include "json/document.h"

namespace gh::proxy {

struct VerifiedToken {
  VerifiedToken(jose::HeaderPtr its_header, json::Document its_claims)
      : header(std::move(its_header)), claims(std::move(its_claims)) {}
  jose::HeaderPtr header;  // of what holds the claims: of the inner token, when it is nested
  json::Document claims;
  std::uint64_t plan = 0;       // by which settings it is good (policy/access/auth_jwt.h)
  std::int64_t checked_s = 0;   // Unix time: it was good then ...
  double ends_s = 0;            // ... and is not any more from here on, leeway included
};

/// A claim as text: texts as they are, numbers and booleans as JSON writes them, elements of an array joined by commas,
/// an object as JSON. Null and what is not there: not_found.
std::string_view claim_text(Arena& arena, json::Value claim);

}  // namespace gh::proxy
