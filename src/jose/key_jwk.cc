#include <fmt/format.h>

#include <array>

#include "jose/base64url.h"
#include "jose/key.h"
#include "jose/key_material.h"

namespace gh::jose {

namespace {

constexpr std::size_t most_kid_bytes = 1024;
constexpr std::size_t most_member_bytes = 4096;  // of a number or secret, as text
constexpr std::size_t most_operations = 16;

Unexpected<Error> bad_member(std::string_view name, std::string_view what) {
  return fail(fmt::format("its member \"{}\" is {}", name, what));
}

/// Empty when it is not there.
Result<std::string_view> text_member(json::Value jwk, std::string_view name) {
  const json::Value found = jwk.find(name);
  if (!found) return std::string_view();
  if (!found.is_text()) return bad_member(name, "no text");
  return found.text();
}

Result<Secret> bytes_member(json::Value jwk, std::string_view name, bool needed) {
  const json::Value found = jwk.find(name);
  if (!found && !needed) return Secret();
  if (!found) return bad_member(name, "missing");
  const std::string_view text = found.text();
  if (!found.is_text() || text.empty()) return bad_member(name, "no text");
  if (text.size() > most_member_bytes) return bad_member(name, "too long");
  Secret bytes(base64url_decoded_bytes(text.size()));
  if (!decode_base64url(text, bytes.data())) return bad_member(name, "no base64url");
  return bytes;
}

std::uint8_t uses_of(std::string_view use) {
  if (use == "sig") return may_verify | may_sign;
  return use == "enc" ? may_decrypt : 0;
}

std::uint8_t uses_of_operation(std::string_view operation) {
  if (operation == "verify") return may_verify;
  if (operation == "sign") return may_sign;
  const bool decrypts =
      operation == "decrypt" || operation == "unwrapKey" || operation == "deriveKey" || operation == "deriveBits";
  return decrypts ? may_decrypt : 0;
}

/// RFC 7517 4.2 and 4.3.
Result<std::uint8_t> read_uses(json::Value jwk) {
  std::uint8_t uses = may_all;
  if (jwk.find("use")) {
    const auto use = text_member(jwk, "use");
    if (!use) return bad_member("use", "no text");
    uses = uses_of(*use);
  }
  const json::Value operations = jwk.find("key_ops");
  if (!operations) return uses;
  if (!operations.is_array() || operations.size() > most_operations) return bad_member("key_ops", "no short array");
  std::uint8_t stated = 0;
  std::array<std::string_view, most_operations> seen;
  std::size_t count = 0;
  for (const json::Value operation : operations.elements()) {
    if (!operation.is_text()) return bad_member("key_ops", "no array of texts");
    for (std::size_t i = 0; i < count; ++i)
      if (seen[i] == operation.text()) return bad_member("key_ops", "an array that names one twice");
    seen[count++] = operation.text();
    stated |= uses_of_operation(operation.text());
  }
  return static_cast<std::uint8_t>(uses & stated);
}

/// What all types of keys have.
Result<void> read_common(json::Value jwk, KeyParts& parts) {
  if (jwk.find("kid")) {
    const auto kid = text_member(jwk, "kid");
    if (!kid) return bad_member("kid", "no text");
    if (kid->size() > most_kid_bytes) return bad_member("kid", "too long");
    parts.kid = std::string(*kid);
  }
  if (jwk.find("alg")) {
    const auto alg = text_member(jwk, "alg");
    if (!alg) return bad_member("alg", "no text");
    parts.pinned = find_algorithm(*alg);
    if (parts.pinned == Algorithm::unknown) return fail("its algorithm is not served");
  }
  const auto uses = read_uses(jwk);
  if (!uses) return Unexpected(Error(uses.error()));
  parts.uses = *uses;
  return {};
}

Result<void> read_rsa(json::Value jwk, KeyParts& parts) {
  RsaNumbers numbers;
  parts.type = KeyType::rsa;
  if (jwk.find("oth")) return bad_member("oth", "not served: keys of more than two primes");
  const auto n = bytes_member(jwk, "n", true), e = bytes_member(jwk, "e", true);
  if (!n) return Unexpected(Error(n.error()));
  if (!e) return Unexpected(Error(e.error()));
  numbers.n = n->view();
  numbers.e = e->view();
  parts.is_private = static_cast<bool>(jwk.find("d"));
  const bool has_primes = static_cast<bool>(jwk.find("p"));
  const std::pair<std::string_view, Secret*> others[] = {{"p", &numbers.p},   {"q", &numbers.q},   {"dp", &numbers.dp},
                                                         {"dq", &numbers.dq}, {"qi", &numbers.qi}, {"d", &numbers.d}};
  for (const auto& [name, into] : others) {
    if (!parts.is_private && jwk.find(name)) return bad_member(name, "private, but there is no \"d\"");
    if (!has_primes && name != "d" && jwk.find(name)) return bad_member(name, "there without \"p\"");
    auto bytes = bytes_member(jwk, name, parts.is_private && (has_primes || name == "d"));
    if (!bytes) return Unexpected(Error(bytes.error()));
    *into = std::move(*bytes);
  }
  auto made = make_rsa(numbers);
  if (!made) return Unexpected(Error(made.error()));
  parts.handle = std::move(*made);
  return {};
}

/// EC, and OKP, which has no "y".
Result<void> read_curve(json::Value jwk, bool is_okp, KeyParts& parts) {
  parts.curve = find_curve(jwk.find("crv").text());
  parts.type = type_of(parts.curve);
  if (parts.curve == Curve::none || (parts.type == KeyType::ec) == is_okp) return fail("its curve is not served");
  const auto x = bytes_member(jwk, "x", true), y = bytes_member(jwk, "y", !is_okp);
  auto d = bytes_member(jwk, "d", false);
  if (!x) return Unexpected(Error(x.error()));
  if (!y) return Unexpected(Error(y.error()));
  if (!d) return Unexpected(Error(d.error()));
  parts.is_private = !d->empty();
  auto made = is_okp ? make_okp(parts.curve, x->view(), *d) : make_ec(parts.curve, x->view(), y->view(), *d);
  if (!made) return Unexpected(Error(made.error()));
  parts.handle = std::move(*made);
  return {};
}

Result<void> read_secret(json::Value jwk, KeyParts& parts) {
  auto bytes = bytes_member(jwk, "k", true);
  if (!bytes) return Unexpected(Error(bytes.error()));
  parts.type = KeyType::secret;
  parts.secret = std::move(*bytes);
  return {};
}

Result<void> read_by_type(json::Value jwk, KeyParts& parts) {
  const std::string_view type = jwk.find("kty").text();
  if (type == "RSA") return read_rsa(jwk, parts);
  if (type == "EC") return read_curve(jwk, false, parts);
  if (type == "OKP") return read_curve(jwk, true, parts);
  if (type == "oct") return read_secret(jwk, parts);
  return fail("its type (\"kty\") is not served");
}

}  // namespace

Result<Key> Key::from_jwk(json::Value jwk, const KeyRules& rules) {
  if (!jwk.is_object()) return fail("it is no object");
  if (jwk.find("d") && !rules.private_keys) return fail("a private key stands where a public one is meant");
  KeyParts parts;
  if (auto good = read_common(jwk, parts); !good) return Unexpected(std::move(good.error()));
  if (auto good = read_by_type(jwk, parts); !good) return Unexpected(std::move(good.error()));
  return make(std::move(parts), rules);
}

Result<KeyParts> read_ephemeral(json::Value epk) {
  const std::string_view type = epk.find("kty").text();
  KeyParts parts;
  if (epk.find("d") || (type != "EC" && type != "OKP")) return fail("no public key of a curve");
  if (auto good = read_curve(epk, type == "OKP", parts); !good) return Unexpected(std::move(good.error()));
  return parts;
}

}  // namespace gh::jose
