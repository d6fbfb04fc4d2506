#include "table/tls_loader.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

#include "base/digest.h"
#include "net/tls.h"
#include "table/tls_client_plan.h"
#include "table/tls_identity.h"

namespace gh::table {

namespace {

/// Digests of what a session was made under.
class SessionContext {
 public:
  void add(const X509* certificate) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    X509_digest(certificate, EVP_sha256(), bytes, &size);
    text_.append(reinterpret_cast<const char*>(bytes), size);
  }
  void add(std::string_view text) { text_.append(text).push_back('\0'); }
  void finish(TlsPlan& plan) const {
    const std::string sum = digest(DigestKind::sha256, {"gatehouse", text_});
    std::copy_n(sum.begin(), std::min(sum.size(), plan.session_context.size()), plan.session_context.begin());
  }

 private:
  std::string text_;
};

bool same_subject(const CertificatePtr& a, const X509* b) {
  return X509_NAME_cmp(X509_get_subject_name(a.get()), X509_get_subject_name(b)) == 0;
}

std::string time_text(const ASN1_TIME* time) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  ASN1_TIME_print(out.get(), time);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

bool is_for(const TlsPlan& plan, const std::string& name) {
  return std::any_of(plan.identities.begin(), plan.identities.end(), [&](const auto& identity) {
    return X509_check_host(identity->certificate.get(), name.data(), name.size(), 0, nullptr) == 1;
  });
}

/// Names that nobody asks for by TLS ("_", "localhost"), and those with gaps at their end or as expressions, say
/// nothing about a certificate.
bool is_covered(const TlsPlan& plan, const ServerName& name) {
  if (name.text.find('.') == std::string::npos || name.text.find('/') != std::string::npos) return true;
  switch (name.kind) {
    case ServerName::Kind::exact: return is_for(plan, name.text);
    case ServerName::Kind::suffix: return is_for(plan, "." + name.text);
    case ServerName::Kind::dot: return is_for(plan, name.text) || is_for(plan, "." + name.text);
    default: return true;
  }
}

}  // namespace

void TlsLoader::load_server(Scope& scope, Builder::ServerDraft& draft) {
  const Stated stated{scope.shared<TlsSettings>(), scope.shared<TlsCertificates>(), scope.shared<TlsKeys>(),
                      scope.shared<TlsCommands>(), scope.shared<TlsTicketFiles>()};
  draft.server->verify_client = stated.settings->verify_client;
  draft.has_certificates = !stated.certificates->list.empty();
  draft.rejects_tls = stated.settings->rejects;
  if (draft.has_certificates && scope.is_own<TlsCertificates>()) {
    draft.certificate_at = stated.certificates->list.front().where;
  }
  if (!draft.has_certificates && !draft.rejects_tls) return;
  const auto [at, is_new] = plans_.try_emplace(stated);
  if (is_new) {
    TlsWatch::Marks marks;  // of before the files are read
    if (stated.settings->watch_ms > 0) marks = TlsWatch::marks_of(stated);
    at->second = make_plan(stated, nullptr);
    if (at->second && stated.settings->watch_ms > 0) watch(at->second, stated, std::move(marks));
  }
  draft.server->tls = at->second;
  warn_of_early_data(*stated.settings);
}

void TlsLoader::warn_of_early_data(const TlsSettings& settings) {
  if (!settings.takes_early_data || (settings.protocols & tls_v1_3) != 0) return;
  diagnostics_
      .warning(code::early_data_unused, settings.early_data_where, "no early data can come: TLS 1.3 is not spoken here")
      .with_help("add TLSv1.3 to `ssl_protocols`, or leave `ssl_early_data` out");
}

std::shared_ptr<const TlsPlan> TlsLoader::renew(const TlsPlan& before, const TlsStated& stated) {
  if (before.reader) main_dir_ = before.reader->main_dir;
  return make_plan(stated, &before);
}

