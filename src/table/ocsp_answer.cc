#include "table/ocsp_answer.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include <ctime>
#include <memory>

#include "net/tls.h"

namespace gh::table {

namespace {

template <class T, auto Free>
using Owned = std::unique_ptr<T, FreeBy<Free>>;
using Response = Owned<OCSP_RESPONSE, OCSP_RESPONSE_free>;

constexpr long leeway_s = 300;  // between clocks

Result<Response> parse(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* const end = at + der.size();
  Response response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (!response || at != end) return fail("it is no OCSP response");
  const int status = OCSP_response_status(response.get());
  if (status == OCSP_RESPONSE_STATUS_SUCCESSFUL) return response;
  return fail(std::string("the responder has refused: ") + OCSP_response_status_str(status));
}

Error because(const char* what) {
  const std::string reason = net::take_tls_errors();
  return Error{reason.empty() ? what : std::string(what) + ": " + reason};
}

std::int64_t seconds_of(const ASN1_GENERALIZEDTIME* time) {
  std::tm parts{};
  if (!time || ASN1_TIME_to_tm(time, &parts) != 1) return INT64_MAX;
  return timegm(&parts);
}

/// As nginx: certificates of the chain are trusted signers; unless it is verified, whoever comes with it may sign.
bool is_signed(OCSP_BASICRESP* basic, const OcspSubject& subject) {
  const Owned<X509_STORE, X509_STORE_free> nobody(subject.trusted ? nullptr : X509_STORE_new());
  STACK_OF(X509)* const chain = sk_X509_new_null();
  bool complete = chain != nullptr;
  for (const CertificatePtr& each : subject.chain) complete = complete && sk_X509_push(chain, each.get()) > 0;
  const unsigned long flags = subject.trusted ? OCSP_TRUSTOTHER : OCSP_NOVERIFY;
  const bool holds = complete && OCSP_basic_verify(basic, chain, subject.trusted ? subject.trusted : nobody.get(),
                                                   flags) == 1;
  sk_X509_free(chain);
  return holds;
}

}  // namespace

Result<std::string> ocsp_request(const X509* certificate, const X509* issuer) {
  ERR_clear_error();
  const Owned<OCSP_REQUEST, OCSP_REQUEST_free> request(OCSP_REQUEST_new());
  Owned<OCSP_CERTID, OCSP_CERTID_free> id(OCSP_cert_to_id(nullptr, certificate, issuer));
  if (!request || !id || !OCSP_request_add0_id(request.get(), id.get())) return fail(because("no request").text);
  static_cast<void>(id.release());
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_REQUEST(request.get(), &der);
  if (size <= 0) return fail(because("no request").text);
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

Result<OcspVerdict> judge_ocsp_answer(std::string_view der, const OcspSubject& subject) {
  const Result<Response> response = parse(der);
  if (!response) return fail(response.error().text);
  const Owned<OCSP_BASICRESP, OCSP_BASICRESP_free> basic(OCSP_response_get1_basic(response->get()));
  if (!basic) return fail(because("the response is not of the basic type").text);
  if (!is_signed(basic.get(), subject)) return fail(because("the response's signature cannot be verified").text);
  ERR_clear_error();
  const Owned<OCSP_CERTID, OCSP_CERTID_free> id(OCSP_cert_to_id(nullptr, subject.certificate, subject.issuer));
  int status = 0;
  ASN1_GENERALIZEDTIME *from = nullptr, *until = nullptr;  // of the response
  if (!id || OCSP_resp_find_status(basic.get(), id.get(), &status, nullptr, nullptr, &from, &until) != 1) {
    ERR_clear_error();
    return fail("the response says nothing about this certificate");
  }
  if (OCSP_check_validity(from, until, leeway_s, -1) != 1) return fail(because("the response is not in time").text);
  return OcspVerdict{status == V_OCSP_CERTSTATUS_GOOD, status == V_OCSP_CERTSTATUS_REVOKED,
                     OCSP_cert_status_str(status), seconds_of(until)};
}

Result<std::string> check_ocsp_response(std::string_view der) {
  const Result<Response> response = parse(der);
  if (!response) return fail(response.error().text);
  return std::string(der);
}

}  // namespace gh::table
