// Expressions compiled and evaluated: values, operators, null, functions, JSON, faults, bounds (gateway.conf(5)).
#include "table/expression.h"

#include <doctest/doctest.h>

#include "table/expression_program.h"
#include "table/variable_table.h"

using namespace gh;
using table::Expression;
using table::ExprInput;
using table::ExprRules;
using table::ExprValue;
using table::VariableParam;

namespace {

// The getters never touch the exchange: a null reference stands in for it.
proxy::Exchange& no_exchange() {
  static char memory[8];
  return reinterpret_cast<proxy::Exchange&>(memory);
}

std::string_view get_host(proxy::Exchange&, const VariableParam&) { return "Shop.example"; }
std::string_view get_port(proxy::Exchange&, const VariableParam&) { return "8080"; }
std::string_view get_empty(proxy::Exchange&, const VariableParam&) { return ""; }
std::string_view get_none(proxy::Exchange&, const VariableParam&) { return table::not_found; }
std::string_view get_text(proxy::Exchange&, const VariableParam& param) { return param.text; }

constexpr std::string_view claims_text =
    R"({"role":"admin","id":42,"level":2.5,"on":true,"groups":["ops","dev"],"org":{"tenant":"t1"},)"
    R"("big":9007199254740993})";
ExprValue get_claim(proxy::Exchange&, const VariableParam& param) {
  static const auto document = json::Document::parse(claims_text);
  return ExprValue::of(document->root().find(param.text));
}

const table::VariableRow rows[] = {
    {"host", get_host, config::Phase::route, false, "host"},
    {"port", get_port, config::Phase::route, false, "port"},
    {"empty", get_empty, config::Phase::route, false, "empty"},
    {"none", get_none, config::Phase::access, false, "never there"},
    {"http_", get_text, config::Phase::none, true, "request field"},
    {"claim_", get_text, config::Phase::access, true, "claim", nullptr, get_claim},
};
constexpr std::string_view roots[] = {"order", "nothing"};

constexpr std::string_view order_text = R"({"id":7,"userId":42,"items":[{"price":1.5,"sku":"a"},{"price":2,"sku":"b"},
  {"sku":"c"}],"tags":["new","old",null],"total":3.5,"deep":[[1,2],[3]],"x y":{"z":false},"empty":[],"at":null,
  "e":1e2,"max":18446744073709551615})";

std::string shown(const ExprValue& value, Arena& arena) {
  switch (value.kind) {
    case ExprValue::Kind::null: return "null";
    case ExprValue::Kind::boolean: return value.yes ? "true" : "false";
    case ExprValue::Kind::integer:
    case ExprValue::Kind::real: return std::string(table::number_text(value, arena));
    case ExprValue::Kind::text: return "'" + std::string(value.text()) + "'";
    case ExprValue::Kind::list:
    case ExprValue::Kind::json: break;
  }
  if (!value.is_list()) return std::string(value.node.raw());
  std::string out = "[";
  table::each_item(value, 100, [&](const ExprValue& item) {
    out += (out.size() > 1 ? "," : "") + shown(item, arena);
    return true;
  });
  return out + "]";
}

struct Compiled {
  explicit Compiled(std::string_view text, bool strict = false, bool condition = false)
      : variables(rows, get_text, get_text, get_text),
        expression(Expression::compile(text, variables, {roots, strict, condition}, faults)) {}
  std::string value() {
    if (!expression) return "fault: " + faults.front().message;
    const auto document = json::Document::parse(order_text);
    const ExprValue values[] = {ExprValue::of(document->root()), {}};
    return shown(expression.evaluate({no_exchange(), arena, 1732233078123, values, &gave_up}), arena);
  }
  std::vector<config::ExpressionFault> faults;
  table::VariableTable variables;
  Expression expression;
  Arena arena;
  bool gave_up = false;
};

std::string value(std::string_view text) { return Compiled(text).value(); }
std::string strict(std::string_view text) { return Compiled(text, true).value(); }

