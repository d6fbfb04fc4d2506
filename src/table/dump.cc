#include "table/dump.h"

#include <algorithm>

#include "state/peers.h"
#include "table/exempt.h"
#include "table/json_writer.h"
#include "table/sticky_plan.h"

namespace gh::table {

void JsonWriter::quote(std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out_ += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out_ += '\\', out_ += c;
    else if (byte >= 0x20 && byte != 0x7f) out_ += c;
    else out_ += "\\u00", out_ += hex[byte >> 4], out_ += hex[byte & 15];
  }
  out_ += '"';
}

namespace {

std::string_view phase_name(Phase phase) {
  static constexpr std::string_view names[] = {
      "none",      "address",        "server_rewrite", "route",      "rewrite", "cors",    "limit",    "access",
      "authorize", "identity_limit", "request",        "precontent", "cache",   "content", "response", "log"};
  return names[static_cast<std::size_t>(phase)];
}

std::string_view format_name(ErrorFormat format) {
  static constexpr std::string_view names[] = {"html", "json", "problem", "auto"};
  return names[static_cast<std::size_t>(format)];
}

class Dumper {
 public:
  Dumper(const Table& table, std::string_view prefix) : table_(table), prefix_(prefix) {}

  std::string run() {
    out_.open('{');
    process();
    list("sockets", table_.sockets, [&](const ListenSocket& s) { socket(s); });
    if (!table_.closed_sockets.empty()) {
      list("closed_sockets", table_.closed_sockets, [&](const ListenSocket& s) { socket(s); });
    }
    list("addresses", table_.addresses, [&](const auto& a) { address(*a); });
    list("servers", table_.servers, [&](const auto& s) { server(*s); });
    list("upstreams", table_.upstreams, [&](const auto& u) { upstream(*u); });
    out_.close('}');
    return out_.take();
  }

 private:
  template <class List, class F>
  void list(std::string_view key, const List& items, F&& each) {
    out_.key(key).open('[');
    for (const auto& item : items) each(item);
    out_.close(']');
  }

  /// A list of texts or numbers, on one line.
  template <class List, class F>
  void row(std::string_view key, const List& items, F&& each) {
    out_.key(key).open_row();
    for (const auto& item : items) each(item);
    out_.close_row();
  }

  void where(const config::Span& span) { out_.key("where").value(table_.where(table_, span)); }

  void process() {
    const ProcessSettings& p = table_.process;
    const ProcessSettings d;
    out_.key("process").open('{');
    out_.changed("worker_processes", p.workers, d.workers);
    out_.changed("worker_connections", p.worker_connections, d.worker_connections);
    out_.changed("worker_shutdown_timeout_ms", p.worker_shutdown_timeout_ms, d.worker_shutdown_timeout_ms);
    out_.changed("worker_rlimit_nofile", p.worker_rlimit_nofile, d.worker_rlimit_nofile);
    out_.changed("user", p.user, d.user);
    out_.changed("group", p.group, d.group);
    out_.changed("daemon", p.daemon, d.daemon);
    out_.changed("master_process", p.master_process, d.master_process);
    out_.close('}');
  }

  void socket(const ListenSocket& s) {
    const ListenSocket d;
    out_.open('{');
    out_.key("address").value(s.address.text());
    if (!s.closed_because.empty()) out_.key("waits_for").value(s.closed_because);
    out_.changed("backlog", s.backlog, d.backlog);
    out_.changed("reuseport", s.reuseport, d.reuseport);
    out_.changed("ipv6only", s.ipv6only, d.ipv6only);
    out_.changed("deferred", s.deferred, d.deferred);
    out_.changed("so_keepalive", s.so_keepalive, d.so_keepalive);
    out_.changed("rcvbuf", s.rcvbuf, d.rcvbuf);
    out_.changed("sndbuf", s.sndbuf, d.sndbuf);
    row("answers", s.addresses, [&](std::uint32_t i) { out_.value(table_.addresses[i]->address.text()); });
    out_.close('}');
  }

  void address(const ListenAddress& a) {
    out_.open('{');
    out_.key("address").value(a.address.text());
    out_.key("default_server").value(number_of(a.fallback.get()));
    row("servers", a.servers, [&](const auto& s) { out_.value(number_of(s.get())); });
    out_.close('}');
  }

  std::int64_t number_of(const Server* server) const {
    const auto same = [&](const auto& s) { return s.get() == server; };
    return std::find_if(table_.servers.begin(), table_.servers.end(), same) - table_.servers.begin();
  }

