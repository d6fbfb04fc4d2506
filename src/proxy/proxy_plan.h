// ProxyPlan: a location's proxying, compiled: what goes into the upstream's head, what of its answer is kept back.
// Made once by policy/content/proxy_pass when a location is complete; immutable, shared by the workers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "table/plan.h"

namespace gh::proxy {

class Exchange;
struct CookieRules;

/// early_hints: a 103 goes to the client when one of these is true.
struct EarlyHints { std::vector<table::Template> conditions; };

struct UpgradeSettings { bool websocket = false; };   // websocket auto

/// A set of field names: known ones as bits, others as lower-case texts.
class NameSet {
 public:
  void add(std::string_view name) { add(name, http::header_id(name)); }
  void add(std::string_view name, http::HeaderId id);
  void add(http::HeaderId id) { bits_ |= bit(id); }
  void remove(std::string_view name);
  [[nodiscard]] bool has(const http::Field& field) const {
    if (field.id != http::HeaderId::other) return (bits_ & bit(field.id)) != 0;
    return !names_.empty() && find(field.name) != std::string::npos;
  }
  [[nodiscard]] bool has(http::HeaderId id) const { return (bits_ & bit(id)) != 0; }

 private:
  static std::uint64_t bit(http::HeaderId id) { return std::uint64_t{1} << static_cast<unsigned>(id); }
  [[nodiscard]] std::size_t find(std::string_view name) const;  // where it begins in names_, or npos
  std::uint64_t bits_ = 0;
  std::string names_;  // lower case, each with a line feed behind it, which no field name has
};

struct ProxyPlan {
  std::shared_ptr<const table::ProxyTarget> target;
  std::shared_ptr<const table::ProxySettings> settings;
  std::shared_ptr<const table::ProxyRedirects> redirects;
  /// What proxy_set_header adds, with constant parts joined: "Name: " + value + CRLF pieces.
  struct Piece {
    std::string constant;             // whole field lines, ready to copy; used when `value` is null
    const table::Template* value = nullptr;
    std::string name;                 // of the field when `value` is set
    bool is_host = false;
  };
  std::shared_ptr<const table::ProxySetHeaders> set_headers;   // owns the templates of `pieces`
  std::shared_ptr<const void> identity;                        // owns those of identity_header
  std::shared_ptr<const void> token;                           // owns that of proxy_oauth2_token
  std::vector<Piece> pieces;
  NameSet not_forwarded;              // request fields that are dropped or set by us
  NameSet hidden;                     // answer's fields that the client does not get
  bool default_host = true;           // Host: $proxy_host
  bool websocket = false;             // a handshake of WebSocket goes on as one
  const table::Template* connection = nullptr;   // what proxy_set_header says of Connection; null: nothing
  const table::Template* upgrade = nullptr;      // and of Upgrade
  bool is_grpc = false;               // grpc_pass
  bool takes_web = false;             // grpc_web
  std::string redirect_from, redirect_to;   // proxy_redirect default; empty: none
  std::shared_ptr<const table::TlsClientPlan> tls;   // null: no request goes to https://
  std::shared_ptr<const EarlyHints> early_hints;   // null: a 103 ends here
  bool (*renew_token)(Exchange&) = nullptr;   // at an upstream's 401: true: with another one it is sent again
  std::shared_ptr<const CookieRules> cookies;   // proxy_cookie_*; null: cookies pass as they are
  std::uint32_t ignored = 0;          // proxy_ignore_headers: table::IgnoreHeader
  std::string prefix;                 // of the location, replaced by the URI part
  bool takes_query = false;           // a URL with variables that names no query gets the request's: in `route` blocks
};

std::shared_ptr<ProxyPlan> make_proxy_plan(std::shared_ptr<const table::ProxyTarget> target,
                                           std::shared_ptr<const table::ProxySettings> settings,
                                           std::shared_ptr<const table::ProxySetHeaders> set_headers,
                                           const table::ProxyHideHeaders& hide, const table::ProxyPassHeaders& pass,
                                           std::shared_ptr<const table::ProxyRedirects> redirects,
                                           const std::string& location_prefix, bool prefix_location);

}  // namespace gh::proxy
