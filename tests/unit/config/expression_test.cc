// The syntax of expressions: the samples of grammar/, precedence, places, and where an expression ends.
#include "config/expression.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

using namespace gh::config;

namespace {

std::ifstream samples(const char* name) {
  return std::ifstream(std::string(GH_SOURCE_DIR) + "/grammar/samples/expressions/" + name);
}

const char* const names[] = {"null", "bool", "num", "text", "$", "path", "call", "list", "-", "not", "*", "/", "%", "+",
                             "minus", "??", "==", "!=", "<", "<=", ">", ">=", "~", "!~", "~*", "!~*", "in", "not_in",
                             "and", "or", "?:"};

/// The tree in prefix form.
std::string shown(const ExpressionTree& tree, std::uint32_t number) {
  const ExpressionNode& node = tree.nodes[number];
  std::string out = names[static_cast<std::size_t>(node.op)];
  if (!node.text.empty()) out += "'" + node.text + "'";
  if (node.op == ExpressionOp::number) out = node.is_integer ? std::to_string(node.integer) : std::to_string(node.real);
  for (const ExpressionStep& step : node.steps) {
    if (step.kind == ExpressionStep::Kind::all) out += "[]";
    else if (step.kind == ExpressionStep::Kind::item) out += "[" + std::to_string(step.index) + "]";
    else out += "." + step.name;
  }
  if (node.args.empty()) return out;
  out += "(";
  for (std::size_t i = 0; i < node.args.size(); ++i) out += (i > 0 ? "," : "") + shown(tree, node.args[i]);
  return out + ")";
}

std::string tree_of(std::string_view text) {
  ExpressionTree tree;
  const auto fault = parse_expression(text, tree);
  return fault ? std::string(fault->code) + "@" + std::to_string(fault->begin) : shown(tree, tree.root);
}

}  // namespace

TEST_CASE("good samples are expressions, and the lexer takes them whole") {
  std::ifstream file = samples("good.txt");
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    CAPTURE(line);
    ExpressionTree tree;
    const auto fault = parse_expression(line, tree);
    CHECK_MESSAGE(!fault, fault.value_or(ExpressionFault{}).message);
    CHECK(expression_size(line + " error=403; }").value_or(0) == line.size());
  }
  CHECK(count >= 18);
}

TEST_CASE("bad samples have the fault and the column that their line begins with") {
  std::ifstream file = samples("bad.txt");
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    CAPTURE(line);
    const std::size_t column = line.find(' ') + 1, text = line.find(' ', column) + 1;
    ExpressionTree tree;
    const auto fault = parse_expression(std::string_view(line).substr(text), tree);
    REQUIRE(fault);
    CHECK(std::string(fault->code) == line.substr(0, column - 1));
    CHECK(std::to_string(fault->begin + 1) == line.substr(column, text - column - 1));
    CHECK_FALSE(fault->message.empty());
    CHECK_FALSE(fault->help.empty());
    CHECK(fault->end <= line.size() - text);
  }
  CHECK(count >= 20);
}

TEST_CASE("what binds closer") {
  CHECK(tree_of("(1 + 2 * 3 - 4)") == "minus(+(1,*(2,3)),4)");
  CHECK(tree_of("((1 + 2) * 3)") == "*(+(1,2),3)");
  CHECK(tree_of("(a ?? 0 > 1)") == ">(?" "?(path'a',0),1)");
  CHECK(tree_of("(a ?? b + 1)") == "?" "?(path'a',+(path'b',1))");
  CHECK(tree_of("(not a == b and c or d)") == "or(and(not(==(path'a',path'b')),path'c'),path'd')");
  CHECK(tree_of("(a or b and c)") == "or(path'a',and(path'b',path'c'))");
  CHECK(tree_of("(a ? b : c ? d : e)") == "?:(path'a',path'b',?:(path'c',path'd',path'e'))");
  CHECK(tree_of("(-a * - - b)") == "*(-(path'a'),-(-(path'b')))");
  CHECK(tree_of("(a == (b == c))") == "==(path'a',==(path'b',path'c'))");
  CHECK(tree_of("(a not in (1, \"x\"))") == "not_in(path'a',list(1,text'x'))");
  CHECK(tree_of("(a in b[].c)") == "in(path'a',path'b'[].c)");
}

TEST_CASE("values") {
  CHECK(tree_of("($http_x)") == "$'http_x'");
  CHECK(tree_of("(${http_x}[0].a)") == "$'http_x'[0].a");
  CHECK(tree_of("(a[\"b \\\"c\"].d[])") == "path'a'.b \"c.d[]");
  CHECK(tree_of(R"('it\'s "\d"')") == "E0315@0");
  CHECK(tree_of(R"(('it\'s "\d"'))") == "text'it's \"\\d\"'");
  CHECK(tree_of("(9223372036854775807)") == "9223372036854775807");
  CHECK(tree_of("(9223372036854775808)") == "9223372036854775808.000000");
  CHECK(tree_of("(1.5e1)") == "15.000000");
  CHECK(tree_of("(1e999)") == "E0315@1");
  CHECK(tree_of("(f(g(), [1], 2))") == "call'f'(call'g',list(1),2)");
  CHECK(tree_of("(1 # one\n + # two\n 2)") == "+(1,2)");
}

TEST_CASE("limits") {
  CHECK(tree_of(std::string(33, '(') + "1" + std::string(33, ')')) == "E0322@33");
  CHECK(tree_of(std::string(32, '(') + "1" + std::string(32, ')')) == "1");
  CHECK(tree_of("(" + std::string(40, '-') + "1)") == "E0322@33");
  std::string sum = "(1";
  for (int i = 0; i < 600; ++i) sum += "+1";
  CHECK(tree_of(sum + ")") == "E0322@0");
  CHECK(tree_of("(\"" + std::string(max_expression_bytes, 'x') + "\")") == "E0322@0");
}

TEST_CASE("where an expression ends") {
  CHECK(expression_size("(a)b").value_or(0) == 3);
  CHECK(expression_size("(\";{)\" == 'x)') ;").value_or(0) == 15);
  CHECK(expression_size("(${a} == 1) {").value_or(0) == 11);
  CHECK(expression_size("(a # ) \n )").value_or(0) == 10);
  CHECK_FALSE(expression_size("(a; b)"));
  CHECK_FALSE(expression_size("(a { b)"));
  CHECK_FALSE(expression_size("(a ${b-c} )"));
  CHECK_FALSE(expression_size("(\"a)"));
  CHECK_FALSE(expression_size("(" + std::string(max_expression_bytes, ' ') + ")"));
}
