// Any text is a template or has a fault inside it; what compiles renders without touching memory it does not own.
// The same bytes go through the URL reader of proxy_pass and the listen reader, which are as pure.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "table/listen.h"
#include "table/proxy_target.h"
#include "table/template.h"
#include "table/variable_table.h"

using namespace gh;

namespace {

std::string_view get(proxy::Exchange&, const table::VariableParam& param) { return param.text; }
std::string_view get_none(proxy::Exchange&, const table::VariableParam&) { return table::not_found; }

const table::VariableRow rows[] = {{"host", get, config::Phase::route, false, "host"},
                                   {"none", get_none, config::Phase::route, false, "never there"},
                                   {"http_", get, config::Phase::none, true, "request field"}};

void expect(bool good) {
  if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  table::VariableTable variables(rows, get, get_none, get);
  variables.define("id");
  variables.define_assigned("mine");
  variables.define_computed("mapped", get, rows, config::Phase::none);
  table::Template templ;
  table::TemplateFault fault;
  if (table::Template::compile(text, variables, templ, fault)) {
    static char nothing[8];  // the getters above never look at the exchange
    Arena arena;
    const std::string_view out = templ.render(reinterpret_cast<proxy::Exchange&>(nothing), arena);
    expect(out.data() != nullptr && out.size() <= text.size());
    expect(templ.source() == text);
    if (text.find('$') == std::string_view::npos) expect(templ.is_constant() && out == text);
  } else {
    expect(fault.begin < fault.end && fault.end <= size && !fault.message.empty());
  }
  if (const auto url = table::parse_proxy_url(text)) expect(!url->host.empty() && url->has_uri == !url->uri.empty());
  if (const auto addresses = table::parse_listen(text)) expect(!addresses->empty() && addresses->size() <= 65536);
  return 0;
}
