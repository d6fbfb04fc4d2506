#include "jose/issue.h"

#include "jose/base64url.h"
#include "jose/signature.h"
#include "json/document.h"
#include "json/write.h"

namespace gh::jose {

Result<std::string> issue_token(const Key& key, Algorithm algorithm, std::string_view claims, std::string_view type) {
  const auto read = json::Document::parse(claims, {}, json::Duplicates::refuse);
  if (!read || !read->root().is_object()) return fail("the claims are no JSON object, or name one twice");
  std::string header = "{\"alg\":";
  json::append_text(header, algorithm_name(algorithm));
  if (!type.empty()) json::append_text(header += ",\"typ\":", type);
  if (key.kid()) json::append_text(header += ",\"kid\":", *key.kid());
  std::string token = encode_base64url(header + '}') + '.' + encode_base64url(claims);
  const auto signature = make_signature(key, algorithm, token);
  if (!signature) return Unexpected(Error(signature.error()));
  return token + '.' + encode_base64url(*signature);
}

}  // namespace gh::jose
