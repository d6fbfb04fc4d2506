// Any text is an expression or has a fault inside it; what compiles is evaluated without touching memory it does not own,
// twice with the same outcome, and its cost is bounded by its length. The first line is the expression, the rest JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "table/expression.h"
#include "table/variable_table.h"

using namespace gh;

namespace {

std::string_view get(proxy::Exchange&, const table::VariableParam& param) { return param.text; }
std::string_view get_number(proxy::Exchange&, const table::VariableParam&) { return "17"; }
std::string_view get_none(proxy::Exchange&, const table::VariableParam&) { return table::not_found; }
table::ExprValue get_claim(proxy::Exchange&, const table::VariableParam& param) {
  return table::ExprValue::of(static_cast<std::int64_t>(param.text.size()));
}

const table::VariableRow rows[] = {{"host", get, config::Phase::route, false, "host"},
                                   {"port", get_number, config::Phase::route, false, "port"},
                                   {"none", get_none, config::Phase::route, false, "never there"},
                                   {"http_", get, config::Phase::none, true, "request field"},
                                   {"claim_", get, config::Phase::none, true, "claim", nullptr, get_claim}};

void expect(bool good) {
  if (!good) std::abort();
}

bool same(const table::ExprValue& a, const table::ExprValue& b, Arena& arena) {
  std::uint64_t steps = 1'000'000;
  return a.kind == b.kind && (table::equal_values(a, b, arena, steps) || steps == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static char nothing[8];  // the getters above never look at the exchange
  static constexpr std::string_view roots[] = {"a", "order"};
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::string_view text = all.substr(0, all.find('\n'));
  const auto document = json::Document::parse(all.substr(text.size()));
  (void)config::expression_size(all);
  table::VariableTable variables(rows, get, get_none, get);
  for (const bool strict : {false, true}) {
    std::vector<config::ExpressionFault> faults;
    const auto expression = table::Expression::compile(text, variables, {roots, strict, false}, faults);
    expect(static_cast<bool>(expression) == faults.empty());
    for (const config::ExpressionFault& fault : faults) {
      expect(fault.begin <= fault.end && fault.end <= text.size() && !fault.message.empty() && !fault.code.empty());
    }
    if (!expression) continue;
    Arena arena;
    const table::ExprValue order = document ? table::ExprValue::of(document->root()) : table::ExprValue();
    const table::ExprValue values[] = {order, order};
    const table::ExprInput input{reinterpret_cast<proxy::Exchange&>(nothing), arena, 784111777000, values};
    const table::ExprValue first = expression.evaluate(input), second = expression.evaluate(input);
    expect(same(first, second, arena));
    expect(arena.bytes_held() < (1 + text.size()) * 4 * table::max_list_items * sizeof(table::ExprValue));
    expect(first.kind != table::ExprValue::Kind::text || first.size <= table::max_made_text + all.size());
  }
  return 0;
}
