#include "policy/key_lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "table/codes.h"

namespace gh::policy {

namespace {

using config::Bound;

/// Calls f(directive) for each of the file, inner ones too, until it answers true.
template <class F>
bool any_directive(const std::vector<Bound>& directives, F&& f) {
  return std::any_of(directives.begin(), directives.end(),
                     [&](const Bound& d) { return f(d) || any_directive(d.children, f); });
}

bool names_variable(const table::Template& key, std::string_view name) {
  const std::string_view text = key.source();
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const char before = at == 0 ? ' ' : text[at - 1];
    const std::size_t end = at + name.size();
    const bool ends = end == text.size() || (text[end] != '_' && !std::isalnum(static_cast<unsigned char>(text[end])));
    if ((before == '$' || before == '{') && ends) return true;
  }
  return false;
}

void warn_of_clients_choice(table::Scope& scope, const config::Value& value, const table::Template& key) {
  for (const std::string_view name : {"http_x_forwarded_for", "http_x_real_ip", "http_forwarded",
                                      "proxy_add_x_forwarded_for", "http_cf_connecting_ip", "http_true_client_ip"}) {
    if (!names_variable(key, name)) continue;
    scope.warning(table::code::chosen_key, value.span,
                  fmt::format("clients choose `${}`: with another value each time no limit holds", name))
        .with_help("take `$binary_remote_addr`, and say who may name it: set_real_ip_from PROXY; real_ip_header "
                   "X-Forwarded-For;");
    return;
  }
}

/// The file itself says that a proxy is in front, and trusts none.
bool is_behind_untrusted_proxy(const table::Builder& builder) {
  const auto& all = builder.loaded.bound;
  if (any_directive(all, [](const Bound& d) { return d.row->name == "set_real_ip_from"; })) return false;
  return any_directive(all, [](const Bound& d) {
    return d.row->name == "listen" && d.has("proxy_protocol");
  });
}

struct ProxyWarning { bool given = false; };  // local to the outermost scope

}  // namespace

void check_limit_key(table::Scope& scope, const config::Value& value, const table::Template& key) {
  warn_of_clients_choice(scope, value, key);
  table::Scope& main = table::outermost(scope);
  main.builder.at_end([&main, key, span = value.span] {
    const bool by_address = names_variable(key, "binary_remote_addr") || names_variable(key, "remote_addr");
    auto& warned = main.local<ProxyWarning>().given;
    if (by_address && !warned && is_behind_untrusted_proxy(main.builder)) {
      warned = true;
      main.warning(table::code::proxy_key, span, "behind a proxy this is the proxy's address: all clients share it")
          .with_help("say which proxy names the client: set_real_ip_from 10.0.0.0/8;");
    }
    if (main.builder.variables.known_from(key) <= config::Phase::identity_limit) return;
    main.warning(table::code::late_key, span,
                 fmt::format("`{}` is not known yet when this limit is asked: it counts nothing", key.source()))
        .with_help("limits act behind the checks of who asks, and before anything is made of the answer");
  });
}

}  // namespace gh::policy
