// The server's side of TLS under bytes from anybody: ClientHellos in any pieces, with the choice of a server by name
// and protocol that OpenSSL asks us for, and records behind a complete handshake.
//
// The first byte: odd, the bytes come behind a handshake with a real client. The second: the size of the pieces.
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "net/tls.h"
#include "proxy/tls_contexts.h"
#include "proxy/worker.h"
#include "table/tls_plan.h"

using namespace gh;
using net::TlsSession;
using net::TlsShare;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::shared_ptr<const table::TlsIdentity> make_identity() {
  auto made = std::make_shared<table::TlsIdentity>();
  made->key.reset(EVP_EC_gen("P-256"));
  made->certificate.reset(X509_new());
  X509* const certificate = made->certificate.get();
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, made->key.get());
  require(X509_sign(certificate, made->key.get(), EVP_sha256()) > 0);
  return made;
}

/// An address with a default server, one of a name with another version and HTTP/2, one that rejects, one without TLS.
struct Scene {
  table::ListenAddress listen;
  proxy::Snapshot snapshot;

  Scene() {
    const auto identity = make_identity();
    std::vector<table::ServerNames::Entry> entries;
    for (const std::string_view name : {"shop.example", "*.blog.example", "no.example", "~^x(.*)$"}) {
      auto server = std::make_shared<table::Server>();
      auto plan = std::make_shared<table::TlsPlan>();
      plan->identities.push_back(identity);
      plan->ciphers = "HIGH:!aNULL";
      plan->curves = "auto";
      plan->record_bytes = 16384;
      plan->protocols = table::tls_v1_2 | (name.starts_with('*') ? 0 : table::tls_v1_3);
      plan->rejects = name == "no.example";
      server->settings.http2 = name.starts_with('*');
      if (!name.starts_with('~')) server->tls = plan;
      entries.push_back({*table::parse_server_name(name), static_cast<std::uint32_t>(listen.servers.size())});
      listen.servers.push_back(std::move(server));
    }
    listen.tls = true;
    listen.fallback = listen.servers.front();
    listen.names = table::ServerNames::build(entries);
  }
};

Scene& scene() {
  static Scene one;
  return one;
}

/// One side with memory of its own, as it has on its loop.
struct Side {
  TlsShare share;
  TlsSession session;
  explicit Side(SSL* ssl) : session(ssl, share) {}
  /// What it says to `bytes`.
  std::vector<char> step(std::string_view bytes, TlsSession::Handshake& state) {
    share.in = bytes;
    state = session.handshake();
    return std::exchange(share.out, {});
  }
};

void shake_hands(Side& server) {
  static SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL* const ssl = SSL_new(context);
  SSL_set_connect_state(ssl);
  Side client(ssl);
  TlsSession::Handshake ours{}, theirs{};
  std::vector<char> bytes = client.step({}, theirs);
  for (int turn = 0; turn < 4 && !server.session.is_open(); ++turn) {
    bytes = server.step({bytes.data(), bytes.size()}, ours);
    if (theirs != TlsSession::Handshake::done) bytes = client.step({bytes.data(), bytes.size()}, theirs);
  }
  require(server.session.is_open());
}

/// False: it is over.
bool feed(Side& server, std::string_view piece) {
  static std::vector<char> into(64 * 1024);
  server.share.in = piece;
  if (!server.session.is_open()) {
    const auto state = server.session.handshake();
    require((state == TlsSession::Handshake::failed) == !server.session.error().empty());
    require(server.share.out.size() < 16 * 1024);
    server.share.out.clear();
    return state != TlsSession::Handshake::failed;
  }
  const TlsSession::Read read = server.session.read(into);
  require(read.bytes <= into.size());
  require((read.end == TlsSession::End::failed) == !server.session.error().empty());
  server.share.out.clear();
  return read.end == TlsSession::End::none;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  Scene& now = scene();
  proxy::TlsHandshake handshake{&now.snapshot, &now.listen, now.listen.fallback.get(), {}};
  SSL* const ssl = handshake.accept();
  require(ssl != nullptr);
  Side server(ssl);
  if (data[0] % 2 == 1) shake_hands(server);
  std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t most = data[1] == 0 ? rest.size() + 1 : data[1];
  while (!rest.empty() && feed(server, rest.substr(0, most))) rest.remove_prefix(std::min(most, rest.size()));
  server.session.shut_down();
  return 0;
}
