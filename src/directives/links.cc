// secure_link and valid_referers: rows; the settings are policy/access/secure_link.cc and
// valid_referers.cc, the variables
// proxy/variables_links.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr Row secure_link_rows[] = {
    {.name = "secure_link", .contexts = hsl, .args = {{{"md5[,expires]", ArgType::templ}}},
     .apply = policy::apply_secure_link,
     .doc = "Where a link carries its MD5 in base64url and, behind a comma, the time of its end."},
    {.name = "secure_link_md5", .contexts = hsl, .args = {{{"text", ArgType::templ}}},
     .apply = policy::apply_secure_link_md5, .doc = "The text whose MD5 a link must carry; it holds a secret."},
    {.name = "secure_link_secret", .contexts = config::in_location, .args = {{{"word", ArgType::word}}},
     .apply = policy::apply_secure_link_secret,
     .doc = "The old form: links are /prefix/MD5/link, with the MD5 of the link and this word."},
};

constexpr Row referer_rows[] = {
    {.name = "valid_referers", .contexts = config::in_server | config::in_location,
     .args = {{{"none|blocked|server_names|name|~regex", ArgType::word, Presence::repeat_one}}},
     .inherit = Inherit::replace, .repeatable = true, .apply = policy::apply_valid_referers,
     .doc = "Who may link here: $invalid_referer is empty for them, and for all others 1."},
};

}  // namespace

constinit const table::Module secure_link_module{"secure_link", secure_link_rows, policy::finish_secure_link};
constinit const table::Module valid_referers_module{"referer", referer_rows, policy::finish_valid_referers};

}  // namespace gh::directives
