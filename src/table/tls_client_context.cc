#include "table/tls_client_context.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "table/tls_commands.h"


namespace gh::table {

namespace {

using Part = TlsClientFault::Part;

int name_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

/// In the handshake, so that a peer with a wrong certificate gets to know nothing: no certificate of ours, no request.
int verify(X509_STORE_CTX* chain, void*) {
  if (X509_verify_cert(chain) != 1) return 0;
  const void* const ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
  const void* const name = SSL_get_ex_data(static_cast<const SSL*>(ssl), name_index());
  if (name && is_certificate_for(X509_STORE_CTX_get0_cert(chain), *static_cast<const std::string*>(name))) return 1;
  X509_STORE_CTX_set_error(chain, X509_V_ERR_HOSTNAME_MISMATCH);
  return 0;
}

}  // namespace

void expect_name(SSL* ssl, const std::string& name) {
  SSL_set_ex_data(ssl, name_index(), const_cast<std::string*>(&name));
}

bool is_certificate_for(X509* certificate, const std::string& name) {
  if (name.empty() || name.find('\0') != std::string::npos) return false;
  if (X509_check_host(certificate, name.data(), name.size(), 0, nullptr) == 1) return true;
  const bool in_brackets = name.size() > 2 && name.front() == '[' && name.back() == ']';
  const std::string address = in_brackets ? name.substr(1, name.size() - 2) : name;
  return X509_check_ip_asc(certificate, address.c_str(), 0) == 1;
}

std::optional<TlsClientFault> configure_client(SSL_CTX* context, const TlsClientPlan& plan) {
  ERR_clear_error();
  // The system's own configuration of OpenSSL may have set bounds: what is stated here counts.
  SSL_CTX_set_min_proto_version(context, 0);
  SSL_CTX_set_max_proto_version(context, 0);
  SSL_CTX_set_options(context, plan.refused_versions | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_set_cipher_list(context, plan.ciphers.c_str()) != 1) {
    return TlsClientFault{Part::ciphers, 0, tls_reason_or("OpenSSL knows none of them")};
  }
  const TlsIdentity* const shown = plan.certificate.get();
  if (shown && !use_certificate(context, shown->certificate.get(), shown->key.get(), shown->chain)) {
    return TlsClientFault{Part::certificate, 0, tls_reason_or("OpenSSL does not take it")};
  }
  if (plan.trusted) SSL_CTX_set1_cert_store(context, plan.trusted.get());
  if (plan.verify) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_verify_depth(context, plan.verify_depth);
    SSL_CTX_set_cert_verify_callback(context, verify, nullptr);
  }
  auto fault = run_tls_commands(context, plan.commands, SSL_CONF_FLAG_CLIENT, plan.main_dir);
  if (!fault) return std::nullopt;
  const Part part = fault->command ? Part::command : Part::memory;
  return TlsClientFault{part, fault->command.value_or(0), std::move(fault->reason)};
}

}  // namespace gh::table
