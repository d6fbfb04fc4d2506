#include "table/tls_context.h"

#include <openssl/err.h>

#include <ctime>

#include "state/ocsp_staples.h"
#include "table/tls_commands.h"
#include "table/tls_resumption.h"

namespace gh::table {

namespace {

constexpr const char* usual_curves = "X25519:P-256:X448:P-521:P-384";  // OpenSSL 3.0's own

/// Not by least and greatest version: `ssl_protocols TLSv1.1 TLSv1.3` is legal, and options can be changed when a
/// server is chosen by name.
std::uint64_t refused_versions(std::uint8_t protocols) {
  std::uint64_t options = 0;
  if ((protocols & ssl_v3) == 0) options |= SSL_OP_NO_SSLv3;
  if ((protocols & tls_v1) == 0) options |= SSL_OP_NO_TLSv1;
  if ((protocols & tls_v1_1) == 0) options |= SSL_OP_NO_TLSv1_1;
  if ((protocols & tls_v1_2) == 0) options |= SSL_OP_NO_TLSv1_2;
  if ((protocols & tls_v1_3) == 0) options |= SSL_OP_NO_TLSv1_3;
  return options;
}

/// The certificate may be wrong or missing: that is answered in HTTP (400), so the handshake goes on.
int take_any_certificate(int, X509_STORE_CTX*) { return 1; }

bool trust(SSL_CTX* context, const TlsPlan& plan) {
  if (plan.trusted) SSL_CTX_set1_cert_store(context, plan.trusted.get());
  if (plan.verify_client == VerifyClient::off) return true;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, take_any_certificate);
  SSL_CTX_set_verify_depth(context, plan.verify_depth);
  for (const CertificatePtr& certificate : plan.named_authorities) {
    if (SSL_CTX_add_client_CA(context, certificate.get()) != 1) return false;
  }
  return true;
}

/// What the responder of the handshake's certificate said last; null: nothing that is valid.
state::OcspStaple::Response fetched_for(const TlsPlan& plan, const X509* certificate) {
  for (const OcspSource& source : plan.staples) {
    if (source.identity->certificate.get() == certificate) return source.staple->get(std::time(nullptr));
  }
  return nullptr;
}

/// Asked for when the client wants it (RFC 6066 8).
int staple(SSL* ssl, void*) {
  const TlsPlan& plan = plan_of(SSL_get_SSL_CTX(ssl));
  const state::OcspStaple::Response fetched = fetched_for(plan, SSL_get_certificate(ssl));
  const std::string& response = fetched ? *fetched : plan.stapled;
  void* const copy = response.empty() ? nullptr : OPENSSL_memdup(response.data(), response.size());
  if (!copy) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(response.size()));  // which takes it over
  return SSL_TLSEXT_ERR_OK;
}

void free_plan(void*, void* plan, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<std::shared_ptr<const TlsPlan>*>(plan);
}

int plan_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_plan);
  return index;
}

}  // namespace

namespace {

bool set_dh_parameters(SSL_CTX* context, const TlsPlan& plan) {
  if (!plan.dh_parameters) return true;
  EVP_PKEY_up_ref(plan.dh_parameters.get());
  if (SSL_CTX_set0_tmp_dh_pkey(context, plan.dh_parameters.get()) == 1) return true;
  EVP_PKEY_free(plan.dh_parameters.get());
  return false;
}

void set_modes(SSL_CTX* context, const TlsPlan& plan) {
  // The system's own configuration of OpenSSL may have set bounds: what is stated here counts.
  SSL_CTX_set_min_proto_version(context, 0);
  SSL_CTX_set_max_proto_version(context, 0);
  SSL_CTX_set_options(context, refused_versions(plan.protocols) | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_SINGLE_DH_USE | SSL_OP_NO_ANTI_REPLAY);
  if (plan.prefers_own_ciphers) SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_max_early_data(context, plan.early_data_bytes);
  SSL_CTX_set_session_id_context(context, plan.session_context.data(),
                                 static_cast<unsigned>(plan.session_context.size()));
}

}  // namespace

std::vector<TlsFault> configure_server(SSL_CTX* context, const TlsPlan& plan) {
  using Part = TlsFault::Part;
  std::vector<TlsFault> faults;
  const auto note = [&](bool taken, Part part, std::size_t index, const char* otherwise) {
    if (!taken) faults.push_back({part, index, tls_reason_or(otherwise)});
  };
  ERR_clear_error();
  set_modes(context, plan);
  note(set_resumption(context, plan), Part::memory, 0, "no memory");
  note(SSL_CTX_set_cipher_list(context, plan.ciphers.c_str()) == 1, Part::ciphers, 0, "OpenSSL knows none of them");
  for (std::size_t i = 0; i < plan.identities.size(); ++i) {
    const TlsIdentity& identity = *plan.identities[i];
    note(use_certificate(context, identity.certificate.get(), identity.key.get(), identity.chain), Part::certificate, i,
         "OpenSSL does not take it");
  }
  note(plan.curves == "auto" || SSL_CTX_set1_groups_list(context, plan.curves.c_str()) == 1, Part::curves, 0,
       "OpenSSL does not know all of them");
  note(set_dh_parameters(context, plan), Part::memory, 0, "no memory");
  if (!plan.stapled.empty() || !plan.staples.empty()) SSL_CTX_set_tlsext_status_cb(context, staple);
  note(trust(context, plan), Part::memory, 0, "no memory");
  if (auto fault = run_tls_commands(context, plan.commands, SSL_CONF_FLAG_SERVER, {})) {
    const Part part = fault->command ? Part::command : Part::memory;
    faults.push_back({part, fault->command.value_or(0), std::move(fault->reason)});
  }
  return faults;
}

TlsContextPtr new_server_context(std::shared_ptr<const TlsPlan> plan) {
  TlsContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (!context) return nullptr;
  auto owned = std::make_unique<std::shared_ptr<const TlsPlan>>(std::move(plan));
  if (SSL_CTX_set_ex_data(context.get(), plan_index(), owned.get()) != 1) return nullptr;
  static_cast<void>(owned.release());
  return context;
}

const TlsPlan& plan_of(const SSL_CTX* context) {
  return **static_cast<const std::shared_ptr<const TlsPlan>*>(SSL_CTX_get_ex_data(context, plan_index()));
}

void adopt_settings(SSL* ssl, const SSL_CTX* chosen) {
  SSL_set_verify(ssl, SSL_CTX_get_verify_mode(chosen), SSL_CTX_get_verify_callback(chosen));
  SSL_set_verify_depth(ssl, SSL_CTX_get_verify_depth(chosen));
  SSL_clear_options(ssl, SSL_get_options(ssl) & ~SSL_CTX_get_options(chosen));
  SSL_set_options(ssl, SSL_CTX_get_options(chosen));
  const std::string& curves = plan_of(chosen).curves;
  if (curves == plan_of(SSL_get_SSL_CTX(ssl)).curves) return;
  SSL_set1_groups_list(ssl, curves == "auto" ? usual_curves : curves.c_str());
}

}  // namespace gh::table
