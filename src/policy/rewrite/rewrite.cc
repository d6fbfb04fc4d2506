// rewrite, set, break, and the step that runs a block's rewrite operations (LANGUAGE.md 8). `if` is if.cc,
// `return` is return.cc.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "http/field_value.h"
#include "http/target.h"
#include "policy/policy.h"
#include "policy/rewrite_ops.h"
#include "proxy/exchange.h"
#include "proxy/join.h"
#include "proxy/secret_text.h"
#include "table/build.h"
#include "table/server_block.h"

namespace gh::policy {

using config::Phase;
using proxy::Exchange;
using table::Verdict;

namespace {

struct OpList { RewriteOps ops; };  // local to a scope

enum class Then : std::uint8_t { go_on, last, stay, redirect, permanent };

struct Rewrite {
  Regex regex;
  std::vector<std::uint32_t> slots;
  table::Template path, args;   // of the replacement, around its "?"
  bool has_args = false;
  bool keeps_args = true;       // those of the request follow, unless the replacement ends in "?"
  Then then = Then::go_on;
  table::Origin origin;
};

// ---- a request -----------------------------------------------------------------------------------------------------

/// $1 comes from the decoded path: in a URL, and in arguments, what was encoded is encoded again.
std::string_view render_escaped(Exchange& x, const table::Template& text) {
  x.escapes_captures = x.target.unparsed.find_first_of("%+") != std::string_view::npos;
  const std::string_view out = text.render(x, x.arena);
  x.escapes_captures = false;
  return out;
}

/// Arguments of the replacement, then those of the request.
std::string_view new_args(Exchange& x, const Rewrite& rule) {
  const std::string_view own = rule.has_args ? render_escaped(x, rule.args) : std::string_view();
  if (!rule.keeps_args || x.args.empty()) return own;
  return rule.has_args ? proxy::join(x.arena, own, "&", x.args) : x.args;
}

void log_rewritten(Exchange& x, std::string_view what, std::string_view path, std::string_view args) {
  if (!x.core().rewrite_log) return;
  x.log(LogLevel::notice, fmt::format("rewritten {}: \"{}\", args: \"{}\"", what, path,
                                     proxy::without_secrets(x, args)));
}

Flow send_redirect(Exchange& x, const Rewrite& rule) {
  const std::string_view path = http::unescape_redirect(render_escaped(x, rule.path), x.arena);
  const std::string_view args = new_args(x, rule);
  log_rewritten(x, "redirect", path, args);
  const std::string_view url = args.empty() && !rule.has_args ? path : proxy::join(x.arena, path, "?", args);
  x.answered_by(rule.origin);
  x.redirect(rule.then == Then::permanent ? 301 : 302, url);
  return Flow::answered;
}

/// Text from the client that is put into a path may hold what a normal path cannot.
bool is_sound(std::string_view path) {
  return !path.empty() && path.find('\0') == std::string_view::npos && !http::has_parent_segment(path);
}

Flow rewrite(Exchange& x, const void* params) {
  const auto& rule = *static_cast<const Rewrite*>(params);
  Captures found;
  const Regex::Match match = rule.regex.match(x.uri, &found);
  if (match == Regex::Match::limit) {
    x.log(LogLevel::error, "the regex of a rewrite ran into its match limit");
    x.error(500, rule.origin, "the regular expression ran into its match limit");
    return Flow::answered;
  }
  const bool logs = x.core().rewrite_log;
  if (match == Regex::Match::no) {
    if (logs) x.log(LogLevel::notice, fmt::format("\"{}\" does not match \"{}\"", rule.regex.pattern(), x.uri));
    return Flow::next;
  }
  if (logs) x.log(LogLevel::notice, fmt::format("\"{}\" matches \"{}\"", rule.regex.pattern(), x.uri));
  x.keep_captures(rule.regex, found, x.uri, rule.slots);
  if (rule.then == Then::redirect || rule.then == Then::permanent) return send_redirect(x, rule);
  const std::string_view path = rule.path.render(x, x.arena);
  const std::string_view args = new_args(x, rule);
  log_rewritten(x, "data", path, args);
  if (!is_sound(path)) {
    x.log(LogLevel::error, path.empty() ? "the rewritten URI has a zero length"
                                        : fmt::format("the rewritten URI \"{}\" leaves its root", printable(path)));
    x.error(500, rule.origin, "the rewritten URI is empty or leaves its root");
    return Flow::answered;
  }
  x.uri = path;
  x.args = http::safe_field_value(args, x.arena);
  x.uri_changed = x.internal = true;
  x.relocates = rule.then != Then::stay;
  x.stays = rule.then == Then::stay;
  return rule.then == Then::go_on ? Flow::next : Flow::stop;
}

Flow do_break(Exchange& x, const void*) {
  if (std::exchange(x.relocates, false)) x.stays = true;
  return Flow::stop;
}

struct Set {
  table::Template value;
  std::uint32_t slot = 0;
  table::Setter set = nullptr;
};

Flow set(Exchange& x, const void* params) {
  const auto& what = *static_cast<const Set*>(params);
  const std::string_view value = what.value.render(x, x.arena);
  if (what.set) what.set(x, value);
  else x.set_slot(what.slot, value);
  return Flow::next;
}

struct Step {
  RewriteOps ops;
  bool in_server = false;
};

Verdict run(Exchange& x, const void* params) {
  const auto& step = *static_cast<const Step*>(params);
  const table::Route* const before = x.route;
  x.relocates = false;
  if (run_ops(x, step.ops) == Flow::answered) return Verdict::done;
  const bool moves = std::exchange(x.relocates, false);
  if (moves && !step.in_server) return x.relocate();
  if (x.route != before) x.switch_route(*x.route);
  return Verdict::next;
}

// ---- the configuration ---------------------------------------------------------------------------------------------

bool is_absolute(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://") || text.starts_with("$scheme") ||
         text.starts_with("${scheme}");
}

/// The first "?" of the text itself, outside of `${...}`, begins the arguments.
void read_replacement(table::Scope& scope, const config::Value& value, Rewrite& rule) {
  std::string_view text = value.text;
  if (text.ends_with('?')) {
    rule.keeps_args = false;
    text.remove_suffix(1);
  }
  const std::size_t question = text.find('?');
  rule.path = scope.compile(text.substr(0, question), value.span);
  if (question == std::string_view::npos) return;
  rule.has_args = true;
  rule.args = scope.compile(text.substr(question + 1), value.span);
}

Then read_flag(std::string_view word, std::string_view replacement) {
  if (word == "permanent") return Then::permanent;
  if (word == "redirect" || is_absolute(replacement)) return Then::redirect;
  if (word == "last") return Then::last;
  return word == "break" ? Then::stay : Then::go_on;
}

/// "return" for a block that has nothing else, the module's name for several kinds.
std::string_view step_name(const RewriteOps& ops) {
  const auto same = [&](const RewriteOp& op) { return op.name == ops.front().name; };
  return std::all_of(ops.begin(), ops.end(), same) ? ops.front().name : "rewrite";
}

}  // namespace

void add_op(table::Scope& scope, std::string_view name, OpFn run_op, std::shared_ptr<const void> params) {
  scope.local<OpList>().ops.push_back({name, scope.position, run_op, std::move(params)});
}

RewriteOps take_ops(table::Scope& scope) {
  if (!scope.local_or_null<OpList>()) return {};
  RewriteOps ops = std::move(scope.local<OpList>().ops);
  std::stable_sort(ops.begin(), ops.end(), [](const auto& a, const auto& b) { return a.position < b.position; });
  return ops;
}

Flow run_ops(Exchange& x, const RewriteOps& ops) {
  for (const RewriteOp& op : ops) {
    if (const Flow flow = op.run(x, op.params.get()); flow != Flow::next) return flow;
  }
  return Flow::next;
}

void apply_rewrite(table::Scope& scope, const config::Bound& directive) {
  const config::Value& pattern = *directive.find("regex");
  const config::Value& replacement = *directive.find("replacement");
  auto regex = Regex::compile(pattern.text, false);
  if (!regex) return;  // reported when the word was read
  auto rule = std::make_shared<Rewrite>(Rewrite{std::move(*regex), {}, {}, {}, false, true, Then::go_on,
                                                 {directive.row->name, directive.span()}});
  rule->slots = table::define_names(scope, rule->regex, pattern.span);
  read_replacement(scope, replacement, *rule);
  rule->then = read_flag(directive.text("flag"), replacement.text);
  add_op(scope, "rewrite", rewrite, std::move(rule));
}

void apply_break(table::Scope& scope, const config::Bound&) { add_op(scope, "break", do_break, nullptr); }

void declare_set(table::Scope& scope, const config::Bound& directive) {
  const std::string_view name = directive.at(0).text;
  table::VariableTable& variables = scope.builder.variables;
  if (!variables.is_fixed(name)) variables.define_assigned(name);
}

void apply_set(table::Scope& scope, const config::Bound& directive) {
  const config::Value& name = directive.at(0);
  table::VariableTable& variables = scope.builder.variables;
  auto what = std::make_shared<Set>();
  if (const table::VariableRow* row = variables.settable(name.text)) {
    what->set = row->set;
  } else if (variables.is_fixed(name.text)) {
    scope
        .error(table::code::duplicate_name, name.span,
               "`$" + std::string(name.text) + "` is a variable of the gateway")
        .with_help("`set` makes variables of your own: choose another name");
    return;
  } else {
    what->slot = variables.define_assigned(name.text);
  }
  what->value = scope.compile(directive.at(1));
  if (!what->set) variables.note_part(name.text, what->value);
  add_op(scope, "set", set, std::move(what));
}

/// An `if` block has no rewriting of its own: its operations are run by the block around it.
void finish_rewrite(table::Scope& scope, table::Route& route) {
  if (route.kind == table::Route::Kind::condition) return;
  auto step = std::make_shared<Step>();
  step->ops = take_ops(scope);
  if (step->ops.empty()) return;
  step->in_server = route.kind == table::Route::Kind::server;
  const Phase phase = step->in_server ? Phase::server_rewrite : Phase::rewrite;
  const std::string_view name = step_name(step->ops);
  table::add_step(route, phase, run, std::move(step), name);
}

}  // namespace gh::policy
