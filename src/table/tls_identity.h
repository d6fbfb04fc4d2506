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

struct TlsKeySource {
  const TlsWord& key;
  const TlsWord& certificate;
  const std::vector<Secret>& passwords;
  std::string_view password_directive;
  std::string_view first_of_chain;  // what the first certificate of a file is, for the error
};
/// Name, certificate with its chain, and its key: whatever is wrong with either is reported. False: something is.
/// `has_passwords` false: they could not be read, which was reported, so that the key is not tried.
bool read_pair(config::Diagnostics& diagnostics, const TlsKeySource& from, bool has_passwords, TlsIdentity& into);

}  // namespace gh::table
