// Answers of OCSP responders. The first byte: even, the rest is the answer; odd, the rest changes a good one: triples of
// a place (two bytes) and what is put there. No answer may leave errors of OpenSSL behind, as the next handshake would
// take them for its own, and no change of what was signed may be taken.
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "table/ocsp_answer.h"

using namespace gh;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// An authority that signs itself and answers about itself.
struct Scene {
  CertificatePtr certificate{X509_new()};
  table::KeyPtr key{EVP_EC_gen("P-256")};
  table::CertificateStorePtr trusted{X509_STORE_new()};
  std::string good;

  Scene() {
    X509* const made = certificate.get();
    ASN1_INTEGER_set(X509_get_serialNumber(made), 4097);
    X509_gmtime_adj(X509_getm_notBefore(made), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("authority"), -1, -1, 0);
    X509_set_issuer_name(made, X509_get_subject_name(made));
    X509_set_pubkey(made, key.get());
    require(X509_sign(made, key.get(), EVP_sha256()) > 0);
    X509_STORE_add_cert(trusted.get(), made);
    OCSP_BASICRESP* const basic = OCSP_BASICRESP_new();
    OCSP_CERTID* const id = OCSP_cert_to_id(nullptr, made, made);
    ASN1_TIME* const from = X509_gmtime_adj(nullptr, -60);
    require(OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, nullptr, from, nullptr) != nullptr);
    require(OCSP_basic_sign(basic, made, key.get(), EVP_sha256(), nullptr, 0) == 1);
    OCSP_RESPONSE* const response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char* der = nullptr;
    const int size = i2d_OCSP_RESPONSE(response, &der);
    good.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(from);
    require(judge(good, true));
  }
  bool judge(std::string_view der, bool verifies) const {
    const auto verdict = table::judge_ocsp_answer(
        der, {certificate.get(), certificate.get(), {}, verifies ? trusted.get() : nullptr});
    require(ERR_peek_error() == 0);
    if (!verdict) require(!verdict.error().text.empty());
    return verdict && verdict->is_good;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Scene scene;
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    require(!scene.judge(rest, true));  // nobody knows the key
    scene.judge(rest, false);
    return 0;
  }
  std::string changed = scene.good;
  for (std::size_t i = 0; i + 3 <= rest.size(); i += 3) {
    const auto high = static_cast<unsigned char>(rest[i]), low = static_cast<unsigned char>(rest[i + 1]);
    changed[(high * 256U + low) % changed.size()] = rest[i + 2];
  }
  const bool is_taken = scene.judge(changed, true);
  scene.judge(changed, false);
  // What is signed begins behind some 40 bytes of wrapping and ends with the serial number and times.
  const std::size_t signed_part = scene.good.find("authority");
  if (changed.substr(signed_part, 40) != scene.good.substr(signed_part, 40)) require(!is_taken);
  return 0;
}