/// "E0320@5-9: message | label | help" of the first fault.
std::string fault(std::string_view text, bool condition = false) {
  Compiled compiled(text, false, condition);
  if (compiled.faults.empty()) return "none";
  const config::ExpressionFault& f = compiled.faults.front();
  return std::string(f.code) + "@" + std::to_string(f.begin) + "-" + std::to_string(f.end) + ": " + f.message + " | " +
         f.label + " | " + f.help;
}

}  // namespace

TEST_CASE("literals and variables") {
  CHECK(value("(null)") == "null");
  CHECK(value("(true)") == "true");
  CHECK(value("(12)") == "12");
  CHECK(value("(1.50)") == "1.5");
  CHECK(value("(1e3)") == "1000");
  CHECK(value("('it\\'s')") == "'it's'");
  CHECK(value("($host)") == "'Shop.example'");
  CHECK(value("($none)") == "null");
  CHECK(value("($empty)") == "''");
  CHECK(value("([1, \"a\", null])") == "[1,'a',null]");
  CHECK(value("([$host, 1 + 1])") == "['Shop.example',2]");
}

TEST_CASE("arithmetic keeps integers whole and is null with null") {
  CHECK(value("(1 + 2 * 3 - 4 / 2)") == "5");
  CHECK(value("(7 / 2)") == "3.5");
  CHECK(value("(7 % 4)") == "3");
  CHECK(value("(-7 % 4)") == "-3");
  CHECK(value("(7.5 % 2)") == "1.5");
  CHECK(value("(0.1 + 0.2)") == "0.30000000000000004");
  CHECK(value("(1 / 0)") == "null");
  CHECK(value("(1 % 0)") == "null");
  CHECK(value("(9223372036854775807 + 1)") == "9223372036854775808");
  CHECK(value("((-9223372036854775807 - 1) / -1)") == "9223372036854775808");
  CHECK(value("((-9223372036854775807 - 1) % -1)") == "0");
  CHECK(value("(-(-9223372036854775807 - 1))") == "9223372036854775808");
  CHECK(value("(1e300 * 1e300)") == "null");
  CHECK(value("(nothing + 1)") == "null");
  CHECK(value("(-order.at)") == "null");
  CHECK(value("(\"a\" + $host)") == "'aShop.example'");
  CHECK(value("($claim_role + 1)") == "null");
}

TEST_CASE("comparisons; a number equals a text only in its canonical form") {
  CHECK(value("(1 == 1.0)") == "true");
  CHECK(value("($port == 8080)") == "true");
  CHECK(value("(\"08080\" == 8080)") == "false");
  CHECK(value("(\"1e2\" == order.e)") == "false");
  CHECK(value("(\"100\" == order.e)") == "true");
  CHECK(value("(\"2.5\" == $claim_level)") == "true");
  CHECK(value("($host == \"shop.example\")") == "false");
  CHECK(value("($host != \"x\")") == "true");
  CHECK(value("(\"a\" < \"b\" and 2 >= 2 and 1 <= 1.5 and 3 > 2)") == "true");
  CHECK(value("(9007199254740993 == $claim_big)") == "true");
  CHECK(value("(9007199254740992 == $claim_big)") == "false");
  CHECK(value("(9007199254740993 > 9007199254740992.0)") == "true");
  CHECK(value("(9223372036854775807 < 9223372036854775808)") == "true");
  CHECK(value("(order.max > 9223372036854775807)") == "true");
  CHECK(value("($claim_role < 5)") == "null");
  CHECK(value("(order.items == order.items)") == "true");
  CHECK(value("(order.deep[][] == [1, 2, 3])") == "true");
  CHECK(value("([1, [2, \"a\"]] == [1, [2, \"b\"]])") == "false");
}