/// In the registry, as that is where what belongs to the published table is found.
void TlsLoader::watch(const std::shared_ptr<const TlsPlan>& plan, const Stated& stated, TlsWatch::Marks marks) {
  const auto make = [](const auto&) { return std::make_shared<TlsWatch>(); };
  builder_->registry()
      .adopt_or_create<TlsWatch>("ssl_certificate_watch", std::to_string(builder_->input.generation), make)
      .object->add(plan, stated, std::move(marks));
}

std::shared_ptr<const TlsPlan> TlsLoader::make_plan(const Stated& stated, const TlsPlan* before) {
  const TlsSettings& settings = *stated.settings;
  auto plan = std::make_shared<TlsPlan>();
  plan->ciphers = settings.ciphers.text;
  plan->curves = settings.curves.text;
  for (const auto& [name, value] : stated.commands->list) plan->commands.emplace_back(name.text, value.text);
  plan->record_bytes = static_cast<std::size_t>(settings.record_bytes);
  plan->verify_depth = static_cast<int>(settings.verify_depth);
  plan->protocols = settings.protocols;
  plan->verify_client = settings.verify_client;
  plan->prefers_own_ciphers = settings.prefers_own_ciphers;
  plan->rejects = settings.rejects;
  plan->early_data_bytes = settings.takes_early_data ? most_early_data_bytes : 0;
  const bool found = add_identities(*plan, stated);
  const bool trusts = add_trust(*plan, settings);
  if (!add_stapled(*plan, stated, before) || !add_dh_parameters(*plan, settings) || !found || !trusts) return nullptr;
  SessionContext context;
  for (const auto& identity : plan->identities) context.add(identity->certificate.get());
  for (const auto& [certificate, key] : plan->named_identities) context.add(certificate.source());
  for (const CertificatePtr& certificate : plan->named_authorities) context.add(certificate.get());
  for (const TlsWord* word : {&settings.trusted_certificate, &settings.revocations}) context.add(word->text);
  context.add(fmt::format("{} {}", static_cast<int>(settings.verify_client), settings.verify_depth));
  context.finish(*plan);
  if (before) keep_resumption(*plan, *before);
  else if (!add_resumption(*plan, stated)) return nullptr;
  if (!try_plan(plan, stated)) return nullptr;
  return plan;
}

// ---- certificates and keys -----------------------------------------------------------------------------------------

bool TlsLoader::report(const TlsWord& word, std::string_view what, const Error& why) {
  return report_tls_file(diagnostics_, word, what, why);
}

/// Read by handshakes; only passwords are read here.
bool TlsLoader::add_named_identities(TlsPlan& plan, const Stated& stated) {
  auto reader = std::make_shared<TlsClientPlan>();
  auto passwords = std::make_shared<std::vector<Secret>>();
  const TlsWord& file = stated.settings->password_file;
  if (!file.text.empty()) {
    auto read = read_passwords(file.text);
    if (!read) return report(file, "password file", read.error());
    *passwords = std::move(*read);
  }
  reader->passwords = std::move(passwords);
  reader->cache = stated.settings->certificate_cache;
  reader->main_dir = builder_ ? builder_->loaded.main_dir : main_dir_;
  plan.reader = std::move(reader);
  for (std::size_t i = 0; i < stated.certificates->names.size(); ++i) {
    plan.named_identities.emplace_back(stated.certificates->names[i], stated.keys->names[i]);
  }
  return true;
}

bool TlsLoader::add_identities(TlsPlan& plan, const Stated& stated) {
  const auto& certificates = stated.certificates->list;
  const auto& keys = stated.keys->list;
  if (certificates.size() > keys.size()) {
    const TlsWord& first = certificates[keys.size()];
    diagnostics_
        .error(code::no_certificate, first.where,
               fmt::format("no `ssl_certificate_key` for the certificate \"{}\"", shown_pem_name(first.text)))
        .with_help("each `ssl_certificate` needs its `ssl_certificate_key`, in the same order");
    return false;
  }
  if (stated.certificates->has_variables || stated.keys->has_variables) return add_named_identities(plan, stated);
  bool complete = true;
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    auto one = identity(certificates[i], keys[i], stated.settings->password_file);
    complete = complete && one != nullptr;
    if (one) plan.identities.push_back(std::move(one));
  }
  return complete;
}

