// One sentence for each rule of gateway.hpp that stands for a fault: its code and what is said. `help` says what to do.
#pragma once

#include <string_view>

#include "grammar/gateway.hpp"

namespace gh::grammar {

struct Sentence {
  std::string_view code, text, label, help;
};

template <class Rule>
inline constexpr Sentence sentence = {};

template <>
inline constexpr Sentence sentence<missing_semicolon> = {
    "E0101", "a `;` is missing", "`;` expected here", "end the directive with `;`"};
template <>
inline constexpr Sentence sentence<missing_close> = {
    "E0102", "a `}` is missing", "this block is never closed", "close the block with `}`"};
template <>
inline constexpr Sentence sentence<broken_quote> = {
    "E0103", "a quote is never closed", "opened here", "close it before the end of the line"};
template <>
inline constexpr Sentence sentence<quote_ends> = {
    "E0104", "text is glued to a closing quote", "only a blank, `;`, `{` or `)` may follow the quote",
    "put the whole argument into one pair of quotes"};
template <>
inline constexpr Sentence sentence<stray_close> = {
    "E0105", "a `}` without a block", "nothing is open here", "remove it, or look for a missing `{` above"};
template <>
inline constexpr Sentence sentence<quantifier> = {
    "E0107", "a regular expression with `{` must be quoted", "the `{` would open a block here", "quote the expression"};
template <>
inline constexpr Sentence sentence<nameless_semicolon> = {
    "E0108", "a `;` without a directive", "nothing to end here", "remove it"};
template <>
inline constexpr Sentence sentence<nameless_open> = {
    "E0108", "a `{` without a directive", "this block has no name", "write the name of the block before `{`"};
template <>
inline constexpr Sentence sentence<unclosed_raw> = {
    "E0109", "a `}` is missing", "the text of this block is never closed", "close the block with `}`"};
template <>
inline constexpr Sentence sentence<too_deep> = {
    "E0110", "blocks are nested too deeply", "not read", "split the configuration into fewer levels"};
template <>
inline constexpr Sentence sentence<too_many> = {
    "E0111", "too many directives", "the rest is not read", "use fewer directives, or `map` blocks for long tables"};
template <>
inline constexpr Sentence sentence<word> = {
    "E0112", "a word is longer than 1 MiB", "too long", "look for an unclosed quote"};
template <>
inline constexpr Sentence sentence<bom> = {
    "W705", "the file begins with a byte order mark", "passed over", "save the file as UTF-8 without BOM"};

}  // namespace gh::grammar
