#include "config/bind.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/text.h"
#include "config/arguments.h"
#include "config/codes.h"
#include "config/suggest.h"

namespace gh::config {
namespace {

constexpr std::size_t max_suggestions = 50;  // each costs a walk over all names

struct Hint { std::string_view name, help; };
// Words of other products, and nginx's own that moved (CHECKER.md 3.4).
constexpr Hint hints[] = {
    {"balance", "write `least_conn`, `ip_hash`, `hash` or `random` in `upstream`; round robin is the default"},
    {"backend", "write `upstream NAME { server HOST:PORT; }`"},
    {"frontend", "write `server { listen PORT; }`"},
    {"bind", "write `listen`"},
    {"reverse_proxy", "write `proxy_pass http://HOST:PORT;` in a `location`"},
    {"proxy_add_header", "write `proxy_set_header`"},
    {"spdy", "SPDY is gone: leave it out"},
    {"rate_limit", "write `limit_req_zone` and `limit_req`"},
    {"services", "write `upstream` and `location` blocks"},
    {"routes", "write `location` blocks"},
};
constexpr Hint foreign[] = {
    {"else", "there is no `else`: write a `location` for each case"},
    {"elseif", "there is no `elseif`: write a `location` for each case"},
    {"elsif", "there is no `elsif`: write a `location` for each case"},
    {"elif", "there is no `elif`: write a `location` for each case"},
    {"for", "there are no loops: write the blocks out"},
    {"while", "there are no loops: write the blocks out"},
    {"switch", "there is no `switch`: write a `location` for each case"},
};

const Hint* find_hint(std::span<const Hint> list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const Hint& h) { return h.name == name; });
  return found == list.end() ? nullptr : &*found;
}

class Binder {
 public:
  Binder(const Vocabulary& vocabulary, Sources& sources, const ArgumentPlace& place, Diagnostics& diagnostics)
      : vocabulary_(vocabulary), sources_(sources), place_(place), diagnostics_(diagnostics) {}

  void bind_list(std::vector<Node>& nodes, Contexts contexts, std::string_view block, std::vector<Bound>& out) {
    const std::size_t first = seen_.size();
    bind_into(nodes, contexts, block, out, first);
    seen_.resize(first);
  }

  /// The names that are known and not served, once all of them are counted.
  void report_known_names() {
    for (const KnownFound& found : known_found_) report(found);
  }

 private:
  struct KnownFound {
    const Known* known = nullptr;
    Span at;
    std::string name;
    std::size_t more = 0;  // of its group in the same file
  };

  /// `first`: where the block's own entries begin in seen_.
  void bind_into(std::vector<Node>& nodes, Contexts contexts, std::string_view block, std::vector<Bound>& out,
                 std::size_t first) {
    out.reserve(out.size() + nodes.size());
    for (Node& node : nodes) {
      if (node.kind == NodeKind::comment || node.name().empty()) continue;
      if (node.name() == "include" && node.kind == NodeKind::simple) {
        for (auto& file : node.included) bind_into(file, contexts, block, out, first);
        continue;
      }
      bind_node(node, contexts, block, out, first);
    }
  }

  void bind_node(Node& node, Contexts contexts, std::string_view block, std::vector<Bound>& out, std::size_t first) {
    const auto rows = vocabulary_.rows(node.name());
    if (rows.empty()) {
      const Known* known = vocabulary_.known(node.name());
      if (known == nullptr) return unknown(node, contexts, block);
      return bind_known(node, *known, contexts, block, out, first);
    }
    const Row* row = row_among(rows, contexts);
    if (row == nullptr) {
      not_allowed(node, block, vocabulary_.legal_contexts(node.name()));
      std::vector<Bound> ignored;  // its own content is still looked at, against the block it was meant to be
      bind_children(node, *rows.front(), ignored);
      return;
    }
    bind_row(node, *row, out, first);
  }

  void bind_row(Node& node, const Row& row, std::vector<Bound>& out, std::size_t first) {
    bool good = check_block(node, row) && check_duplicate(node, row, first);
    Bound bound;
    bound.row = &row;
    bound.node = &node;
    values_.clear();
    good = read_arguments(sources_, row, node, place_, diagnostics_, values_) && good;
    bound.values = sources_.keep(values_);
    good = bind_children(node, row, bound.children) && good;
    if (good) out.push_back(std::move(bound));
  }

