#include "table/tls_identity.h"

#include <fmt/format.h>

#include <iterator>

#include "net/tls.h"
#include "table/codes.h"

namespace gh::table {

namespace {

constexpr std::string_view certificate_is = "certificate", key_is = "certificate key";

}  // namespace

bool report_tls_file(config::Diagnostics& diagnostics, const TlsWord& file, std::string_view what, const Error& why) {
  const std::string text = fmt::format("cannot load {} \"{}\": {}", what, shown_pem_name(file.text), why.text);
  if (why.code != 0) {
    diagnostics.error(code::tls_file, file.where, text)
        .with_help("the file must exist and be readable; relative paths start at the folder of the main file");
  } else {
    diagnostics.error(code::tls_content, file.where, text)
        .with_help("a file in PEM form: `openssl x509 -noout -text -in FILE` shows a certificate, `openssl pkey -noout "
                   "-in FILE` tries a key");
  }
  return false;
}

bool read_chain(config::Diagnostics& diagnostics, const TlsWord& file, TlsIdentity& into) {
  into.name = shown_pem_name(file.text);
  const Result<SecretText> pem = read_pem(file.text);
  if (!pem) return report_tls_file(diagnostics, file, certificate_is, pem.error());
  auto chain = parse_certificates(pem->view());
  if (!chain) return report_tls_file(diagnostics, file, certificate_is, chain.error());
  into.certificate = std::move(chain->front());
  into.chain.assign(std::make_move_iterator(chain->begin() + 1), std::make_move_iterator(chain->end()));
  return true;
}

bool read_key(config::Diagnostics& diagnostics, const TlsKeySource& from, TlsIdentity& into) {
  const Result<SecretText> pem = read_pem(from.key.text);
  if (!pem) return report_tls_file(diagnostics, from.key, key_is, pem.error());
  auto key = parse_key(pem->view(), from.passwords, from.password_directive);
  if (!key) return report_tls_file(diagnostics, from.key, key_is, key.error());
  into.key = std::move(*key);
  if (X509_check_private_key(into.certificate.get(), into.key.get()) == 1) return true;
  diagnostics
      .error(code::key_mismatch, from.key.where,
             fmt::format("the key \"{}\" does not belong to the certificate \"{}\": {}", shown_pem_name(from.key.text),
                         into.name, net::take_tls_errors()))
      .with_related(from.certificate.where, "the certificate")
      .with_help(fmt::format("a file with several certificates begins with {}; the others follow as its chain",
                             from.first_of_chain));
  return false;
}

}  // namespace gh::table
