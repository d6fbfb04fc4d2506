// FetchTls: what https:// URLs are fetched with (upstream/fetch.h): TLS 1.2 and later; the peer's certificate must lead
// to an authority that is trusted and be for the URL's host. Made while the table is built, immutable, any thread.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gh::upstream {

class FetchTls {
 public:
  /// Trusts the certificates in `trusted_file` (PEM), or those of the system when it is empty; `revocations_file` (PEM,
  /// may be empty) holds lists of those that count no more. Errors are one line, for people.
  static Result<std::shared_ptr<const FetchTls>> make(const std::string& trusted_file,
                                                      const std::string& revocations_file = {});
  FetchTls(const FetchTls&) = delete;
  FetchTls& operator=(const FetchTls&) = delete;
  ~FetchTls();

  /// A session in connect state that takes only a certificate for `host`, a name or an address. Null: no memory.
  [[nodiscard]] SSL* open(const std::string& host) const;
  /// Why a handshake failed with `error` (a negative UV_E...); `ssl` may be null.
  [[nodiscard]] static std::string failure(int error, const SSL* ssl, std::string_view tls_error);

 private:
  explicit FetchTls(SSL_CTX* context) : context_(context) {}
  SSL_CTX* const context_;
};

}  // namespace gh::upstream
