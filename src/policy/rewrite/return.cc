// return (LANGUAGE.md 8.2): an answer without any further processing. Statuses from 300 on without a text go through
// error_page; redirects take their text as Location; 444 closes the connection.
#include <optional>

#include "base/text.h"
#include "http/field_value.h"
#include "policy/file_type.h"
#include "policy/policy.h"
#include "policy/rewrite_ops.h"
#include "proxy/exchange.h"
#include "table/codes.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;

namespace {

struct Return {
  unsigned status = 0;      // 0: nothing stated
  bool has_text = false;
  table::Template text;
  table::Origin origin;
};

constexpr bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// 1xx is no final answer (RFC 9110 15.2), and a body-less 204 or 304 has no type either.
Verdict answer(Exchange& x, const Return& what) {
  if (what.status == 444) return x.drop();
  // What `$status` in the text says; inside an error page the error's status is the answer's.
  if (what.has_text) x.reply.status = x.error_status != 0 ? x.error_status : static_cast<std::uint16_t>(what.status);
  if (is_redirect(what.status) && what.has_text) {
    x.escapes_path = true;
    const std::string_view url = what.text.render(x, x.arena);
    x.escapes_path = false;
    return x.redirect(what.status, http::safe_field_value(url, x.arena));
  }
  if (!what.has_text && what.status >= 300 && what.status != 304) return x.error(what.status, what.origin);
  if (what.status == 204 || what.status == 304) {
    // As the empty page of an error it keeps the error's status.
    if (x.error_status != 0) return x.respond(what.status, {}, {});
    x.reply.status = static_cast<std::uint16_t>(what.status);
    x.send_head({}, true);
    return Verdict::done;
  }
  return x.respond(what.status, file_type(*x.route->files, x.uri), what.text.render(x, x.arena));
}

Flow run(Exchange& x, const void* params) {
  const auto& what = *static_cast<const Return*>(params);
  x.answered_by(what.origin);
  answer(x, what);
  return Flow::answered;
}

std::optional<unsigned> read_status(std::string_view text) {
  const auto number = parse_uint(text);
  if (!number || *number > 999) return std::nullopt;
  return static_cast<unsigned>(*number);
}

bool looks_like_url(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://") || text.starts_with("$scheme") ||
         text.starts_with("${scheme}");
}

/// CODE, CODE TEXT or URL; false when a diagnostic was made.
bool read(table::Scope& scope, const config::Bound& directive, Return& out) {
  const config::Value& first = directive.at(0);
  const bool has_second = directive.values.size() > 1;
  if (const auto status = read_status(first.text)) {
    if (*status < 200) {
      scope
          .error(table::code::bad_status, first.span,
                 "`return` with status " + std::string(first.text) + ": no final answer has it")
          .with_help("statuses from 200 to 999 can be returned");
      return false;
    }
    out.status = *status;
    out.has_text = has_second;
    if (has_second) out.text = scope.compile(directive.at(1));
    return true;
  }
  if (has_second || !looks_like_url(first.text)) {
    scope.error(table::code::bad_status, first.span, "`" + std::string(first.text) + "` is no status")
        .with_help("write `return CODE`, `return CODE TEXT`, or a URL that begins with http://, https:// or $scheme");
    return false;
  }
  out.status = 302;
  out.has_text = true;
  out.text = scope.compile(first);
  return true;
}

/// For what is said of checks that come too late. Those of `if` blocks, and answers that give nothing away, do no harm.
void note_answer(table::Scope& scope, const Return& what) {
  const bool is_block = scope.context == config::in_location || scope.context == config::in_route;
  if (!is_block || what.status >= 400) return;
  table::Route* const route = table::route_of(scope);
  if (route && !route->always_returns.is_set()) route->always_returns = what.origin.where;
}

}  // namespace

void apply_return(table::Scope& scope, const config::Bound& directive) {
  auto stated = std::make_shared<Return>();
  stated->origin = {directive.row->name, directive.span()};
  if (!read(scope, directive, *stated)) return;
  note_answer(scope, *stated);
  add_op(scope, "return", run, std::move(stated));
}

}  // namespace gh::policy
