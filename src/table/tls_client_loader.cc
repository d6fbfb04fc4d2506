#include "table/tls_client_loader.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <map>
#include <tuple>

#include "base/digest.h"
#include "net/tls.h"
#include "table/build.h"
#include "table/tls_client_context.h"
#include "table/tls_identity.h"

namespace gh::table {

namespace {

using Passwords = std::shared_ptr<const std::vector<Secret>>;

/// Whom to trust, and a digest of the files.
struct Trust {
  std::shared_ptr<X509_STORE> store;
  std::string digest;
};

/// What one build has read: each file once, however many locations name it. Local to the outermost scope.
struct Loaded {
  std::map<std::pair<std::shared_ptr<const TlsClientSettings>, std::shared_ptr<const TlsCommandList>>,
           std::shared_ptr<const TlsClientPlan>> plans;
  std::map<std::tuple<std::string, std::string, std::string>, std::shared_ptr<const TlsIdentity>> certificates;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const Trust>> trusts;
  std::map<std::string, Passwords> passwords;
};

class Loader {
 public:
  Loader(Scope& scope, std::string_view prefix, const TlsClientSettings& settings, const TlsCommandList& commands)
      : scope_(scope), loaded_(outermost(scope).local<Loaded>()), prefix_(prefix), settings_(settings),
        commands_(commands) {}

  std::shared_ptr<const TlsClientPlan> make() {
    auto plan = std::make_shared<TlsClientPlan>();
    plan->prefix = prefix_;
    plan->ciphers = settings_.ciphers.text;
    for (const auto& [name, value] : commands_) plan->commands.emplace_back(name.text, value.text);
    plan->name = settings_.name;
    plan->main_dir = scope_.builder.loaded.main_dir;
    plan->refused_versions = settings_.refused_versions;
    plan->verify_depth = static_cast<int>(settings_.verify_depth);
    plan->verify = settings_.verify;
    plan->sends_name = settings_.sends_name;
    plan->reuses_sessions = settings_.reuses_sessions;
    const bool shown = add_certificate(*plan);
    const bool trusts = add_trust(*plan);
    if (!shown || !trusts || !try_plan(*plan)) return nullptr;
    if (!settings_.key_log.text.empty()) {
      plan->key_log = scope_.builder.log_file(settings_.key_log.text, settings_.key_log.where);
    }
    plan->identity = identity_of(*plan);
    return plan;
  }

 private:
  bool report(const TlsWord& word, std::string_view what, const Error& why);
  bool add_certificate(TlsClientPlan& plan);
  std::shared_ptr<const TlsIdentity> read_certificate(Passwords words);
  Passwords passwords();
  bool add_trust(TlsClientPlan& plan);
  std::shared_ptr<const Trust> read_trust();
  bool try_plan(const TlsClientPlan& plan);
  std::string identity_of(const TlsClientPlan& plan);
  [[nodiscard]] std::string name(std::string_view of) const { return fmt::format("{}{}", prefix_, of); }

