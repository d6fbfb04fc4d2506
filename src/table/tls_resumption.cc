#include "table/tls_resumption.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <ctime>
#include <string_view>

#include "state/tls_sessions.h"
#include "state/tls_tickets.h"
#include "table/tls_context.h"

namespace gh::table {

namespace {

const TlsPlan& chosen_plan(const SSL* ssl) { return plan_of(SSL_get_SSL_CTX(ssl)); }

std::string_view id_of(const SSL_SESSION* session) {
  unsigned size = 0;
  const unsigned char* const id = SSL_SESSION_get_id(session, &size);
  return {reinterpret_cast<const char*>(id), size};
}

/// Whose cache a session lies in: OpenSSL does not say on which connection one turned out to be bad. The cache lives
/// as long as the connection's context, and that longer than its session.
int cache_index() {
  static const int index = SSL_SESSION_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// ---- the cache -----------------------------------------------------------------------------------------------------

/// Never takes the session over: OpenSSL's own reference goes with the connection.
int keep_session(SSL* ssl, SSL_SESSION* session) {
  const TlsPlan& plan = chosen_plan(ssl);
  // A ticket of TLS 1.3 is told of, too, although it is the client that keeps it.
  const bool is_ticket = SSL_version(ssl) == TLS1_3_VERSION && (SSL_get_options(ssl) & SSL_OP_NO_TICKET) == 0;
  if (!plan.sessions || is_ticket) return 0;
  const int size = i2d_SSL_SESSION(session, nullptr);
  if (size <= 0 || static_cast<std::size_t>(size) > state::TlsSessions::most_session_bytes) return 0;
  state::TlsSessions::Bytes bytes(static_cast<std::size_t>(size));
  unsigned char* at = bytes.data();
  i2d_SSL_SESSION(session, &at);
  SSL_SESSION_set_ex_data(session, cache_index(), plan.sessions.get());
  plan.sessions->put(id_of(session), std::move(bytes),
                     SSL_SESSION_get_time(session) + SSL_SESSION_get_timeout(session));
  return 0;
}

SSL_SESSION* find_session(SSL* ssl, const unsigned char* id, int size, int* copy) {
  *copy = 0;
  const TlsPlan& plan = chosen_plan(ssl);
  if (!plan.sessions || size <= 0) return nullptr;
  state::TlsSessions::Bytes bytes = plan.sessions->find(
      {reinterpret_cast<const char*>(id), static_cast<std::size_t>(size)}, std::time(nullptr));
  if (bytes.empty()) return nullptr;
  const unsigned char* at = bytes.data();
  SSL_SESSION* const session = d2i_SSL_SESSION(nullptr, &at, static_cast<long>(bytes.size()));
  OPENSSL_cleanse(bytes.data(), bytes.size());
  if (session) SSL_SESSION_set_ex_data(session, cache_index(), plan.sessions.get());
  return session;
}

void forget_session(SSL_CTX*, SSL_SESSION* session) {
  auto* const cache = static_cast<state::TlsSessions*>(SSL_SESSION_get_ex_data(session, cache_index()));
  if (cache) cache->remove(id_of(session));
}

// ---- tickets -------------------------------------------------------------------------------------------------------

bool set_keys(const state::TlsTicketKey& key, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
              int encrypts) {
  auto hmac = key.hmac;
  char sum[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, hmac.data(), key.key_bytes()),
                               OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sum, 0),
                               OSSL_PARAM_construct_end()};
  const bool is_set = EVP_MAC_CTX_set_params(mac, params) == 1 &&
                      EVP_CipherInit_ex(cipher, key.is_long ? EVP_aes_256_cbc() : EVP_aes_128_cbc(), nullptr,
                                        key.aes.data(), iv, encrypts) == 1;
  OPENSSL_cleanse(hmac.data(), hmac.size());
  return is_set;
}

constexpr int ticket_failed = -1, ticket_unknown = 0, ticket_good = 1, ticket_good_but_renew = 2;

int ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
               int encrypts) {
  const TlsPlan& plan = chosen_plan(ssl);
  if (!plan.tickets) return ticket_unknown;
  const std::int64_t now_s = std::time(nullptr);
  if (encrypts != 0) {
    const auto key = plan.tickets->current(now_s);
    if (!key || RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return ticket_failed;
    std::copy(key->name.begin(), key->name.end(), name);
    return set_keys(*key, iv, cipher, mac, encrypts) ? ticket_good : ticket_failed;
  }
  constexpr std::size_t name_bytes = sizeof(state::TlsTicketKey::name);
  const auto found = plan.tickets->find({reinterpret_cast<const char*>(name), name_bytes}, now_s);
  if (!found) return ticket_unknown;
  if (!set_keys(found->key, iv, cipher, mac, encrypts)) return ticket_failed;
  // A client of TLS 1.3 shall use a ticket once: it needs the next one.
  return found->is_current && SSL_version(ssl) != TLS1_3_VERSION ? ticket_good : ticket_good_but_renew;
}

}  // namespace

bool set_resumption(SSL_CTX* context, const TlsPlan& plan) {
  // Always on, as a server that is chosen by name may have a cache where the one of the address has none. OpenSSL's own
  // memory is not used: it would be one a worker, and end with a reload.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL |
                                              SSL_SESS_CACHE_NO_AUTO_CLEAR);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  SSL_CTX_sess_set_get_cb(context, find_session);
  SSL_CTX_sess_set_remove_cb(context, forget_session);
  SSL_CTX_set_timeout(context, plan.session_timeout_s);
  if (!plan.tickets) SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  return SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_key) == 1;
}

void settle_session(SSL* ssl, const TlsPlan& plan) {
  const bool is_kept = plan.sessions || plan.tickets;
  if (!is_kept) SSL_set_num_tickets(ssl, 0);
  if (SSL_session_reused(ssl) == 1) return;
  SSL_SESSION* const session = SSL_get_session(ssl);
  if (!session) return;
  SSL_SESSION_set_timeout(session, plan.session_timeout_s);
  static constexpr unsigned char none[1] = {};
  if (plan.hides_session_id) SSL_SESSION_set1_id(session, none, 0);
}

}  // namespace gh::table