  /// Nothing acts on it, and what is wrong about it is said all the same.
  void bind_known(Node& node, const Known& known, Contexts contexts, std::string_view block, std::vector<Bound>& out,
                  std::size_t first) {
    note_known(node, known);
    if (known.row == nullptr) return;
    if (legal_in(*known.row, contexts)) bind_row(node, *known.row, out, first);
    else not_allowed(node, block, known.row->contexts);
  }

  bool bind_children(Node& node, const Row& row, std::vector<Bound>& out) {
    if (node.kind == NodeKind::simple) return true;
    if (row.block == Block::data) return check_data(node.children, row);
    if (row.block == Block::directives || row.block == Block::optional)
      bind_list(node.children, row.inside, row.name, out);
    return true;
  }

  bool check_block(const Node& node, const Row& row) {
    const Span name = node.words.front().span;
    if (node.kind == NodeKind::simple && row.block != Block::no && row.block != Block::optional) {
      diagnostics_.error(code::needs_block, name, fmt::format("`{}` needs a block", row.name))
          .with_label("ends with `;`").with_help(fmt::format("write `{} ... {{ }}`", row.name));
      return false;
    }
    if (node.kind != NodeKind::simple && row.block == Block::no) {
      const Span brace = {node.body.file, node.body.begin - (node.body.begin > 0 ? 1 : 0), node.body.begin};
      diagnostics_.error(code::takes_no_block, name, fmt::format("`{}` takes no block", row.name))
          .with_label("followed by `{`").with_related(brace, "this block")
          .with_help(fmt::format("end `{}` with `;`", row.name));
      return false;
    }
    return true;
  }

  bool check_duplicate(const Node& node, const Row& row, std::size_t first) {
    if (row.repeatable) return true;
    const auto before = std::find_if(seen_.begin() + static_cast<std::ptrdiff_t>(first), seen_.end(),
                                     [&](const auto& s) { return s.first == &row; });
    if (before == seen_.end()) {
      seen_.emplace_back(&row, &node);
      return true;
    }
    diagnostics_
        .error(code::duplicate, node.words.front().span, fmt::format("`{}` is given twice in this block", row.name))
        .with_label("the second one")
        .with_related(before->second->words.front().span, "first given here")
        .with_help("keep one of them");
    return false;
  }

  /// Items of map, geo, types ...: no names to check.
  bool check_data(std::vector<Node>& items, const Row& row) {
    bool good = true;
    for (Node& item : items) {
      if (item.kind == NodeKind::comment || item.name().empty()) continue;
      for (auto& file : item.included) good = check_data(file, row) && good;
      if (item.kind != NodeKind::simple) {
        diagnostics_.error(code::block_in_data, item.words.front().span, fmt::format("a block inside `{}`", row.name))
            .with_label("only `key value;` may stand here")
            .with_help(fmt::format("is a `}}` missing above, at the end of `{}`?", row.name));
        good = false;
        continue;
      }
      for (std::size_t i = 0; i < item.words.size(); ++i) {
        Word& word = item.words[i];
        if (word.value.find("${env:") == std::string::npos) continue;
        std::string text(word.value);
        good = substitute_environment(text, word.span, i > 0, diagnostics_) && good;
        word.value = sources_.keep(text);
      }
    }
    return good;
  }

  // --- names that are not in the table
  void unknown(const Node& node, Contexts contexts, std::string_view block) {
    const std::string_view name = node.name();
    if (const Hint* hint = find_hint(foreign, name)) {
      diagnostics_
          .error(code::foreign_syntax, node.words.front().span, fmt::format("`{}` is not part of the language", name))
          .with_label("not known")
          .with_help(std::string(hint->help));
      return;
    }
    Diagnostic& d = diagnostics_.error(code::unknown_directive, node.words.front().span,
                                       fmt::format("unknown directive `{}`", printable(name, 60)));
    d.with_label(block.empty() ? "not a directive" : fmt::format("not known inside `{}`", block));
    suggest(d, name, contexts);
  }

