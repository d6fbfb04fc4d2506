// $secure_link, $secure_link_expires and $invalid_referer: what the settings of the route say about the request's link.
#include <algorithm>

#include "base/base64.h"
#include "base/digest.h"
#include "base/text.h"
#include "proxy/exchange.h"
#include "proxy/variables.h"

namespace gh::proxy {

using config::Phase;
using table::not_found;
using table::VariableParam;

/// What was found when it was first asked for; later changes of $uri do not matter any more, as in nginx.
struct SecureLinkAnswer {
  std::string_view value = not_found, expires = not_found;
};

namespace {

constexpr std::size_t md5_bytes = 16;
constexpr std::size_t md5_text_bytes = 24;  // in base64, with padding
constexpr std::size_t max_referer_host = 256;

// ---- $secure_link --------------------------------------------------------------------------------------------------

bool is_md5_of(std::string_view encoded, std::string_view text) {
  char room[base64_decoded_bytes(md5_text_bytes)];
  if (encoded.size() > md5_text_bytes) return false;
  const auto decoded = decode_base64(encoded, room, Base64::url);
  return decoded && decoded->size() == md5_bytes && equal_secrets(*decoded, digest(DigestKind::md5, {text}));
}

/// The link is "MD5" or "MD5,EXPIRES". The end is known before the MD5's text is made, which may hold it.
void check_link(Exchange& x, const table::SecureLink& settings, SecureLinkAnswer& answer) {
  const std::string_view link = settings.link->render(x, x.arena);
  const std::size_t comma = link.find(',');
  bool is_over = false;
  if (comma != std::string_view::npos) {
    const std::string_view text = link.substr(comma + 1);
    const auto seconds = parse_uint(text);
    if (!seconds || *seconds == 0 || *seconds > static_cast<std::uint64_t>(INT64_MAX / 1000)) return;
    is_over = static_cast<std::int64_t>(*seconds) < x.clock().unix_ms() / 1000;
    answer.expires = text;
  }
  if (is_md5_of(link.substr(0, comma), settings.md5->render(x, x.arena))) answer.value = is_over ? "0" : "1";
}

bool is_hex_of(std::string_view hex, std::string_view bytes) {
  std::string decoded;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);
    if (high < 0 || low < 0) return false;
    decoded += static_cast<char>(high << 4 | low);
  }
  return equal_secrets(decoded, bytes);
}

/// The old way: "/prefix/MD5/link", MD5 in hexadecimal digits of the link and the secret; the value is the link.
void check_secret(const Exchange& x, const table::SecureLink& settings, SecureLinkAnswer& answer) {
  const std::string_view target = x.target.unparsed;
  const std::size_t first = target.find('/', 1);
  const std::size_t second = first == std::string_view::npos ? first : target.find('/', first + 1);
  if (second == std::string_view::npos || second - first - 1 != md5_bytes * 2) return;
  const std::string_view link = target.substr(second + 1);
  if (link.empty()) return;
  const std::string md5 = digest(DigestKind::md5, {link, settings.secret});
  if (!md5.empty() && is_hex_of(target.substr(first + 1, md5_bytes * 2), md5)) answer.value = link;
}

const SecureLinkAnswer& secure_link_answer(Exchange& x) {
  if (x.secure_link) return *x.secure_link;
  auto* const answer = x.arena.make<SecureLinkAnswer>();
  x.secure_link = answer;  // a link made of itself is none
  const table::SecureLink* const settings = x.route->secure_link;
  if (settings && !settings->secret.empty()) check_secret(x, *settings, *answer);
  else if (settings && settings->link && settings->md5) check_link(x, *settings, *answer);
  return *answer;
}

std::string_view secure_link(Exchange& x, const VariableParam&) { return secure_link_answer(x).value; }
std::string_view secure_link_expires(Exchange& x, const VariableParam&) { return secure_link_answer(x).expires; }

// ---- $invalid_referer ----------------------------------------------------------------------------------------------

/// Behind "http://" or "https://"; false for what firewalls and proxies left of a Referer. As nginx, which wants at
/// least "http://i.ru".
bool take_scheme(std::string_view& referer) {
  if (referer.size() < 11) return false;
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
    if (!iequals(referer.substr(0, scheme.size()), scheme)) continue;
    referer.remove_prefix(scheme.size());
    return true;
  }
  return false;
}

bool is_valid_referer(const table::Referers& valid, const http::Field* field) {
  if (!field) return valid.none;
  std::string_view rest = field->value;
  if (!take_scheme(rest)) return valid.blocked;
  const std::string_view host = rest.substr(0, rest.find_first_of("/:"));
  if (host.size() > max_referer_host) return false;
  char room[max_referer_host];
  std::transform(host.begin(), host.end(), room, [](char c) { return lower(c); });
  const table::ServerNames::Hit hit = valid.names.find({room, host.size()});
  if (hit.server != table::ServerNames::npos) {
    const std::size_t slash = rest.find('/', host.size());
    const std::string_view path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
    return path.starts_with(valid.paths[hit.server]);
  }
  return std::any_of(valid.regexes.begin(), valid.regexes.end(),
                     [&](const auto& regex) { return regex->match(rest, nullptr) == Regex::Match::yes; });
}

std::string_view invalid_referer(Exchange& x, const VariableParam&) {
  const table::Referers* const valid = x.route->referers;
  if (!valid || is_valid_referer(*valid, http::find(x.request.fields, http::HeaderId::referer))) return "";
  return "1";
}

constexpr table::VariableRow rows[] = {
    {"secure_link", secure_link, Phase::rewrite, false,
     "what secure_link says: empty when the link is wrong, 0 when it is over, else 1 (or the link of an old form)"},
    {"secure_link_expires", secure_link_expires, Phase::rewrite, false, "when the link of secure_link ends"},
    {"invalid_referer", invalid_referer, Phase::rewrite, false, "empty when valid_referers holds the Referer, else 1"},
};

}  // namespace

std::span<const table::VariableRow> link_variables() { return rows; }

}  // namespace gh::proxy
