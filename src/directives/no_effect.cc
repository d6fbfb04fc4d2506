// What nginx's directives without a meaning here take: they are accepted with a note (known.cc), and their values are
// looked at as nginx does.
#include "config/values.h"
#include "directives/shapes.h"
#include "table/codes.h"

namespace gh::directives {
namespace {

using namespace shape;

constexpr config::Contexts in_main = config::in_main, in_http = config::in_http, in_events = config::in_events;
constexpr Presence optional = Presence::optional;
constexpr ArgSpec offset{"size", ArgType::offset};
constexpr ArgSpec path{"path", ArgType::path};
constexpr ArgSpec level{"level", ArgType::count, optional};

void refuse(Scope& scope, const Value& value, const char* help) {
  scope.error(table::code::bad_choice, value.span, "invalid value `" + std::string(value.text) + "`").with_help(help);
}

void look_at_aio(Scope& scope, const Bound& directive) {
  const std::string_view text = directive.at(0).text;
  if (text == "on" || text == "off" || text == "threads" || text.starts_with("threads=")) return;
  refuse(scope, directive.at(0), "write `on`, `off`, `threads` or `threads=POOL`");
}

void look_at_directio(Scope& scope, const Bound& directive) {
  const std::string_view text = directive.at(0).text;
  if (text != "off" && !config::parse_size(text, true)) refuse(scope, directive.at(0), "write `off`, or a size");
}

/// auto [MASK], or a mask of 0 and 1 for each worker.
void look_at_masks(Scope& scope, const Bound& directive) {
  for (std::size_t i = 0; i < directive.values.size(); ++i) {
    const Value& value = directive.at(i);
    if (i == 0 && value.text == "auto") continue;
    if (!value.text.empty() && value.text.find_first_not_of("01") == std::string_view::npos) continue;
    refuse(scope, value, "write `auto`, or a mask of `0` and `1` for each worker");
  }
}

constexpr Shape all[] = {
    // --- how bytes are moved
    one("sendfile", in_hsl_and_if, {on_off}),
    one("sendfile_max_chunk", hsl, {size_bytes}),
    one("tcp_nopush", hsl, {on_off}),
    one("aio", hsl, {word}, look_at_aio),
    one("aio_write", hsl, {on_off}),
    one("directio", hsl, {word}, look_at_directio),
    one("directio_alignment", hsl, {offset}),
    one("read_ahead", hsl, {size_bytes}),
    one("output_buffers", hsl, {positive, size_bytes}),
    one("postpone_output", hsl, {size_bytes}),
    one("send_lowat", hsl, {size_bytes}),
    one("reset_timedout_connection", hsl, {on_off}),
    one("msie_refresh", hsl, {on_off}),

    // --- events { }
    one("use", in_events, {choice("epoll|poll|select|kqueue|eventport|/dev/poll")}),
    one("multi_accept", in_events, {on_off}),
    one("accept_mutex", in_events, {on_off}),
    one("accept_mutex_delay", in_events, {time_ms}),
    one("epoll_events", in_events, {any_count}),
    one("worker_aio_requests", in_events, {any_count}),
    many("debug_connection", in_events, {word}),

    // --- sizes of tables and pools
    one("server_names_hash_max_size", in_http, {any_count}),
    one("server_names_hash_bucket_size", in_http, {any_count}),
    one("variables_hash_max_size", in_http, {any_count}),
    one("variables_hash_bucket_size", in_http, {any_count}),
    one("map_hash_max_size", in_http, {any_count}),
    one("map_hash_bucket_size", in_http, {any_count}),
    one("types_hash_max_size", hsl, {any_count}),
    one("types_hash_bucket_size", hsl, {any_count}),
    one("proxy_headers_hash_max_size", hsl, {any_count}),
    one("proxy_headers_hash_bucket_size", hsl, {any_count}),
    one("referer_hash_max_size", config::in_server | config::in_location, {any_count}),
    one("referer_hash_bucket_size", config::in_server | config::in_location, {any_count}),
    one("connection_pool_size", hs, {size_bytes}),
    one("request_pool_size", hs, {size_bytes}),
    one("subrequest_output_buffer_size", hsl, {size_bytes}),
    one("proxy_temp_path", hsl, {path, level, level, level}),
    one("proxy_max_temp_file_size", hsl, {offset}),
    one("proxy_temp_file_write_size", hsl, {size_bytes}),

    // --- the process
    one("worker_cpu_affinity", in_main, {words}, look_at_masks),
    one("worker_priority", in_main, {{"number", ArgType::integer}}),
    one("worker_rlimit_core", in_main, {offset}),
    one("working_directory", in_main, {path}),
    one("lock_file", in_main, {path}),
    one("timer_resolution", in_main, {time_ms}),
    one("debug_points", in_main, {choice("stop|abort")}),
    many("env", in_main, {word}),
    one("pcre_jit", in_main, {on_off}),
    many("load_module", in_main, {word}),
    one("quic_bpf", in_main, {on_off}),
    one("ssl_engine", in_main, {word}),
    one("ssl_object_cache_inheritable", in_main, {on_off}),
    many("thread_pool", in_main,
         {word, {"threads=", ArgType::count}, {"max_queue=", ArgType::count, optional}}),

    // --- without their `pass` directive
    many("fastcgi_param", hsl, {word, word, {"if_not_empty", ArgType::flag, optional}}),
    one("fastcgi_index", hsl, {word}),
    one("fastcgi_split_path_info", hsl, {{"regex", ArgType::regex}}),
    one("fastcgi_buffers", hsl, {positive, size_bytes}),
    one("fastcgi_buffer_size", hsl, {size_bytes}),
    one("fastcgi_busy_buffers_size", hsl, {size_bytes}),
    one("fastcgi_buffering", hsl, {on_off}),
    one("fastcgi_request_buffering", hsl, {on_off}),
    one("fastcgi_connect_timeout", hsl, {time_ms}),
    one("fastcgi_send_timeout", hsl, {time_ms}),
    one("fastcgi_read_timeout", hsl, {time_ms}),
    one("fastcgi_intercept_errors", hsl, {on_off}),
    one("fastcgi_keep_conn", hsl, {on_off}),
    one("fastcgi_ignore_client_abort", hsl, {on_off}),
    one("fastcgi_max_temp_file_size", hsl, {offset}),
    one("fastcgi_temp_file_write_size", hsl, {size_bytes}),
    many("fastcgi_hide_header", hsl, {word}),
    many("fastcgi_pass_header", hsl, {word}),
    many("uwsgi_param", hsl, {word, word, {"if_not_empty", ArgType::flag, optional}}),
    one("uwsgi_buffering", hsl, {on_off}),
    one("uwsgi_connect_timeout", hsl, {time_ms}),
    one("uwsgi_send_timeout", hsl, {time_ms}),
    one("uwsgi_read_timeout", hsl, {time_ms}),
    many("scgi_param", hsl, {word, word, {"if_not_empty", ArgType::flag, optional}}),
    one("scgi_buffering", hsl, {on_off}),
    one("scgi_connect_timeout", hsl, {time_ms}),
    one("scgi_send_timeout", hsl, {time_ms}),
    one("scgi_read_timeout", hsl, {time_ms}),
};

}  // namespace

std::span<const Row> no_effect_shapes() { return all; }

}  // namespace gh::directives
