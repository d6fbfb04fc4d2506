// What a place asks of its tokens, and what is said of one that does not meet it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jose/algorithm.h"

namespace gh::jose {

/// A bit set. Whoever knows a public key can encrypt for it: with RSA-OAEP and ECDH-ES a token that is encrypted alone
/// says nothing of who made it, one that is nested does.
enum TokenForms : std::uint8_t { form_signed = 1, form_encrypted = 2, form_nested = 4 };

inline constexpr std::int64_t most_leeway_s = 24 * 60 * 60;

struct Rules {
  AlgorithmSet algorithms = signature_algorithms.with(key_algorithms).with(content_algorithms);  // keys narrow it
  std::uint8_t forms = form_signed;
  std::size_t most_bytes = 16 * 1024;
  std::int64_t leeway_s = 0;  // up to most_leeway_s
  bool require_exp = true;
  std::vector<std::string> issuers{};    // one of them; empty: any
  std::vector<std::string> audiences{};  // one of them; empty: any
  std::vector<std::string> types{};      // of `typ`; empty: any but those of other kinds of token
};

enum class Reason : std::uint8_t {
  good,
  too_large,
  malformed,   // parts, base64url, JSON
  header,      // a member of it that cannot be
  algorithm,   // none that is served or allowed here
  form,        // signed, encrypted, nested: not allowed here
  critical,    // asks for an extension
  type,        // another kind of token
  key,         // none for it: another set may have it
  signature,
  decryption,
  claims,      // a claim that cannot be
  no_expiry,
  expired,
  not_yet,     // nbf
  from_future, // iat
  issuer,
  audience,
};

/// What may be told to whoever sent the token: it does not tell whether a key was missing or wrong.
std::string_view public_words(Reason reason);

struct Finding {
  Reason reason = Reason::good;
  std::string_view words;  // for the log: static, and nothing of the token
  explicit operator bool() const { return reason == Reason::good; }
};

}  // namespace gh::jose
