#include "table/tls_files.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "net/tls.h"

namespace gh::table {

namespace {

constexpr std::size_t most_file_bytes = 16 << 20;

BioPtr reader(std::string_view text) {
  ERR_clear_error();
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

bool holds(std::string_view pem, std::string_view text) { return pem.find(text) != std::string_view::npos; }

/// PEM files may hold other things around what is wanted: their end is no error.
bool is_end_of_pem() {
  const unsigned long last = ERR_peek_last_error();
  return ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

Unexpected<Error> refused(const char* otherwise) { return fail(tls_reason_or(otherwise)); }

struct PasswordGiver {
  const std::vector<Secret>& passwords;
  std::size_t next = 0;
  bool was_asked = false;

  static int give(char* into, int size, int, void* self) {
    auto& giver = *static_cast<PasswordGiver*>(self);
    giver.was_asked = true;
    if (giver.next >= giver.passwords.size()) return -1;
    const std::string_view password = giver.passwords[giver.next].view();
    if (password.size() > static_cast<std::size_t>(size)) return -1;
    std::memcpy(into, password.data(), password.size());
    return static_cast<int>(password.size());
  }
};

}  // namespace

std::string shown_pem_name(std::string_view name) {
  return name.starts_with("data:") ? "data:..." : std::string(name);
}

namespace {

/// No copy stays behind in the heap. The size of a FIFO is not known before.
Result<Secret> read_whole(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(std::generic_category().message(errno), errno);
  std::vector<char> text;
  std::size_t size = 0;
  int error = 0;
  while (error == 0 && size <= most_file_bytes) {
    if (text.size() - size < 4096) {
      std::vector<char> larger(text.size() * 2 + 16384);
      std::copy_n(text.begin(), size, larger.begin());
      OPENSSL_cleanse(text.data(), text.size());
      text = std::move(larger);
    }
    const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
    if (got == 0) break;
    if (got > 0) size += static_cast<std::size_t>(got);
    else if (errno != EINTR) error = errno;
  }
  ::close(fd);
  text.resize(size);
  Secret secret(std::move(text));
  if (error != 0) return fail(std::generic_category().message(error), error);
  if (size > most_file_bytes) return fail("larger than 16 MiB", EFBIG);
  return secret;
}

}  // namespace

Result<Secret> read_pem(std::string_view name) {
  if (name.starts_with("data:")) return Secret(name.substr(5));
  return read_whole(std::string(name));
}

Result<std::vector<CertificatePtr>> parse_certificates(std::string_view pem) {
  const BioPtr bio = reader(pem);
  std::vector<CertificatePtr> found;
  // The first may be in OpenSSL's "trusted" form.
  CertificatePtr next(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
  if (!next && is_end_of_pem()) return fail("there is no certificate in it");
  if (!next) return refused("broken certificate");
  while (next) {
    found.push_back(std::move(next));
    next.reset(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  }
  if (!is_end_of_pem()) return refused("broken certificate");
  ERR_clear_error();
  return found;
}

Result<KeyPtr> parse_key(std::string_view pem, const std::vector<Secret>& passwords, std::string_view stated_by) {
  if (!holds(pem, "PRIVATE KEY-----")) return fail("there is no private key in it");
  PasswordGiver giver{passwords};
  do {
    const BioPtr bio = reader(pem);
    KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, PasswordGiver::give, &giver));
    if (key) {
      ERR_clear_error();
      return key;
    }
  } while (giver.was_asked && ++giver.next < passwords.size());
  if (!giver.was_asked) return refused("broken key");
  ERR_clear_error();
  const std::string directive = "`" + std::string(stated_by) + "`";
  return fail(passwords.empty() ? "the key is encrypted, and there is no " + directive
                                : "the key is encrypted, and no password of " + directive + " opens it");
}

Result<KeyPtr> parse_dh_parameters(std::string_view pem) {
  if (!holds(pem, "PARAMETERS-----")) return fail("there are no Diffie-Hellman parameters in it");
  const BioPtr bio = reader(pem);
  KeyPtr parameters(PEM_read_bio_Parameters(bio.get(), nullptr));
  if (!parameters) return refused("broken parameters");
  if (EVP_PKEY_is_a(parameters.get(), "DH") == 0) return fail("there are no Diffie-Hellman parameters in it");
  ERR_clear_error();
  return parameters;
}

Result<TrustedItems> parse_trusted(std::string_view pem) {
  const BioPtr bio = reader(pem);
  const std::vector<Secret> none;
  PasswordGiver giver{none};
  STACK_OF(X509_INFO)* const items = PEM_X509_INFO_read_bio(bio.get(), nullptr, PasswordGiver::give, &giver);
  if (!items) return refused("there are neither certificates nor revocations in it");
  TrustedItems found;
  for (int i = 0; i < sk_X509_INFO_num(items); ++i) {
    X509_INFO* const item = sk_X509_INFO_value(items, i);
    if (item->x509) found.certificates.emplace_back(std::exchange(item->x509, nullptr));
    if (item->crl) found.revocations.emplace_back(std::exchange(item->crl, nullptr));
  }
  sk_X509_INFO_pop_free(items, X509_INFO_free);
  if (found.certificates.empty() && found.revocations.empty()) {
    return refused("there are neither certificates nor revocations in it");
  }
  ERR_clear_error();
  return found;
}

Result<std::vector<Secret>> read_passwords(std::string_view path) {
  const auto text = read_whole(std::string(path));
  if (!text) return Unexpected<Error>(text.error());
  std::vector<Secret> passwords;
  std::string_view rest = text->view();
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) passwords.emplace_back(line);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return passwords;
}

namespace {

/// `use`: SSL_CTX_use_cert_and_key or SSL_use_cert_and_key.
template <class Owner>
bool use_certificate_by(int (*use)(Owner*, X509*, EVP_PKEY*, STACK_OF(X509)*, int), Owner* owner, X509* certificate,
                        EVP_PKEY* key, std::span<const CertificatePtr> issuers) {
  STACK_OF(X509)* const chain = sk_X509_new_null();
  if (!chain) return false;
  bool complete = true;
  for (const CertificatePtr& issuer : issuers) complete = complete && sk_X509_push(chain, issuer.get()) > 0;
  constexpr int replaces = 1;
  complete = complete && use(owner, certificate, key, chain, replaces) == 1;
  sk_X509_free(chain);  // the owner has references of its own
  return complete;
}

}  // namespace

bool use_certificate(SSL_CTX* context, X509* certificate, EVP_PKEY* key, std::span<const CertificatePtr> chain) {
  return use_certificate_by(SSL_CTX_use_cert_and_key, context, certificate, key, chain);
}

bool use_certificate(SSL* session, X509* certificate, EVP_PKEY* key, std::span<const CertificatePtr> chain) {
  return use_certificate_by(SSL_use_cert_and_key, session, certificate, key, chain);
}

std::string tls_reason_or(const char* otherwise) {
  std::string reason = net::take_tls_errors();
  return reason.empty() ? otherwise : reason;
}

}  // namespace gh::table
