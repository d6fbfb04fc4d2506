// realip: rows, see policy/address/set_real_ip_from.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr Row rows[] = {
    {.name = "set_real_ip_from", .contexts = hsl, .args = {{{"address", ArgType::word}}},
     .inherit = Inherit::replace, .repeatable = true, .phase = Phase::address,
     .apply = policy::apply_set_real_ip_from,
     .doc = "A proxy that may name the client's address: an address, a network, a host name, unix:."},
    setting("real_ip_header", hsl, {"field|proxy_protocol", ArgType::word}, "X-Real-IP", policy::apply_real_ip_header,
            "The field in which a trusted proxy names the client: X-Real-IP, X-Forwarded-For or any other."),
    setting("real_ip_recursive", hsl, on_off, "off", policy::apply_real_ip_recursive,
            "Take the last address that is no trusted proxy, instead of the very last one."),
};

}  // namespace

constinit const table::Module realip_module{"realip", rows, policy::finish_real_ip, nullptr, policy::end_real_ip};

}  // namespace gh::directives
