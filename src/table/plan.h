// The immutable routing table: what the workers execute. Built and freed on the main thread, read by all workers.
// Settings are grouped; groups are shared between blocks that do not differ (copy on write at build).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "base/log.h"
#include "base/regex.h"
#include "base/temp_file.h"
#include "config/source.h"
#include "http/h1.h"
#include "table/expression.h"
#include "table/location_tree.h"
#include "table/origin.h"
#include "table/program.h"
#include "table/route_tree.h"
#include "table/server_names.h"
#include "table/template.h"

namespace gh {
class MemoryLog;
}
namespace gh::state {
class PeerGroup;
}
namespace gh::upstream {
enum class Policy : std::uint8_t;       // upstream/balance.h
enum class TimeMeasure : std::uint8_t;  // upstream/balance_time.h
}

namespace gh::table {

struct StickyPlan;  // table/sticky_plan.h
struct TlsPlan;        // table/tls_plan.h
struct TlsClientPlan;  // table/tls_client_plan.h

/// ssl_verify_client.
enum class VerifyClient : std::uint8_t { off, on, optional, optional_no_ca };

enum class ErrorFormat : std::uint8_t { html, json, problem, automatic };
enum class Lingering : std::uint8_t { off, on, always };
/// client_body_in_file_only: on leaves the files, clean removes them with their requests.
enum class BodyInFile : std::uint8_t { off, on, clean };
/// keepalive_disable: a bit set.
enum KeepaliveDisable : std::uint8_t { keepalive_none = 0, keepalive_msie6 = 1, keepalive_safari = 2 };

/// nginx's core settings that a location may change. Times in ms, sizes in bytes.
struct CoreSettings {
  std::int64_t client_max_body_bytes = 1 << 20;         // 0: no limit
  std::int64_t client_body_buffer_bytes = 1 << 20;
  std::int64_t client_body_timeout_ms = 60000;          // between two reads
  std::int64_t client_body_min_rate = 100;              // bytes per second, averaged over the body after a grace time
  std::int64_t send_timeout_ms = 60000;                 // between two writes
  std::int64_t send_min_rate = 100;                     // bytes per second a client must take, after a grace time
  std::int64_t keepalive_timeout_ms = 75000;
  std::int64_t keepalive_header_s = 0;                  // Keep-Alive: timeout=N, 0: no field
  std::int64_t keepalive_requests = 1000;
  std::int64_t keepalive_time_ms = 3600000;
  std::int64_t keepalive_min_timeout_ms = 0;            // idle connections outlive a graceful end by this
  std::int64_t lingering_time_ms = 30000;
  std::int64_t lingering_timeout_ms = 5000;
  std::int64_t resolver_timeout_ms = 30000;
  std::int64_t http2_chunk_bytes = 8 * 1024;            // of a body in one frame
  Lingering lingering = Lingering::on;
  ErrorFormat error_format = ErrorFormat::html;
  bool server_tokens = true;
  bool absolute_redirect = true;
  bool port_in_redirect = true;
  bool server_name_in_redirect = false;
  bool chunked_transfer_encoding = true;
  bool etag = true;
  bool log_not_found = true;
  bool tcp_nodelay = true;
  bool msie_padding = false;
  bool recursive_error_pages = false;
  bool client_body_in_single_buffer = false;
  bool rewrite_log = false;
  bool uninitialized_variable_warn = true;
  bool log_subrequest = false;
  BodyInFile client_body_in_file_only = BodyInFile::off;
  std::uint8_t keepalive_disable = keepalive_msie6;     // KeepaliveDisable
  TempPath client_body_temp_path;
};

/// Where names are looked up for this block; null pointer: no `resolver` was stated.
struct ResolverSettings {
  std::vector<Address> servers;
  std::int64_t valid_ms = 0;
  bool ipv4 = true, ipv6 = true;
};

/// Error log of a block. Not in CoreSettings, because a request without errors never looks at it.
struct LogSettings {
  std::shared_ptr<const ErrorLog> error_log;
};

enum class IfModifiedSince : std::uint8_t { off, exact, before };

/// Files served by a location: root, index, types (static content).
struct FileSettings {
  Template root;                       // absolute; variables allowed
  static constexpr std::size_t whole_alias = SIZE_MAX;
  bool is_alias = false;               // root replaces the first `alias_bytes` of $uri
  std::size_t alias_bytes = 0;         // whole_alias: all of it, the alias stands in a regex location
  [[nodiscard]] bool alias_is_whole() const { return is_alias && alias_bytes == whole_alias; }
  std::vector<Template> index;         // default "index.html"
  std::shared_ptr<const std::unordered_map<std::string, std::string>> types;  // lower-case extension to type
  std::string default_type = "text/plain";
  IfModifiedSince if_modified_since = IfModifiedSince::exact;
};

/// What a server keeps for reading heads (LANGUAGE.md 10.4).
struct ServerSettings {
  std::int64_t client_header_timeout_ms = 60000;  // the whole head
  std::int64_t client_header_buffer_bytes = 1024;
  std::int64_t large_buffers = 4, large_buffer_bytes = 8 * 1024;
  std::int64_t max_headers = 1000;
  bool underscores_in_headers = false;
  bool ignore_invalid_headers = true;
  bool merge_slashes = true;
  bool http2 = false;
  std::int64_t http2_streams = 128;               // at a time, of one connection
  std::int64_t http2_preread_bytes = 64 * 1024;   // of a body, before anybody asked for it
};

struct HeaderSetting {
  std::string name;
  Template value;
  http::HeaderId id = http::HeaderId::other;
};

/// Conditions of proxy_next_upstream. A bit set.
enum NextUpstream : std::uint32_t {
  next_error = 1, next_timeout = 2, next_invalid_header = 4, next_non_idempotent = 8, next_500 = 16, next_502 = 32,
  next_503 = 64, next_504 = 128, next_403 = 256, next_404 = 512, next_429 = 1024, next_off = 2048, next_denied = 4096
};

struct RedirectRule {     // proxy_redirect FROM TO, and proxy_cookie_domain and _path
  Template from;
  std::shared_ptr<const Regex> regex;          // `~RE` and `~*RE`; `from` is empty then
  std::vector<std::uint32_t> regex_slots;      // slot of each named group, in Regex::names() order
  Template to;                                 // may use $1 ... of the regex
};

struct ProxySettings {
  std::int64_t connect_timeout_ms = 60000, send_timeout_ms = 60000, read_timeout_ms = 60000;
  std::int64_t next_upstream_timeout_ms = 0;
  std::int64_t next_upstream_tries = 0;
  std::uint32_t next_upstream = next_error | next_timeout;
  std::int64_t buffer_bytes = 8 * 1024;        // proxy_buffer_size: the head must fit
  std::int64_t buffers = 8, buffers_bytes = 8 * 1024;
  std::int64_t busy_buffers_bytes = 0;
  Template limit_rate;                         // bytes per second read from upstream; empty or 0: no limit
  bool buffering = true;
  bool request_buffering = true;
  bool pass_request_headers = true;
  bool pass_request_body = true;
  bool intercept_errors = false;
  bool ignore_client_abort = false;
  bool socket_keepalive = false;
  bool pass_trailers = false;
  bool http_1_0 = false;                       // proxy_http_version 1.0
  bool http2 = false;                          // proxy_http_version 2, grpc_pass
  bool force_ranges = false;
  std::uint8_t proxy_line_version = 0;         // proxy_protocol: connections begin with such a header; 0: without
  std::optional<Template> method, set_body;
  std::optional<Address> bind;                 // proxy_bind, constant form
  std::optional<Template> bind_template;       // with variables
  bool bind_off = false;
};

/// Lists of the proxy that inner blocks replace as a whole.
struct ProxySetHeaders { std::vector<HeaderSetting> list; };
struct ProxyHideHeaders { std::vector<std::string> list; };   // lower case
struct ProxyPassHeaders { std::vector<std::string> list; };   // lower case
struct ProxyRedirects {
  std::vector<RedirectRule> list;
  std::size_t default_at = 0;                // in `list`: `default` acts before that rule
  bool off = false, use_default = true;
};
enum IgnoreHeader : std::uint32_t {
  ignore_x_accel_redirect = 1,
  ignore_x_accel_expires = 2,
  ignore_x_accel_limit_rate = 4,
  ignore_x_accel_buffering = 8,
  ignore_x_accel_charset = 16,
  ignore_expires = 32,
  ignore_cache_control = 64,
  ignore_set_cookie = 128,
  ignore_vary = 256
};
struct ProxyIgnoreHeaders { std::uint32_t bits = 0; };        // IgnoreHeader

struct ErrorPage {
  std::vector<std::uint16_t> statuses;
  Template target;           // URI, @name or URL
  int overwrite = -1;        // -1: keep; 0: "=" take the target's; N: "=N"
  bool named = false;        // @name
  bool external = false;     // http:// or https://: a redirect
};
struct ErrorPages { std::vector<ErrorPage> list; };

/// An upstream: `upstream NAME { }`, or the one made for a proxy_pass to a plain host.
struct Upstream {
  std::string name;
  std::shared_ptr<state::PeerGroup> peers;
  upstream::Policy policy{};                       // {} is round_robin
  std::string_view policy_name = "round_robin";    // for dumps
  Template hash_key;                               // `hash KEY`
  upstream::TimeMeasure measure{};                 // least_time: what is measured
  std::shared_ptr<const StickyPlan> sticky;        // null: none
  std::int64_t queue_requests = 0;                 // requests that may wait for a free server; 0: none
  std::int64_t queue_timeout_ms = 60000;
  std::shared_ptr<const ResolverSettings> resolver;  // of the block or of http; null: none was stated
  std::int64_t resolver_timeout_ms = 30000;
  std::int64_t keepalive_connections = 32;         // idle connections a worker keeps; 0: none
  std::int64_t keepalive_requests = 1000;
  std::int64_t keepalive_time_ms = 3600000;
  std::int64_t keepalive_timeout_ms = 60000;
  bool keepalive_local = false;                    // idle connections stay with the location that made them
  bool is_implicit = false;
  config::Span where;
};

/// proxy_pass, resolved as far as the configuration allows.
struct ProxyTarget {
  const Upstream* upstream = nullptr;   // null: the host holds variables, decided per request
  Template url;                         // whole URL when it has variables
  bool has_variables = false;
  bool has_uri = false;
  bool tls = false;                     // https://
  bool may_be_tls = false;              // as far as variables do not tell
  std::string uri;                      // URI part when constant
  std::string host;                     // $proxy_host: "name" or "name:port" as written
  std::string port;                     // $proxy_port
  config::Span where;
};

/// secure_link, secure_link_md5 and secure_link_secret: what $secure_link is made of.
struct SecureLink {
  std::optional<Template> link, md5;
  std::string secret;
};

/// valid_referers: what $invalid_referer is made of. Names carry the index of their rule.
struct Referers {
  bool none = false, blocked = false;
  ServerNames names;                            // with the server's own, when server_names was stated
  std::vector<std::string> paths;               // of each name: the referer's path must begin with it
  std::vector<std::shared_ptr<const Regex>> regexes;  // of the referer behind its scheme
};

/// Slots of the exchange that a regex's named groups fill, in Regex::names() order. Only regexes with names are in it.
using RegexSlots = std::unordered_map<const Regex*, std::vector<std::uint32_t>>;

struct Route {
  std::string name;                     // "= /x", "/x", "^~ /x", "~ re", "@name", "if ($x)", "GET /x"; server level: ""
  std::string prefix;                   // text of the location (what proxy_pass replaces); empty for regex and named
  enum class Kind : std::uint8_t { server, exact, prefix, prefix_final, regex, named, condition, path };
  Kind kind = Kind::prefix;             // path: a `route` block
  Kind over = Kind::server;             // of a condition: what it is laid over
  bool internal = false;
  std::uint32_t outer = 0xffffffff;     // number of the location around it in Server::routes
  Program program;
  const CoreSettings* core = nullptr;
  const FileSettings* files = nullptr;
  const LogSettings* logs = nullptr;
  const ErrorPages* error_pages = nullptr;
  const ProxySettings* proxy = nullptr;
  const ResolverSettings* resolver = nullptr;   // null when none was stated
  const ProxyTarget* proxy_target = nullptr;    // null without proxy_pass
  const ProxySetHeaders* set_headers = nullptr;
  const SecureLink* secure_link = nullptr;
  const Referers* referers = nullptr;
  std::vector<std::shared_ptr<const Route>> overlays;  // its `if` and limit_except blocks, in the order of the file
  const Route* except = nullptr;                // limit_except: the route of all methods but those allowed
  std::uint32_t except_allows = 0;              // a bit for each http::Method: those that stay
  std::vector<std::shared_ptr<const void>> owned;
  std::shared_ptr<const Regex> regex;           // regex locations: for named captures
  std::vector<std::uint32_t> regex_slots;       // slot of each regex name, in Regex::names() order
  std::vector<std::string> parameters;          // of a `route` block: the names in its path, in order
  Expression when;                              // and its condition; empty: none
  std::shared_ptr<const Stated> stated;         // where its directives stand; null: none in any block
  std::vector<std::string_view> checks;         // of who may pass, in the order in which they are asked
  config::Span always_returns;                  // a `return` that answers before them, and not with an error
  config::Span where;
};

struct Server {
  std::string name;                    // first server_name: $server_name
  std::vector<std::string> names;      // all, as written; for dumps
  ServerSettings settings;
  http::HeadLimits limits;             // made from settings
  Route base;                          // server-level: settings when no location was found, server rewrite program
  LocationTree locations;              // route numbers index `routes`
  std::shared_ptr<const RouteTree> paths;  // its `route` blocks, asked before the locations; null: it has none
  std::vector<std::shared_ptr<const Route>> routes;
  std::unordered_map<std::string, std::uint32_t> named;   // "@name" to route number
  RegexSlots regex_slots;              // of its regex locations, for the outer ones of a hit; Route has its own, too
  std::shared_ptr<const TlsPlan> tls;  // null: it has no certificate; handshakes are the default server's
  VerifyClient verify_client = VerifyClient::off;
  config::Span where;
};

/// One address that servers listen on, with the servers that share it.
struct ListenAddress {
  Address address;
  std::shared_ptr<const Server> fallback;          // default_server or the first
  std::vector<std::shared_ptr<const Server>> servers;
  ServerNames names;                               // numbers index `servers`
  RegexSlots regex_slots;                          // of regex names: what ServerNames::Hit::regex fills
  bool tls = false, http2 = false, proxy_protocol = false;   // of a `listen` of any of its servers
  std::uint32_t early_data_bytes = 0;                        // the most that any of its servers takes
  /// Is it known from the start what is spoken here? (Else proxy/arrival.h finds out.)
  [[nodiscard]] bool only_http1() const { return !tls && !http2 && !proxy_protocol && !fallback->settings.http2; }
};

/// A socket to open. Several ListenAddress share it when a wildcard address covers exact ones.
struct ListenSocket {
  Address address;
  int backlog = 511;
  bool reuseport = false, ipv6only = true, deferred = false, so_keepalive = false, wildcard_covers = false;
  bool only_http1 = true;                // of all its addresses
  int rcvbuf = 0, sndbuf = 0;
  std::vector<std::uint32_t> addresses;  // of Table::addresses; [0] answers when no exact one matches the local address
  std::string_view closed_because;       // of those in Table::closed_sockets: what the socket would have to speak
  config::Span where;
};

struct ProcessSettings {
  int workers = 1;
  std::int64_t worker_connections = 512;
  std::int64_t worker_shutdown_timeout_ms = 0;   // 0: none
  std::int64_t worker_rlimit_nofile = 0;
  std::string pid_file;
  std::string user, group;
  bool daemon = false;
  bool master_process = true;
};

struct Table {
  std::uint64_t generation = 0;
  ProcessSettings process;
  std::vector<ListenSocket> sockets;
  std::vector<ListenSocket> closed_sockets;          // `listen` lines of what is not served yet: never opened
  std::vector<std::shared_ptr<const ListenAddress>> addresses;
  std::vector<std::shared_ptr<const Server>> servers;
  std::vector<std::shared_ptr<const Upstream>> upstreams;
  std::unordered_map<std::string_view, const Upstream*>
      upstream_names;  // of upstream blocks, for proxy_pass with variables
  std::vector<std::shared_ptr<const TlsClientPlan>> tls_clients;   // all, of TLS to upstreams
  std::shared_ptr<const ErrorLog> error_log;
  std::vector<std::shared_ptr<LogFile>> log_files;   // all, for reopen
  std::vector<std::string> secret_arguments;         // of queries, lower case: logs do not show their values
  std::vector<std::shared_ptr<const MemoryLog>> memory_logs;   // for gatehouse -s log
  std::uint32_t variable_slots = 0;
  bool websockets = false;                           // `websocket auto` is somewhere in it
  bool uses_request_body = false;                    // $request_body: streaming bodies are remembered for it
  std::shared_ptr<const void> texts;                 // what variable params point to
  std::shared_ptr<const void> sources;               // file names for places in logs
  std::size_t directives = 0, locations = 0, routes = 0, files = 0;
  /// "file:line" of a place, for logs and $gateway_reason.
  std::string (*where)(const Table&, const config::Span&) = nullptr;
};

}  // namespace gh::table
