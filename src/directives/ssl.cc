// TLS of clients: certificates, what is negotiated, whose certificates clients must show.
#include "directives/certificate_cache.h"
#include "directives/directives.h"
#include "directives/setters.h"
#include "table/server_block.h"
#include "table/tls_plan.h"

namespace gh::directives {
namespace {

using table::TlsSettings;
using table::TlsWord;
using table::VerifyClient;

TlsWord word_of(const Value& value) { return {std::string(value.text), value.span}; }

template <auto Member>
void set_word(Scope& scope, const Bound& directive) {
  scope.edit<TlsSettings>().*Member = word_of(directive.at(0));
}

template <class List>
void add_file(Scope& scope, const Bound& directive) {
  const Value& value = directive.at(0);
  const bool has_variables = value.text.find('$') != std::string_view::npos;
  List& files = scope.edit_list<List>();
  files.list.push_back(word_of(value));
  files.names.push_back(has_variables ? scope.compile(value) : table::Template::constant(std::string(value.text)));
  files.has_variables = files.has_variables || has_variables;
}

void set_certificate_cache(Scope& scope, const Bound& directive) {
  scope.edit<TlsSettings>().certificate_cache = read_certificate_cache(scope, directive);
}

void add_command(Scope& scope, const Bound& directive) {
  scope.edit_list<table::TlsCommands>().list.emplace_back(word_of(directive.at(0)), word_of(directive.at(1)));
}

/// Lines of one block add up, as in nginx.
void add_protocols(Scope& scope, const Bound& directive) {
  struct Name {
    std::string_view text;
    std::uint8_t bit;
  };
  static constexpr Name names[] = {{"SSLv2", table::ssl_v2},     {"SSLv3", table::ssl_v3},
                                   {"TLSv1", table::tls_v1},     {"TLSv1.1", table::tls_v1_1},
                                   {"TLSv1.2", table::tls_v1_2}, {"TLSv1.3", table::tls_v1_3}};
  auto& settings = scope.edit<TlsSettings>();
  if (settings.protocols_in != &scope) settings.protocols = 0;
  settings.protocols_in = &scope;
  for (const Value& value : directive.values) {
    for (const Name& name : names) {
      if (value.text == name.text) settings.protocols = static_cast<std::uint8_t>(settings.protocols | name.bit);
    }
  }
}

void set_verify_client(Scope& scope, const Bound& directive) {
  const std::string_view text = directive.at(0).text;
  auto& settings = scope.edit<TlsSettings>();
  settings.verify_where = directive.span();
  settings.verify_client = text == "on"         ? VerifyClient::on
                           : text == "optional" ? VerifyClient::optional
                           : text == "off"      ? VerifyClient::off
                                                : VerifyClient::optional_no_ca;
}

/// on, off, or how often the files are looked at.
void set_watch(Scope& scope, const Bound& directive) {
  constexpr std::int64_t usual_ms = 5000, least_ms = 100;
  const Value& value = directive.at(0);
  std::int64_t watch_ms = value.text == "on" ? usual_ms : 0;
  if (value.text != "on" && value.text != "off") {
    const auto time = config::parse_time_ms(value.text, false);
    if (!time || *time < least_ms) {
      scope.error(table::code::bad_time, value.span, "invalid value `" + std::string(value.text) + "`")
          .with_label("neither a switch nor a time")
          .with_help("write `on`, `off`, or how often to look, at least 100ms: `1m`");
      return;
    }
    watch_ms = *time;
  }
  scope.edit<TlsSettings>().watch_ms = watch_ms;
}

/// nginx's old form of `listen ... ssl`.
void set_ssl(Scope& scope, const Bound& directive) {
  scope.warning(table::code::ssl_on, directive.span(), "`ssl` is an old form")
      .with_help("write `listen ... ssl` for the sockets that speak TLS, and leave `ssl` out");
  if (directive.at(0).number != 0) table::server_of(scope)->speaks_tls = true;
}

void set_stapling(Scope& scope, const Bound& directive) {
  auto& settings = scope.edit<TlsSettings>();
  settings.staples = directive.at(0).number != 0;
  settings.stapling_where = directive.span();
}

void set_early_data(Scope& scope, const Bound& directive) {
  auto& settings = scope.edit<TlsSettings>();
  settings.takes_early_data = directive.at(0).number != 0;
  settings.early_data_where = directive.span();
}

constexpr ArgSpec file{"file", ArgType::conf_path};

constexpr Row many(std::string_view name, std::string_view fallback, config::Apply apply, std::string_view doc,
                   ArgSpec first, ArgSpec second = {}) {
  Row row = setting(name, hs, first, fallback, apply, doc);
  row.args[1] = second;
  row.repeatable = true;
  row.inherit = Inherit::replace;
  return row;
}

constexpr Row cached(Row row) {
  std::size_t i = 0;
  for (const ArgSpec& arg : certificate_cache_args) row.args[i++] = arg;
  return row;
}

constexpr Row rows[] = {
    setting("ssl", config::in_server, on_off, "off", set_ssl, "Old form: all sockets of the server speak TLS."),
    many("ssl_certificate", "", add_file<table::TlsCertificates>,
         "The server's certificate in PEM form, its chain behind it; several of different kinds are allowed.", file),
    many("ssl_certificate_key", "", add_file<table::TlsKeys>,
         "The private key of the ssl_certificate of the same rank.", file),
    cached(setting("ssl_certificate_cache", hs, {}, "off", set_certificate_cache,
                   "Keep certificates and keys whose names hold variables.")),
    setting("ssl_certificate_watch", hs, {"on|off|time", ArgType::word}, "off", set_watch,
            "Load certificates, keys and trusted certificates anew when their files change; how often to look."),
    setting("ssl_stapling", hs, on_off, "off", set_stapling,
            "Give clients an OCSP response for the certificate: that of its responder, or of ssl_stapling_file."),
    setting("ssl_stapling_file", hs, file, "", set_word<&TlsSettings::stapling_file>,
            "An OCSP response for the server's certificate, in DER form; then no responder is asked."),
    setting("ssl_stapling_responder", hs, {"url", ArgType::word}, "", set_word<&TlsSettings::stapling_responder>,
            "The OCSP responder to ask, instead of the one that the certificate names."),
    setting("ssl_stapling_verify", hs, on_off, "off", set<&TlsSettings::verifies_stapled>,
            "Whether who has signed a responder's answer must be trusted (ssl_trusted_certificate)."),
    setting("ssl_password_file", hs, file, "", set_word<&TlsSettings::password_file>,
            "Passwords of encrypted keys, one a line; they are tried in turn."),
    setting("ssl_early_data", hs, on_off, "off", set_early_data,
            "Take requests that a client of TLS 1.3 sends before the handshake is over; they may be replayed."),
    many("ssl_protocols", "TLSv1.2 TLSv1.3", add_protocols, "Versions of TLS that are spoken.",
         {"version", ArgType::one_of, Presence::repeat_one, "SSLv2|SSLv3|TLSv1|TLSv1.1|TLSv1.2|TLSv1.3"}),
    setting("ssl_ciphers", hs, {"ciphers", ArgType::word}, "HIGH:!aNULL:!MD5", set_word<&TlsSettings::ciphers>,
            "Cipher suites up to TLS 1.2, in OpenSSL's words."),
    setting("ssl_prefer_server_ciphers", hs, on_off, "off", set<&TlsSettings::prefers_own_ciphers>,
            "Whose order of cipher suites counts up to TLS 1.2: on: the server's."),
    setting("ssl_ecdh_curve", hs, {"curves", ArgType::word}, "auto", set_word<&TlsSettings::curves>,
            "Groups of the key exchange, in OpenSSL's words, with colons between them."),
    setting("ssl_dhparam", hs, file, "", set_word<&TlsSettings::dh_parameters>,
            "Parameters of DHE cipher suites; without them there are none."),
    many("ssl_conf_command", "", add_command, "One of OpenSSL's configuration commands.", {"name", ArgType::word},
         {"value", ArgType::word}),
    setting("ssl_buffer_size", hs, {"size", ArgType::bytes, Presence::required, {}, 1}, "16k",
            set<&TlsSettings::record_bytes>, "Most bytes of an answer in one TLS record."),
    setting("ssl_reject_handshake", hs, on_off, "off", set<&TlsSettings::rejects>,
            "Refuse handshakes whose server name chooses this server."),
    setting("ssl_verify_client", hs, {"mode", ArgType::one_of, Presence::required, "off|on|optional|optional_no_ca"},
            "off", set_verify_client, "Ask clients for a certificate, and refuse requests (400) without a right one."),
    setting("ssl_verify_depth", hs, {"number", ArgType::count, Presence::required, {}, 0, 1000}, "1",
            set<&TlsSettings::verify_depth>, "Most certificates between a client's and a trusted one."),
    setting("ssl_client_certificate", hs, file, "", set_word<&TlsSettings::client_certificate>,
            "Authorities of clients' certificates; clients are told their names."),
    setting("ssl_trusted_certificate", hs, file, "", set_word<&TlsSettings::trusted_certificate>,
            "More authorities, whose names clients are not told."),
    setting("ssl_crl", hs, file, "", set_word<&TlsSettings::revocations>, "Certificates of clients that were revoked."),
};

}  // namespace

constinit const table::Module ssl_module{"ssl", rows};

}  // namespace gh::directives
