#include "table/ocsp_answer.h"

#include <openssl/err.h>

#include <ctime>

#include "unit/table/ocsp_party.h"

using namespace gh;
using namespace gh::table;
using namespace gh::table::test;

namespace {

struct Scene {
  Party authority{"authority", 1, nullptr}, stranger{"stranger", 2, nullptr};
  Party shop{"shop", 4097, &authority}, blog{"blog", 4098, &authority};

  [[nodiscard]] OcspSubject subject(X509_STORE* trusted = nullptr) const {
    return {shop.certificate.get(), authority.certificate.get(), {}, trusted};
  }
  [[nodiscard]] std::string failure(std::string_view der, X509_STORE* trusted = nullptr) const {
    const auto verdict = judge_ocsp_answer(der, subject(trusted));
    CHECK(ERR_peek_error() == 0);  // nothing is left for the next handshake
    return verdict ? "none, " + verdict->status : verdict.error().text;
  }
};

CertificateStorePtr store_of(const Party& party) {
  CertificateStorePtr store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), party.certificate.get());
  return store;
}

}  // namespace

TEST_CASE("a request names the certificate") {
  const Scene scene;
  const auto der = ocsp_request(scene.shop.certificate.get(), scene.authority.certificate.get());
  REQUIRE(der);
  const auto* at = reinterpret_cast<const unsigned char*>(der->data());
  OCSP_REQUEST* const request = d2i_OCSP_REQUEST(nullptr, &at, static_cast<long>(der->size()));
  REQUIRE(request);
  CHECK(OCSP_request_onereq_count(request) == 1);
  OCSP_CERTID* const id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0));
  ASN1_INTEGER* serial = nullptr;
  OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial, id);
  CHECK(ASN1_INTEGER_get(serial) == 4097);
  OCSP_REQUEST_free(request);
}

TEST_CASE("good answers, and until when they count") {
  const Scene scene;
  const std::int64_t now = std::time(nullptr);
  auto verdict = judge_ocsp_answer(answer(scene.shop, scene.authority, scene.authority), scene.subject());
  REQUIRE(verdict);
  CHECK(verdict->is_good);
  CHECK(verdict->status == "good");
  CHECK(std::abs(verdict->valid_until_s - now - 3600) <= 5);
  verdict = judge_ocsp_answer(answer(scene.shop, scene.authority, scene.authority, {.until_s = 0}), scene.subject());
  REQUIRE(verdict);
  CHECK(verdict->valid_until_s == INT64_MAX);
}

TEST_CASE("revoked and unknown are no errors, and not good") {
  const Scene scene;
  auto verdict = judge_ocsp_answer(
      answer(scene.shop, scene.authority, scene.authority, {.status = V_OCSP_CERTSTATUS_REVOKED}), scene.subject());
  REQUIRE(verdict);
  CHECK(verdict->is_revoked);
  CHECK_FALSE(verdict->is_good);
  verdict = judge_ocsp_answer(
      answer(scene.shop, scene.authority, scene.authority, {.status = V_OCSP_CERTSTATUS_UNKNOWN}), scene.subject());
  REQUIRE(verdict);
  CHECK_FALSE(verdict->is_revoked);
  CHECK_FALSE(verdict->is_good);
  CHECK(verdict->status == "unknown");
}

TEST_CASE("times with five minutes of leeway") {
  const Scene scene;
  const auto at = [&](long from_s, long until_s) {
    return scene.failure(
        answer(scene.shop, scene.authority, scene.authority, {.from_s = from_s, .until_s = until_s}));
  };
  CHECK(at(240, 3600) == "none, good");
  CHECK(at(-3600, -240) == "none, good");
  CHECK(at(360, 3600) == "the response is not in time: status not yet valid");
  CHECK(at(-3600, -360) == "the response is not in time: status expired");
}

TEST_CASE("answers about others, by others, and no answers") {
  const Scene scene;
  const std::string good = answer(scene.shop, scene.authority, scene.authority);
  CHECK(scene.failure(answer(scene.blog, scene.authority, scene.authority)) ==
        "the response says nothing about this certificate");
  CHECK(scene.failure(answer(scene.shop, scene.stranger, scene.authority)) ==
        "the response says nothing about this certificate");
  CHECK(scene.failure("") == "it is no OCSP response");
  CHECK(scene.failure("<html>") == "it is no OCSP response");
  CHECK(scene.failure(good + "x") == "it is no OCSP response");
  for (std::size_t size = 1; size < good.size(); size += 7) CHECK(scene.failure(good.substr(0, size)) ==
                                                                   "it is no OCSP response");
  CHECK(scene.failure(in_der(OCSP_response_create(OCSP_RESPONSE_STATUS_TRYLATER, nullptr))) ==
        "the responder has refused: trylater");
  std::string bent = good;
  const std::size_t signed_part = good.find("authority");  // the responder's name
  REQUIRE(signed_part != std::string::npos);
  bent[signed_part + 2] = 'x';
  CHECK(scene.failure(bent).find("cannot be verified") != std::string::npos);
}

TEST_CASE("who may sign") {
  const Scene scene;
  const CertificateStorePtr trusted = store_of(scene.authority), others = store_of(scene.stranger);
  const std::string own = answer(scene.shop, scene.authority, scene.authority);
  const std::string strange = answer(scene.shop, scene.authority, scene.stranger);
  CHECK(scene.failure(own, trusted.get()) == "none, good");
  CHECK(scene.failure(strange) == "none, good");  // not verified
  CHECK(scene.failure(strange, trusted.get()).find("cannot be verified") != std::string::npos);
  CHECK(scene.failure(own, others.get()).find("cannot be verified") != std::string::npos);
  // Somebody trusted who is not the issuer, nor was allowed by him, may not sign either.
  CHECK(scene.failure(strange, others.get()).find("cannot be verified") != std::string::npos);
  // The issuer in the certificate's own file is a trusted signer.
  OcspSubject subject = scene.subject(others.get());
  const CertificatePtr chain[] = {CertificatePtr(X509_dup(scene.authority.certificate.get()))};
  subject.chain = chain;
  CHECK(judge_ocsp_answer(own, subject));
  CHECK_FALSE(judge_ocsp_answer(strange, subject));
}
