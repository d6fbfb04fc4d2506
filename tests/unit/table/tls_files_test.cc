#include "table/tls_files.h"

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "table/tls_context.h"

using namespace gh;
using namespace gh::table;

namespace {

std::string text_of(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  std::string copy(text, static_cast<std::size_t>(size));
  BIO_free(bio);
  return copy;
}

KeyPtr make_key() { return KeyPtr(EVP_EC_gen("P-256")); }

std::string key_pem(EVP_PKEY* key, const char* password = nullptr) {
  BIO* const bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, password ? EVP_aes_128_cbc() : nullptr, password,
                                password ? static_cast<int>(std::string_view(password).size()) : 0, nullptr, nullptr);
  return text_of(bio);
}

CertificatePtr make_certificate(EVP_PKEY* key, const char* name) {
  CertificatePtr made(X509_new());
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_pubkey(made.get(), key);
  X509_sign(made.get(), key, EVP_sha256());
  return made;
}

std::string certificate_pem(X509* certificate) {
  BIO* const bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  return text_of(bio);
}

std::vector<Secret> words(std::initializer_list<std::string_view> texts) {
  std::vector<Secret> out;
  for (const std::string_view text : texts) out.emplace_back(text);
  return out;
}

}  // namespace

TEST_CASE("certificates: a chain in its order, with other things around it") {
  const KeyPtr key = make_key();
  const CertificatePtr first = make_certificate(key.get(), "a"), second = make_certificate(key.get(), "b");
  const std::string pem = "a comment\n" + key_pem(key.get()) + certificate_pem(first.get()) + "\n\n" +
                          certificate_pem(second.get()) + "the end";
  const auto found = parse_certificates(pem);
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK(X509_cmp((*found)[0].get(), first.get()) == 0);
  CHECK(X509_cmp((*found)[1].get(), second.get()) == 0);
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("certificates: none, and one that is broken behind a whole one") {
  const KeyPtr key = make_key();
  const std::string whole = certificate_pem(make_certificate(key.get(), "a").get());
  CHECK(parse_certificates("").error().text == "there is no certificate in it");
  CHECK(parse_certificates(key_pem(key.get())).error().text == "there is no certificate in it");
  CHECK_FALSE(parse_certificates(whole + whole.substr(0, whole.size() / 2)));
  std::string broken = whole;
  broken[60] = '*';
  CHECK_FALSE(parse_certificates(whole + broken));
}

TEST_CASE("keys: plain, encrypted, with the right password among several") {
  const KeyPtr key = make_key();
  const auto is_same = [&](const Result<KeyPtr>& got) { return got && EVP_PKEY_eq(got->get(), key.get()) == 1; };
  CHECK(is_same(parse_key(key_pem(key.get()), {})));
  const std::string locked = key_pem(key.get(), "sesame");
  CHECK(is_same(parse_key(locked, words({"sesame"}))));
  CHECK(is_same(parse_key(locked, words({"no", "never", "sesame", "late"}))));
  CHECK(parse_key(locked, {}).error().text == "the key is encrypted, and there is no `ssl_password_file`");
  CHECK(parse_key(locked, words({"no"})).error().text ==
        "the key is encrypted, and no password of `ssl_password_file` opens it");
  CHECK(parse_key("", {}).error().text == "there is no private key in it");
  CHECK_FALSE(parse_key("-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n", {}));
  CHECK_FALSE(parse_key(locked, words({std::string(5000, 'x')})));
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("what is trusted, parameters") {
  const KeyPtr key = make_key();
  const std::string pem = certificate_pem(make_certificate(key.get(), "a").get());
  const auto items = parse_trusted(pem + pem);
  REQUIRE(items);
  CHECK(items->certificates.size() == 2);
  CHECK(items->revocations.empty());
  CHECK(parse_trusted("").error().text == "there are neither certificates nor revocations in it");
  CHECK_FALSE(parse_trusted(key_pem(key.get())));
  CHECK(parse_dh_parameters(pem).error().text == "there are no Diffie-Hellman parameters in it");
}

TEST_CASE("names of files, and PEM in the name itself") {
  CHECK(shown_pem_name("data:secret") == "data:...");
  CHECK(shown_pem_name("/a/b.pem") == "/a/b.pem");
  CHECK(read_pem("data:text")->view() == "text");
  const auto absent = read_pem("/no/such/file.pem");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code == ENOENT);
  CHECK(read_pem("/").error().code == EISDIR);
  std::string path = std::filesystem::temp_directory_path() / "gatehouse-test-XXXXXX";
  const int fd = ::mkstemp(path.data());
  REQUIRE(fd >= 0);
  ::close(fd);
  std::ofstream(path) << "one\r\n\ntwo\n three ";
  const auto passwords = read_passwords(path);
  REQUIRE(passwords);
  REQUIRE(passwords->size() == 3);
  CHECK((*passwords)[0].view() == "one");
  CHECK((*passwords)[1].view() == "two");
  CHECK((*passwords)[2].view() == " three ");
  std::ofstream(path) << std::string(100'000, 'x');
  CHECK(read_pem(path)->view().size() == 100'000);
  std::remove(path.c_str());
}

TEST_CASE("a context from a plan; what OpenSSL does not take is told by its part") {
  auto identity = std::make_shared<TlsIdentity>();
  identity->key = make_key();
  identity->certificate = make_certificate(identity->key.get(), "a");
  auto plan = std::make_shared<TlsPlan>();
  plan->identities.push_back(identity);
  plan->ciphers = "HIGH";
  plan->curves = "auto";
  plan->protocols = tls_v1 | tls_v1_2;
  TlsContextPtr context = new_server_context(plan);
  REQUIRE(context);
  CHECK(configure_server(context.get(), *plan).empty());
  CHECK(&plan_of(context.get()) == plan.get());
  const std::uint64_t options = SSL_CTX_get_options(context.get());
  CHECK((options & SSL_OP_NO_TLSv1_1) != 0);
  CHECK((options & SSL_OP_NO_TLSv1_3) != 0);
  CHECK((options & (SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_2)) == 0);

  TlsPlan* const changed = plan.get();
  using Part = TlsFault::Part;
  const auto faults = [&] { return configure_server(new_server_context(plan).get(), *plan); };
  const auto parts = [&] {
    std::vector<Part> found;
    for (const TlsFault& fault : faults()) found.push_back(fault.part);
    return found;
  };
  changed->ciphers = "nonsense";
  CHECK(parts() == std::vector{Part::ciphers});
  changed->curves = "X25519:nonsense";
  changed->commands = {{"Nonsense", "yes"}};
  CHECK(parts() == std::vector{Part::ciphers, Part::curves, Part::command});
  changed->ciphers = "HIGH";
  changed->curves = "X25519";
  changed->commands = {{"Options", "PrioritizeChaCha"}, {"Nonsense", "yes"}};
  REQUIRE(parts() == std::vector{Part::command});
  CHECK(faults()[0].index == 1);
  CHECK(faults()[0].reason == "unknown cmd name");
}

TEST_CASE("a context keeps its plan") {
  auto plan = std::make_shared<const TlsPlan>();
  const std::weak_ptr<const TlsPlan> watched = plan;
  TlsContextPtr context = new_server_context(std::move(plan));
  SSL* const ssl = SSL_new(context.get());
  context.reset();
  CHECK_FALSE(watched.expired());
  SSL_free(ssl);
  CHECK(watched.expired());
}
