// Variables of TLS: absent on plain connections. Certificates are read when somebody asks.
#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <string>

#include "base/openssl_ptr.h"
#include "base/text.h"
#include "proxy/exchange.h"
#include "proxy/variables.h"

namespace gh::proxy {

using config::Phase;
using table::not_found;
using table::VariableParam;

namespace {

std::string_view absent(Exchange&, const VariableParam&) { return not_found; }

std::string_view hex_text(Exchange& x, const unsigned char* bytes, std::size_t size) {
  static constexpr char digits[] = "0123456789abcdef";
  char* const text = x.arena.chars(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    text[i * 2] = digits[bytes[i] >> 4];
    text[i * 2 + 1] = digits[bytes[i] & 15];
  }
  return {text, size * 2};
}

/// A text that lives as long as the connection, or as the program.
std::string_view text_or_absent(const char* text) { return text ? std::string_view(text) : not_found; }

std::string_view copy_of(Exchange& x, BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return x.arena.copy({text, static_cast<std::size_t>(std::max(size, 0L))});
}

// ---- the session ---------------------------------------------------------------------------------------------------

template <auto Get>
std::string_view of_session(Exchange& x, const VariableParam&) {
  SSL* const ssl = x.client->tls();
  return ssl ? Get(x, ssl) : not_found;
}

std::string_view protocol(Exchange&, SSL* ssl) { return SSL_get_version(ssl); }
std::string_view cipher(Exchange&, SSL* ssl) { return text_or_absent(SSL_get_cipher_name(ssl)); }
std::string_view reused(Exchange&, SSL* ssl) { return SSL_session_reused(ssl) == 1 ? "r" : "."; }

std::string_view ciphers(Exchange& x, SSL* ssl) {
  const STACK_OF(SSL_CIPHER)* const offered = SSL_get_client_ciphers(ssl);
  std::string text;
  for (int i = 0; offered && i < sk_SSL_CIPHER_num(offered); ++i) {
    if (!text.empty()) text += ':';
    text += SSL_CIPHER_get_name(sk_SSL_CIPHER_value(offered, i));
  }
  return text.empty() ? not_found : x.arena.copy(text);
}

std::string group_name(SSL* ssl, int number) {
  if ((number & TLSEXT_nid_unknown) != 0) {
    static constexpr char hex[] = "0123456789abcdef";
    std::string text = "0x";
    for (int shift = 12; shift >= 0; shift -= 4) text += hex[number >> shift & 15];
    return text;
  }
  const char* const name = OBJ_nid2sn(number);
  const char* const other = name ? name : SSL_group_to_name(ssl, number);
  return other ? other : "";
}

std::string_view curve(Exchange& x, SSL* ssl) {
  const long number = SSL_get_negotiated_group(ssl);
  if (number <= 0) return not_found;
  return x.arena.copy(group_name(ssl, static_cast<int>(number)));
}

std::string_view curves(Exchange& x, SSL* ssl) {
  const long count = SSL_get1_groups(ssl, nullptr);
  if (count <= 0) return not_found;
  std::vector<int> groups(static_cast<std::size_t>(count));
  SSL_get1_groups(ssl, groups.data());
  std::string text;
  for (const int group : groups) text += (text.empty() ? "" : ":") + group_name(ssl, group);
  return x.arena.copy(text);
}

/// The name in TLS 1.3's registry (RFC 8446 4.2.3), which OpenSSL 3.0 does not tell.
std::string_view signature_name(Exchange& x, int kind, int hash, const X509* certificate) {
  const std::string sum = to_lower(hash == NID_undef ? "" : OBJ_nid2sn(hash));
  const std::string_view curve_bits = sum == "sha384" ? "384" : sum == "sha512" ? "521" : "256";
  switch (kind) {
    case NID_undef: return not_found;
    case EVP_PKEY_RSA: return x.arena.copy("rsa_pkcs1_" + sum);
    case EVP_PKEY_RSA_PSS: {
      const EVP_PKEY* const key = certificate ? X509_get0_pubkey(certificate) : nullptr;
      const bool only_pss = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA_PSS;
      return x.arena.copy((only_pss ? "rsa_pss_pss_" : "rsa_pss_rsae_") + sum);
    }
    case EVP_PKEY_EC: return x.arena.copy(fmt::format("ecdsa_secp{}r1_{}", curve_bits, sum));
    default: return x.arena.copy(to_lower(OBJ_nid2sn(kind)));
  }
}

std::string_view own_signature(Exchange& x, SSL* ssl) {
  int kind = NID_undef, hash = NID_undef;
  if (SSL_get_signature_type_nid(ssl, &kind) != 1) return not_found;
  SSL_get_signature_nid(ssl, &hash);
  return signature_name(x, kind, hash, SSL_get_certificate(ssl));
}

std::string_view client_signature(Exchange& x, SSL* ssl) {
  int kind = NID_undef, hash = NID_undef;
  if (SSL_get_peer_signature_type_nid(ssl, &kind) != 1) return not_found;
  SSL_get_peer_signature_nid(ssl, &hash);
  return signature_name(x, kind, hash, SSL_get0_peer_certificate(ssl));
}

std::string_view sent_name(Exchange& x, SSL* ssl) {
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  return name ? x.arena.copy(name) : not_found;
}

std::string_view session_id(Exchange& x, SSL* ssl) {
  unsigned size = 0;
  const SSL_SESSION* const session = SSL_get0_session(ssl);
  const unsigned char* const bytes = session ? SSL_SESSION_get_id(session, &size) : nullptr;
  if (size == 0) return not_found;
  return hex_text(x, bytes, size);
}

/// Early data that is answered before the handshake is complete.
std::string_view early_data(Exchange&, SSL* ssl) {
  return SSL_get_early_data_status(ssl) == SSL_EARLY_DATA_ACCEPTED && SSL_is_init_finished(ssl) == 0 ? "1" : not_found;
}

std::string_view alpn(Exchange& x, SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return size == 0 ? not_found : x.arena.copy({reinterpret_cast<const char*>(name), size});
}

std::string_view verdict(Exchange& x, SSL* ssl) {
  if (!SSL_get0_peer_certificate(ssl)) return "NONE";
  const long result = SSL_get_verify_result(ssl);
  if (result == X509_V_OK) return "SUCCESS";
  return x.arena.copy("FAILED:" + std::string(X509_verify_cert_error_string(result)));
}

// ---- the client's certificate --------------------------------------------------------------------------------------

template <auto Get>
std::string_view of_certificate(Exchange& x, const VariableParam&) {
  SSL* const ssl = x.client->tls();
  X509* const certificate = ssl ? SSL_get0_peer_certificate(ssl) : nullptr;
  return certificate ? Get(x, certificate) : not_found;
}

std::string_view raw(Exchange& x, X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) return not_found;
  return copy_of(x, bio.get());
}

/// With a tab before each line but the first, for a field of a request (which is folded so; obsolete).
std::string_view indented(Exchange& x, X509* certificate) {
  std::string_view pem = raw(x, certificate);
  if (pem.ends_with('\n')) pem.remove_suffix(1);
  std::string text;
  for (const char c : pem) {
    text += c;
    if (c == '\n') text += '\t';
  }
  return x.arena.copy(text);
}

std::string_view escaped(Exchange& x, X509* certificate) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string text;
  for (const char c : raw(x, certificate)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = is_digit(c) || is_alpha(c) || c == '-' || c == '.' || c == '_' || c == '~';
    if (is_plain) text += c;
    else text += {'%', hex[byte >> 4], hex[byte & 15]};
  }
  return x.arena.copy(text);
}