std::shared_ptr<const TlsIdentity> TlsLoader::identity(const TlsWord& certificate, const TlsWord& key,
                                                       const TlsWord& passwords) {
  const auto [at, is_new] = identities_.try_emplace(IdentityKey{certificate.text, key.text, passwords.text});
  if (is_new) at->second = read_identity(certificate, key, passwords);
  return at->second;
}

std::shared_ptr<const TlsIdentity> TlsLoader::read_identity(const TlsWord& certificate, const TlsWord& key,
                                                            const TlsWord& passwords) {
  auto made = std::make_shared<TlsIdentity>();
  const Passwords* const words = passwords_of(passwords);
  const TlsKeySource source{key, certificate, words ? *words : no_passwords_, "ssl_password_file", "the server's own"};
  if (!read_pair(diagnostics_, source, words != nullptr, *made)) return nullptr;
  warn_of_time(*made, certificate);
  return made;
}

const TlsLoader::Passwords* TlsLoader::passwords_of(const TlsWord& file) {
  if (file.text.empty()) return &no_passwords_;
  const auto [at, is_new] = passwords_.try_emplace(file.text);
  if (!is_new) return at->second.get();
  auto read = read_passwords(file.text);
  if (read) at->second = std::make_unique<const Passwords>(std::move(*read));
  else report(file, "password file", read.error());
  return at->second.get();
}

void TlsLoader::warn_of_time(const TlsIdentity& identity, const TlsWord& certificate) {
  std::time_t now = std::time(nullptr);
  const ASN1_TIME* const begins = X509_get0_notBefore(identity.certificate.get());
  const ASN1_TIME* const ends = X509_get0_notAfter(identity.certificate.get());
  const bool is_early = X509_cmp_time(begins, &now) > 0;
  if (!is_early && X509_cmp_time(ends, &now) >= 0) return;
  diagnostics_
      .warning(code::certificate_time, certificate.where,
               is_early ? fmt::format("the certificate \"{}\" is not valid before {}", identity.name, time_text(begins))
                        : fmt::format("the certificate \"{}\" has expired on {}", identity.name, time_text(ends)))
      .with_help(is_early ? "clients refuse it until then: is the clock right?" : "clients refuse it: renew it");
}

// ---- trust, parameters ---------------------------------------------------------------------------------------------

bool TlsLoader::add_trusted_file(TlsPlan& plan, const TlsWord& file, bool is_named) {
  if (file.text.empty()) return true;
  const Result<Secret> pem = read_pem(file.text);
  if (!pem) return report(file, "certificates", pem.error());
  auto items = parse_trusted(pem->view());
  if (!items) return report(file, "certificates", items.error());
  if (!plan.trusted) plan.trusted.reset(X509_STORE_new());
  for (CertificatePtr& certificate : items->certificates) {
    X509_STORE_add_cert(plan.trusted.get(), certificate.get());
    const bool is_known = std::any_of(plan.named_authorities.begin(), plan.named_authorities.end(),
                                      [&](const auto& other) { return same_subject(other, certificate.get()); });
    if (is_named && !is_known) plan.named_authorities.push_back(std::move(certificate));
  }
  for (const RevocationsPtr& list : items->revocations) X509_STORE_add_crl(plan.trusted.get(), list.get());
  ERR_clear_error();  // of what was there already
  return true;
}

