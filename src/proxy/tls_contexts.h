// TlsContexts: the SSL_CTXs of one worker and one generation, each made when its plan's first handshake comes. Workers
// do not share them: OpenSSL locks what lies in one. They go with their Snapshot; a session in use keeps its own.
//
// Which server's settings a handshake gets is decided while OpenSSL reads the ClientHello (tls_contexts.cc): by the
// name in it, among the names of the address that the connection came to.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/address.h"

struct ssl_ctx_st;
struct ssl_st;

namespace gh::table {
struct ListenAddress;
struct Server;
struct TlsPlan;
}  // namespace gh::table

namespace gh::proxy {

class Arrival;
struct Snapshot;

class TlsContexts {
 public:
  TlsContexts() = default;
  TlsContexts(const TlsContexts&) = delete;
  TlsContexts& operator=(const TlsContexts&) = delete;
  ~TlsContexts();

  /// Null when OpenSSL cannot make it (no memory, as the plan was tried when it was loaded).
  ssl_ctx_st* of(const std::shared_ptr<const table::TlsPlan>& plan);

 private:
  std::unordered_map<const table::TlsPlan*, ssl_ctx_st*> made_;
};

/// One handshake as OpenSSL's callbacks see it. Lives until it is over; its snapshot is pinned as long.
struct TlsHandshake {
  Snapshot* snapshot;
  const table::ListenAddress* listen;
  const table::Server* server;  // whose certificates and settings hold: the default one until a name says otherwise
  Address peer;                 // asked for at once: the socket no longer knows when the client has reset it
  Arrival* arrival = nullptr;   // whose it is

  /// A session that is ready to accept; it refers to this object until end() was called. Null: no memory.
  ssl_st* accept();
  void end(ssl_st* ssl) const;
};

/// Null: it is over. Kept where OpenSSL has user data for a callback that no handshake calls, the one for passwords:
/// application data would cost each connection 100 bytes for all its life.
TlsHandshake* handshake_of(ssl_st* ssl);

/// The server that a session's client named, of those of an address; null: it named none, or one that is not there.
const table::Server* named_server(const table::ListenAddress& listen, const ssl_st* ssl);

}  // namespace gh::proxy
