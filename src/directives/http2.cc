// HTTP/2 to clients: http2 and the bounds of a connection.
#include "directives/directives.h"
#include "directives/setters.h"
#include "table/plan.h"

namespace gh::directives {
namespace {

using table::CoreSettings;
using table::ServerSettings;

constexpr ArgSpec streams{"number", ArgType::count, Presence::required, {}, 1, 65535};
constexpr ArgSpec preread{"size", ArgType::bytes, Presence::required, {}, 0, INT32_MAX};
constexpr ArgSpec chunk{"size", ArgType::bytes, Presence::required, {}, 1, (1 << 24) - 1};

constexpr Row rows[] = {
    setting("http2", hs, on_off, "off", set<&ServerSettings::http2>,
            "Speak HTTP/2 with clients: chosen by ALPN on TLS sockets, by its preface on others."),
    setting("http2_max_concurrent_streams", hs, streams, "128", set<&ServerSettings::http2_streams>,
            "Requests of one HTTP/2 connection that run at a time; more are refused."),
    setting("http2_body_preread_size", hs, preread, "64k", set<&ServerSettings::http2_preread_bytes>,
            "How much of a body an HTTP/2 client may send before anybody reads it."),
    setting("http2_chunk_size", hsl, chunk, "8k", set<&CoreSettings::http2_chunk_bytes>,
            "The most body bytes in one frame of HTTP/2."),
};

}  // namespace

constinit const table::Module http2_module{"http2", rows};

}  // namespace gh::directives