  void server(const Server& s) {
    out_.open('{');
    where(s.where);
    row("server_name", s.names, [&](const std::string& name) { out_.value(name); });
    server_settings(s.settings);
    route_content(s.base, nullptr);
    overlays(s.base);
    inner_.assign(s.routes.size() + 1, {});  // the last: of the server itself
    for (std::uint32_t i = 0; i < s.routes.size(); ++i) {
      inner_[std::min<std::size_t>(s.routes[i]->outer, s.routes.size())].push_back(i);
    }
    exemptions(s);
    locations(s, s.routes.size());
    out_.close('}');
  }

  /// Those that can be had without the credentials that the block around them asks for.
  void exemptions(const Server& s) {
    const auto exempt = exempt_routes(s);
    if (exempt.empty()) return;
    list("exempt", exempt, [&](const Exemption& each) {
      out_.open('{');
      out_.key("route").value(each.route->name);
      out_.key("asks").open_row();
      for (const std::string_view check : proofs(*each.asks)) out_.value(check);
      out_.close_row();
      where(each.by.is_set() ? each.by : each.route->where);
      out_.close('}');
    });
  }

  void locations(const Server& s, std::size_t outer) {
    const auto is_path = [&](std::uint32_t number) { return s.routes[number]->kind == Route::Kind::path; };
    for (const bool paths : {true, false}) {
      const auto& all = inner_[outer];
      if (std::none_of(all.begin(), all.end(), [&](std::uint32_t n) { return is_path(n) == paths; })) continue;
      out_.key(paths ? "routes" : "locations").open('[');
      for (const std::uint32_t number : all) {
        if (is_path(number) == paths) location(s, number);
      }
      out_.close(']');
    }
  }

  void location(const Server& s, std::uint32_t number) {
    const Route& route = *s.routes[number];
    out_.open('{');
    out_.key(route.kind == Route::Kind::path ? "route" : "location").value(route.name);
    where(route.where);
    if (route.internal) out_.key("internal").value(true);
    route_content(route, route.outer < s.routes.size() ? s.routes[route.outer].get() : &s.base);
    overlays(route);
    locations(s, number);
    out_.close('}');
  }

  /// `if` and limit_except: their steps, and the settings that differ from those of the block around them.
  void overlays(const Route& around) {
    if (around.overlays.empty()) return;
    list("overlays", around.overlays, [&](const auto& overlay) {
      out_.open('{');
      out_.key("block").value(overlay->name);
      where(overlay->where);
      route_content(*overlay, &around);
      out_.close('}');
    });
  }

  void server_settings(const ServerSettings& s) {
    const ServerSettings d;
    out_.changed("client_header_timeout_ms", s.client_header_timeout_ms, d.client_header_timeout_ms);
    out_.changed("client_header_buffer_size", s.client_header_buffer_bytes, d.client_header_buffer_bytes);
    out_.changed("large_client_header_buffers", s.large_buffers, d.large_buffers);
    out_.changed("large_client_header_buffers_size", s.large_buffer_bytes, d.large_buffer_bytes);
    out_.changed("max_headers", s.max_headers, d.max_headers);
    out_.changed("underscores_in_headers", s.underscores_in_headers, d.underscores_in_headers);
    out_.changed("ignore_invalid_headers", s.ignore_invalid_headers, d.ignore_invalid_headers);
    out_.changed("merge_slashes", s.merge_slashes, d.merge_slashes);
  }

  /// Groups of settings that are those of the block around are left out.
  void route_content(const Route& route, const Route* outer) {
    if (!outer || outer->core != route.core) core(*route.core);
    if (!outer || outer->files != route.files) files(*route.files);
    if (!route.error_pages->list.empty() && (!outer || outer->error_pages != route.error_pages)) {
      list("error_page", route.error_pages->list, [&](const auto& p) { error_page(p); });
    }
    if (route.resolver && (!outer || outer->resolver != route.resolver)) {
      row("resolver", route.resolver->servers, [&](const Address& a) { out_.value(a.text()); });
    }
    if (route.proxy_target && !proxies_as(route, outer)) {
      target(*route.proxy_target);
      proxy(*route.proxy);
      if (!route.set_headers->list.empty()) set_headers(*route.set_headers);
    }
    if (!route.checks.empty()) row("checks", route.checks, [&](std::string_view check) { out_.value(check); });
    steps(route.program);
  }

  /// An overlay that has no proxy_pass of its own.
  static bool proxies_as(const Route& route, const Route* around) {
    return around && route.kind == Route::Kind::condition && around->proxy_target == route.proxy_target &&
           around->proxy == route.proxy && around->set_headers == route.set_headers;
  }

