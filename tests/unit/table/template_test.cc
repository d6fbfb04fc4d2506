// Templates and the names they may use (LANGUAGE 3.7, 3.9, 4).
#include "table/template.h"

#include <doctest/doctest.h>

#include "table/variable_table.h"

using namespace gh;
using table::Template;
using table::TemplateFault;
using table::VariableParam;
using table::VariableTable;

namespace {

// The getters never touch the exchange: a null reference stands in for it.
proxy::Exchange& no_exchange() {
  static char memory[8];
  return reinterpret_cast<proxy::Exchange&>(memory);
}

std::string_view get_host(proxy::Exchange&, const VariableParam&) { return "shop.example"; }
std::string_view get_none(proxy::Exchange&, const VariableParam&) { return table::not_found; }
std::string_view get_text(proxy::Exchange&, const VariableParam& param) { return param.text; }
std::string_view get_slot(proxy::Exchange&, const VariableParam& param) { return param.slot == 0 ? "slot0" : "slot1"; }
std::string_view get_capture(proxy::Exchange&, const VariableParam& param) { return param.slot == 1 ? "one" : "other"; }

const table::VariableRow rows[] = {
    {"host", get_host, config::Phase::route, false, "host"},
    {"remote_user", get_none, config::Phase::access, false, "user"},
    {"http_", get_text, config::Phase::none, true, "request field"},
    {"sent_http_", get_text, config::Phase::response, true, "answer field"},
    {"sent_", get_none, config::Phase::response, true, "a shorter family"},
};

struct Compiled {
  explicit Compiled(std::string_view text) : variables(rows, get_slot, get_capture, get_slot) {
    variables.define("id");
    good = Template::compile(text, variables, templ, fault);
  }
  std::string text() { return std::string(templ.render(no_exchange(), arena)); }
  VariableTable variables;
  Template templ;
  TemplateFault fault;
  Arena arena;
  bool good = false;
};

std::string render(std::string_view text) {
  Compiled compiled(text);
  REQUIRE_MESSAGE(compiled.good, compiled.fault.message);
  return compiled.text();
}

}  // namespace

TEST_CASE("text without a dollar is constant and keeps its bytes") {
  Compiled compiled("a;b {c}");
  CHECK(compiled.templ.is_constant());
  CHECK(compiled.templ.constant_text() == "a;b {c}");
  CHECK(render("") == "");
}

TEST_CASE("variables stand bare or in braces") {
  CHECK(render("$host") == "shop.example");
  CHECK(render("http://${host}x/$id") == "http://shop.examplex/slot0");
  CHECK(render("$host$host") == "shop.exampleshop.example");
  CHECK(render("$http_x_forwarded_for") == "x_forwarded_for");
}

TEST_CASE("the longest family prefix decides") { CHECK(render("$sent_http_etag") == "etag"); }

TEST_CASE("captures have one digit") {
  CHECK(render("$1") == "one");
  CHECK(render("$10") == "one0");
  CHECK(Compiled("/$1").templ.uses_captures());
  CHECK_FALSE(Compiled("/$host").templ.uses_captures());
}

TEST_CASE("two dollars are one") {
  CHECK(render("$$") == "$");
  CHECK(render("a$$host") == "a$host");
  CHECK(Compiled("$$x").templ.is_constant());
}

TEST_CASE("a variable that is not there is empty text, but told apart when it stands alone") {
  Compiled alone("$remote_user");
  CHECK(alone.templ.render_or_missing(no_exchange(), alone.arena).data() == nullptr);
  CHECK(alone.templ.render(no_exchange(), alone.arena).data() != nullptr);
  CHECK(render("[$remote_user]") == "[]");
}

TEST_CASE("a template is known from the phase of its latest part") {
  CHECK(Compiled("$http_a").templ.known_from() == config::Phase::none);
  CHECK(Compiled("$http_a $remote_user $host").templ.known_from() == config::Phase::access);
}

TEST_CASE("many pieces") {
  std::string text, wanted;
  for (int i = 0; i < 40; ++i) text += "$host,", wanted += "shop.example,";
  CHECK(render(text) == wanted);
}

TEST_CASE("faults name their bytes") {
  struct Case { std::string_view text; std::size_t begin, end; bool unknown; std::string_view message, help; };
  const Case cases[] = {
      {"a$hots", 1, 6, true, "unknown variable `$hots`", "did you mean `$host`?"},
      {"${hots}b", 0, 7, true, "unknown variable `$hots`", "did you mean `$host`?"},
      {"${UPSTREAM_URL}", 0, 15, true, "unknown variable `$UPSTREAM_URL`",
       "this looks like a template for `envsubst`: put the values in first, or write `${env:NAME}`"},
      {"x$", 1, 2, false, "`$` is not followed by a variable name", ""},
      {"$-", 0, 1, false, "`$` is not followed by a variable name", ""},
      {"${host", 0, 6, false, "`${host` is not closed", "write `${name}`"},
      {"${ho st}", 0, 4, false, "`${ho` is not closed", ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    Compiled compiled(c.text);
    CHECK_FALSE(compiled.good);
    CHECK(compiled.fault.begin == c.begin);
    CHECK(compiled.fault.end == c.end);
    CHECK(compiled.fault.unknown_variable == c.unknown);
    CHECK(compiled.fault.message == c.message);
    if (!c.help.empty()) CHECK(compiled.fault.help == c.help);
  }
}

TEST_CASE("a configuration may define variables, but not the fixed ones") {
  VariableTable variables(rows, get_slot, get_capture, get_text);
  CHECK(variables.define("a") == 0);
  CHECK(variables.define("b") == 1);
  CHECK(variables.define("a") == 0);
  CHECK(variables.slots() == 2);
  CHECK(variables.is_fixed("host"));
  CHECK_FALSE(variables.define_computed("host", get_text, nullptr, config::Phase::route));
  gh::table::Computed* const computed = variables.define_computed("kind", get_text, &variables, config::Phase::limit);
  REQUIRE(computed != nullptr);
  CHECK(computed->param.object == &variables);
  const auto found = variables.find("kind");
  REQUIRE(found);
  CHECK((found->param.object == computed));
  CHECK(found->param.slot == 2);
  CHECK(variables.define("kind") == 2);  // `set` writes where the computed value is kept
  CHECK(found->known_from == config::Phase::limit);
  CHECK_FALSE(variables.find("nothing"));
}
