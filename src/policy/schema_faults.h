// What schemas say is wrong with a part of a request or an answer, and the problem (RFC 9457) that tells a client so:
// used by validate and openapi.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "json/schema.h"
#include "table/origin.h"
#include "table/program.h"

namespace gh::policy {

/// Any thread. Values of the message are never in it.
struct SchemaFaults {
  std::string errors;   // members of the answer's list; empty: nothing is wrong
  std::string summary;  // the first of them, for logs
  [[nodiscard]] bool is_good() const { return errors.empty(); }

  /// `part`: "body", "query" ...; `pointer` is a JSON pointer into it. Without a keyword no schema has said it.
  void add(std::string_view part, std::string_view pointer, std::string_view keyword, std::string_view sentence);
};

/// Heads, and bodies that take no longer than this to judge, are looked at on the loop's own thread: about 3 ms.
inline constexpr json::Budget inline_budget{.steps = 50'000};

/// Adds what the schema says of the value at `pointer`. False: the budget was not enough to say.
bool judge(const json::Schema& schema, json::Value value, std::string_view part, std::string_view pointer,
           const json::Budget& budget, SchemaFaults& faults);
/// The same of a text that should be JSON. Nothing: the budget was not enough.
std::optional<SchemaFaults> judge_text(const json::Schema& schema, std::string_view part, std::string_view text,
                                  std::size_t most_bytes, const json::Budget& budget);
SchemaFaults too_complex(std::string_view part);

/// Answers with problem+json, or with the error_page of that status. Worker thread.
table::Verdict refuse_request(proxy::Exchange& exchange, const table::Origin& by, unsigned status,
                              const SchemaFaults& faults);
/// The same; the texts live as long as the exchange.
table::Verdict refuse_request(proxy::Exchange& exchange, const table::Origin& by, unsigned status,
                              std::string_view errors, std::string_view summary);

}  // namespace gh::policy
