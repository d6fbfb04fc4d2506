#include "policy/schema_faults.h"

#include <fmt/format.h>

#include "base/text.h"
#include "json/write.h"
#include "proxy/error_page.h"
#include "proxy/exchange.h"

namespace gh::policy {

using json::SchemaVerdict;
using proxy::Exchange;
using table::Verdict;

void SchemaFaults::add(std::string_view part, std::string_view pointer, std::string_view keyword,
                  std::string_view sentence) {
  if (!errors.empty()) errors += ',';
  errors += "{\"in\":";
  json::append_text(errors, part);
  errors += ",\"pointer\":";
  json::append_text(errors, pointer);
  if (!keyword.empty()) {
    errors += ",\"keyword\":";
    json::append_text(errors, keyword);
  }
  errors += ",\"detail\":";
  json::append_text(errors, sentence);
  errors += '}';
  if (summary.empty()) summary = fmt::format("{}{} {}", part, printable(pointer, 100), sentence);
}

bool judge(const json::Schema& schema, json::Value value, std::string_view part, std::string_view pointer,
           const json::Budget& budget, SchemaFaults& faults) {
  const SchemaVerdict verdict = schema.validate(value, budget);
  if (verdict.outcome == SchemaVerdict::Outcome::too_complex) return false;
  for (const json::SchemaFailure& failure : verdict.failures) {
    faults.add(part, std::string(pointer) + failure.pointer, failure.keyword, failure.sentence);
  }
  return true;
}

std::optional<SchemaFaults> judge_text(const json::Schema& schema, std::string_view part, std::string_view text,
                                  std::size_t most_bytes, const json::Budget& budget) {
  SchemaFaults faults;
  const auto document = json::Document::parse(text, {.bytes = most_bytes}, json::Duplicates::refuse);
  if (!document) {
    faults.add(part, "", "",
                fmt::format("is no JSON that is taken here: {}, at byte {}", document.error().text,
                            document.error().offset));
    return faults;
  }
  if (!judge(schema, document->root(), part, "", budget, faults)) return std::nullopt;
  return faults;
}

SchemaFaults too_complex(std::string_view part) {
  SchemaFaults faults;
  faults.add(part, "", "", "is too complex to be looked at");
  return faults;
}

Verdict refuse_request(Exchange& x, const table::Origin& by, unsigned status, std::string_view errors,
                       std::string_view summary) {
  x.log(LogLevel::info, fmt::format("the request is not as its schema says: {}", summary));
  if (proxy::find_error_page(*x.route, status)) return x.error(status, by, summary);
  std::string body = "{\"type\":\"about:blank\",\"title\":";
  json::append_text(body, http::reason_phrase(status));
  body += fmt::format(",\"status\":{},\"errors\":[{}]}}\n", status, errors);
  x.refused_by(by, summary);
  return x.respond(status, "application/problem+json", x.arena.copy(body));
}

Verdict refuse_request(Exchange& x, const table::Origin& by, unsigned status, const SchemaFaults& faults) {
  return refuse_request(x, by, status, x.arena.copy(faults.errors), x.arena.copy(faults.summary));
}

}  // namespace gh::policy
