// consumer and auth_key: who may call, by API keys. The policies are policy/consumers.cc and policy/access/auth_key.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr Presence optional = Presence::optional;

constexpr Row rows[] = {
    {.name = "consumer",
     .contexts = config::in_http,
     .args = {{{"name", ArgType::word}}},
     .block = Block::directives,
     .inside = config::in_consumer,
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = policy::apply_consumer,
     .doc = "A caller by name, with its keys, its plan and its groups: $consumer, $consumer_plan, $consumer_group."},
    {.name = "key",
     .contexts = config::in_consumer,
     .args = {{{"sha256:HEX|env:NAME|file:PATH", ArgType::word}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = policy::apply_consumer_key,
     .doc = "An API key of the consumer, as its SHA-256 or where it is to be read."},
    {.name = "plan",
     .contexts = config::in_consumer,
     .args = {{{"name", ArgType::word}}},
     .inherit = Inherit::none,
     .apply = policy::apply_consumer_plan,
     .doc = "The plan that the consumer has: $consumer_plan."},
    {.name = "group",
     .contexts = config::in_consumer,
     .args = {{{"name", ArgType::word, Presence::repeat_one}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = policy::apply_consumer_group,
     .doc = "Groups that the consumer belongs to: $consumer_group."},
    {.name = "basic_user",
     .contexts = config::in_consumer,
     .args = {{{"user", ArgType::word, Presence::repeat_one}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = policy::apply_consumer_user,
     .doc = "Users of auth_basic who are this consumer."},
    {.name = "certificate_san",
     .contexts = config::in_consumer,
     .args = {{{"uri|host", ArgType::word, Presence::repeat_one}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = policy::apply_consumer_certificate,
     .doc = "Names in client certificates that are this consumer's: spiffe://example.org/orders, orders.example.org."},
    {.name = "auth_key",
     .contexts = hsl | config::in_limit_except,
     .args = {{{"realm|off", ArgType::templ},
               {"header=", ArgType::word, optional},
               {"query=", ArgType::word, optional},
               {"cookie=", ArgType::word, optional},
               {"hide", ArgType::flag, optional}}},
     .fallback = "off",
     .phase = Phase::access,
     .apply = policy::apply_auth_key,
     .doc = "Ask for the API key of a consumer, in a field, an argument or a cookie."},
};

void end(Scope& main) {
  policy::end_consumers(main);
  policy::end_auth_key(main);
}

constexpr Row mtls_rows[] = {
    {.name = "auth_mtls", .contexts = hsl | config::in_limit_except, .args = {{on_off}}, .fallback = "off",
     .phase = Phase::access, .apply = policy::apply_auth_mtls,
     .doc = "Ask for the verified client certificate of a consumer."},
};

}  // namespace

constinit const table::Module auth_mtls_module{"auth_mtls", mtls_rows, policy::finish_auth_mtls, nullptr,
                                               policy::end_auth_mtls};
constinit const table::Module auth_key_module{"auth_key", rows, policy::finish_auth_key, nullptr, end};

}  // namespace gh::directives