  void core(const CoreSettings& c) {
    const CoreSettings d;
    out_.changed("client_max_body_size", c.client_max_body_bytes, d.client_max_body_bytes);
    out_.changed("client_body_buffer_size", c.client_body_buffer_bytes, d.client_body_buffer_bytes);
    out_.changed("client_body_timeout_ms", c.client_body_timeout_ms, d.client_body_timeout_ms);
    out_.changed("client_body_min_rate", c.client_body_min_rate, d.client_body_min_rate);
    out_.changed("client_body_in_file_only", static_cast<int>(c.client_body_in_file_only),
                 static_cast<int>(d.client_body_in_file_only));
    out_.changed("send_timeout_ms", c.send_timeout_ms, d.send_timeout_ms);
    out_.changed("send_min_rate", c.send_min_rate, d.send_min_rate);
    out_.changed("keepalive_timeout_ms", c.keepalive_timeout_ms, d.keepalive_timeout_ms);
    out_.changed("keepalive_header_s", c.keepalive_header_s, d.keepalive_header_s);
    out_.changed("keepalive_requests", c.keepalive_requests, d.keepalive_requests);
    out_.changed("keepalive_time_ms", c.keepalive_time_ms, d.keepalive_time_ms);
    out_.changed("keepalive_min_timeout_ms", c.keepalive_min_timeout_ms, d.keepalive_min_timeout_ms);
    out_.changed("keepalive_disable", static_cast<int>(c.keepalive_disable), static_cast<int>(d.keepalive_disable));
    out_.changed("lingering_time_ms", c.lingering_time_ms, d.lingering_time_ms);
    out_.changed("lingering_timeout_ms", c.lingering_timeout_ms, d.lingering_timeout_ms);
    out_.changed("lingering_close", static_cast<int>(c.lingering), static_cast<int>(d.lingering));
    out_.changed("resolver_timeout_ms", c.resolver_timeout_ms, d.resolver_timeout_ms);
    out_.changed("error_format", std::string(format_name(c.error_format)), std::string(format_name(d.error_format)));
    out_.changed("server_tokens", c.server_tokens, d.server_tokens);
    out_.changed("absolute_redirect", c.absolute_redirect, d.absolute_redirect);
    out_.changed("port_in_redirect", c.port_in_redirect, d.port_in_redirect);
    out_.changed("server_name_in_redirect", c.server_name_in_redirect, d.server_name_in_redirect);
    out_.changed("chunked_transfer_encoding", c.chunked_transfer_encoding, d.chunked_transfer_encoding);
    out_.changed("etag", c.etag, d.etag);
    out_.changed("log_subrequest", c.log_subrequest, d.log_subrequest);
    out_.changed("log_not_found", c.log_not_found, d.log_not_found);
    out_.changed("tcp_nodelay", c.tcp_nodelay, d.tcp_nodelay);
    out_.changed("recursive_error_pages", c.recursive_error_pages, d.recursive_error_pages);
    out_.changed("client_body_in_single_buffer", c.client_body_in_single_buffer, d.client_body_in_single_buffer);
    out_.changed("rewrite_log", c.rewrite_log, d.rewrite_log);
    out_.changed("uninitialized_variable_warn", c.uninitialized_variable_warn, d.uninitialized_variable_warn);
  }

  void files(const FileSettings& f) {
    std::string_view root = f.root.source();
    if (root.starts_with(prefix_)) root.remove_prefix(prefix_.size());
    out_.key(f.is_alias ? "alias" : "root").value(root);
    row("index", f.index, [&](const Template& t) { out_.value(t.source()); });
    if (f.default_type != "text/plain") out_.key("default_type").value(f.default_type);
  }

  void error_page(const ErrorPage& page) {
    out_.open('{');
    row("statuses", page.statuses, [&](std::uint16_t s) { out_.value(static_cast<std::int64_t>(s)); });
    if (page.overwrite >= 0) out_.key("becomes").value(static_cast<std::int64_t>(page.overwrite));
    out_.key("target").value(page.target.source());
    out_.close('}');
  }

  void target(const ProxyTarget& t) {
    out_.key("proxy_pass").open('{');
    if (t.upstream) out_.key("upstream").value(t.upstream->name);
    if (t.has_variables) out_.key("url").value(t.url.source());
    else if (t.has_uri) out_.key("uri").value(t.uri);
    if (!t.host.empty()) out_.key("host").value(t.host);
    if (t.tls) out_.key("tls").value(true);
    out_.close('}');
  }

