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

namespace gh::table {

class TlsLoader {
 public:
  explicit TlsLoader(Builder& builder) : diagnostics_(builder.diagnostics) {}

  /// Sets the server's `tls` and what it says about clients' certificates.
  void load_server(Scope& scope, Builder::ServerDraft& draft);
  /// A `listen` of TLS needs a certificate: of its default server, and where that one rejects handshakes, of each.
  /// `servers` share the address; [fallback] is the default one.
  void check_listen(const std::vector<Builder::ServerDraft*>& servers, std::size_t fallback, config::Span listen);

 private:
  /// What a server states, by the blocks it comes from; kept, so that no other group gets one of these places.
  struct Stated {
    std::shared_ptr<const TlsSettings> settings;
    std::shared_ptr<const TlsCertificates> certificates;
    std::shared_ptr<const TlsKeys> keys;
    std::shared_ptr<const TlsCommands> commands;
    friend auto operator<=>(const Stated&, const Stated&) = default;
  };
  using IdentityKey = std::tuple<std::string, std::string, std::string>;  // certificate, key, passwords
  using Passwords = std::vector<SecretText>;

  std::shared_ptr<const TlsPlan> make_plan(const Stated& stated);
  bool add_identities(TlsPlan& plan, const Stated& stated);
  std::shared_ptr<const TlsIdentity> identity(const TlsWord& certificate, const TlsWord& key, const TlsWord& passwords);
  std::shared_ptr<const TlsIdentity> read_identity(const TlsWord& certificate, const TlsWord& key,
                                                   const TlsWord& passwords);
  const Passwords* passwords_of(const TlsWord& file);
  bool add_trust(TlsPlan& plan, const TlsSettings& settings);
  bool add_trusted_file(TlsPlan& plan, const TlsWord& file, bool is_named);
  bool add_dh_parameters(TlsPlan& plan, const TlsSettings& settings);
  bool try_plan(const std::shared_ptr<const TlsPlan>& plan, const Stated& stated);
  bool is_dynamic(const TlsCertificates& certificates, const TlsKeys& keys);
  void warn_of_time(const TlsIdentity& identity, const TlsWord& certificate);
  void warn_of_names(const Builder::ServerDraft& draft);
  bool report(const TlsWord& word, std::string_view what, const Error& why);

  config::Diagnostics& diagnostics_;
  std::map<Stated, std::shared_ptr<const TlsPlan>> plans_;
  std::map<IdentityKey, std::shared_ptr<const TlsIdentity>> identities_;
  std::map<std::string, std::unique_ptr<const Passwords>> passwords_;
  const Passwords no_passwords_;
};

}  // namespace gh::table
