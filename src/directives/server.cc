// server { } with its names and sockets.
#include "directives/directives.h"
#include "directives/setters.h"
#include "table/server_block.h"

namespace gh::directives {
namespace {

void apply_listen(Scope& scope, const Bound& directive) {
  if (const Value* value = directive.find("http2")) {
    scope.warning(table::code::listen_http2, value->span, "`listen ... http2` is an old form")
        .with_help("write `http2 on;` in the server");
  }
  if (const Value* value = directive.find("default")) {
    scope.warning(table::code::listen_default, value->span, "`default` is the old name of `default_server`")
        .with_help("write `default_server`")
        .with_fix(value->span, "default_server");
  }
  table::add_listen(scope, directive);
}

constexpr Presence optional = Presence::optional;

constexpr Row rows[] = {
    {.name = "server", .contexts = config::in_http, .block = Block::directives, .inside = config::in_server,
     .inherit = Inherit::none, .repeatable = true, .apply = table::build_server, .doc = "A virtual server."},
    {.name = "listen", .contexts = config::in_server,
     .args = {{{"address", ArgType::address},
               {"default_server", ArgType::flag, optional},
               {"default", ArgType::flag, optional},
               {"ssl", ArgType::flag, optional},
               {"http2", ArgType::flag, optional},
               {"quic", ArgType::flag, optional},
               {"proxy_protocol", ArgType::flag, optional},
               {"bind", ArgType::flag, optional},
               {"reuseport", ArgType::flag, optional},
               {"deferred", ArgType::flag, optional},
               {"backlog=", ArgType::integer, optional, {}, -1, INT32_MAX},
               {"rcvbuf=", ArgType::bytes, optional, {}, 0, INT32_MAX},
               {"sndbuf=", ArgType::bytes, optional, {}, 0, INT32_MAX},
               {"ipv6only=", ArgType::on_off, optional},
               {"so_keepalive=", ArgType::word, optional},
               {"fastopen=", ArgType::count, optional},
               {"setfib=", ArgType::count, optional},
               {"accept_filter=", ArgType::word, optional}}},
     .fallback = "*:80 | *:8000", .inherit = Inherit::none, .repeatable = true, .apply = apply_listen,
     .doc = "An address the server answers on: port, address, range of ports or unix:path."},
    {.name = "server_name", .contexts = config::in_server, .args = {{{"name", ArgType::word, Presence::repeat_one}}},
     .fallback = "\"\"", .inherit = Inherit::none, .repeatable = true, .apply = table::add_server_names,
     .declare = table::declare_group_names,
     .doc = "Names of the server: exact, *.x, x.*, .x, ~regex, \"\" for requests without Host."},
};

}  // namespace

constinit const table::Module server_module{"server", rows};

}  // namespace gh::directives
