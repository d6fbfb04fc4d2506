// OpenSSL's own commands (ssl_conf_command and its like, SSL_CONF_cmd(3)), for contexts of servers and of clients.
#pragma once

#include <openssl/ssl.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gh::table {

struct TlsCommandFault {
  std::optional<std::size_t> command;  // which of them; none: no memory
  std::string reason;
};

/// `side`: SSL_CONF_FLAG_SERVER or SSL_CONF_FLAG_CLIENT. Names of files start at `main_dir`, if one is given.
std::optional<TlsCommandFault> run_tls_commands(SSL_CTX* context,
                                                const std::vector<std::pair<std::string, std::string>>& list,
                                                unsigned side, std::string_view main_dir);

}  // namespace gh::table
