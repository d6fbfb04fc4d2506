// server { } with its names and sockets.
#include "directives/directives.h"
#include "directives/setters.h"
#include "table/server_block.h"

namespace gh::directives {
namespace {

void apply_listen(Scope& scope, const Bound& directive) {
  for (std::string_view word : {"ssl", "proxy_protocol"}) {
    if (const Value* value = directive.find(word)) {
      scope.error(table::code::not_served, value->span, "`listen ... " + std::string(word) + "` is not served yet")
          .with_help(word == "ssl" ? "end TLS in front of the gateway and listen without `ssl`"
                                   : "let the balancer in front send X-Forwarded-For");
    }
  }
  if (const Value* value = directive.find("http2")) {
    scope.warning(table::code::not_served_yet, value->span,
                  "`listen ... http2` is not served yet: this socket speaks HTTP/1.1");
  }
  if (const Value* value = directive.find("quic")) {
    scope.warning(table::code::not_served_yet, value->span,
                  "`listen ... quic` is not served yet: this line is passed over");
    return;
  }
  if (directive.has("default")) {
    scope
        .warning(table::code::listen_default, directive.find("default")->span,
                 "`default` is the old name of `default_server`")
        .with_help("write `default_server`")
        .with_fix(directive.find("default")->span, "default_server");
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
