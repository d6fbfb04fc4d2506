#include "proxy/client_names.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "proxy/exchange.h"

namespace gh::proxy {

namespace {

constexpr int most_names = 64;

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

X509* verified_certificate(Exchange& x) {
  SSL* const ssl = x.client->tls();
  X509* const certificate = ssl ? SSL_get0_peer_certificate(ssl) : nullptr;
  return certificate && SSL_get_verify_result(ssl) == X509_V_OK ? certificate : nullptr;
}

/// A name with other bytes, such as a zero in its midst, is none.
std::string_view text_of(const ASN1_IA5STRING* string) {
  const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                              static_cast<std::size_t>(std::max(ASN1_STRING_length(string), 0)));
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
  return is_plain ? text : std::string_view();
}

}  // namespace

std::span<const ClientName> client_names(Exchange& x) {
  X509* const certificate = verified_certificate(x);
  if (!certificate) return {};
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  const int size = names ? std::min(sk_GENERAL_NAME_num(names.get()), most_names) : 0;
  if (size <= 0) return {};
  auto* const found = x.arena.array<ClientName>(static_cast<std::size_t>(size));
  std::size_t count = 0;
  for (int i = 0; i < size; ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    const bool is_uri = name->type == GEN_URI;
    if (!is_uri && name->type != GEN_DNS) continue;
    const std::string_view text = text_of(is_uri ? name->d.uniformResourceIdentifier : name->d.dNSName);
    if (text.empty()) continue;
    found[count++] = {is_uri ? ClientName::Kind::uri : ClientName::Kind::dns,
                      x.arena.copy(is_uri ? std::string(text) : to_lower(text))};
  }
  return {found, count};
}

}  // namespace gh::proxy
