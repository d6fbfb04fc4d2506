// Variables of TLS, and of what else a plain HTTP/1 connection never has: known names that are not there.
#include "proxy/exchange.h"
#include "proxy/variables.h"

namespace gh::proxy {

using config::Phase;
using table::VariableParam;

namespace {

std::string_view absent(Exchange&, const VariableParam&) { return table::not_found; }

constexpr table::VariableRow rows[] = {
    {"ssl_protocol", absent, Phase::address, false, "version of TLS"},
    {"ssl_cipher", absent, Phase::address, false, "cipher suite in use"},
    {"ssl_ciphers", absent, Phase::address, false, "cipher suites that the client offered"},
    {"ssl_curve", absent, Phase::address, false, "group of the key exchange"},
    {"ssl_curves", absent, Phase::address, false, "groups that the client offered"},
    {"ssl_sigalg", absent, Phase::address, false, "signature algorithm of the server's certificate"},
    {"ssl_server_name", absent, Phase::address, false, "server name that the client asked for (SNI)"},
    {"ssl_session_id", absent, Phase::address, false, "number of the TLS session"},
    {"ssl_session_reused", absent, Phase::address, false, "\"r\" for a resumed session, else \".\""},
    {"ssl_early_data", absent, Phase::address, false, "\"1\" while early data is used"},
    {"ssl_alpn_protocol", absent, Phase::address, false, "protocol that ALPN chose"},
    {"ssl_ech_status", absent, Phase::address, false, "what became of Encrypted Client Hello"},
    {"ssl_ech_outer_server_name", absent, Phase::address, false, "public server name of Encrypted Client Hello"},
    {"ssl_client_verify", absent, Phase::address, false, "SUCCESS, FAILED:reason or NONE"},
    {"ssl_client_s_dn", absent, Phase::address, false, "subject of the client's certificate (RFC 2253)"},
    {"ssl_client_s_dn_legacy", absent, Phase::address, false, "the same in the old form"},
    {"ssl_client_i_dn", absent, Phase::address, false, "issuer of the client's certificate (RFC 2253)"},
    {"ssl_client_i_dn_legacy", absent, Phase::address, false, "the same in the old form"},
    {"ssl_client_serial", absent, Phase::address, false, "serial number of the client's certificate"},
    {"ssl_client_fingerprint", absent, Phase::address, false, "SHA-1 of the client's certificate"},
    {"ssl_client_cert", absent, Phase::address, false, "the client's certificate, lines indented"},
    {"ssl_client_raw_cert", absent, Phase::address, false, "the client's certificate in PEM form"},
    {"ssl_client_escaped_cert", absent, Phase::address, false, "the client's certificate, percent-encoded"},
    {"ssl_client_sigalg", absent, Phase::address, false, "signature algorithm of the client's certificate"},
    {"ssl_client_v_start", absent, Phase::address, false, "first day of the client's certificate"},
    {"ssl_client_v_end", absent, Phase::address, false, "last day of the client's certificate"},
    {"ssl_client_v_remain", absent, Phase::address, false, "days until the client's certificate ends"},
};

}  // namespace

std::span<const table::VariableRow> tls_variables() { return rows; }

}  // namespace gh::proxy
