// A certificate with its key, read for servers and for connections to upstreams, and what is said of files of TLS that
// cannot be used. Main thread.
#pragma once

#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "table/tls_plan.h"

namespace gh::table {

/// Always false. `what` it was to be: "certificate".
bool report_tls_file(config::Diagnostics& diagnostics, const TlsWord& file, std::string_view what, const Error& why);

/// Name, certificate and chain. False: reported.
bool read_chain(config::Diagnostics& diagnostics, const TlsWord& file, TlsIdentity& into);

struct TlsKeySource {
  const TlsWord& key;
  const TlsWord& certificate;
  const std::vector<SecretText>& passwords;
  std::string_view password_directive;
  std::string_view first_of_chain;  // what the first certificate of a file is, for the error
};
/// The key of a certificate that is read. False: reported.
bool read_key(config::Diagnostics& diagnostics, const TlsKeySource& from, TlsIdentity& into);

}  // namespace gh::table