  void suggest(Diagnostic& d, std::string_view name, Contexts contexts) {
    if (const Hint* hint = find_hint(hints, name)) {
      d.with_help(std::string(hint->help));
      return;
    }
    if (++suggestions_ > max_suggestions || name.size() > 64) return;
    std::vector<std::string_view> here, elsewhere;
    for (const Row* row : vocabulary_.all()) (legal_in(*row, contexts) ? here : elsewhere).push_back(row->name);
    std::string_view near = nearest(name, here);
    if (!near.empty()) {
      d.with_help(fmt::format("did you mean `{}`?", near)).with_fix(d.span, std::string(near));
      return;
    }
    near = nearest(name, elsewhere);
    if (near.empty()) {
      d.with_help("gateway.conf(5) lists all directives");
      return;
    }
    d.with_help(fmt::format("`{}` exists, but only in {}", near, contexts_text(vocabulary_.legal_contexts(near))));
  }

  void note_known(const Node& node, const Known& known) {
    const Span at = node.words.front().span;
    const bool by_name = known.group.empty() || known.fate == Known::Fate::missing;
    const auto [before, is_new] = group_first_.try_emplace(
        {at.file, known.fate, by_name ? known.name : known.group}, known_found_.size());
    if (!is_new) {
      ++known_found_[before->second].more;
      return;
    }
    known_found_.push_back({&known, at, printable(node.name(), 60)});
  }

  void report(const KnownFound& found) {
    const Span at = found.at;
    std::string more;
    if (found.more == 1) more = ", like 1 more line of this file";
    if (found.more > 1) more = fmt::format(", like {} more lines of this file", found.more);
    const auto finish = [&](Diagnostic& d, std::string_view label) {
      d.with_label(fmt::format("{}{}", label, more))
          .with_help(std::string(found.known->reason));
    };
    switch (found.known->fate) {
      case Known::Fate::note:
        return finish(diagnostics_.note(code::no_effect, at, fmt::format("`{}` has no effect here", found.name)),
                      "accepted");
      case Known::Fate::later:
        return finish(diagnostics_.warning(code::not_served_yet, at, fmt::format("`{}` is not served yet", found.name)),
                      "passed over");
      case Known::Fate::missing:
        return finish(diagnostics_.error(code::not_served, at, fmt::format("`{}` is not served yet", found.name)),
                      "cannot be passed over");
      case Known::Fate::refused:
        return finish(diagnostics_.error(code::refused, at, fmt::format("`{}` is not supported", found.name)),
                      "refused");
    }
  }

  void not_allowed(const Node& node, std::string_view block, Contexts where) {
    const std::string legal = contexts_text(where);
    diagnostics_.error(code::not_allowed_here, node.words.front().span,
                       fmt::format("`{}` is not allowed {}", node.name(),
                                   block.empty() ? std::string("at the top level") : fmt::format("in `{}`", block)))
        .with_label(fmt::format("only in {}", legal))
        .with_help(node.kind == NodeKind::block ? "is a `}` missing above?" : fmt::format("move it to {}", legal));
  }

  const Vocabulary& vocabulary_;
  Sources& sources_;
  const ArgumentPlace& place_;
  Diagnostics& diagnostics_;
  std::vector<std::pair<const Row*, const Node*>> seen_;  // what may stand once in a block, of all blocks open now
  std::vector<Value> values_;                             // of the directive that is being read
  std::vector<KnownFound> known_found_;
  using GroupKey = std::tuple<std::uint32_t, Known::Fate, std::string_view>;  // file, fate, group or name
  std::map<GroupKey, std::size_t> group_first_;                               // in known_found_
  std::size_t suggestions_ = 0;
};

}  // namespace

std::vector<Bound> bind(std::vector<Node>& nodes, Contexts contexts, const Vocabulary& vocabulary,
                        Sources& sources, const ArgumentPlace& place, Diagnostics& diagnostics) {
  std::vector<Bound> bound;
  Binder binder(vocabulary, sources, place, diagnostics);
  binder.bind_list(nodes, contexts, "", bound);
  binder.report_known_names();
  return bound;
}

}  // namespace gh::config
