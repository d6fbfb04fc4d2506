// split_clients (LANGUAGE.md 11.3): a variable whose value is selected by the hash of a text, in shares.
#include "base/text.h"
#include "policy/computed.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "table/percent_split.h"

namespace gh::policy {

using proxy::Exchange;
using table::PercentSplit;

namespace {

struct Split {
  table::Template key;
  PercentSplit shares;
  std::vector<table::Template> values;  // by part

  static std::string_view compute(Exchange& x, const table::VariableParam& param) {
    const Split& split = *static_cast<const Split*>(param.object);
    const std::uint32_t part = split.shares.find(split.key.render(x, x.arena));
    return part == PercentSplit::npos ? std::string_view("") : split.values[part].render(x, x.arena);
  }
};

void add_share(table::Scope& scope, Split& split, const config::Word& share) {
  if (share.value == "*") return split.shares.add_rest();
  const auto percent = table::parse_percent(share.value);
  if (!percent) {
    scope.error(table::code::bad_ratio, share.span, "invalid share `" + printable(share.value, 60) + "`")
        .with_help("write a percentage above 0 with at most two decimals, like `0.5%`, or `*` for the rest");
  } else if (!split.shares.add(*percent)) {
    scope.error(table::code::out_of_bounds, share.span, "all shares together are more than 100%")
        .with_help("`*` takes what the lines above it leave, so it comes last");
  }
}

void read(table::Scope& scope, const config::Bound& directive, Split& split, const config::Node& item) {
  if (is_empty_include(item)) return;
  if (item.words.size() != 2) {
    scope.error(table::code::argument_count, item.span, "a line of `split_clients` is a share and its value")
        .with_help("for example: 5% beta;");
    return;
  }
  add_share(scope, split, item.words[0]);
  split.values.push_back(scope.compile(item.words[1].value, item.words[1].span));
  note_part(scope, directive, split.values.back());
}

}  // namespace

void declare_split_clients(table::Scope& main, const config::Bound& directive) {
  declare_computed<Split>(main, directive);
}

void apply_split_clients(table::Scope& scope, const config::Bound& directive) {
  Split& split = computed_object<Split>(scope, directive);
  split.key = scope.compile(directive.at(0));
  note_part(scope, directive, split.key);
  config::for_each_directive(directive.node->children,
                             [&](const config::Node& item) { read(scope, directive, split, item); });
}

}  // namespace gh::policy