TEST_CASE("null: three values, and strict makes comparisons false") {
  CHECK(value("($none == null)") == "true");
  CHECK(value("(null != $host)") == "true");
  CHECK(value("($none == \"a\")") == "false");
  CHECK(value("($none != \"a\")") == "true");
  CHECK(value("($none == nothing)") == "true");
  CHECK(value("(nothing < 1)") == "null");
  CHECK(value("($none ~ \"a\")") == "null");
  CHECK(strict("($none == null)") == "true");
  CHECK(strict("($none == nothing)") == "false");
  CHECK(strict("($none != \"a\")") == "false");
  CHECK(strict("(nothing < 1)") == "false");
  CHECK(strict("($claim_role < 1)") == "false");
  CHECK(strict("($none !~ \"a\")") == "false");
  CHECK(strict("(not ($none == \"a\"))") == "true");
  CHECK(strict("($none not in (\"a\", \"b\"))") == "false");
  CHECK(strict("($host in nothing.list)") == "false");
  CHECK(strict("($host not in nothing.list)") == "false");
  CHECK(value("(not nothing)") == "null");
  CHECK(value("(nothing and false)") == "false");
  CHECK(value("(nothing and true)") == "null");
  CHECK(value("(true and nothing)") == "null");
  CHECK(value("(nothing or true)") == "true");
  CHECK(value("(nothing or false)") == "null");
  CHECK(value("($claim_role and true)") == "null");
  CHECK(value("(nothing ? 1 : 2)") == "2");
  CHECK(value("(nothing ?? order.at ?? $host)") == "'Shop.example'");
  CHECK(value("(false ?? true)") == "false");
}

TEST_CASE("and, or and ?: do not compute what is decided") {
  CHECK(value("(false and 1 / 0 == 1)") == "false");
  CHECK(value("(true or nothing)") == "true");
  CHECK(value("(true ? \"a\" : nothing)") == "'a'");
  CHECK(value("(false ? nothing : order.id == 7 ? \"b\" : \"c\")") == "'b'");
}

TEST_CASE("in, ~ and ip_in") {
  CHECK(value("($claim_role in (\"admin\", \"support\"))") == "true");
  CHECK(value("($claim_id in (\"42\", 1))") == "true");
  CHECK(value("($claim_role not in (\"a\"))") == "true");
  CHECK(value("(\"ops\" in $claim_groups)") == "true");
  CHECK(value("(\"ops\" in ($claim_groups))") == "true");
  CHECK(value("($claim_role in ($host, $claim_role))") == "true");
  CHECK(value("($host in ())") == "false");
  CHECK(value("($host ~ \"^Shop\\.\")") == "true");
  CHECK(value("($host ~ \"^shop\")") == "false");
  CHECK(value("($host ~* \"^shop\")") == "true");
  CHECK(value("($host !~* \"^shop\")") == "false");
  CHECK(value("($host !~ \"x{2,}\")") == "true");
  CHECK(value("(ip_in(\"10.1.2.3\", \"10.0.0.0/8\", \"::1\"))") == "true");
  CHECK(value("(ip_in(\"::ffff:10.1.2.3\", \"10.0.0.0/8\"))") == "true");
  CHECK(value("(ip_in(\"11.1.2.3\", \"10.0.0.0/8\", \"11.1.2.3\"))") == "true");
  CHECK(value("(ip_in($host, \"10.0.0.0/8\"))") == "false");
  CHECK(value("(ip_in($none, \"10.0.0.0/8\"))") == "null");
}

TEST_CASE("a regular expression that runs into its limit is null, and told") {
  Compiled compiled("($http_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa !~ \"^(a+)+(b|c)+$\")", true);
  const std::string out = compiled.value();
  CHECK(compiled.gave_up == (out == "null"));
}

TEST_CASE("JSON keeps its types, with paths into it") {
  CHECK(value("(order.userId == $claim_id)") == "true");
  CHECK(value("($claim_on)") == "true");
  CHECK(value("($claim_org.tenant)") == "'t1'");
  CHECK(value("($claim_groups[1])") == "'dev'");
  CHECK(value("(order.items[].price)") == "[1.5,2]");
  CHECK(value("(order.items[0].sku)") == "'a'");
  CHECK(value("(order.items[9].sku)") == "null");
  CHECK(value("(order.tags)") == "['new','old',null]");
  CHECK(value("(order.deep[][])") == "[1,2,3]");
  CHECK(value("(order.deep[][0])") == "[1,3]");
  CHECK(value("(order[\"x y\"].z)") == "false");
  CHECK(value("(order.id[])") == "null");
  CHECK(value("(order.empty[])") == "[]");
  CHECK(value("(order.missing.more[].x)") == "null");
}

