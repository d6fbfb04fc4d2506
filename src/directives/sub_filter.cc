// sub_filter: rows only, see policy/response/sub_filter.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/response/sub_filter.h"

namespace gh::directives {
namespace {

using policy::SubFilterSettings;

constexpr Row rows[] = {
    {.name = "sub_filter",
     .contexts = hsl,
     .args = {{{"string", ArgType::templ}, {"replacement", ArgType::templ}}},
     .inherit = Inherit::replace,
     .repeatable = true,
     .phase = Phase::response,
     .apply = policy::apply_sub_filter,
     .doc = "Replaces a string in the bodies of answers; case does not matter."},
    setting("sub_filter_once", hsl, on_off, "on", set<&SubFilterSettings::once>,
            "Replace each string at its first place only."),
    {.name = "sub_filter_types",
     .contexts = hsl,
     .args = {{{"type", ArgType::word, Presence::repeat_one}}},
     .fallback = "text/html",
     .inherit = Inherit::replace,
     .repeatable = true,
     .apply = policy::apply_sub_filter_types,
     .doc = "Content types in which sub_filter acts beside text/html; `*`: all."},
    setting("sub_filter_last_modified", hsl, on_off, "off", set<&SubFilterSettings::last_modified>,
            "Keep Last-Modified, and ETag as a weak one."),
};

}  // namespace

constinit const table::Module sub_filter_module{"sub_filter", rows, policy::finish_sub_filter};

}  // namespace gh::directives