std::string_view name_text(Exchange& x, const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return not_found;
  return copy_of(x, bio.get());
}

std::string_view legacy_name_text(Exchange& x, const X509_NAME* name) {
  char* const text = X509_NAME_oneline(name, nullptr, 0);
  const std::string_view copy = text ? x.arena.copy(text) : not_found;
  OPENSSL_free(text);
  return copy;
}

std::string_view subject(Exchange& x, X509* c) { return name_text(x, X509_get_subject_name(c)); }
std::string_view issuer(Exchange& x, X509* c) { return name_text(x, X509_get_issuer_name(c)); }
std::string_view legacy_subject(Exchange& x, X509* c) { return legacy_name_text(x, X509_get_subject_name(c)); }
std::string_view legacy_issuer(Exchange& x, X509* c) { return legacy_name_text(x, X509_get_issuer_name(c)); }

std::string_view serial(Exchange& x, X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio) return not_found;
  i2a_ASN1_INTEGER(bio.get(), X509_get0_serialNumber(certificate));
  return copy_of(x, bio.get());
}

std::string_view fingerprint(Exchange& x, X509* certificate) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha1(), bytes, &size) != 1) return not_found;
  return hex_text(x, bytes, size);
}

std::string_view time_text(Exchange& x, const ASN1_TIME* time) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio) return not_found;
  ASN1_TIME_print(bio.get(), time);
  return copy_of(x, bio.get());
}

