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
#include "config/source.h"
#include "http/h1.h"
#include "table/location_tree.h"
#include "table/program.h"
#include "table/server_names.h"
#include "table/template.h"

namespace gh::state {
class PeerGroup;
}
namespace gh::upstream {
enum class Policy : std::uint8_t;  // upstream/balance.h
}

namespace gh::table {

enum class ErrorFormat : std::uint8_t { html, json, problem, automatic };
enum class Lingering : std::uint8_t { off, on, always };

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
  std::int64_t lingering_time_ms = 30000;
  std::int64_t lingering_timeout_ms = 5000;
  std::int64_t resolver_timeout_ms = 30000;
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
  std::string client_body_temp_path;
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
  bool is_alias = false;               // root replaces the first `alias_bytes` of $uri (all of it in a regex location)
  std::size_t alias_bytes = 0;
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

struct RedirectRule {     // proxy_redirect FROM TO
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
  bool redirect_default = true;                // proxy_redirect default (also when nothing is stated)
  bool force_ranges = false;
  std::optional<Template> method, set_body;
  std::optional<Address> bind;                 // proxy_bind, constant form
  std::optional<Template> bind_template;       // with variables
  bool bind_off = false;
};

/// Lists of the proxy that inner blocks replace as a whole.
struct ProxySetHeaders { std::vector<HeaderSetting> list; };
struct ProxyHideHeaders { std::vector<std::string> list; };   // lower case
struct ProxyPassHeaders { std::vector<std::string> list; };   // lower case
struct ProxyRedirects { std::vector<RedirectRule> list; bool off = false; bool use_default = true; };
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
  std::int64_t keepalive_connections = 32;         // idle connections a worker keeps; 0: none
  std::int64_t keepalive_requests = 1000;
  std::int64_t keepalive_time_ms = 3600000;
  std::int64_t keepalive_timeout_ms = 60000;
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
  std::string uri;                      // URI part when constant
  std::string host;                     // $proxy_host: "name" or "name:port" as written
  std::string port;                     // $proxy_port
  config::Span where;
};

/// Slots of the exchange that a regex's named groups fill, in Regex::names() order. Only regexes with names are in it.
using RegexSlots = std::unordered_map<const Regex*, std::vector<std::uint32_t>>;

struct Route {
  std::string name;                     // "= /x", "/x", "^~ /x", "~ re", "@name"; server level: ""
  std::string prefix;                   // text of the location (what proxy_pass replaces); empty for regex and named
  enum class Kind : std::uint8_t { server, exact, prefix, prefix_final, regex, named, condition } kind = Kind::prefix;
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
  std::vector<std::shared_ptr<const void>> owned;
  std::shared_ptr<const Regex> regex;           // regex locations: for named captures
  std::vector<std::uint32_t> regex_slots;       // slot of each regex name, in Regex::names() order
  config::Span where;
};

struct Server {
  std::string name;                    // first server_name: $server_name
  std::vector<std::string> names;      // all, as written; for dumps
  ServerSettings settings;
  http::HeadLimits limits;             // made from settings
  Route base;                          // server-level: settings when no location was found, server rewrite program
  LocationTree locations;              // route numbers index `routes`
  std::vector<std::shared_ptr<const Route>> routes;
  std::unordered_map<std::string, std::uint32_t> named;   // "@name" to route number
  RegexSlots regex_slots;              // of its regex locations, for the outer ones of a hit; Route has its own, too
  config::Span where;
};

/// One address that servers listen on, with the servers that share it.
struct ListenAddress {
  Address address;
  std::shared_ptr<const Server> fallback;          // default_server or the first
  std::vector<std::shared_ptr<const Server>> servers;
  ServerNames names;                               // numbers index `servers`
  RegexSlots regex_slots;                          // of regex names: what ServerNames::Hit::regex fills
  bool tls = false, http2 = false, proxy_protocol = false;
};

/// A socket to open. Several ListenAddress share it when a wildcard address covers exact ones.
struct ListenSocket {
  Address address;
  int backlog = 511;
  bool reuseport = false, ipv6only = true, deferred = false, so_keepalive = false, wildcard_covers = false;
  int rcvbuf = 0, sndbuf = 0;
  std::vector<std::uint32_t> addresses;  // of Table::addresses; [0] answers when no exact one matches the local address
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
  std::vector<std::shared_ptr<const ListenAddress>> addresses;
  std::vector<std::shared_ptr<const Server>> servers;
  std::vector<std::shared_ptr<const Upstream>> upstreams;
  std::unordered_map<std::string_view, const Upstream*>
      upstream_names;  // of upstream blocks, for proxy_pass with variables
  std::shared_ptr<const ErrorLog> error_log;
  std::vector<std::shared_ptr<LogFile>> log_files;   // all, for reopen
  std::uint32_t variable_slots = 0;
  std::shared_ptr<const void> texts;                 // what variable params point to
  std::shared_ptr<const void> sources;               // file names for places in logs
  std::size_t directives = 0, locations = 0, files = 0;
  /// "file:line" of a place, for logs and $gateway_reason.
  std::string (*where)(const Table&, const config::Span&) = nullptr;
};

}  // namespace gh::table
