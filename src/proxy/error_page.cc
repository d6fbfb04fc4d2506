#include "proxy/error_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "proxy/exchange.h"

namespace gh::proxy {

namespace {

using table::ErrorFormat;

/// RFC 9110 12.4.2: thousandths; 1000 when no weight is stated, 0 when it is none.
int weight_of(std::string_view element) {
  const std::size_t at = element.find("q=");
  if (at == std::string_view::npos) return 1000;
  int weight = 0, scale = 1000;
  bool fraction = false;
  for (const char c : element.substr(at + 2, 5)) {
    if (c == '.') fraction = true;
    else if (!is_digit(c)) break;
    else weight += (c - '0') * (fraction ? scale /= 10 : scale);
  }
  return weight;
}

/// error_format auto (RFC 9110 12.5.1): of the types that we can make, the one Accept weighs most; the first of equals.
ErrorFormat wanted_format(const Exchange& x) {
  const ErrorFormat configured = x.core().error_format;
  if (configured != ErrorFormat::automatic) return configured;
  const http::Field* accept = http::find(x.request.fields, http::HeaderId::accept);
  if (!accept) return ErrorFormat::html;
  std::string_view rest = accept->value, element;
  ErrorFormat best = ErrorFormat::html;
  int best_weight = 0;
  while (next_list_element(rest, element)) {
    const std::string_view type = trim(element.substr(0, element.find(';')));
    const int weight = weight_of(element);
    if (weight <= best_weight) continue;
    if (iequals(type, "application/problem+json")) best = ErrorFormat::problem;
    else if (iequals(type, "application/json")) best = ErrorFormat::json;
    else if (iequals(type, "text/html")) best = ErrorFormat::html;
    else continue;
    best_weight = weight;
  }
  return best;
}

/// A text of a configuration within quotes of JSON (RFC 8259 7).
std::string json_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\', out += c;
    else if (static_cast<unsigned char>(c) < ' ') out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else out += c;
  }
  return out;
}

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else out += c;
  }
  return out;
}

}  // namespace

BuiltinPage make_builtin_page(Exchange& x, unsigned status) {
  const std::string_view phrase = x.page_text.empty() ? http::reason_phrase(status) : x.page_text;
  std::string text;
  switch (wanted_format(x)) {
    case ErrorFormat::json:
      text = fmt::format("{{\"error\":\"{}\"}}\n", json_text(phrase));
      return {"application/json", x.arena.copy(text)};
    case ErrorFormat::problem:
      // RFC 9457 3: "about:blank" means that the title is the status phrase and nothing more is promised.
      text = fmt::format("{{\"type\":\"about:blank\",\"title\":\"{}\",\"status\":{}}}\n", json_text(phrase), status);
      return {"application/problem+json", x.arena.copy(text)};
    default: break;
  }
  // The page that nginx's users, and their monitoring, know.
  const bool plain = x.page_text.empty();
  text = fmt::format(
      "<html>\r\n<head><title>{0} {1}</title></head>\r\n<body>\r\n<center><h1>{0} {2}</h1></center>\r\n{3}"
      "<hr><center>gatehouse{4}</center>\r\n</body>\r\n</html>\r\n",
      status, html_text(phrase), http::reason_phrase(status),
      plain ? std::string() : fmt::format("<center>{}</center>\r\n", html_text(phrase)),
      x.core().server_tokens ? "/" GATEHOUSE_VERSION : "");
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
