// From the ssl_* lines of a server to its TlsPlan: reads the files, checks that they belong together and that OpenSSL
// takes them, and says what is wrong. One for a whole build, so that each file is read once however many servers name
// it. Build thread only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "table/server_block.h"
#include "table/tls_context.h"
#include "table/tls_stated.h"
#include "table/tls_watch.h"

namespace gh::table {

class TlsLoader {
 public:
  explicit TlsLoader(Builder& builder) : builder_(&builder), diagnostics_(builder.diagnostics) {}
  /// For renew() only.
  explicit TlsLoader(config::Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  /// Sets the server's `tls` and what it says about clients' certificates.
  void load_server(Scope& scope, Builder::ServerDraft& draft);
  /// A plan like `before`, from what its files are now. Null: said why.
  std::shared_ptr<const TlsPlan> renew(const TlsPlan& before, const TlsStated& stated);
  /// A `listen` of TLS needs a certificate: of its default server, and where that one rejects handshakes, of each.
  /// `servers` share the address; [fallback] is the default one.
  void check_listen(const std::vector<Builder::ServerDraft*>& servers, std::size_t fallback, config::Span listen);

 private:
  using Stated = TlsStated;
  using IdentityKey = std::tuple<std::string, std::string, std::string>;  // certificate, key, passwords
  using Passwords = std::vector<Secret>;

  std::shared_ptr<const TlsPlan> make_plan(const Stated& stated, const TlsPlan* before);
  void watch(const std::shared_ptr<const TlsPlan>& plan, const Stated& stated, TlsWatch::Marks marks);
  bool add_identities(TlsPlan& plan, const Stated& stated);
  std::shared_ptr<const TlsIdentity> identity(const TlsWord& certificate, const TlsWord& key, const TlsWord& passwords);
  std::shared_ptr<const TlsIdentity> read_identity(const TlsWord& certificate, const TlsWord& key,
                                                   const TlsWord& passwords);
  const Passwords* passwords_of(const TlsWord& file);
  bool add_trust(TlsPlan& plan, const TlsSettings& settings);
  bool add_trusted_file(TlsPlan& plan, const TlsWord& file, bool is_named);
  bool add_stapled(TlsPlan& plan, const Stated& stated, const TlsPlan* before);  // tls_loader_stapling.cc
  void add_responders(TlsPlan& plan, const Stated& stated, const TlsPlan* before);
  void add_responder(TlsPlan& plan, const TlsSettings& settings, const std::shared_ptr<const TlsIdentity>& identity,
                     const TlsWord& certificate);
  config::Diagnostic& warn_not_stapled(const TlsSettings& settings, const TlsWord& certificate, std::string_view why);
  bool add_dh_parameters(TlsPlan& plan, const TlsSettings& settings);
  bool add_resumption(TlsPlan& plan, const Stated& stated);  // tls_loader_sessions.cc
  static void keep_resumption(TlsPlan& plan, const TlsPlan& before);
  std::shared_ptr<state::TlsTickets> tickets_of(const Stated& stated);
  bool try_plan(const std::shared_ptr<const TlsPlan>& plan, const Stated& stated);
  void report_fault(const TlsFault& fault, const Stated& stated);
  void warn_of_early_data(const TlsSettings& settings);
  bool add_named_identities(TlsPlan& plan, const Stated& stated);
  void warn_of_time(const TlsIdentity& identity, const TlsWord& certificate);
  void warn_of_names(const Builder::ServerDraft& draft);
  bool report(const TlsWord& word, std::string_view what, const Error& why);

  std::string main_dir_;        // while plans are renewed
  Builder* builder_ = nullptr;  // null: plans are renewed
  config::Diagnostics& diagnostics_;
  std::map<Stated, std::shared_ptr<const TlsPlan>> plans_;
  std::map<IdentityKey, std::shared_ptr<const TlsIdentity>> identities_;
  std::map<std::string, std::unique_ptr<const Passwords>> passwords_;
  const Passwords no_passwords_;
};

}  // namespace gh::table
