// The first line as a schema, the rest as an instance: compiling and validating end, in bounded time, and the verdict is
// the same whether failures are wanted or not.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "json/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gh::json;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(input.find('\n'), size);
  SchemaOptions options;
  options.ignores_unknown = (size & 1U) != 0;
  options.asserts_format = (size & 2U) != 0;
  options.dialect = (size & 4U) != 0 ? Dialect::draft7 : Dialect::draft2020_12;
  options.most_nodes = 5000;
  const auto schema = Schema::compile(input.substr(0, line), options);
  if (!schema) {
    if (schema.error().text.empty()) std::abort();
    return 0;
  }
  const auto instance = Document::parse(input.substr(std::min(line + 1, size)));
  if (!instance) return 0;
  const SchemaVerdict told = schema->validate(instance->root(), {.steps = 20'000, .depth = 100, .failures = 3});
  const SchemaVerdict silent = schema->validate(instance->root(), {.steps = 20'000, .depth = 100, .failures = 0});
  using enum SchemaVerdict::Outcome;
  if (told.failures.size() > 3 || !silent.failures.empty()) std::abort();
  if ((told.outcome == invalid && told.failures.empty()) || (told.outcome == valid && !told.failures.empty())) std::abort();
  // Who wants no report stops earlier, so only that one may find an end where the other finds none.
  if (told.outcome != too_complex && silent.outcome != too_complex && told.outcome != silent.outcome) std::abort();
  return 0;
}