TEST_CASE("functions") {
  struct Case { std::string_view text, value; };
  const Case cases[] = {
      {"(lower($host) + upper(\"x\"))", "'shop.exampleX'"},
      {"(length(\"gr\xC3\xBC\xC3\x9F\") + length([1, 2]))", "6"},
      {"(contains($host, \"ex\"))", "true"},
      {"(contains(order.tags, \"old\"))", "true"},
      {"(contains(order.tags, \"ol\"))", "false"},
      {"(starts_with($host, \"Shop\") and ends_with($host, \"\"))", "true"},
      {"(number($port) + 1)", "8081"},
      {"(number(\"08\"))", "null"},
      {"(number(\"1.\"))", "null"},
      {"(number(\"-1.5e1\"))", "-15"},
      {"(number(\"inf\"))", "null"},
      {"(number(\" 1\"))", "null"},
      {"(text(1.0) + text(true) + text(2.5, 2))", "'1true2.50'"},
      {"(round(2.5))", "3"},
      {"(round(-2.5))", "-3"},
      {"(round(3.14159, 2))", "3.14"},
      {"(floor(-1.5))", "-2"},
      {"(ceil(-1.5))", "-1"},
      {"(abs(-3) + abs(-1.5))", "4.5"},
      {"(min(3, 1.5, 2))", "1.5"},
      {"(max(order.items[].price))", "2"},
      {"(max(order.empty))", "null"},
      {"(sum(order.items[].price))", "3.5"},
      {"(sum([1, 2, \"x\", null]))", "3"},
      {"(avg(order.items[].price))", "1.75"},
      {"(round(avg(order.empty) ?? 0, 1))", "0"},
      {"(count(order.items))", "3"},
      {"(count(nothing))", "null"},
      {"(first(order.tags))", "'new'"},
      {"(last(order.items).sku)", "fault: an operator is missing"},
      {"(last([1, 2]))", "2"},
      {"(first(order.empty))", "null"},
      {"(join(order.tags, \"-\"))", "'new-old'"},
      {"(split(\"a,b,,c\", \",\"))", "['a','b','','c']"},
      {"(split(\"\", \",\"))", "['']"},
      {"(split(\"a\", \"\"))", "null"},
      {"(now())", "'2024-11-21T23:51:18.123Z'"},
      {"(sha256(\"abc\"))", "'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'"},
      {"(base64(\"any?\"))", "'YW55Pw=='"},
      {"(base64(\"\"))", "''"},
      {"(lower(order.id))", "null"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(value(c.text) == c.value);
  }
}

TEST_CASE("what is made has a most") {
  std::string many = "split(\"" + std::string(3000, ',') + "\", \",\")";
  CHECK(value("(count(" + many + "))") == "1000");
  CHECK(value("(length(last(" + many + ")))") == "2001");
  const std::string long_text = "\"" + std::string(4000, 'x') + "\"";
  CHECK(value("(length(" + long_text + " + " + long_text + "))") == "8000");
  std::string joined = "(length(join([";
  for (int i = 0; i < 60; ++i) joined += std::string(i > 0 ? "," : "") + "$host";
  CHECK(value(joined + "], \"\")))") == "720");
}

TEST_CASE("faults name the operand, the cause and the next step") {
  struct Case { std::string_view text, fault; };
  const Case cases[] = {
      {"($hots == 1)", "E0401@1-6: unknown variable `$hots` | not defined | did you mean `$host`?"},
      {"(loewr($host))", "E0409@1-6: unknown function `loewr` | not a function | did you mean `lower`?"},
      {"(ordr.id == 1)", "E0410@1-8: nothing here is called `ordr` | not known | did you mean `order`?"},
      {"(host == \"a\")", "E0410@1-5: nothing here is called `host` | not known | did you mean the variable `$host`?"},
      {"($host == admin)", "E0410@10-15: nothing here is called `admin` | not known | "
                           "a text stands in quotes: `\"admin\"`; a variable begins with `$`"},
      {"($port > 5)", "E0320@1-6: `>` works with numbers | a text | write `number($port)`"},
      {"(5 <= $port)", "E0320@6-11: `<=` works with numbers | a text | write `number($port)`"},
      {"($port * 2)", "E0320@1-6: `*` works with numbers | a text | write `number($port)`"},
      {"($port + 2)", "E0320@1-6: `+` works with numbers | a text | write `number($port)`"},
      {"(-$port)", "E0320@2-7: `-` works with numbers | a text | write `number($port)`"},
      {"(true < false)", "E0320@1-5: `<` works with two numbers or two texts | a boolean | "
                         "booleans and lists have no order"},
      {"($host == true)", "E0320@10-14: a text never equals a boolean | a boolean | write it as a text: `\"true\"`"},
      {"($host in (\"a\", false))",
       "E0320@16-21: a text never equals a boolean | a boolean | write it as a text: `\"false\"`"},
      {"($host in \"a,b\")", "E0320@10-15: `in` looks into a list | a text | "
                             "write `contains(\"a,b\", ...)` to look into a text"},
      {"(not $host)", "E0320@5-10: an operand of `not` must be true or false | a text | "
                      "compare it: `$host == \"...\"`, or `$host != null`"},
      {"(true and 1)", "E0320@10-11: an operand of `and` must be true or false | a number | compare it: `1 > 0`"},
      {"($host ? 1 : 2)", "E0320@1-6: the condition of `?:` must be true or false | a text | "
                          "compare it: `$host == \"...\"`, or `$host != null`"},
      {"($host ~ $port)", "E0320@9-14: `~` needs a regular expression | not a text in quotes | "
                          "write it in quotes: it is compiled when the file is read"},
      {"($host ~ \"a(b\")",
       "E0312@9-14: invalid regular expression | missing closing parenthesis | "
       "byte 4 of the expression is not understood"},
      {"(count($host))", "E0320@7-12: `count` takes a list here | a text | write `split($host, \",\")`"},
      {"(lower(5))", "E0320@7-8: `lower` takes a text here | a number | write `text(5)`"},
      {"(contains($host))", "E0321@1-16: `contains` does not take 1 value | wrong number of values | "
                            "write `contains(text or list, value)`"},
      {"($host.name)", "E0320@1-11: `$host` has no members | a text | "
                       "only variables of claims and JSON values have them"},
      {"(ip_in($host, $port))", "E0311@14-19: `ip_in` needs an address or a network | not a text in quotes | "
                                "write it like `\"10.0.0.0/8\"` or `\"2001:db8::1\"`"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(fault(c.text) == c.fault);
  }
  CHECK(fault("($host)", true) == "E0320@1-6: a condition must be true or false | a text | "
                                  "compare it: `$host == \"...\"`, or `$host != null`");
  CHECK(fault("($claim_on)", true) == "none");
  CHECK(fault("(null)", true) == "none");
  std::string wide = "([$host";
  for (int i = 0; i < 64; ++i) wide += ",$host";
  CHECK(fault(wide + "])").starts_with("E0322"));
}

TEST_CASE("all faults are told, each once") {
  Compiled compiled("($hots == 1 and $port > 5 and lwer($prt) == nothing)");
  REQUIRE(compiled.faults.size() == 4);
  CHECK_FALSE(compiled.expression);
}

TEST_CASE("an expression is known from the phase of its latest variable") {
  CHECK((Compiled("($http_a == \"x\")").expression.known_from() == config::Phase::none));
  CHECK((Compiled("($http_a == $none)").expression.known_from() == config::Phase::access));
  CHECK((Compiled("($http_a == $none)").expression.type() == table::ExprType::boolean));
  CHECK((Compiled("(1 > 0 ? \"a\" : null)").expression.type() == table::ExprType::text));
  CHECK((Compiled("(1 > 0 ? \"a\" : 1)").expression.type() == table::ExprType::any));
  CHECK(Compiled("( 1 )").expression.source() == "( 1 )");
}

TEST_CASE("each instruction runs at most once") {
  Compiled compiled("($host == \"a\" or $host == \"b\" and ($port ?? \"1\") == \"8080\" ? 1 : 2)");
  CHECK(compiled.value() == "2");
}

TEST_CASE("functions have sound rows, in order") {
  std::string_view before;
  for (const table::ExprFunction& function : table::expression_functions()) {
    CAPTURE(function.name);
    CHECK(before < function.name);
    CHECK(function.form.starts_with(function.name));
    CHECK(function.least <= function.most);
    before = function.name;
  }
}