std::string_view first_day(Exchange& x, X509* c) { return time_text(x, X509_get0_notBefore(c)); }
std::string_view last_day(Exchange& x, X509* c) { return time_text(x, X509_get0_notAfter(c)); }

std::string_view days_left(Exchange& x, X509* certificate) {
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return not_found;
  const std::int64_t seconds = timegm(&end) - x.clock().unix_ms() / 1000;
  return number_text(x.arena, static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 0)) / 86400);
}

constexpr Phase any = Phase::address;

constexpr table::VariableRow rows[] = {
    {"ssl_protocol", of_session<protocol>, any, false, "version of TLS"},
    {"ssl_cipher", of_session<cipher>, any, false, "cipher suite in use"},
    {"ssl_ciphers", of_session<ciphers>, any, false, "cipher suites that the client offered"},
    {"ssl_curve", of_session<curve>, any, false, "group of the key exchange"},
    {"ssl_curves", of_session<curves>, any, false, "groups that the client offered"},
    {"ssl_sigalg", of_session<own_signature>, any, false, "signature algorithm of the server's certificate"},
    {"ssl_server_name", of_session<sent_name>, any, false, "server name that the client asked for (SNI)"},
    {"ssl_session_id", of_session<session_id>, any, false, "number of the TLS session"},
    {"ssl_session_reused", of_session<reused>, any, false, "\"r\" for a resumed session, else \".\""},
    {"ssl_early_data", of_session<early_data>, any, false, "\"1\" while early data is used"},
    {"ssl_alpn_protocol", of_session<alpn>, any, false, "protocol that ALPN chose"},
    {"ssl_ech_status", absent, any, false, "what became of Encrypted Client Hello"},
    {"ssl_ech_outer_server_name", absent, any, false, "public server name of Encrypted Client Hello"},
    {"ssl_client_verify", of_session<verdict>, any, false, "SUCCESS, FAILED:reason or NONE"},
    {"ssl_client_s_dn", of_certificate<subject>, any, false, "subject of the client's certificate (RFC 2253)"},
    {"ssl_client_s_dn_legacy", of_certificate<legacy_subject>, any, false, "the same in the old form"},
    {"ssl_client_i_dn", of_certificate<issuer>, any, false, "issuer of the client's certificate (RFC 2253)"},
    {"ssl_client_i_dn_legacy", of_certificate<legacy_issuer>, any, false, "the same in the old form"},
    {"ssl_client_serial", of_certificate<serial>, any, false, "serial number of the client's certificate"},
    {"ssl_client_fingerprint", of_certificate<fingerprint>, any, false, "SHA-1 of the client's certificate"},
    {"ssl_client_cert", of_certificate<indented>, any, false, "the client's certificate, lines indented"},
    {"ssl_client_raw_cert", of_certificate<raw>, any, false, "the client's certificate in PEM form"},
    {"ssl_client_escaped_cert", of_certificate<escaped>, any, false, "the client's certificate, percent-encoded"},
    {"ssl_client_sigalg", of_session<client_signature>, any, false, "signature algorithm of the client's certificate"},
    {"ssl_client_v_start", of_certificate<first_day>, any, false, "first day of the client's certificate"},
    {"ssl_client_v_end", of_certificate<last_day>, any, false, "last day of the client's certificate"},
    {"ssl_client_v_remain", of_certificate<days_left>, any, false, "days until the client's certificate ends"},
};

}  // namespace

std::span<const table::VariableRow> tls_variables() { return rows; }

}  // namespace gh::proxy
