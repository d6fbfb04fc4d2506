// TlsLoader's part for the OCSP responses that are stapled: from a file, or from the responder of each certificate,
// which is asked beside the workers (run/stapling.h); here it is only found out whom to ask about what.
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "http/http_url.h"
#include "state/ocsp_staples.h"
#include "table/ocsp_answer.h"
#include "table/tls_loader.h"

namespace gh::table {

namespace {

CertificatePtr hold(X509* certificate) {
  X509_up_ref(certificate);
  return CertificatePtr(certificate);
}

/// Of the certificate's own file, else of those that are trusted. Null: not there.
CertificatePtr issuer_of(const TlsIdentity& identity, X509_STORE* trusted) {
  X509* const certificate = identity.certificate.get();
  for (const CertificatePtr& each : identity.chain) {
    if (X509_check_issued(each.get(), certificate) == X509_V_OK) return hold(each.get());
  }
  const std::unique_ptr<X509_STORE_CTX, FreeBy<X509_STORE_CTX_free>> search(trusted ? X509_STORE_CTX_new() : nullptr);
  X509* found = nullptr;
  if (search && X509_STORE_CTX_init(search.get(), trusted, nullptr, nullptr) == 1 &&
      X509_STORE_CTX_get1_issuer(&found, search.get(), certificate) != 1) {
    found = nullptr;
  }
  ERR_clear_error();
  return CertificatePtr(found);
}

/// The first one that the certificate names (RFC 5280 4.2.2.1); empty: none.
std::string responder_of(const TlsIdentity& identity) {
  STACK_OF(OPENSSL_STRING)* const all = X509_get1_ocsp(identity.certificate.get());
  std::string first = all && sk_OPENSSL_STRING_num(all) > 0 ? sk_OPENSSL_STRING_value(all, 0) : "";
  if (all) X509_email_free(all);
  return first;
}

std::string digest_of(const X509* certificate) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), bytes, &size);
  return {reinterpret_cast<const char*>(bytes), size};
}

/// Everything that decides which response is right. Who is trusted counts only where it is looked at.
std::string key_of(const OcspSource& source, X509_STORE* trusted) {
  std::string text = digest_of(source.identity->certificate.get()) + digest_of(source.issuer.get()) + source.responder;
  if (!source.verifies) return digest(DigestKind::sha256, {text, "any signer"});
  std::string trust;
  STACK_OF(X509_OBJECT)* const all = trusted ? X509_STORE_get0_objects(trusted) : nullptr;
  for (int i = 0; all && i < sk_X509_OBJECT_num(all); ++i) {
    const X509* const one = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));
    if (one) trust += digest_of(one);
  }
  return digest(DigestKind::sha256, {text, trust});
}

}  // namespace

bool TlsLoader::add_stapled(TlsPlan& plan, const Stated& stated, const TlsPlan* before) {
  const TlsWord& file = stated.settings->stapling_file;
  if (!stated.settings->staples) return true;
  if (file.text.empty()) {
    add_responders(plan, stated, before);
    return true;
  }
  const Result<Secret> der = read_pem(file.text);
  if (!der) return report(file, "OCSP response", der.error());
  auto checked = check_ocsp_response(der->view());
  if (checked) {
    plan.stapled = std::move(*checked);
    return true;
  }
  diagnostics_
      .error(code::tls_content, file.where,
             fmt::format("cannot load OCSP response \"{}\": {}", file.text, checked.error().text))
      .with_help("a file in DER form, as `openssl ocsp ... -respout FILE` writes it");
  return false;
}

/// What is missing is told, and handshakes go without: as nginx, which goes on, too.
config::Diagnostic& TlsLoader::warn_not_stapled(const TlsSettings& settings, const TlsWord& certificate,
                                                std::string_view why) {
  return diagnostics_
      .warning(code::not_stapled, certificate.where,
               fmt::format("no OCSP response is stapled for the certificate \"{}\": {}",
                           shown_pem_name(certificate.text), why))
      .with_related(settings.stapling_where, "asked for here");
}

void TlsLoader::add_responders(TlsPlan& plan, const Stated& stated, const TlsPlan* before) {
  const TlsSettings& settings = *stated.settings;
  const std::vector<TlsWord>& certificates = stated.certificates->list;
  if (!plan.named_identities.empty()) {
    warn_not_stapled(settings, certificates.front(), "its name holds variables, so it is known in handshakes only")
        .with_help("write `ssl_stapling off` here");
  }
  const auto make = [](const auto&) { return std::make_shared<state::OcspStaples>(); };
  plan.known_staples = before ? before->known_staples : nullptr;
  if (!plan.known_staples && builder_) {
    plan.known_staples = builder_->registry().adopt_or_create<state::OcspStaples>("ssl_stapling", "", make).object;
  }
  if (plan.identities.size() != certificates.size()) return;  // some could not be loaded
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    add_responder(plan, settings, plan.identities[i], certificates[i]);
  }
}

void TlsLoader::add_responder(TlsPlan& plan, const TlsSettings& settings,
                              const std::shared_ptr<const TlsIdentity>& identity, const TlsWord& certificate) {
  OcspSource source;
  source.identity = identity;
  source.verifies = settings.verifies_stapled;
  source.issuer = issuer_of(*identity, plan.trusted.get());
  if (!source.issuer) {
    warn_not_stapled(settings, certificate, "its issuer is not known")
        .with_help("put the issuer's certificate behind it into its file, or name it with `ssl_trusted_certificate`");
    return;
  }
  const bool is_stated = !settings.stapling_responder.text.empty();
  source.responder = is_stated ? settings.stapling_responder.text : responder_of(*identity);
  if (source.responder.empty()) {
    warn_not_stapled(settings, certificate, "it names no responder")
        .with_help("name one, `ssl_stapling_responder http://...`, or write `ssl_stapling off`");
    return;
  }
  if (const auto url = http::HttpUrl::parse(source.responder); !url) {
    diagnostics_
        .warning(code::not_stapled, is_stated ? settings.stapling_responder.where : certificate.where,
                 fmt::format("the OCSP responder \"{}\" of the certificate \"{}\" cannot be asked: {}",
                             source.responder, identity->name, url.error().text))
        .with_help("write `ssl_stapling_responder http://HOST[:PORT]/PATH`");
    return;
  }
  source.staple = plan.known_staples->of(key_of(source, plan.trusted.get()));
  plan.staples.push_back(std::move(source));
}

}  // namespace gh::table
