#include "proxy/error_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "proxy/exchange.h"

namespace gh::proxy {

namespace {

using table::ErrorFormat;

/// error_format auto (RFC 9110 12.5.1, without weights): the first type of Accept that we can make.
ErrorFormat wanted_format(const Exchange& x) {
  const ErrorFormat configured = x.core().error_format;
  if (configured != ErrorFormat::automatic) return configured;
  const http::Field* accept = http::find(x.request.fields, http::HeaderId::accept);
  if (!accept) return ErrorFormat::html;
  std::string_view rest = accept->value, element;
  while (next_list_element(rest, element)) {
    const std::string_view type = trim(element.substr(0, element.find(';')));
    if (iequals(type, "application/problem+json")) return ErrorFormat::problem;
    if (iequals(type, "application/json")) return ErrorFormat::json;
    if (iequals(type, "text/html")) return ErrorFormat::html;
  }
  return ErrorFormat::html;
}

}  // namespace

BuiltinPage make_builtin_page(Exchange& x, unsigned status) {
  const std::string_view phrase = http::reason_phrase(status);
  std::string text;
  switch (wanted_format(x)) {
    case ErrorFormat::json:
      text = fmt::format("{{\"error\":\"{}\"}}\n", phrase);
      return {"application/json", x.arena.copy(text)};
    case ErrorFormat::problem:
      // RFC 9457 3: "about:blank" means that the title is the status phrase and nothing more is promised.
      text = fmt::format("{{\"type\":\"about:blank\",\"title\":\"{}\",\"status\":{}}}\n", phrase, status);
      return {"application/problem+json", x.arena.copy(text)};
    default: break;
  }
  text = fmt::format(
      "<!DOCTYPE html>\n<html>\n<head><title>{0} {1}</title></head>\n<body>\n<h1>{0} {1}</h1>\n<hr>\n<p>gatehouse{2}</p>\n"
      "</body>\n</html>\n",
      status, phrase, x.core().server_tokens ? "/" GATEHOUSE_VERSION : "");
  return {"text/html", x.arena.copy(text)};
}

const table::ErrorPage* find_error_page(const table::Route& route, unsigned status) {
  if (!route.error_pages) return nullptr;
  for (const table::ErrorPage& page : route.error_pages->list) {
    if (std::find(page.statuses.begin(), page.statuses.end(), status) != page.statuses.end()) return &page;
  }
  return nullptr;
}

}  // namespace gh::proxy
