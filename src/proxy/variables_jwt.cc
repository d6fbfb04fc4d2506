// $jwt_claim_NAME, $jwt_header_NAME and $jwt_payload: of the token that auth_jwt has verified. Before that, and of a
// token that it refused, nothing is there.
#include <algorithm>

#include "proxy/exchange.h"
#include "proxy/variables.h"
#include "proxy/verified_token.h"
#include "table/expression_value.h"

namespace gh::proxy {

using config::Phase;
using table::ExprValue;
using table::not_found;
using table::VariableParam;

namespace {

std::string_view scalar_text(json::Value value) {
  if (value.is_text()) return value.text().data() ? value.text() : std::string_view("");
  return value.raw();
}

std::string_view joined(Arena& arena, json::Value array) {
  std::size_t bytes = 0;
  for (const json::Value one : array.elements()) bytes += scalar_text(one).size() + 1;
  if (bytes == 0) return "";
  char* const to = arena.chars(bytes);
  char* end = to;
  for (const json::Value one : array.elements()) {
    const std::string_view text = scalar_text(one);
    end = std::copy(text.begin(), text.end(), end);
    *end++ = ',';
  }
  return {to, bytes - 1};
}

json::Value claim_of(Exchange& x, const VariableParam& param) {
  const VerifiedToken* const token = x.main().token;
  return token ? token->claims.root().find(param.text) : json::Value();
}

json::Value header_of(Exchange& x, const VariableParam& param) {
  const VerifiedToken* const token = x.main().token;
  return token ? token->header->root().find(param.text) : json::Value();
}

std::string_view jwt_claim(Exchange& x, const VariableParam& param) {
  return claim_text(x.arena, claim_of(x, param));
}
ExprValue jwt_claim_value(Exchange& x, const VariableParam& param) { return ExprValue::of(claim_of(x, param)); }

std::string_view jwt_header(Exchange& x, const VariableParam& param) {
  return claim_text(x.arena, header_of(x, param));
}
ExprValue jwt_header_value(Exchange& x, const VariableParam& param) { return ExprValue::of(header_of(x, param)); }

std::string_view jwt_payload(Exchange& x, const VariableParam&) {
  const VerifiedToken* const token = x.main().token;
  return token ? token->claims.text() : not_found;
}
ExprValue jwt_payload_value(Exchange& x, const VariableParam&) {
  const VerifiedToken* const token = x.main().token;
  return ExprValue::of(token ? token->claims.root() : json::Value());
}

constexpr table::VariableRow rows[] = {
    {.name = "jwt_claim_", .get = jwt_claim, .known_from = Phase::access, .family = true,
     .doc = "a claim of the token that auth_jwt verified; in expressions with its JSON type",
     .get_value = jwt_claim_value, .of_token = true},
    {.name = "jwt_header_", .get = jwt_header, .known_from = Phase::access, .family = true,
     .doc = "a member of that token's header", .get_value = jwt_header_value, .of_token = true},
    {.name = "jwt_payload", .get = jwt_payload, .known_from = Phase::access,
     .doc = "all claims of that token, as JSON", .get_value = jwt_payload_value, .of_token = true},
};

}  // namespace

std::string_view claim_text(Arena& arena, json::Value claim) {
  if (claim.is_null()) return not_found;
  return claim.is_array() ? joined(arena, claim) : scalar_text(claim);
}

std::span<const table::VariableRow> token_variables() { return rows; }

}  // namespace gh::proxy
