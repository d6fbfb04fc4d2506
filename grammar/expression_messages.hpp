// One sentence for each fault of expression.hpp: its code and what is said. `help` says what to do.
#pragma once

#include "grammar/expression.hpp"
#include "grammar/messages.hpp"

namespace gh::grammar::expression {

template <class Fault>
inline constexpr Sentence sentence = {};

template <>
inline constexpr Sentence sentence<missing_value> = {
    "E0315", "a value is missing", "a value is expected here",
    "write a number, a \"text\", a `$variable`, a call such as `lower(...)`, or `( ... )`"};
template <>
inline constexpr Sentence sentence<missing_operator> = {
    "E0315", "an operator is missing", "an operator or `)` is expected here",
    "join both sides with `and`, `or`, `==` or another operator"};
template <>
inline constexpr Sentence sentence<missing_colon> = {
    "E0315", "a `:` is missing", "`:` expected here", "write `condition ? value : other value`"};
template <>
inline constexpr Sentence sentence<missing_name> = {
    "E0315", "a name is missing", "a name is expected behind the `.`",
    "write `.name`, or `[\"name\"]` for one with other bytes than letters, digits and `_`"};
template <>
inline constexpr Sentence sentence<missing_variable> = {
    "E0315", "a variable without a name", "no name follows this `$`", "write `$name` or `${name}`"};
template <>
inline constexpr Sentence sentence<missing_bracket> = {
    "E0315", "a `]` is missing", "`]` expected here", "write `[]` for all items, `[0]` for one, or `[\"name\"]`"};
template <>
inline constexpr Sentence sentence<missing_comma> = {
    "E0315", "a `,` is missing", "`,` or the closing bracket is expected here", "separate the values with `,`"};
template <>
inline constexpr Sentence sentence<missing_parenthesis> = {
    "E0315", "a `(` is never closed", "`)` expected here", "close each `(` with `)`"};
template <>
inline constexpr Sentence sentence<missing_start> = {
    "E0315", "an expression is missing", "`(` expected here", "put the expression into parentheses"};
template <>
inline constexpr Sentence sentence<open_text> = {
    "E0315", "a text is never closed", "opened here", "close it with the same quote"};
template <>
inline constexpr Sentence sentence<odd_number> = {
    "E0315", "an invalid number", "not part of a number", "write `5`, `0.5` or `1e3`; a text stands in quotes"};
template <>
inline constexpr Sentence sentence<chained> = {
    "E0315", "comparisons cannot be chained", "compared already", "join two comparisons with `and`"};
template <>
inline constexpr Sentence sentence<one_equal> = {
    "E0315", "`=` is no operator", "`==` is meant", "write `==`"};
template <>
inline constexpr Sentence sentence<symbol_and> = {
    "E0315", "`&` is no operator", "`and` is meant", "write `and`"};
template <>
inline constexpr Sentence sentence<symbol_or> = {
    "E0315", "`|` is no operator", "`or` is meant", "write `or`"};
template <>
inline constexpr Sentence sentence<symbol_not> = {
    "E0315", "`!` is no operator", "`not` is meant", "write `not`"};
template <>
inline constexpr Sentence sentence<too_deep> = {
    "E0322", "the expression is nested too deeply", "not read", "compute a part of it with `map` or `set`"};
template <>
inline constexpr Sentence sentence<text_behind> = {
    "E0315", "text behind the expression", "not part of it", "is a blank or a `(` missing?"};

}  // namespace gh::grammar::expression