  void proxy(const ProxySettings& p) {
    const ProxySettings d;
    out_.changed("proxy_connect_timeout_ms", p.connect_timeout_ms, d.connect_timeout_ms);
    out_.changed("proxy_send_timeout_ms", p.send_timeout_ms, d.send_timeout_ms);
    out_.changed("proxy_read_timeout_ms", p.read_timeout_ms, d.read_timeout_ms);
    out_.changed("proxy_next_upstream", p.next_upstream, d.next_upstream);
    out_.changed("proxy_next_upstream_timeout_ms", p.next_upstream_timeout_ms, d.next_upstream_timeout_ms);
    out_.changed("proxy_next_upstream_tries", p.next_upstream_tries, d.next_upstream_tries);
    out_.changed("proxy_buffer_size", p.buffer_bytes, d.buffer_bytes);
    out_.changed("proxy_buffers", p.buffers, d.buffers);
    out_.changed("proxy_buffers_size", p.buffers_bytes, d.buffers_bytes);
    out_.changed("proxy_busy_buffers_size", p.busy_buffers_bytes, d.busy_buffers_bytes);
    out_.changed("proxy_limit_rate", p.limit_rate.source(), d.limit_rate.source());
    out_.changed("proxy_buffering", p.buffering, d.buffering);
    out_.changed("proxy_request_buffering", p.request_buffering, d.request_buffering);
    out_.changed("proxy_pass_request_headers", p.pass_request_headers, d.pass_request_headers);
    out_.changed("proxy_pass_request_body", p.pass_request_body, d.pass_request_body);
    out_.changed("proxy_intercept_errors", p.intercept_errors, d.intercept_errors);
    out_.changed("proxy_ignore_client_abort", p.ignore_client_abort, d.ignore_client_abort);
    out_.changed("proxy_socket_keepalive", p.socket_keepalive, d.socket_keepalive);
    out_.changed("proxy_pass_trailers", p.pass_trailers, d.pass_trailers);
    out_.changed("proxy_http_1_0", p.http_1_0, d.http_1_0);
    out_.changed("proxy_http2", p.http2, d.http2);
    out_.changed("proxy_force_ranges", p.force_ranges, d.force_ranges);
    if (p.method) out_.key("proxy_method").value(p.method->source());
    if (p.bind) out_.key("proxy_bind").value(p.bind->text());
    if (p.bind_template) out_.key("proxy_bind").value(p.bind_template->source());
  }

  /// Names only: values may be secrets of the upstream (Authorization).
  void set_headers(const ProxySetHeaders& headers) {
    row("proxy_set_header", headers.list, [&](const HeaderSetting& h) { out_.value(h.name); });
  }

  void steps(const Program& program) {
    out_.key("steps").open_row();
    for (const auto* part : {&program.steps, &program.response, &program.log}) {
      for (const Step& step : *part) out_.value(std::string(phase_name(step.phase)) + " " + std::string(step.name));
    }
    out_.close_row();
  }

  static std::string_view sticky_method(const StickyPlan& plan) {
    switch (plan.kind) {
      case StickyPlan::Kind::cookie: return "cookie";
      case StickyPlan::Kind::route: return "route";
      case StickyPlan::Kind::learn: return "learn";
    }
    return {};
  }

  void upstream(const Upstream& u) {
    const Upstream d;
    out_.open('{');
    out_.key("name").value(u.name);
    if (u.is_implicit) out_.key("implicit").value(true);
    else where(u.where);
    out_.key("policy").value(u.policy_name);
    if (!u.hash_key.is_empty()) out_.key("hash_key").value(u.hash_key.source());
    if (u.sticky) out_.key("sticky").value(sticky_method(*u.sticky));
    out_.changed("queue", u.queue_requests, d.queue_requests);
    out_.changed("keepalive", u.keepalive_connections, d.keepalive_connections);
    out_.changed("keepalive_requests", u.keepalive_requests, d.keepalive_requests);
    out_.changed("keepalive_time_ms", u.keepalive_time_ms, d.keepalive_time_ms);
    out_.changed("keepalive_timeout_ms", u.keepalive_timeout_ms, d.keepalive_timeout_ms);
    list("servers", u.peers->servers(), [&](const state::ServerConfig& s) { peer(s); });
    out_.close('}');
  }

  void peer(const state::ServerConfig& s) {
    const state::ServerConfig d;
    out_.open('{');
    out_.key("server").value(s.name);
    if (s.resolve) out_.key("resolve").value(true);
    out_.changed("weight", s.weight, d.weight);
    out_.changed("max_fails", s.max_fails, d.max_fails);
    out_.changed("fail_timeout_ms", s.fail_timeout_ms, d.fail_timeout_ms);
    out_.changed("max_conns", s.max_conns, d.max_conns);
    out_.changed("slow_start_ms", s.slow_start_ms, d.slow_start_ms);
    if (!s.service.empty()) out_.key("service").value(s.service);
    if (!s.route.empty()) out_.key("route").value(s.route);
    out_.changed("backup", s.backup, d.backup);
    out_.changed("down", s.down, d.down);
    out_.changed("drain", s.drain, d.drain);
    out_.close('}');
  }

  const Table& table_;
  std::string_view prefix_;
  JsonWriter out_;
  std::vector<std::vector<std::uint32_t>> inner_;  // locations by the one around them
};

}  // namespace

std::string dump(const Table& table, std::string_view prefix) { return Dumper(table, prefix).run(); }

}  // namespace gh::table
