// The layout of gateway.conf as PEGTL rules: words, quoted strings, directives, blocks, raw blocks, comments. It knows
// no directive names. Included by src/config/parse.cc alone (PEGTL is slow to compile). gateway.ebnf says the same for
// people.
//
// The grammar is total: any bytes match. What nginx would stop at is a rule of its own here (unclosed_quote,
// missing_semicolon ...): its sentence is in messages.hpp, its recovery in parse.cc, and parsing goes on behind it.
// No rule throws, no rule is tried twice over the same bytes more than a fixed number of times, and only `block`
// recurs, after `may_nest` has said that it may.
#pragma once

#include <array>
#include <tao/pegtl.hpp>

namespace gh::grammar {

namespace p = tao::pegtl;

// --- characters -----------------------------------------------------------------------------------------------------
struct bom : p::string<'\xEF', '\xBB', '\xBF'> {};
struct blank : p::one<' ', '\t', '\r', '\n'> {};
struct blanks : p::plus<blank> {};
struct comment : p::seq<p::one<'#'>, p::star<p::not_one<'\n'>>> {};

// --- words ----------------------------------------------------------------------------------------------------------
struct escape : p::seq<p::one<'\\'>, p::any> {};             // the byte behind a backslash never ends a word
struct variable_brace : p::string<'$', '{'> {};              // "${name}": this brace opens no block
struct quantifier : p::seq<p::one<'{'>, p::plus<p::digit>, p::opt<p::one<','>, p::star<p::digit>>, p::one<'}'>> {};
/// Most bytes of a file: one look into a table for each. As a rule: plus<not_one<...>>.
struct ordinary {
  template <class In>
  static bool match(In& in) {
    static constexpr auto ends = [] {
      std::array<bool, 256> table{};
      for (const char c : {' ', '\t', '\r', '\n', ';', '{', '\\', '$'}) table[static_cast<unsigned char>(c)] = true;
      return table;
    }();
    const char* at = in.current();
    while (at != in.end() && !ends[static_cast<unsigned char>(*at)]) ++at;
    const auto size = static_cast<std::size_t>(at - in.current());
    in.bump(size);
    return size > 0;
  }
};
struct word_start : p::sor<p::not_one<' ', '\t', '\r', '\n', ';', '{', '}', '#', '"', '\'', '\\', '$'>, escape,
                           variable_brace, p::one<'\\', '$'>> {};
struct word_special : p::sor<escape, variable_brace, quantifier, p::one<'\\', '$'>> {};
struct word_rest : p::sor<ordinary, p::seq<p::at<p::one<'\\', '$', '{'>>, word_special>> {};
struct plain_word : p::seq<word_start, p::star<word_rest>> {};

template <char Quote>
struct quoted : p::seq<p::one<Quote>, p::star<p::sor<p::plus<p::not_one<Quote, '\\'>>, escape>>, p::one<Quote>> {};

/// State::quote_may_open: false where parse.cc has found out that this quote is never closed.
struct quote_opens {
  template <p::apply_mode, p::rewind_mode, template <class...> class, template <class...> class, class In, class State>
  static bool match(In& in, State& state) { return state.quote_may_open(in.current()); }
};
/// Inside "( ... )" of an expression an operator may follow a closing quote too; it begins a new word.
struct in_expression {
  template <p::apply_mode, p::rewind_mode, template <class...> class, template <class...> class, class In, class State>
  static bool match(In&, State& state) { return state.in_expression(); }
};
struct operators : p::one<',', ']', '?', ':', '=', '!', '<', '>', '+', '-', '*', '/', '%', '~'> {};
struct quote_ends : p::sor<p::at<p::sor<blank, p::one<';', '{', ')'>>>, p::eof,
                           p::seq<in_expression, p::at<operators>>> {};
struct quoted_word : p::seq<quote_opens, p::sor<quoted<'"'>, quoted<'\''>>, quote_ends> {};

/// Fault: no closing quote, or something glued to it. State::recover_quote says how many bytes belong to the word.
struct broken_quote {
  template <p::apply_mode, p::rewind_mode, template <class...> class, template <class...> class, class In, class State>
  static bool match(In& in, State& state) {
    const char c = in.empty() ? '\0' : in.peek_char();
    if (c != '"' && c != '\'') return false;
    in.bump(state.recover_quote(in.current(), in.end()));
    return true;
  }
};
/// "( ... )", perhaps behind "name=", where the directive takes an expression: one word, whatever is in it
/// (expression.hpp). State::expression_size says how many bytes it has, 0 when it is none.
struct expression_word {
  template <p::apply_mode, p::rewind_mode, template <class...> class, template <class...> class, class In, class State>
  static bool match(In& in, State& state) {
    const std::size_t size = state.expression_size(in.current(), in.end());
    if (size > 0) state.expression_word(in.current(), size);
    in.bump(size);
    return size > 0;
  }
};
struct word : p::sor<expression_word, plain_word, quoted_word, broken_quote> {};
struct words : p::seq<word, p::star<p::sor<blanks, comment, word>>> {};

// --- raw blocks -----------------------------------------------------------------------------------------------------
// Text with its own brackets and strings, kept whole. Two ways of writing strings and comments: Lua's, and ours. A
// string that is not closed on its line is none (an apostrophe in a word); one that runs into the end of the file is,
// so that a file cut in the middle of it is not taken for a whole one.
template <char Quote>
struct raw_string
    : p::seq<p::one<Quote>, p::star<p::sor<escape, p::not_one<Quote, '\n'>>>, p::sor<p::one<Quote>, p::eof>> {};
struct raw_comment : p::seq<p::one<'#'>, p::star<p::not_one<'\n'>>> {};
struct raw_piece : p::sor<raw_string<'"'>, raw_string<'\''>, raw_comment, escape, p::any> {};

/// Lua's [[ ]], [=[ ]=], [==[ ]==] ...; up to the end of the file when it is not closed.
struct lua_long {
  template <class In>
  static bool match(In& in) {
    const char* at = in.current();
    const char* end = in.end();
    if (at == end || *at != '[') return false;
    const char* open = at + 1;
    while (open != end && *open == '=') ++open;
    if (open == end || *open != '[') return false;
    const auto level = open - at;  // "]" and level - 1 times "="
    const char* c = open + 1;
    while (c != end) {
      const bool bracket = *c++ == ']';
      if (!bracket) continue;
      const char* close = c;
      while (close != end && *close == '=') ++close;
      if (close != end && *close == ']' && close - c + 1 == level) {
        in.bump(static_cast<std::size_t>(close + 1 - at));
        return true;
      }
      c = close;
    }
    in.bump(static_cast<std::size_t>(end - at));
    return true;
  }
};
struct lua_comment : p::seq<p::string<'-', '-'>, p::sor<lua_long, p::star<p::not_one<'\n'>>>> {};
struct lua_piece : p::sor<raw_string<'"'>, raw_string<'\''>, lua_comment, lua_long, escape, p::any> {};

/// Everything up to the brace that closes the one before; a counter, not recursion.
template <class Piece>
struct balanced {
  template <p::apply_mode A, p::rewind_mode M, template <class...> class Action, template <class...> class Control,
            class In, class... States>
  static bool match(In& in, States&&... states) {
    std::size_t depth = 0;
    while (!in.empty()) {
      const char c = in.peek_char();
      if (c == '}' && depth == 0) return true;
      if (c == '{') ++depth;
      if (c == '}') --depth;
      if (c == '{' || c == '}') in.bump(1);
      else if (!Control<Piece>::template match<A, M, Action, Control>(in, states...)) in.bump(1);
    }
    return true;
  }
};
struct raw_text : balanced<raw_piece> {};
struct lua_text : balanced<lua_piece> {};
struct skipped_text : balanced<raw_piece> {};

// --- directives -----------------------------------------------------------------------------------------------------
struct named_lua {
  template <p::apply_mode, p::rewind_mode, template <class...> class, template <class...> class, class In, class State>
  static bool match(In&, State& state) { return state.named_lua(); }
};
struct named_raw {
  template <p::apply_mode, p::rewind_mode, template <class...> class, template <class...> class, class In, class State>
  static bool match(In&, State& state) { return state.named_raw(); }
};
/// The nesting limit, asked before the recursion.
struct may_nest {
  template <p::apply_mode, p::rewind_mode, template <class...> class, template <class...> class, class In, class State>
  static bool match(In&, State& state) { return state.may_nest(); }
};
struct has_room {
  template <p::apply_mode, p::rewind_mode, template <class...> class, template <class...> class, class In, class State>
  static bool match(In&, State& state) { return state.has_room(); }
};

struct items;
struct semicolon : p::one<';'> {};
struct block_open : p::one<'{'> {};
struct block_close : p::one<'}'> {};
struct raw_open : p::one<'{'> {};
struct raw_close : p::one<'}'> {};
struct stray_close : p::one<'}'> {};

// Faults. Each takes what can be taken, so that the rule around it goes on.
struct missing_semicolon : p::success {};
struct missing_close : p::success {};
struct unclosed_raw : p::success {};
struct too_deep : p::seq<skipped_text, p::opt<p::one<'}'>>> {};
struct too_many : p::until<p::eof> {};
struct nameless_semicolon : p::one<';'> {};
struct nameless_open : p::one<'{'> {};

struct block_body : p::sor<p::seq<may_nest, items, p::sor<block_close, missing_close>>, too_deep> {};
struct block : p::seq<block_open, block_body> {};
struct raw_block : p::seq<named_raw, raw_open, raw_text, p::sor<raw_close, unclosed_raw>> {};
struct lua_block : p::seq<named_lua, raw_open, lua_text, p::sor<raw_close, unclosed_raw>> {};
struct directive : p::seq<words, p::sor<semicolon, lua_block, raw_block, block, missing_semicolon>> {};
struct nameless_block : p::seq<nameless_open, block_body> {};

struct file_comment : comment {};  // a comment that is an item of the tree; those between words are not
struct bounded : p::sor<p::seq<has_room, p::sor<directive, nameless_semicolon, nameless_block>>,
                        p::seq<p::not_at<p::sor<p::one<'}'>, p::eof>>, too_many>> {};
struct item : p::sor<blanks, file_comment, bounded> {};
struct items : p::star<p::not_at<p::eof>, item> {};
struct file : p::seq<p::opt<bom>, p::star<p::not_at<p::eof>, p::sor<item, stray_close>>> {};

}  // namespace gh::grammar
