#include "jose/token.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "jose/base64url.h"
#include "jose/claims.h"
#include "jose/encryption.h"
#include "jose/signature.h"

namespace gh::jose {

namespace {

constexpr std::size_t signed_parts = 3, encrypted_parts = 5;
constexpr json::Limits header_limits{.bytes = 8 * 1024, .depth = 16, .values = 1000};
constexpr std::size_t most_encrypted_key = most_rsa_bits / 8;

using Parts = std::array<std::string_view, encrypted_parts>;

/// How many parts there are; more than fit are only counted.
std::size_t split_parts(std::string_view token, Parts& parts) {
  std::size_t count = 0;
  for (std::size_t dot = 0; dot != std::string_view::npos; ++count) {
    dot = token.find('.');
    if (count < parts.size()) parts[count] = token.substr(0, dot);
    if (dot != std::string_view::npos) token.remove_prefix(dot + 1);
  }
  return count;
}

Opened refused(Reason reason, std::string_view words) { return {{reason, words}, {}, {}, {}}; }

/// "application/" may be left out, and case does not count (RFC 7515 4.1.9).
std::string_view media_type(std::string_view type) {
  constexpr std::string_view prefix = "application/";
  const bool has_prefix = type.size() > prefix.size() && iequals(type.substr(0, prefix.size()), prefix);
  if (has_prefix) type.remove_prefix(prefix.size());
  return type;
}

bool is_jwt(std::string_view type) { return iequals(media_type(type), "JWT"); }

/// What a header says that both kinds have.
struct Head {
  HeaderPtr document;
  Algorithm algorithm = Algorithm::unknown;
  std::optional<std::string_view> kid;
  [[nodiscard]] json::Value member(std::string_view name) const { return document->root().find(name); }
};

/// What is right or wrong of it everywhere.
Finding judge_head(json::Value header, Algorithm& algorithm) {
  if (!header.is_object()) return {Reason::malformed, "the header is no object"};
  // None of them is understood, so each is refused; a list that is wrong itself is, too (RFC 7515 4.1.11).
  if (header.find("crit")) return {Reason::critical, "the header asks for an extension"};
  const json::Value b64 = header.find("b64");
  if (b64 && b64.as_bool() != true) return {Reason::critical, "its content is not encoded (b64)"};
  if (header.find("zip")) return {Reason::critical, "it is compressed"};
  for (const std::string_view name : {"typ", "cty", "kid"}) {
    const json::Value member = header.find(name);
    if (member && !member.is_text()) return {Reason::header, "typ, cty or kid is no text"};
  }
  const json::Value alg = header.find("alg");
  if (!alg.is_text()) return {Reason::algorithm, "the header names no algorithm"};
  algorithm = find_algorithm(alg.text());
  if (algorithm == Algorithm::unknown) return {Reason::algorithm, "its algorithm is not served"};
  return {};
}

Finding judge_algorithm(const Head& head, const Rules& rules) {
  if (rules.algorithms.has(head.algorithm)) return {};
  return {Reason::algorithm, "its algorithm is not allowed here"};
}

using Failed = Unexpected<Finding>;

Result<Head, Finding> read_head(std::string_view part) {
  std::string text;
  if (part.size() > header_limits.bytes * 2) return Failed({Reason::too_large, "the header is too large"});
  if (!decode_base64url(part, text)) return Failed({Reason::malformed, "the header is no base64url"});
  auto document = json::Document::parse(text, header_limits, json::Duplicates::refuse);
  if (!document) return Failed({Reason::malformed, "the header is no JSON, or names something twice"});
  Head head{std::make_shared<const json::Document>(std::move(*document)), Algorithm::unknown, {}};
  const Finding found = judge_head(head.document->root(), head.algorithm);
  if (!found) return Failed(found);
  if (const json::Value kid = head.member("kid")) head.kid = kid.text();
  return head;
}

/// The last headers that a thread has read. What is wrong is read again.
class KnownHeads {
 public:
  static constexpr std::size_t most_bytes = 512;  // of one, as it came

  const Head* find(std::string_view part) const {
    for (const Known& known : heads_)
      if (known.part == part) return &known.head;
    return nullptr;
  }
  const Head& add(std::string_view part, Head head) {
    Known& place = heads_[next_++ % heads_.size()];
    place.part = part;
    place.head = std::move(head);
    return place.head;
  }

