#include "table/tls_commands.h"

#include <memory>

#include "table/tls_files.h"

namespace gh::table {

std::optional<TlsCommandFault> run_tls_commands(SSL_CTX* context,
                                                const std::vector<std::pair<std::string, std::string>>& list,
                                                unsigned side, std::string_view main_dir) {
  if (list.empty()) return std::nullopt;
  const std::unique_ptr<SSL_CONF_CTX, FreeBy<SSL_CONF_CTX_free>> commands(SSL_CONF_CTX_new());
  if (!commands) return TlsCommandFault{std::nullopt, tls_reason_or("no memory")};
  SSL_CONF_CTX_set_flags(commands.get(),
                         SSL_CONF_FLAG_FILE | side | SSL_CONF_FLAG_CERTIFICATE | SSL_CONF_FLAG_SHOW_ERRORS);
  SSL_CONF_CTX_set_ssl_ctx(commands.get(), context);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& [name, value] = list[i];
    const int type = SSL_CONF_cmd_value_type(commands.get(), name.c_str());
    const bool is_relative = (type == SSL_CONF_TYPE_FILE || type == SSL_CONF_TYPE_DIR) && !value.starts_with('/');
    const std::string path = is_relative ? std::string(main_dir) + value : value;
    if (SSL_CONF_cmd(commands.get(), name.c_str(), path.c_str()) > 0) continue;
    return TlsCommandFault{i, tls_reason_or("OpenSSL does not know it")};
  }
  if (SSL_CONF_CTX_finish(commands.get()) == 1) return std::nullopt;
  return TlsCommandFault{list.size() - 1, tls_reason_or("OpenSSL does not take it")};
}

}  // namespace gh::table