bool TlsLoader::add_trust(TlsPlan& plan, const TlsSettings& settings) {
  const bool must_know = settings.verify_client == VerifyClient::on || settings.verify_client == VerifyClient::optional;
  if (must_know && settings.client_certificate.text.empty() && settings.trusted_certificate.text.empty()) {
    diagnostics_
        .error(code::no_certificate, settings.verify_where, "no `ssl_client_certificate` for `ssl_verify_client`")
        .with_help("name the file of the authorities whose certificates clients must have");
    return false;
  }
  const bool named = settings.verify_client != VerifyClient::off;
  bool complete = !named || add_trusted_file(plan, settings.client_certificate, true);
  complete = add_trusted_file(plan, settings.trusted_certificate, false) && complete;
  if (settings.revocations.text.empty() || !complete) return complete;
  if (!add_trusted_file(plan, settings.revocations, false)) return false;
  X509_STORE_set_flags(plan.trusted.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return true;
}

bool TlsLoader::add_dh_parameters(TlsPlan& plan, const TlsSettings& settings) {
  const TlsWord& file = settings.dh_parameters;
  if (file.text.empty()) return true;
  const Result<Secret> pem = read_pem(file.text);
  if (!pem) return report(file, "parameters", pem.error());
  auto parsed = parse_dh_parameters(pem->view());
  if (!parsed) return report(file, "parameters", parsed.error());
  plan.dh_parameters = std::move(*parsed);
  return true;
}

bool TlsLoader::try_plan(const std::shared_ptr<const TlsPlan>& plan, const Stated& stated) {
  const TlsContextPtr context = new_server_context(plan);
  std::vector<TlsFault> faults;
  if (context) faults = configure_server(context.get(), *plan);
  else faults.push_back({TlsFault::Part::memory, 0, net::take_tls_errors()});
  for (const TlsFault& fault : faults) report_fault(fault, stated);
  return faults.empty();
}

void TlsLoader::report_fault(const TlsFault& fault, const Stated& stated) {
  const TlsSettings& settings = *stated.settings;
  const TlsWord nowhere;
  const TlsWord* word = &nowhere;
  std::string_view name = "TLS";
  switch (fault.part) {
    case TlsFault::Part::certificate:
      report(stated.certificates->list[fault.index], "certificate", Error{fault.reason});
      return;
    case TlsFault::Part::ciphers: word = &settings.ciphers, name = "ssl_ciphers"; break;
    case TlsFault::Part::curves: word = &settings.curves, name = "ssl_ecdh_curve"; break;
    case TlsFault::Part::command: word = &stated.commands->list[fault.index].first, name = "ssl_conf_command"; break;
    case TlsFault::Part::memory: break;
  }
  diagnostics_
      .error(code::tls_value, word->where, fmt::format("OpenSSL does not take this `{}`: {}", name, fault.reason))
      .with_help("`openssl ciphers -v LIST` and `openssl ecparam -list_curves` show what it knows");
}

// ---- who listens ---------------------------------------------------------------------------------------------------

void TlsLoader::warn_of_names(const Builder::ServerDraft& draft) {
  if (!draft.server->tls || draft.server->tls->identities.empty()) return;
  const TlsPlan& plan = *draft.server->tls;
  const auto wrong = std::find_if(draft.names.begin(), draft.names.end(),
                                  [&](const ServerNameUse& use) { return !is_covered(plan, use.name); });
  if (wrong == draft.names.end()) return;
  diagnostics_
      .warning(code::certificate_name, wrong->where,
               fmt::format("the certificate \"{}\" is not for `{}`", plan.identities.front()->name, wrong->word))
      .with_help("clients that ask for this name refuse it: get a certificate that names it, too");
}

void TlsLoader::check_listen(const std::vector<Builder::ServerDraft*>& servers, std::size_t fallback,
                             config::Span listen) {
  const bool rejects = !servers[fallback]->has_certificates && servers[fallback]->rejects_tls;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const Builder::ServerDraft& draft = *servers[i];
    warn_of_names(draft);
    if ((i != fallback && !rejects) || draft.has_certificates || draft.rejects_tls) continue;
    auto& error = diagnostics_.error(code::no_certificate, listen,
                                     i == fallback ? "no `ssl_certificate` for this `listen ... ssl`"
                                                   : "no `ssl_certificate` in a server of this `listen ... ssl`");
    error.with_help("write `ssl_certificate FILE; ssl_certificate_key FILE;` in the server, or "
                    "`ssl_reject_handshake on;`");
    error.with_related(draft.where, i == fallback ? "the address's default server" : "the server without one");
    return;
  }
}

}  // namespace gh::table
