#include "jose/issue.h"

#include <fmt/format.h>

#include "jose/base64url.h"
#include "jose/signature.h"
#include "json/document.h"

namespace gh::jose {

namespace {

/// A JSON string; `text` is UTF-8.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out.append("\\").append(1, c);
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out += '"';
}

}  // namespace

Result<std::string> issue_token(const Key& key, Algorithm algorithm, std::string_view claims, std::string_view type) {
  const auto read = json::Document::parse(claims, {}, json::Duplicates::refuse);
  if (!read || !read->root().is_object()) return fail("the claims are no JSON object, or name one twice");
  std::string header = fmt::format("{{\"alg\":{}", quoted(algorithm_name(algorithm)));
  if (!type.empty()) header += ",\"typ\":" + quoted(type);
  if (key.kid()) header += ",\"kid\":" + quoted(*key.kid());
  std::string token = encode_base64url(header + '}') + '.' + encode_base64url(claims);
  const auto signature = make_signature(key, algorithm, token);
  if (!signature) return Unexpected(Error(signature.error()));
  return token + '.' + encode_base64url(*signature);
}

}  // namespace gh::jose
