// TLS to upstreams: proxy_ssl_* and grpc_ssl_*, which are the same rows under two prefixes.
#include <algorithm>

#include "base/text.h"
#include "directives/certificate_cache.h"
#include "directives/directives.h"
#include "directives/setters.h"
#include "table/tls_client_plan.h"

namespace gh::directives {
namespace {

using table::TlsWord;
using table::TlsClientGroup;
using table::TlsClientSettings;
namespace code = table::code;

TlsWord word_of(const Value& value) { return {std::string(value.text), value.span}; }

template <class Side>
TlsClientSettings& edit(Scope& scope) { return scope.edit<TlsClientGroup<Side>>(); }

template <class Side, bool TlsClientSettings::*Member>
void set_switch(Scope& scope, const Bound& directive) {
  edit<Side>(scope).*Member = directive.at(0).number != 0;
}

template <class Side, TlsWord TlsClientSettings::*Member>
void set_word(Scope& scope, const Bound& directive) {
  edit<Side>(scope).*Member = word_of(directive.at(0));
}

/// A file whose name may hold variables.
template <class Side, TlsWord TlsClientSettings::*Word, std::optional<table::Template> TlsClientSettings::*Name>
void set_file(Scope& scope, const Bound& directive) {
  TlsClientSettings& settings = edit<Side>(scope);
  settings.*Word = word_of(directive.at(0));
  (settings.*Name).reset();
  table::Template name = scope.compile(directive.at(0));
  if (!name.is_constant()) settings.*Name = std::move(name);
}

template <class Side>
void set_name(Scope& scope, const Bound& directive) {
  edit<Side>(scope).name = scope.compile(directive.at(0));
}

template <class Side>
void set_verify(Scope& scope, const Bound& directive) {
  TlsClientSettings& settings = edit<Side>(scope);
  settings.verify = directive.at(0).number != 0;
  settings.verify_where = directive.span();
}

template <class Side>
void set_verify_depth(Scope& scope, const Bound& directive) {
  edit<Side>(scope).verify_depth = directive.at(0).number;
}

template <class Side>
void add_command(Scope& scope, const Bound& directive) {
  auto& list = scope.edit_list<table::TlsClientCommands<Side>>().list;
  list.emplace_back(word_of(directive.at(0)), word_of(directive.at(1)));
}

struct Version {
  std::string_view name;
  std::uint64_t refused;
};
constexpr Version versions[] = {{"SSLv2", 0},
                                {"SSLv3", SSL_OP_NO_SSLv3},
                                {"TLSv1", SSL_OP_NO_TLSv1},
                                {"TLSv1.1", SSL_OP_NO_TLSv1_1},
                                {"TLSv1.2", SSL_OP_NO_TLSv1_2},
                                {"TLSv1.3", SSL_OP_NO_TLSv1_3}};

/// Lines of one block add up, as in nginx.
template <class Side>
void add_protocols(Scope& scope, const Bound& directive) {
  TlsClientSettings& settings = edit<Side>(scope);
  if (settings.versions_in != &scope) {
    settings.refused_versions = 0;
    for (const Version& version : versions) settings.refused_versions |= version.refused;
  }
  settings.versions_in = &scope;
  for (const Value& value : directive.values) {
    for (const Version& version : versions) {
      if (value.text == version.name) settings.refused_versions &= ~version.refused;
    }
  }
}

template <class Side>
void set_cache(Scope& scope, const Bound& directive) {
  edit<Side>(scope).cache = read_certificate_cache(scope, directive);
}

/// Text that a template may be told: names of directives are made of two of them.
template <std::size_t Size>
struct Literal {
  char text[Size];
  constexpr Literal(const char (&from)[Size]) { std::copy_n(from, Size, text); }
};
template <class Side, Literal Rest>
struct NameOf {
  static constexpr std::size_t size = Side::prefix.size() + sizeof Rest.text;
  static constexpr std::array<char, size> text = [] {
    std::array<char, size> joined{};
    std::copy_n(Rest.text, sizeof Rest.text, std::copy(Side::prefix.begin(), Side::prefix.end(), joined.begin()));
    return joined;
  }();
};
template <class Side, Literal Rest>
constexpr std::string_view named = {NameOf<Side, Rest>::text.data(), NameOf<Side, Rest>::size - 1};

constexpr ArgSpec file{"file", ArgType::conf_path};
constexpr Presence optional = Presence::optional;

constexpr Row with_args(Row row, std::initializer_list<ArgSpec> args) {
  std::copy(args.begin(), args.end(), row.args.begin());
  return row;
}
constexpr Row list(Row row) {
  row.repeatable = true;
  row.inherit = Inherit::replace;
  return row;
}

template <class Side>
constexpr auto rows = [] {
  using T = TlsClientSettings;
  return std::to_array<Row>({
      setting(named<Side, "certificate">, hsl, file, "",
              set_file<Side, &T::certificate, &T::certificate_name>,
              "Certificate in PEM form that upstreams are shown, its chain behind it; \"\": none."),
      setting(named<Side, "certificate_key">, hsl, file, "",
              set_file<Side, &T::certificate_key, &T::key_name>, "Its private key."),
      with_args(setting(named<Side, "certificate_cache">, hsl, {"off", ArgType::flag, optional}, "off", set_cache<Side>,
                        "Keep certificates and keys whose names hold variables."),
                {{"off", ArgType::flag, optional},
                 {"max=", ArgType::count, optional, {}, 1},
                 {"inactive=", ArgType::sec, optional},
                 {"valid=", ArgType::sec, optional}}),
      setting(named<Side, "password_file">, hsl, file, "", set_word<Side, &T::password_file>,
              "Passwords of encrypted keys, one a line; they are tried in turn."),
      setting(named<Side, "ciphers">, hsl, {"ciphers", ArgType::word}, "DEFAULT", set_word<Side, &T::ciphers>,
              "Cipher suites up to TLS 1.2, in OpenSSL's words."),
      list(with_args(setting(named<Side, "conf_command">, hsl, {"name", ArgType::word}, "", add_command<Side>,
                             "One of OpenSSL's configuration commands."),
                     {{"name", ArgType::word}, {"value", ArgType::word}})),
      setting(named<Side, "crl">, hsl, file, "", set_word<Side, &T::revocations>,
              "Certificates of upstreams that were revoked."),
      setting(named<Side, "key_log">, hsl, {"file", ArgType::path}, "", set_word<Side, &T::key_log>,
              "Write the secrets of connections, for wireshark. They open all that was sent: for tests only."),
      setting(named<Side, "name">, hsl, {"name", ArgType::templ}, "$proxy_host", set_name<Side>,
              "Whom the upstream's certificate must be for; sent as its name when server_name is on."),
      list(setting(named<Side, "protocols">, hsl,
                   {"version", ArgType::one_of, Presence::repeat_one, "SSLv2|SSLv3|TLSv1|TLSv1.1|TLSv1.2|TLSv1.3"},
                   "TLSv1.2 TLSv1.3", add_protocols<Side>, "Versions of TLS that are spoken.")),
      setting(named<Side, "server_name">, hsl, on_off, "off", set_switch<Side, &T::sends_name>,
              "Tell the upstream the name in the handshake (SNI)."),
      setting(named<Side, "session_reuse">, hsl, on_off, "on", set_switch<Side, &T::reuses_sessions>,
              "Resume sessions, which saves most of a handshake."),
      setting(named<Side, "trusted_certificate">, hsl, file, "", set_word<Side, &T::trusted_certificate>,
              "Authorities of upstreams' certificates."),
      setting(named<Side, "verify">, hsl, on_off, "off", set_verify<Side>,
              "Refuse upstreams without a right certificate (502)."),
      setting(named<Side, "verify_depth">, hsl, {"number", ArgType::count, Presence::required, {}, 0, 1000}, "1",
              set_verify_depth<Side>, "Most certificates between an upstream's and a trusted one."),
  });
}();

}  // namespace

constinit const table::Module proxy_ssl_module{"proxy_ssl", rows<table::ProxySide>};
constinit const table::Module grpc_ssl_module{"grpc_ssl", rows<table::GrpcSide>};

}  // namespace gh::directives
