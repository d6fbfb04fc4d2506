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

namespace {

bool holds(std::string_view pem, std::string_view mark) { return pem.find(mark) != std::string_view::npos; }

/// Each stands where the other belongs. True: reported.
bool are_swapped(config::Diagnostics& diagnostics, const TlsKeySource& from, std::string_view certificate,
                 std::string_view key) {
  constexpr std::string_view key_mark = "PRIVATE KEY-----", certificate_mark = "CERTIFICATE-----";
  if (!holds(certificate, key_mark) || holds(certificate, certificate_mark)) return false;
  if (!holds(key, certificate_mark) || holds(key, key_mark)) return false;
  diagnostics
      .error(code::tls_content, from.certificate.where,
             fmt::format("\"{}\" is a key, and \"{}\" the certificate", shown_pem_name(from.certificate.text),
                         shown_pem_name(from.key.text)))
      .with_related(from.key.where, "its key belongs here")
      .with_help("swap the two files");
  return true;
}

bool take_chain(config::Diagnostics& diagnostics, const TlsWord& file, std::string_view pem, TlsIdentity& into) {
  auto chain = parse_certificates(pem);
  if (!chain) return report_tls_file(diagnostics, file, certificate_is, chain.error());
  into.certificate = std::move(chain->front());
  into.chain.assign(std::make_move_iterator(chain->begin() + 1), std::make_move_iterator(chain->end()));
  return true;
}

bool take_key(config::Diagnostics& diagnostics, const TlsKeySource& from, std::string_view pem, TlsIdentity& into) {
  auto key = parse_key(pem, from.passwords, from.password_directive);
  if (!key) return report_tls_file(diagnostics, from.key, key_is, key.error());
  into.key = std::move(*key);
  if (!into.certificate || X509_check_private_key(into.certificate.get(), into.key.get()) == 1) return true;
  diagnostics
      .error(code::key_mismatch, from.key.where,
             fmt::format("the key \"{}\" does not belong to the certificate \"{}\": {}", shown_pem_name(from.key.text),
                         into.name, net::take_tls_errors()))
      .with_related(from.certificate.where, "the certificate")
      .with_help(fmt::format("a file with several certificates begins with {}; the others follow as its chain",
                             from.first_of_chain));
  return false;
}

}  // namespace

bool read_pair(config::Diagnostics& diagnostics, const TlsKeySource& from, bool has_passwords, TlsIdentity& into) {
  into.name = shown_pem_name(from.certificate.text);
  const Result<Secret> certificate = read_pem(from.certificate.text);
  const Result<Secret> key = read_pem(from.key.text);
  if (certificate && key && are_swapped(diagnostics, from, certificate->view(), key->view())) return false;
  const bool has_chain =
      certificate ? take_chain(diagnostics, from.certificate, certificate->view(), into)
                  : report_tls_file(diagnostics, from.certificate, certificate_is, certificate.error());
  if (!key) return report_tls_file(diagnostics, from.key, key_is, key.error());
  return has_passwords && take_key(diagnostics, from, key->view(), into) && has_chain;
}

}  // namespace gh::table