  Scope& scope_;
  Loaded& loaded_;
  std::string_view prefix_;
  const TlsClientSettings& settings_;
  const TlsCommandList& commands_;
  std::string trust_digest_;
};

bool Loader::report(const TlsWord& word, std::string_view what, const Error& why) {
  return report_tls_file(scope_.builder.diagnostics, word, what, why);
}

// ---- the certificate that upstreams are shown ----------------------------------------------------------------------

bool Loader::add_certificate(TlsClientPlan& plan) {
  if (settings_.certificate.text.empty()) return true;
  if (settings_.certificate_key.text.empty()) {
    scope_
        .error(code::no_certificate, settings_.certificate.where,
               fmt::format("no `{}` for the certificate \"{}\"", name("certificate_key"),
                           shown_pem_name(settings_.certificate.text)))
        .with_help(fmt::format("add `{} FILE;`: it may be the same file", name("certificate_key")));
    return false;
  }
  const Passwords words = passwords();
  if (!words) return false;
  if (settings_.certificate_name || settings_.key_name) {
    plan.certificate_name = settings_.certificate_name.value_or(Template::constant(settings_.certificate.text));
    plan.key_name = settings_.key_name.value_or(Template::constant(settings_.certificate_key.text));
    plan.passwords = words;
    plan.cache = settings_.cache;
    return true;
  }
  const auto [at, is_new] = loaded_.certificates.try_emplace(
      {settings_.certificate.text, settings_.certificate_key.text, settings_.password_file.text});
  if (is_new) at->second = read_certificate(words);
  plan.certificate = at->second;
  return plan.certificate != nullptr;
}

std::shared_ptr<const TlsIdentity> Loader::read_certificate(Passwords words) {
  auto made = std::make_shared<TlsIdentity>();
  const std::string password_file = name("password_file");
  const TlsKeySource source{settings_.certificate_key, settings_.certificate, *words, password_file,
                            "the one of the key"};
  config::Diagnostics& diagnostics = scope_.builder.diagnostics;
  return read_pair(diagnostics, source, true, *made) ? made : nullptr;
}

/// Null after a diagnostic.
Passwords Loader::passwords() {
  const auto [at, is_new] = loaded_.passwords.try_emplace(settings_.password_file.text);
  if (!is_new) return at->second;
  if (settings_.password_file.text.empty()) return at->second = std::make_shared<const std::vector<Secret>>();
  auto read = read_passwords(settings_.password_file.text);
  if (read) at->second = std::make_shared<const std::vector<Secret>>(std::move(*read));
  else report(settings_.password_file, "password file", read.error());
  return at->second;
}

// ---- trust ---------------------------------------------------------------------------------------------------------

bool Loader::add_trust(TlsClientPlan& plan) {
  if (settings_.verify && settings_.trusted_certificate.text.empty()) {
    scope_.error(code::no_certificate, settings_.verify_where, fmt::format("no `{}` for `{}`",
                                                                           name("trusted_certificate"), name("verify")))
        .with_help(fmt::format("name the file of the authorities to trust, for example `{} "
                               "/etc/ssl/certs/ca-certificates.crt;`", name("trusted_certificate")));
    return false;
  }
  if (settings_.trusted_certificate.text.empty() && settings_.revocations.text.empty()) return true;
  const auto [at, is_new] =
      loaded_.trusts.try_emplace({settings_.trusted_certificate.text, settings_.revocations.text});
  if (is_new) at->second = read_trust();
  if (!at->second) return false;
  plan.trusted = at->second->store;
  trust_digest_ = at->second->digest;
  return true;
}

std::shared_ptr<const Trust> Loader::read_trust() {
  auto trust = std::make_shared<Trust>();
  trust->store = std::shared_ptr<X509_STORE>(X509_STORE_new(), FreeBy<X509_STORE_free>());
  const auto add = [&](const TlsWord& file, bool of_certificates) {
    if (file.text.empty()) return true;
    constexpr std::string_view what[] = {"list of revocations", "trusted certificates"};
    const Result<Secret> pem = read_pem(file.text);
    if (!pem) return report(file, what[of_certificates], pem.error());
    const auto items = parse_trusted(pem->view());
    if (!items) return report(file, what[of_certificates], items.error());
    if (of_certificates && items->certificates.empty()) {
      return report(file, what[1], Error{"no certificate in it"});
    }
    if (!of_certificates && items->revocations.empty()) return report(file, what[0], Error{"no revocations in it"});
    for (const CertificatePtr& one : items->certificates) X509_STORE_add_cert(trust->store.get(), one.get());
    for (const RevocationsPtr& one : items->revocations) X509_STORE_add_crl(trust->store.get(), one.get());
    ERR_clear_error();  // of what was there already
    trust->digest += digest(DigestKind::sha256, {pem->view()});
    return true;
  };
  if (!add(settings_.trusted_certificate, true) || !add(settings_.revocations, false)) return nullptr;
  if (!settings_.revocations.text.empty()) {
    X509_STORE_set_flags(trust->store.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  }
  return trust;
}

// ---- the whole -----------------------------------------------------------------------------------------------------

bool Loader::try_plan(const TlsClientPlan& plan) {
  const TlsContextPtr context(SSL_CTX_new(TLS_client_method()));
  const std::optional<TlsClientFault> fault =
      context ? configure_client(context.get(), plan)
              : TlsClientFault{TlsClientFault::Part::memory, 0, net::take_tls_errors()};
  if (!fault) return true;
  if (fault->part == TlsClientFault::Part::certificate) {
    return report(settings_.certificate, "certificate", Error{fault->reason});
  }
  const bool is_command = fault->part == TlsClientFault::Part::command;
  const TlsWord& word = is_command ? commands_[fault->index].first : settings_.ciphers;
  scope_
      .error(code::tls_value, word.where,
             fmt::format("OpenSSL does not take this `{}`: {}", name(is_command ? "conf_command" : "ciphers"),
                         fault->reason))
      .with_help(is_command ? "SSL_CONF_cmd(3) lists the commands and their values"
                            : "`openssl ciphers -v LIST` shows what it knows");
  return false;
}

std::string Loader::identity_of(const TlsClientPlan& plan) {
  std::string all = fmt::format("{} {} {} {} {}\n{}\n{}\n", plan.refused_versions, plan.verify_depth, plan.verify,
                                plan.sends_name, plan.reuses_sessions, plan.ciphers, settings_.key_log.text);
  for (const auto& [command, value] : plan.commands) all.append(command).append(" ").append(value).push_back('\n');
  // They may name files, whose contents are not known here.
  if (!plan.commands.empty()) all += fmt::format("{}\n", scope_.builder.input.generation);
  all += trust_digest_;
  const auto add = [&all](const CertificatePtr& certificate) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    X509_digest(certificate.get(), EVP_sha256(), bytes, &size);
    all.append(reinterpret_cast<const char*>(bytes), size);
  };
  if (plan.certificate) {
    add(plan.certificate->certificate);
    for (const CertificatePtr& one : plan.certificate->chain) add(one);
  }
  return digest(DigestKind::sha256, {all});
}

}  // namespace

std::shared_ptr<const TlsClientPlan> detail::tls_client_plan(Scope& scope, std::string_view prefix,
                                                             std::shared_ptr<const TlsClientSettings> settings,
                                                             std::shared_ptr<const TlsCommandList> commands) {
  auto& plans = outermost(scope).local<Loaded>().plans;
  const auto [at, is_new] = plans.try_emplace({settings, commands});
  if (!is_new) return at->second;
  at->second = Loader(scope, prefix, *settings, *commands).make();
  if (at->second) scope.builder.table->tls_clients.push_back(at->second);
  return at->second;
}

}  // namespace gh::table
