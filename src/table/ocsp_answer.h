// OCSP (RFC 6960): what a responder is asked about a certificate, and whether its answer may be stapled. Pure: bytes
// in, verdict out. Any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "table/tls_files.h"

namespace gh::table {

/// A request about one certificate, in DER.
Result<std::string> ocsp_request(const X509* certificate, const X509* issuer);

/// Whose status is wanted, and who may sign it.
struct OcspSubject {
  const X509* certificate;
  X509* issuer;
  std::span<const CertificatePtr> chain;  // of the certificate's file: where signers are looked for, too
  X509_STORE* trusted = nullptr;          // who must have allowed the signer; null: whoever signed will do
};

struct OcspVerdict {
  bool is_good = false, is_revoked = false;
  std::string status;               // "good", "revoked", "unknown"
  std::int64_t valid_until_s = 0;   // Unix seconds; INT64_MAX: it does not say
};

/// Errors: it is no answer about this certificate, it is not in time, or its signature is not right.
Result<OcspVerdict> judge_ocsp_answer(std::string_view der, const OcspSubject& subject);

/// The same bytes when they are a response that says something, about whichever certificate.
Result<std::string> check_ocsp_response(std::string_view der);

}  // namespace gh::table