 private:
  struct Known {
    std::string part;
    Head head;
  };
  std::array<Known, 8> heads_;
  std::size_t next_ = 0;
};

Result<Head, Finding> read_known_head(std::string_view part) {
  thread_local KnownHeads heads;
  if (part.empty() || part.size() > KnownHeads::most_bytes) return read_head(part);
  if (const Head* const head = heads.find(part)) return *head;
  auto head = read_head(part);
  if (head) return heads.add(part, std::move(*head));
  return head;
}

/// RFC 8725 3.11: a token of another kind, signed by the same issuer, is not ours.
Finding judge_type(const Head& head, const Rules& rules) {
  const json::Value typ = head.member("typ");
  const std::string_view type = media_type(typ.text());
  if (rules.types.empty()) {
    const std::string lowered = to_lower(type);
    const bool other_kind = lowered.ends_with("+jwt") && lowered != "at+jwt";
    if (other_kind || lowered == "jose+json") return {Reason::type, "it is another kind of token"};
    return {};
  }
  for (const std::string& allowed : rules.types)
    if (typ && iequals(type, media_type(allowed))) return {};
  return {Reason::type, "its type is not one that is allowed here"};
}

Finding check_signature(const Head& head, std::string_view signed_bytes, std::string_view signature,
                        const KeySet& keys) {
  const Candidates candidates = keys.candidates(head.kid, head.algorithm, Operation::verify);
  for (const Key* const key : candidates.all())
    if (verify_signature(*key, head.algorithm, signed_bytes, signature)) return {};
  if (!candidates.empty()) return {Reason::signature, "its signature is wrong"};
  if (hmac_algorithms.has(head.algorithm)) waste_mac_time(head.algorithm, signed_bytes);
  return {Reason::key, "there is no key for it"};
}

Opened open_signed(std::string_view token, const Parts& parts, const KeySet& keys, const Rules& rules) {
  auto head = read_known_head(parts[0]);
  if (!head) return refused(head.error().reason, head.error().words);
  if (const Finding found = judge_algorithm(*head, rules); !found) return refused(found.reason, found.words);
  if (!signature_algorithms.has(head->algorithm)) return refused(Reason::algorithm, "its algorithm signs nothing");
  if (const Finding found = judge_type(*head, rules); !found) return refused(found.reason, found.words);
  if (is_jwt(head->member("cty").text())) return refused(Reason::form, "there is another token in it");
  std::array<char, most_signature> memory;
  const std::size_t size = base64url_decoded_bytes(parts[2].size());
  if (size > memory.size()) return refused(Reason::signature, "its signature is wrong");
  if (!decode_base64url(parts[2], memory.data())) return refused(Reason::malformed, "the signature is no base64url");
  const std::string_view signature(memory.data(), size);
  const std::string_view signed_bytes = token.substr(0, parts[0].size() + 1 + parts[1].size());
  if (const Finding found = check_signature(*head, signed_bytes, signature, keys); !found) {
    return refused(found.reason, found.words);
  }
  Opened opened;
  if (!decode_base64url(parts[1], opened.content)) return refused(Reason::malformed, "the content is no base64url");
  opened.header = std::move(head->document);
  return opened;
}

// ---- encrypted -----------------------------------------------------------------------------------------------------

bool decode_member(const Head& head, std::string_view name, std::string& to) {
  const json::Value member = head.member(name);
  return !member || (member.is_text() && decode_base64url(member.text(), to));
}

Finding read_agreement(const Head& head, Encrypted& what) {
  auto ephemeral = read_ephemeral(head.member("epk"));
  if (!ephemeral) return {Reason::header, "epk is no public key"};
  what.ephemeral = std::move(ephemeral->handle);
  what.ephemeral_curve = ephemeral->curve;
  if (!decode_member(head, "apu", what.agreement_u) || !decode_member(head, "apv", what.agreement_v)) {
    return {Reason::header, "apu or apv is no base64url"};
  }
  return {};
}

Finding read_encrypted(const Head& head, const Parts& parts, const Rules& rules, Encrypted& what) {
  what.algorithm = head.algorithm;
  what.content = find_algorithm(head.member("enc").text());
  what.protected_text = parts[0];
  if (!key_algorithms.has(what.algorithm)) return {Reason::algorithm, "its algorithm encrypts no key"};
  if (!content_algorithms.has(what.content)) return {Reason::algorithm, "its encryption is not served"};
  if (!rules.algorithms.has(what.content)) return {Reason::algorithm, "its encryption is not allowed here"};
  const bool decoded = decode_base64url(parts[1], what.key) && decode_base64url(parts[2], what.iv) &&
                       decode_base64url(parts[3], what.ciphertext) && decode_base64url(parts[4], what.tag);
  if (!decoded) return {Reason::malformed, "a part is no base64url"};
  if (what.key.size() > most_encrypted_key) return {Reason::malformed, "the encrypted key is too long"};
  if (agreement_algorithms.has(what.algorithm)) return read_agreement(head, what);
  return {};
}

Finding decrypt_content(const Head& head, const Encrypted& what, const KeySet& keys, std::string& to) {
  const Candidates candidates = keys.candidates(head.kid, head.algorithm, Operation::decrypt);
  for (const Key* const key : candidates.all()) {
    if (auto content = decrypt(*key, what)) {
      to = std::move(*content);
      return {};
    }
  }
  if (candidates.empty()) return {Reason::key, "there is no key for it"};
  return {Reason::decryption, "it cannot be decrypted"};
}

Opened open_nested(std::string_view token, HeaderPtr envelope, const KeySet& keys, const Rules& rules) {
  Parts parts;
  if (split_parts(token, parts) != signed_parts) return refused(Reason::malformed, "what is in it is no signed token");
  Opened opened = open_signed(token, parts, keys, rules);
  if (opened.finding) opened.envelope = std::move(envelope);
  return opened;
}

Opened open_encrypted(const Parts& parts, const KeySet& keys, const Rules& rules) {
  auto head = read_head(parts[0]);
  if (!head) return refused(head.error().reason, head.error().words);
  if (const Finding found = judge_algorithm(*head, rules); !found) return refused(found.reason, found.words);
  const bool is_nested = is_jwt(head->member("cty").text());
  if ((rules.forms & (is_nested ? form_nested : form_encrypted)) == 0) {
    return refused(Reason::form,
                   is_nested ? "nested tokens are not taken here" : "encrypted tokens are not taken here");
  }
  if (!is_nested)
    if (const Finding found = judge_type(*head, rules); !found) return refused(found.reason, found.words);
  Encrypted what;
  if (const Finding found = read_encrypted(*head, parts, rules, what); !found)
    return refused(found.reason, found.words);
  Opened opened;
  if (const Finding found = decrypt_content(*head, what, keys, opened.content); !found) {
    return refused(found.reason, found.words);
  }
  if (is_nested) return open_nested(opened.content, std::move(head->document), keys, rules);
  opened.header = std::move(head->document);
  return opened;
}

}  // namespace

std::string_view public_words(Reason reason) {
  switch (reason) {
    case Reason::good:
      return "";
    case Reason::expired:
      return "The token has expired";
    case Reason::not_yet:
    case Reason::from_future:
      return "The token is not valid yet";
    case Reason::issuer:
    case Reason::audience:
      return "The token is not for this place";
    default:
      return "The token is invalid";
  }
}

Opened open_token(std::string_view token, const KeySet& keys, const Rules& rules) {
  if (token.size() > rules.most_bytes) return refused(Reason::too_large, "it is too large");
  Parts parts;
  const std::size_t count = split_parts(token, parts);
  if (count == encrypted_parts) {
    if ((rules.forms & (form_encrypted | form_nested)) == 0) {
      return refused(Reason::form, "encrypted tokens are not taken here");
    }
    return open_encrypted(parts, keys, rules);
  }
  if (count != signed_parts) return refused(Reason::malformed, "it has neither three parts nor five");
  if ((rules.forms & form_signed) == 0) return refused(Reason::form, "tokens that are only signed are not taken here");
  return open_signed(token, parts, keys, rules);
}

Verdict verify(std::string_view token, const KeySet& keys, const Rules& rules, std::int64_t now_unix_s) {
  Opened opened = open_token(token, keys, rules);
  Verdict verdict{opened.finding, std::move(opened.header), std::move(opened.envelope), {}, std::move(opened.content)};
  if (!verdict.finding) return verdict;
  const json::Limits limits{.bytes = rules.most_bytes, .depth = 32, .values = 20'000};
  auto claims = json::Document::parse(verdict.content, limits, json::Duplicates::refuse);
  if (!claims) {
    verdict.finding = {Reason::malformed, "the claims are no JSON, or name something twice"};
    return verdict;
  }
  verdict.claims = std::move(*claims);
  verdict.finding = judge_claims(verdict.claims->root(), rules, now_unix_s);
  return verdict;
}

}  // namespace gh::jose
