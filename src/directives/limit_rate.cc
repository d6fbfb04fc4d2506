// limit_rate: how fast answers go to a client.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/response/limit_rate.h"

namespace gh::directives {
namespace {

using policy::RateSettings;

constexpr config::Contexts contexts = hsl | config::in_location_if;

constexpr Row rows[] = {
    setting("limit_rate", contexts, {"rate", ArgType::templ}, "0", set_size_template<&RateSettings::rate>,
            "Bytes per second of an answer; 0: no limit."),
    setting("limit_rate_after", contexts, {"size", ArgType::templ}, "0", set_size_template<&RateSettings::after>,
            "Bytes that go out before limit_rate begins."),
};

}  // namespace

constinit const table::Module limit_rate_module{"limit_rate", rows, policy::finish_limit_rate};

}  // namespace gh::directives
