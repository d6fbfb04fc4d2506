// Expressions, "( ... )" in an argument, as PEGTL rules: literals, variables, paths into JSON, operators, calls.
// Included by src/config/expression.cc alone. expression.ebnf says the same for people; expression_messages.hpp holds
// the sentence of each fault.
//
// The grammar is total, as that of the layout is: where a text is no expression a rule of its own matches (`fault`),
// says so once, and takes all that is left; the rules around it then end quietly. Alternatives are told apart by what
// they begin with, so nothing is read twice. Only `ternary`, `negation` and `unary` recur, inside `nested`, which asks
// State::may_nest first.
#pragma once

#include <tao/pegtl.hpp>

namespace gh::grammar::expression {

namespace p = tao::pegtl;

// --- words ----------------------------------------------------------------------------------------------------------
struct comment : p::seq<p::one<'#'>, p::star<p::not_one<'\n'>>> {};
struct blank : p::sor<p::one<' ', '\t', '\r', '\n'>, comment> {};
struct blanks : p::star<blank> {};
struct name_start : p::sor<p::alpha, p::one<'_'>> {};
struct name_byte : p::sor<p::alnum, p::one<'_'>> {};
struct name : p::seq<name_start, p::star<name_byte>> {};

template <char... Letters>
struct word : p::seq<p::string<Letters...>, p::not_at<name_byte>> {};
struct word_and : word<'a', 'n', 'd'> {};
struct word_or : word<'o', 'r'> {};
struct word_not : word<'n', 'o', 't'> {};
struct word_in : word<'i', 'n'> {};
struct word_true : word<'t', 'r', 'u', 'e'> {};
struct word_false : word<'f', 'a', 'l', 's', 'e'> {};
struct word_null : word<'n', 'u', 'l', 'l'> {};
struct reserved : p::sor<word_and, word_or, word_not, word_in, word_true, word_false, word_null> {};

// --- faults ---------------------------------------------------------------------------------------------------------
/// Matches always. State::fault says `Rule`'s sentence, unless something was said before, and the rest is taken.
template <class Rule>
struct fault {
  template <p::apply_mode, p::rewind_mode, template <class...> class, template <class...> class, class In, class State>
  static bool match(In& in, State& state) {
    state.template fault<Rule>(in.current());
    in.bump(static_cast<std::size_t>(in.end() - in.current()));
    return true;
  }
};
template <class Rule, class Fault>
struct expect : p::sor<Rule, fault<Fault>> {};

// What faults are about; the names are those of the sentences.
struct missing_value {};
struct missing_operator {};
struct missing_colon {};
struct missing_name {};
struct missing_variable {};
struct missing_bracket {};
struct missing_comma {};
struct missing_parenthesis {};
struct missing_start {};
struct open_text {};
struct odd_number {};
struct chained {};
struct one_equal {};
struct symbol_and {};
struct symbol_or {};
struct symbol_not {};
struct too_deep {};
struct text_behind {};

/// One level down, if that is still allowed.
template <class Rule>
struct nested {
  template <p::apply_mode A, p::rewind_mode M, template <class...> class Action, template <class...> class Control,
            class In, class State>
  static bool match(In& in, State& state) {
    if (!state.may_nest()) return fault<too_deep>::template match<A, M, Action, Control>(in, state);
    state.enter();
    const bool matched = Control<Rule>::template match<A, M, Action, Control>(in, state);
    state.leave();
    return matched;
  }
};

// --- values ---------------------------------------------------------------------------------------------------------
struct ternary;
struct value : expect<nested<ternary>, missing_value> {};

struct digits : p::plus<p::digit> {};
struct number_text : p::seq<digits, p::opt<p::one<'.'>, digits>,
                            p::opt<p::one<'e', 'E'>, p::opt<p::one<'+', '-'>>, digits>> {};
struct number_ends : p::not_at<p::sor<name_byte, p::one<'.'>>> {};
struct number : p::seq<number_text, expect<number_ends, odd_number>> {};

struct escape : p::seq<p::one<'\\'>, p::any> {};
template <char Quote>
struct quoted : p::seq<p::one<Quote>, p::star<p::sor<p::not_one<Quote, '\\'>, escape>>, p::one<Quote>> {};
struct text : p::sor<quoted<'"'>, quoted<'\''>> {};
struct text_or_fault : p::seq<p::at<p::one<'"', '\''>>, expect<text, open_text>> {};

struct literal_true : word_true {};
struct literal_false : word_false {};
struct literal_null : word_null {};

struct step_name : name {};
struct step_text : text {};
struct step_index : digits {};
struct step_all : p::at<p::one<']'>> {};
struct step_in_brackets : p::seq<p::one<'['>, p::sor<step_all, step_index, step_text, p::success>,
                                 expect<p::one<']'>, missing_bracket>> {};
struct step : p::sor<p::seq<p::one<'.'>, expect<step_name, missing_name>>, step_in_brackets> {};
struct steps : p::star<step> {};

struct variable_name : p::plus<name_byte> {};
struct variable_in_braces : p::seq<p::one<'{'>, expect<variable_name, missing_variable>,
                                   expect<p::one<'}'>, missing_variable>> {};
struct variable : p::seq<p::one<'$'>, p::sor<variable_in_braces, expect<variable_name, missing_variable>>, steps> {};
struct root : name {};
struct path : p::seq<p::not_at<reserved>, root, steps> {};

struct comma : p::seq<p::one<','>, blanks> {};
struct item : value {};
template <char Close>
struct items_until : p::sor<p::one<Close>, p::seq<item, p::star<comma, item>, expect<p::one<Close>, missing_comma>>> {};
struct function : name {};
struct call_open : p::one<'('> {};
struct call : p::seq<p::at<name, blanks, call_open>, p::not_at<reserved>, function, blanks, call_open, blanks,
                     items_until<')'>> {};
struct list_open : p::one<'['> {};
struct list : p::seq<list_open, blanks, items_until<']'>> {};
struct set_open : p::one<'('> {};
struct set : p::seq<set_open, blanks, items_until<')'>> {};  // behind `in` only
struct group : p::seq<p::one<'('>, blanks, value, expect<p::one<')'>, missing_operator>> {};

struct primary : p::seq<p::sor<number, text_or_fault, variable, group, list, call, literal_true, literal_false,
                               literal_null, path>, blanks> {};

// --- operators, those that bind closest first -----------------------------------------------------------------------
struct unary;
struct minus : p::one<'-'> {};
struct negative : p::seq<minus, blanks, expect<nested<unary>, missing_value>> {};
struct unary : p::sor<negative, p::seq<p::at<p::one<'!'>>, fault<symbol_not>>, primary> {};

template <class Operand>
struct operand : expect<Operand, missing_value> {};
template <class Symbol, class Operand>
struct left_joined : p::seq<Symbol, blanks, operand<Operand>> {};
template <class Operand, class... Joined>
struct chain : p::seq<Operand, p::star<p::sor<Joined...>>> {};

struct symbol_times : p::one<'*'> {};
struct symbol_over : p::one<'/'> {};
struct symbol_modulo : p::one<'%'> {};
struct times : left_joined<symbol_times, unary> {};
struct over : left_joined<symbol_over, unary> {};
struct modulo : left_joined<symbol_modulo, unary> {};
struct product : chain<unary, times, over, modulo> {};

struct plus : left_joined<p::one<'+'>, product> {};
struct less : left_joined<p::one<'-'>, product> {};  // a - b
struct sum : chain<product, plus, less> {};

struct otherwise : left_joined<p::string<'?', '?'>, sum> {};
struct coalesce : chain<sum, otherwise> {};

struct equal : p::string<'=', '='> {};
struct not_equal : p::string<'!', '='> {};
struct at_most : p::string<'<', '='> {};
struct at_least : p::string<'>', '='> {};
struct below : p::one<'<'> {};
struct above : p::one<'>'> {};
struct unlike_any_case : p::string<'!', '~', '*'> {};
struct unlike : p::string<'!', '~'> {};
struct like_any_case : p::string<'~', '*'> {};
struct like : p::one<'~'> {};
struct not_in : p::seq<word_not, p::plus<blank>, word_in> {};
struct is_in : p::seq<word_in> {};
struct relation : p::sor<equal, not_equal, at_most, at_least, below, above, unlike_any_case, unlike, like_any_case,
                         like> {};
struct membership : p::sor<not_in, is_in> {};
struct compared : p::sor<p::seq<relation, blanks, operand<coalesce>>,
                         p::seq<membership, blanks, p::sor<p::seq<set, blanks>, operand<coalesce>>>> {};
struct again : p::seq<p::at<p::sor<relation, membership>>, fault<chained>> {};
struct other_equal : p::seq<p::at<p::one<'='>>, fault<one_equal>> {};
struct comparison : p::seq<coalesce, p::opt<p::sor<compared, other_equal>>, p::opt<again>> {};

struct negation;
struct inverse : p::seq<word_not, blanks, expect<nested<negation>, missing_value>> {};
struct negation : p::sor<inverse, comparison> {};

struct other_and : p::seq<p::at<p::one<'&'>>, fault<symbol_and>> {};
struct other_or : p::seq<p::at<p::one<'|'>>, fault<symbol_or>> {};
/// The left side is known before the right one is read: what it decides need not be computed.
struct both : left_joined<word_and, negation> {};
struct conjunction : chain<negation, both, other_and> {};
struct either : left_joined<word_or, conjunction> {};
struct disjunction : chain<conjunction, either, other_or> {};

struct question : p::seq<p::one<'?'>, p::not_at<p::one<'?'>>> {};
struct choice : p::seq<question, blanks, value, expect<p::one<':'>, missing_colon>, blanks, value> {};
struct ternary : p::seq<disjunction, p::opt<choice>> {};

struct behind : p::sor<p::eof, fault<text_behind>> {};
struct whole : p::seq<expect<p::one<'('>, missing_start>, blanks, value,
                      p::sor<p::one<')'>, p::seq<p::eof, fault<missing_parenthesis>>, fault<missing_operator>>, blanks,
                      behind> {};

}  // namespace gh::grammar::expression
