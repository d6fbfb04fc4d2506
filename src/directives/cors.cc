// cors and the lines of its block: rows only, see policy/cors/cors.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr Row names(std::string_view name, std::string_view what, config::Apply apply, bool repeatable,
                    std::string_view fallback, std::string_view doc) {
  Row row;
  row.name = name;
  row.contexts = config::in_cors;
  row.args[0] = {what, ArgType::word, Presence::repeat_one};
  row.inherit = Inherit::none;
  row.repeatable = repeatable;
  row.fallback = fallback;
  row.apply = apply;
  row.doc = doc;
  return row;
}

constexpr Row line(std::string_view name, ArgSpec arg, std::string_view fallback, config::Apply apply,
                   std::string_view doc) {
  Row row = setting(name, config::in_cors, arg, fallback, apply, doc);
  row.inherit = Inherit::none;
  return row;
}

constexpr Row rows[] = {
    {.name = "cors",
     .contexts = hsl,
     .args = {{{"on|off", ArgType::on_off, Presence::optional}}},
     .block = Block::optional,
     .inside = config::in_cors,
     .fallback = "off",
     .phase = Phase::cors,
     .apply = policy::apply_cors,
     .doc = "Which pages of other origins may use what is served here; on: all of them, without credentials."},
    names("origins", "origin", policy::apply_cors_origins, true, {},
          "Origins that may read answers: https://shop.example, https://*.shop.example, ~REGEX, null, *."),
    names("methods", "method", policy::apply_cors_methods, false, "GET HEAD PUT PATCH POST DELETE",
          "Methods that their scripts may use."),
    names("headers", "field", policy::apply_cors_headers, false, {},
          "Fields that their scripts may send; *: all."),
    names("expose", "field", policy::apply_cors_expose, false, {},
          "Fields of answers that their scripts may read, beside the few that all may."),
    line("credentials", on_off, "off", policy::apply_cors_credentials,
         "May their requests carry cookies, passwords and client certificates?"),
    line("max_age", {"time", ArgType::sec}, {}, policy::apply_cors_max_age,
         "How long a browser may remember what a preflight said."),
    line("private_network", on_off, "off", policy::apply_cors_private_network,
         "May public pages reach this private network?"),
};

}  // namespace

constinit const table::Module cors_module{"cors", rows, policy::finish_cors};

}  // namespace gh::directives
