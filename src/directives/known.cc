// Names that are known but not in the table: nginx's, its usual companions', and the gateway's own of later releases.
// A name whose silent absence would change who may pass, or what runs, is refused (`missing` when a later release
// serves it); what only costs speed or comfort is passed over with a warning; what has no meaning in this process
// model is a note.
#include <algorithm>
#include <string_view>
#include <vector>

#include "directives/directives.h"
#include "directives/shapes.h"

namespace gh::directives {
namespace {

using Fate = config::Known::Fate;

/// Names with one reason, separated by blanks.
struct Names {
  Fate fate;
  std::string_view group;
  std::string_view reason;
  std::string_view names;
};

constexpr Names all[] = {
    // --- no meaning here ---
    {Fate::note, "", "libuv chooses how sockets and files are read and written",
     "sendfile sendfile_max_chunk tcp_nopush aio aio_write directio directio_alignment read_ahead output_buffers "
     "postpone_output send_lowat use multi_accept accept_mutex accept_mutex_delay epoll_events devpoll_changes "
     "devpoll_events kqueue_changes kqueue_events poll_connections worker_aio_requests thread_pool thread_stack_size "
     "worker_threads connections debug_connection rtsig_signo rtsig_overflow_events rtsig_overflow_test "
     "rtsig_overflow_threshold"},
    {Fate::note, "", "tables size themselves",
     "server_names_hash_max_size server_names_hash_bucket_size types_hash_max_size types_hash_bucket_size "
     "variables_hash_max_size variables_hash_bucket_size map_hash_max_size map_hash_bucket_size "
     "proxy_headers_hash_max_size proxy_headers_hash_bucket_size referer_hash_max_size referer_hash_bucket_size"},
    {Fate::note, "", "memory is managed per worker and needs no setting",
     "http2_pool_size http2_recv_buffer_size http2_streams_index_size connection_pool_size request_pool_size "
     "subrequest_output_buffer_size proxy_temp_path proxy_max_temp_file_size proxy_temp_file_write_size"},
    {Fate::note, "", "workers are threads of one process, placed by the kernel",
     "worker_cpu_affinity worker_priority worker_rlimit_core worker_rlimit_sigpending working_directory lock_file "
     "timer_resolution debug_points env pcre_jit quic_bpf ssl_engine ssl_object_cache_inheritable "
     "google_perftools_profiles"},
    {Fate::note, "http2", "obsolete in nginx, too: there is no server push, and directives of HTTP/1.1 took the place",
     "http2_push http2_push_preload http2_max_concurrent_pushes http2_max_requests http2_max_field_size "
     "http2_max_header_size http2_idle_timeout http2_recv_timeout"},
    {Fate::note, "", "modules are built in; directives of those that are not are told one by one", "load_module"},
    {Fate::note, "", "connections are closed in an orderly way in all cases",
     "reset_timedout_connection msie_refresh"},

    // --- served by later releases, safe to pass over ---
    {Fate::later, "cache", "caching is not served yet: each request goes upstream",
     "proxy_cache proxy_cache_path proxy_cache_key proxy_cache_valid proxy_cache_bypass proxy_cache_use_stale "
     "proxy_cache_lock proxy_cache_lock_timeout proxy_cache_lock_age proxy_cache_revalidate "
     "proxy_cache_background_update "
     "proxy_cache_min_uses proxy_cache_methods proxy_cache_max_range_offset proxy_cache_convert_head proxy_cache_purge "
     "proxy_cache_zone proxy_cache_identity proxy_no_cache proxy_store proxy_store_access proxy_cache_errors "
     "open_file_cache open_file_cache_valid open_file_cache_min_uses open_file_cache_errors open_file_cache_events"},
    {Fate::later, "tls", "not served yet: handshakes work without it",
     "ssl_ocsp ssl_ocsp_cache ssl_ocsp_responder "
     "ssl_certificate_compression ssl_ech_file ssl_key_log"},
    {Fate::later, "http3", "HTTP/3 is not served yet", "http3 http3_hq "
     "http3_max_concurrent_streams http3_stream_buffer_size quic_retry quic_gso quic_host_key "
     "quic_active_connection_id_limit"},
    {Fate::later, "", "not served yet: answers go out unchanged",
     "charset charset_types charset_map "
     "source_charset override_charset add_before_body add_after_body addition_types userid userid_domain "
     "userid_expires userid_flags userid_mark userid_name userid_p3p userid_path userid_service "
     "slice"},
    {Fate::later, "", "not served yet: requests are not held to it", "limit_zone"},
    {Fate::later, "", "not served yet: nothing is done after an answer; `mirror` sends a copy", "post_action"},
    {Fate::later, "ssi", "not served yet: the commands stay in the pages as they are",
     "ssi ssi_last_modified ssi_min_file_chunk ssi_silent_errors ssi_types ssi_value_length"},
    {Fate::later, "", "not served yet: symbolic links are followed", "disable_symlinks"},
    {Fate::later, "", "not served yet: folders are not listed",
     "autoindex autoindex_exact_size autoindex_format autoindex_localtime random_index"},
    {Fate::later, "", "not served yet: servers are chosen without it",
     "sticky_cookie_insert sticky_disconnect_sessions ntlm health_check health_check_timeout match check status_zone "
     "upstream_conf server_zone"},
    {Fate::later, "", "not served yet: nothing is traced",
     "otel_exporter otel_service_name otel_trace otel_trace_context otel_span_name otel_span_attr opentracing "
     "opentracing_load_tracer opentracing_propagate_context vhost_traffic_status vhost_traffic_status_zone "
     "vhost_traffic_status_display recursive_subrequests "
     "session_log session_log_format session_log_zone geoip_proxy geoip_proxy_recursive"},

    // --- refused until it is served: without it other requests would pass, or other things would run ---
    {Fate::missing, "access",
     "without access rules everybody would pass: put a server that checks in front, and listen on 127.0.0.1",
     "satisfy_any auth_digest auth_pam auth_ldap auth_spnego"},
    {Fate::missing, "", "variables of this module are not served: compute them with `map` or `geo`",
     "geoip_country geoip_city geoip_org geoip2 geoip2_proxy geoip2_proxy_recursive "
     "num_map set_secure_random_alphanum"},
    {Fate::missing, "",
     "client addresses would be those of the balancer: take them from a field that it sets, in the service behind",
     "proxy_protocol_timeout set_proxy_protocol"},
    {Fate::refused, "", "this way to answer requests is not served",
     "empty_gif dav_methods dav_access create_full_put_path min_delete_depth dav_ext_methods flv mp4 mp4_buffer_size "
     "mp4_max_buffer_size mp4_limit_rate mp4_limit_rate_after mp4_start_key_frame hls hls_buffers hls_forward_args "
     "hls_fragment hls_mp4_buffer_size hls_mp4_max_buffer_size f4f f4f_buffer_size image_filter image_filter_buffer "
     "image_filter_interlace image_filter_jpeg_quality image_filter_sharpen image_filter_transparency "
     "image_filter_webp_quality "
     "xslt_stylesheet xml_entities xslt_last_modified xslt_param xslt_string_param xslt_types api internal_redirect "
     "echo echo_sleep fancyindex nchan_publisher nchan_subscriber push_stream_publisher push_stream_subscriber"},
    {Fate::refused, "fastcgi",
     "FastCGI is not spoken: put an HTTP server in front of it (php-fpm: nginx or FrankenPHP) and use proxy_pass",
     "fastcgi_pass"},
    {Fate::refused, "uwsgi", "uWSGI's protocol is not spoken: start uWSGI with --http-socket and use proxy_pass",
     "uwsgi_pass"},
    {Fate::refused, "scgi", "SCGI is not spoken: put an HTTP server in front of it and use proxy_pass", "scgi_pass"},
    {Fate::refused, "", "memcached is not spoken: put an HTTP service in front of it and use proxy_pass",
     "memcached_pass"},
    {Fate::note, "fastcgi", "has no meaning without its `pass` directive", "fastcgi_* uwsgi_* scgi_* memcached_*"},
    {Fate::refused, "stream", "only HTTP is proxied: use HAProxy or nginx for `stream`", "stream ssl_preread"},
    {Fate::refused, "mail", "only HTTP is proxied: use nginx for `mail`",
     "mail imap pop3_auth smtp_auth imap_auth auth_http"},
    {Fate::refused, "lua",
     "Lua does not run here: say it with directives, or move the code into a service",
     "*_by_lua_block *_by_lua_file *_by_lua lua_* init_by_lua_block access_by_lua_block balancer_by_lua_block"},
    {Fate::refused, "njs", "njs does not run here: say it with directives, or move the code into a service", "js_*"},
    {Fate::refused, "perl", "Perl does not run here: move the code into a service",
     "perl perl_modules perl_require perl_set"},
    {Fate::refused, "waf", "this firewall module does not run here: put the firewall in front of the gateway",
     "modsecurity modsecurity_rules modsecurity_rules_file modsecurity_rules_remote modsecurity_transaction_id "
     "app_protect_* owasp_*"},
    {Fate::refused, "headers_more", "a module of others: use add_header, proxy_hide_header and proxy_set_header",
     "more_set_headers more_clear_headers more_set_input_headers more_clear_input_headers"},
    {Fate::refused, "rtmp", "only HTTP is proxied", "rtmp"},
    {Fate::refused, "passenger",
     "applications are not started here: run the application server by itself and use proxy_pass",
     "passenger_* unit_*"},
    {Fate::refused, "state", "upstreams are changed by editing the file and a reload", "state mgmt"},
    {Fate::missing, "gatehouse", "a directive of a later release: leave it out",
     "aggregate part respond require keep circuit_breaker "
     "circuit_fallback upstream_health auth_key_* "
     "request_json response_json retry retry_* function dashboard status "
     "route_tests test tenant metrics frontchannel_logout_uri"},
};

std::vector<config::Known> split() {
  std::vector<config::Known> out;
  for (const Names& entry : all) {
    std::string_view rest = entry.names;
    while (!rest.empty()) {
      const std::size_t blank = rest.find(' ');
      const std::string_view name = rest.substr(0, blank);
      if (!name.empty()) out.push_back({name, entry.fate, entry.reason, entry.group});
      rest = blank == std::string_view::npos ? std::string_view() : rest.substr(blank + 1);
    }
  }
  return out;
}

/// The entry of a name: its own, or that of the prefix ("grpc_*") that it falls under.
std::vector<config::Known>::iterator entry_of(std::vector<config::Known>& names, std::string_view name) {
  const auto own = std::find_if(names.begin(), names.end(), [&](const config::Known& k) { return k.name == name; });
  if (own != names.end()) return own;
  return std::find_if(names.begin(), names.end(), [&](const config::Known& k) {
    return k.name.ends_with("*") && name.starts_with(k.name.substr(0, k.name.size() - 1));
  });
}

/// Names with a shape are held to it.
std::vector<config::Known> with_shapes() {
  std::vector<config::Known> names = split();
  for (const std::span<const Row> shapes : {later_shapes(), no_effect_shapes()}) {
    for (const Row& row : shapes) {
      const auto entry = entry_of(names, row.name);
      if (entry == names.end()) continue;
      if (entry->name == row.name) entry->row = &row;
      else names.insert(entry, {row.name, entry->fate, entry->reason, entry->group, &row});
    }
  }
  return names;
}

}  // namespace

std::span<const config::Known> known_names() {
  static const std::vector<config::Known> names = with_shapes();
  return names;
}

}  // namespace gh::directives
