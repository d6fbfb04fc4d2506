// Which answers may go out compressed: rows only, see policy/gzip_rules.h.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/gzip_rules.h"

namespace gh::directives {
namespace {

using policy::GzipRules;

constexpr Row rows[] = {
    setting("gzip_vary", hsl, on_off, "off", set<&GzipRules::vary>,
            "Vary: Accept-Encoding goes with what may be compressed."),
    setting("gzip_http_version", hsl, {"1.0|1.1", ArgType::one_of, Presence::required, "1.0|1.1"}, "1.1",
            policy::apply_gzip_http_version, "Least version of a request whose answer may be compressed."),
    setting("gzip_proxied", hsl,
            {"when", ArgType::one_of, Presence::repeat_one,
             "off|expired|no-cache|no-store|private|no_last_modified|no_etag|auth|any"},
            "off", policy::apply_gzip_proxied, "When answers to requests with a Via field may be compressed."),
    setting("gzip_disable", hsl, {"regex", ArgType::word, Presence::repeat_one}, "", policy::apply_gzip_disable,
            "Clients (User-Agent) whose answers are not compressed: regular expressions, or msie6."),
};

}  // namespace

constinit const table::Module compression_module{"compression", rows};

}  // namespace gh::directives
