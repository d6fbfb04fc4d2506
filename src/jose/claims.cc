#include "jose/claims.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace gh::jose {

namespace {

constexpr double most_time_s = 9007199254740992.0;  // 2^53: beyond it, numbers are not exact any more

bool has(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

/// A NumericDate. Nothing: it is none.
std::optional<double> read_time(json::Value claim) {
  const auto seconds = claim.as_double();
  if (!claim.is_number() || !seconds || !std::isfinite(*seconds)) return {};
  return *seconds >= 0 && *seconds <= most_time_s ? seconds : std::nullopt;
}

/// The registered ones, RFC 7519 4.1; found in one walk.
struct Registered {
  json::Value iss, sub, aud, exp, nbf, iat, jti;
};

json::Value* place_of(std::string_view name, Registered& found) {
  if (name.size() != 3) return nullptr;
  const auto word = [](const char* text) {
    return std::uint32_t{static_cast<unsigned char>(text[0])} << 16 |
           std::uint32_t{static_cast<unsigned char>(text[1])} << 8 | static_cast<unsigned char>(text[2]);
  };
  const std::uint32_t it = word(name.data());
  if (it == word("iss")) return &found.iss;
  if (it == word("sub")) return &found.sub;
  if (it == word("aud")) return &found.aud;
  if (it == word("exp")) return &found.exp;
  if (it == word("nbf")) return &found.nbf;
  if (it == word("iat")) return &found.iat;
  return it == word("jti") ? &found.jti : nullptr;
}

Registered find_registered(json::Value claims) {
  Registered found;
  for (const json::Value::Member member : claims.members()) {
    if (json::Value* const place = place_of(member.name, found)) *place = member.value;
  }
  return found;
}

Finding judge_times(const Registered& claims, const Rules& rules, std::int64_t now_unix_s) {
  const json::Value exp = claims.exp, nbf = claims.nbf, iat = claims.iat;
  const auto expires = read_time(exp), begins = read_time(nbf), issued = read_time(iat);
  const auto now = static_cast<double>(now_unix_s);
  const auto leeway = static_cast<double>(std::clamp<std::int64_t>(rules.leeway_s, 0, most_leeway_s));
  if (exp && !expires) return {Reason::claims, "exp is no time"};
  if (nbf && !begins) return {Reason::claims, "nbf is no time"};
  if (iat && !issued) return {Reason::claims, "iat is no time"};
  if (!exp && rules.require_exp) return {Reason::no_expiry, "there is no exp"};
  if (expires && now >= *expires + leeway) return {Reason::expired, "it has expired"};
  if (begins && *begins > now + leeway) return {Reason::not_yet, "it is not valid yet"};
  if (issued && *issued > now + leeway) return {Reason::from_future, "it was issued in the future"};
  return {};
}

Finding judge_audience(json::Value aud, const Rules& rules) {
  if (aud && !aud.is_text() && !aud.is_array()) return {Reason::claims, "aud is neither a text nor an array"};
  bool meets = rules.audiences.empty() || (aud.is_text() && has(rules.audiences, aud.text()));
  for (const json::Value one : aud.elements()) {
    if (!one.is_text()) return {Reason::claims, "aud is an array of other things than texts"};
    meets = meets || has(rules.audiences, one.text());
  }
  if (!meets) return {Reason::audience, "it is for others"};
  return {};
}

}  // namespace

Finding judge_claims(json::Value claims, const Rules& rules, std::int64_t now_unix_s) {
  if (!claims.is_object()) return {Reason::malformed, "the claims are no object"};
  const Registered known = find_registered(claims);
  const json::Value iss = known.iss;
  for (const json::Value claim : {iss, known.sub, known.jti}) {
    if (claim && !claim.is_text()) return {Reason::claims, "iss, sub or jti is no text"};
  }
  if (const Finding found = judge_times(known, rules, now_unix_s); !found) return found;
  if (!rules.issuers.empty() && (!iss || !has(rules.issuers, iss.text()))) return {Reason::issuer, "another issuer"};
  return judge_audience(known.aud, rules);
}

}  // namespace gh::jose
