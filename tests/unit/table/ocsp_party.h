// Certificates, and what a responder says of them in DER.
#pragma once

#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <string>

#include <doctest/doctest.h>

#include "table/tls_files.h"

namespace gh::table::test {

/// A certificate with its key, signed by itself or by `issuer`.
struct Party {
  CertificatePtr certificate{X509_new()};
  KeyPtr key{EVP_EC_gen("P-256")};

  Party(const char* name, long serial, const Party* issuer) {
    X509* const made = certificate.get();
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), serial);
    X509_gmtime_adj(X509_getm_notBefore(made), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_NAME* const subject = X509_get_subject_name(made);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(made, issuer ? X509_get_subject_name(issuer->certificate.get()) : subject);
    X509_set_pubkey(made, key.get());
    if (!issuer) {
      X509_EXTENSION* const is_ca =
          X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, const_cast<char*>("critical,CA:TRUE"));
      X509_add_ext(made, is_ca, -1);
      X509_EXTENSION_free(is_ca);
    }
    REQUIRE(X509_sign(made, (issuer ? issuer->key : key).get(), EVP_sha256()) > 0);
  }
};

struct Said {
  int status = V_OCSP_CERTSTATUS_GOOD;
  long from_s = -60, until_s = 3600;  // from now; until_s 0: not said
};

inline std::string in_der(OCSP_RESPONSE* response) {
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_RESPONSE(response, &der);
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  OCSP_RESPONSE_free(response);
  return bytes;
}

inline std::string answer(const Party& about, const Party& issuer, const Party& signer, const Said& said = {}) {
  OCSP_BASICRESP* const basic = OCSP_BASICRESP_new();
  OCSP_CERTID* const id = OCSP_cert_to_id(nullptr, about.certificate.get(), issuer.certificate.get());
  ASN1_TIME* const from = X509_gmtime_adj(nullptr, said.from_s);
  ASN1_TIME* const until = said.until_s == 0 ? nullptr : X509_gmtime_adj(nullptr, said.until_s);
  ASN1_TIME* const revoked = said.status == V_OCSP_CERTSTATUS_REVOKED ? X509_gmtime_adj(nullptr, -100) : nullptr;
  REQUIRE(OCSP_basic_add1_status(basic, id, said.status, 0, revoked, from, until));
  REQUIRE(OCSP_basic_sign(basic, signer.certificate.get(), signer.key.get(), EVP_sha256(), nullptr, 0));
  for (ASN1_TIME* time : {from, until, revoked}) ASN1_TIME_free(time);
  OCSP_CERTID_free(id);
  OCSP_RESPONSE* const response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
  OCSP_BASICRESP_free(basic);
  return in_der(response);
}

}  // namespace gh::table::test
