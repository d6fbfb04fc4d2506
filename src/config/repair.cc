#include "config/repair.h"

#include <algorithm>
#include <iterator>

#include "config/arguments.h"
#include "config/codes.h"

namespace gh::config {
namespace {

constexpr std::size_t max_repairs = 50;

using Nodes = std::vector<Node>;
using Path = std::vector<std::size_t>;  // indexes from the top-level list down to a node

/// The list that holds the node at `path` (its last index left out), and that node.
Nodes& list_at(Nodes& top, const Path& path, std::size_t depth) {
  Nodes* list = &top;
  for (std::size_t i = 0; i < depth; ++i) list = &(*list)[path[i]].children;
  return *list;
}
Node& node_at(Nodes& top, const Path& path, std::size_t depth) { return list_at(top, path, depth)[path[depth]]; }

/// Takes what follows index `from` out of a list, up to the node that begins at `until`.
Nodes cut(Nodes& list, std::size_t from, std::uint32_t until = Span::npos) {
  if (from >= list.size()) return {};
  const auto begin = list.begin() + static_cast<std::ptrdiff_t>(from);
  const auto end = std::find_if(begin, list.end(), [until](const Node& n) { return n.span.begin >= until; });
  Nodes tail(std::make_move_iterator(begin), std::make_move_iterator(end));
  list.erase(begin, end);
  return tail;
}

void append(Nodes& list, Nodes tail) {
  list.insert(list.end(), std::make_move_iterator(tail.begin()), std::make_move_iterator(tail.end()));
}

/// Blanks before the first byte of a line; npos when other text stands before `at` on its line.
std::size_t indentation(std::string_view text, std::uint32_t at) {
  std::size_t blanks = 0;
  while (blanks < at && (text[at - blanks - 1] == ' ' || text[at - blanks - 1] == '\t')) ++blanks;
  return blanks == at || text[at - blanks - 1] == '\n' ? blanks : std::string::npos;
}

class Repair {
 public:
  Repair(const Sources& sources, std::uint32_t file, Parsed& parsed, Diagnostics& diagnostics)
      : sources_(sources), text_(sources.file(file).text), file_(file), parsed_(parsed), diagnostics_(diagnostics) {}

  void by_indentation() {
    for (std::size_t i = 0; i < max_repairs && parsed_.unclosed > 0; ++i) {
      Path path;
      if (!find_below_open(path)) return;
      Node& block = node_at(parsed_.nodes, path, path.size() - 1);
      const std::size_t indent = indentation(text_, block.span.begin);
      close_early(path, children_within(block, indent));
    }
  }

  void by_names(const Vocabulary& vocabulary, Contexts contexts) {
    vocabulary_ = &vocabulary;
    top_ = contexts;
    Path path;
    for (std::size_t i = 0; i < max_repairs; ++i) {
      path.clear();
      if (!repair_one(parsed_.nodes, contexts, path)) break;
    }
    report_rest();
  }

  void report_rest() {
    for (const Parsed::Unended& u : parsed_.unended) report_missing_semicolon(diagnostics_, file_, u.word_end);
    for (const Span& stray : parsed_.strays) report_stray_close(diagnostics_, stray);
    Nodes* list = &parsed_.nodes;
    const Node* innermost = nullptr;
    for (std::size_t i = 0; i < parsed_.unclosed && !list->empty() && list->back().kind == NodeKind::block; ++i) {
      innermost = &list->back();
      list = &list->back().children;
    }
    if (innermost != nullptr) report_missing_close(diagnostics_, *innermost, innermost->span.end);
  }

 private:
  // --- missing "}"
  [[nodiscard]] bool stands_at(const Node& node, std::size_t indent) const {
    const std::size_t own = indentation(text_, node.span.begin);
    return own != std::string::npos && own <= indent;
  }

  /// How many children come before the first directive that stands no further in than the block itself. Comments say
  /// nothing (people put "#" at the start of the line); those right before that directive go with it.
  [[nodiscard]] std::size_t children_within(const Node& block, std::size_t indent) const {
    std::size_t keep = 0;
    const auto is_comment = [&](std::size_t i) { return block.children[i].kind == NodeKind::comment; };
    while (keep < block.children.size() && (is_comment(keep) || !stands_at(block.children[keep], indent))) ++keep;
    while (keep > 0 && is_comment(keep - 1) && stands_at(block.children[keep - 1], indent)) --keep;
    return keep;
  }

  /// Open to the end of the file, with children that stand further in and then some that do not.
  [[nodiscard]] bool swallowed(const Node& block) const {
    const std::size_t indent = indentation(text_, block.span.begin);
    if (indent == std::string::npos) return false;
    const std::size_t keep = children_within(block, indent);
    const auto directive = [](const Node& n) { return n.kind != NodeKind::comment; };
    const auto first = std::find_if(block.children.begin(), block.children.end(), directive);
    return first < block.children.begin() + static_cast<std::ptrdiff_t>(keep) &&
           std::any_of(block.children.begin() + static_cast<std::ptrdiff_t>(keep), block.children.end(), directive);
  }

  /// The blocks open at the end of file: each is the last of its list.
  [[nodiscard]] Path open_chain() const {
    Path path;
    const Nodes* list = &parsed_.nodes;
    while (path.size() < parsed_.unclosed && !list->empty() && list->back().kind == NodeKind::block) {
      path.push_back(list->size() - 1);
      list = &list->back().children;
    }
    return path;
  }

  bool find_below_open(Path& path) {
    for (Path chain = open_chain(); !chain.empty(); chain.pop_back()) {
      path = chain;
      const Node& open = node_at(parsed_.nodes, chain, chain.size() - 1);
      if (find_misindented(open.children, path) || swallowed(open)) return true;
    }
    return false;
  }

  /// The first block, in the order of closing braces, whose brace stands further left than its first word.
  bool find_misindented(const Nodes& list, Path& path) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const Node& node = list[i];
      if (node.kind != NodeKind::block) continue;
      path.push_back(i);
      if (find_misindented(node.children, path)) return true;
      const std::size_t opener = indentation(text_, node.span.begin);
      const bool closed = node.body.end < node.span.end && opener != std::string::npos;
      const std::size_t closer = closed ? indentation(text_, node.body.end) : std::string::npos;
      if (closer != std::string::npos && closer < opener) return true;
      path.pop_back();
    }
    return false;
  }

  /// The block at `path` ends after its first `keep` children; each brace behind it belonged to the block around. Ends
  /// at the innermost block that the file left open.
  void close_early(const Path& path, std::size_t keep) {
    const std::size_t last = path.size() - 1;
    Node& block = node_at(parsed_.nodes, path, last);
    const std::uint32_t at = keep > 0 ? block.children[keep - 1].span.end
                             : block.children.empty() && block.body.end < block.span.end
                                 ? last_text_before(block.body.end) : block.body.begin;
    report_missing_close(diagnostics_, block, at);
    Nodes tail = cut(block.children, keep);
    const Span old = block.span;
    std::uint32_t closer = block.body.end;
    std::uint32_t end = old.end;
    block.body.end = at;
    block.span.end = at;
    const std::size_t open = open_depth(path);
    if (open > last) {  // it was open itself
      append(list_at(parsed_.nodes, path, last), std::move(tail));
      --parsed_.unclosed;
      return;
    }
    for (std::size_t depth = last; depth-- > 0;) {
      Node& outer = node_at(parsed_.nodes, path, depth);
      Nodes next = cut(outer.children, path[depth + 1] + 1);
      append(outer.children, std::move(tail));
      tail = std::move(next);
      if (depth + 1 == open) {  // this one was open at the end of file: now it has a brace
        std::swap(outer.body.end, closer);
        std::swap(outer.span.end, end);
        append(list_at(parsed_.nodes, path, depth), std::move(tail));
        --parsed_.unclosed;
        return;
      }
      std::swap(outer.body.end, closer);
      std::swap(outer.span.end, end);
    }
  }

  /// How many blocks of the path, from the top, are open at the end of file.
  [[nodiscard]] std::size_t open_depth(const Path& path) const {
    const Path chain = open_chain();
    const auto differ = std::mismatch(chain.begin(), chain.end(), path.begin(), path.end()).first;
    return static_cast<std::size_t>(differ - chain.begin());
  }

  [[nodiscard]] std::uint32_t last_text_before(std::uint32_t at) const {
    while (at > 0 && (text_[at - 1] == ' ' || text_[at - 1] == '\t' || text_[at - 1] == '\n' || text_[at - 1] == '\r'))
      --at;
    return at;
  }

  // --- missing "{" and "}" too early: the block at `path` takes what follows it, up to the brace of the block around
  // it, that one what follows it ..., the outermost takes what follows up to the stray brace.
  void absorb(const Path& path) {
    const std::uint32_t from = parsed_.nodes[path.front()].span.end;
    const auto found =
        std::find_if(parsed_.strays.begin(), parsed_.strays.end(), [from](const Span& s) { return s.begin >= from; });
    if (found == parsed_.strays.end()) return;
    const std::uint32_t stray = found->begin;
    parsed_.strays.erase(found);
    Nodes tail;
    std::uint32_t closer = stray, end = stray + 1;
    for (std::size_t depth = 0; depth < path.size(); ++depth) {
      Nodes& list = list_at(parsed_.nodes, path, depth);
      Nodes next = cut(list, path[depth] + 1, depth == 0 ? stray : Span::npos);
      if (depth > 0) append(list, std::move(tail));
      tail = std::move(next);
      Node& node = list[path[depth]];
      std::swap(node.body.end, closer);
      std::swap(node.span.end, end);
    }
    append(node_at(parsed_.nodes, path, path.size() - 1).children, std::move(tail));
  }

  // --- by names
  /// True when something was put right: the caller starts again from the top, for the tree has moved.
  bool repair_one(Nodes& list, Contexts contexts, Path& path) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      Node& node = list[i];
      if (node.kind == NodeKind::comment || node.name().empty() || is_plain(node)) continue;
      const Row* row = vocabulary_->row_in(node.name(), contexts);
      path.push_back(i);
      if (row == nullptr && legal_only_further_out(node, path)) return true;
      if (row == nullptr) row = first_row(node.name());
      if (split(list, i, row, contexts, path)) return true;
      if (node.kind == NodeKind::block) {
        if (row != nullptr && row->block == Block::data) {
          if (split_data(node.children)) return true;
        } else if (row != nullptr && repair_one(node.children, row->inside, path)) {
          return true;
        }
      }
      path.pop_back();
    }
    return false;
  }

  /// Nothing in it can be put right: ended, on one line, and no word behind the first is the name of a directive.
  [[nodiscard]] bool is_plain(const Node& node) const {
    return node.kind == NodeKind::simple && !spans_lines(node) && !is_unended(node) && !has_candidate(node);
  }

  [[nodiscard]] const Row* first_row(std::string_view name) const {
    const auto rows = vocabulary_->rows(name);
    return rows.empty() ? nullptr : rows.front();
  }

  /// A block that may stand in a block further out, in a file that leaves a block open: the one between is to blame.
  bool legal_only_further_out(const Node& node, const Path& path) {
    if (parsed_.unclosed == 0 || node.kind != NodeKind::block || path.size() < 2) return false;
    for (std::size_t depth = path.size() - 1; depth-- > 0;) {
      if (vocabulary_->row_in(node.name(), contexts_at(path, depth)) == nullptr) continue;
      if (depth + 2 != path.size()) return false;  // two braces are missing: too little to go by
      const Path blamed(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(depth) + 1);
      const std::size_t keep = path[depth + 1];
      if (open_depth(blamed) == 0) return false;
      close_early(blamed, keep);
      return true;
    }
    return false;
  }

  /// The contexts in which the nodes of the list at `depth` stand.
  Contexts contexts_at(const Path& path, std::size_t depth) {
    Contexts contexts = top_;
    for (std::size_t i = 0; i < depth; ++i) {
      const Node& node = node_at(parsed_.nodes, path, i);
      const Row* row = vocabulary_->row_in(node.name(), contexts);
      contexts = row == nullptr ? 0 : row->inside;
    }
    return contexts;
  }

  [[nodiscard]] bool starts_line(std::span<const Word> words, std::size_t i) const {
    const std::uint32_t from = words[i - 1].span.end, to = words[i].span.begin;
    return from < to && text_.substr(from, to - from).find('\n') != std::string_view::npos;
  }

  [[nodiscard]] bool spans_lines(const Node& node) const {
    const std::uint32_t from = node.words.front().span.end, to = node.words.back().span.begin;
    return from < to && text_.substr(from, to - from).find('\n') != std::string_view::npos;
  }

  bool split(Nodes& list, std::size_t i, const Row* row, Contexts contexts, const Path& path) {
    const Node& node = list[i];
    const bool wants_block = row != nullptr && (row->block == Block::directives || row->block == Block::data);
    const bool ended_early = is_unended(node);
    if (wants_block && node.kind == NodeKind::simple && ended_early && !has_candidate(node)) {
      return open_block(path, node.words.size(), row);
    }
    if (node.words.size() < 2) return false;
    if (wants_block && node.kind == NodeKind::simple) {
      if (open_before_line(node, path, row)) return true;
      if (row->block == Block::data) return false;
    }
    const bool lacks_open = wants_block && row->block == Block::directives;
    const bool whole_fits = row != nullptr && fits(row, node, 0, node.words.size(), node.kind);
    if (whole_fits && !spans_lines(node)) return false;
    for (std::size_t at = node.words.size(); at-- > 1;) {
      const Word& word = node.words[at];
      if (word.quoted || (whole_fits && !starts_line(node.words, at))) continue;
      if (lacks_open && begins_inside(*row, node, at)) return open_block(path, at, row);
      if (row != nullptr && wants_block && !whole_fits && node.kind == NodeKind::simple) continue;
      if (begins_statement(row, node, at, contexts, whole_fits)) return end_statement(list, i, at);
    }
    return false;
  }

  /// A block without its "{": its first directive, or key, starts a line.
  bool open_before_line(const Node& node, const Path& path, const Row* row) {
    for (std::size_t at = 1; at < node.words.size(); ++at) {
      if (!starts_line(node.words, at)) continue;
      if (!arguments_fit(sources_, *row, node.words.subspan(1, at - 1))) continue;
      return open_block(path, at, row);
    }
    return false;
  }

  [[nodiscard]] bool has_candidate(const Node& node) const {
    return std::any_of(node.words.begin() + 1, node.words.end(),
                       [&](const Word& w) { return !w.quoted && !vocabulary_->rows(w.value).empty(); });
  }

  [[nodiscard]] bool is_unended(const Node& node) const {
    return std::any_of(parsed_.unended.begin(), parsed_.unended.end(),
                       [&](const Parsed::Unended& u) { return u.node_begin == node.span.begin; });
  }

  /// words[from, to) as a directive of that row, ended by `;` (simple) or a block.
  [[nodiscard]] bool fits(const Row* row, const Node& node, std::size_t from, std::size_t to, NodeKind kind) const {
    const bool block = kind != NodeKind::simple;
    if (block ? row->block == Block::no : row->block != Block::no && row->block != Block::optional) return false;
    return arguments_fit(sources_, *row, node.words.subspan(from + 1, to - from - 1));
  }

  /// Is words[at] the first directive of a block of `row` whose "{" is missing?
  [[nodiscard]] bool begins_inside(const Row& row, const Node& node, std::size_t at) const {
    const Row* inner = vocabulary_->row_in(node.words[at].value, row.inside);
    if (inner == nullptr) return false;
    if (!arguments_fit(sources_, row, node.words.subspan(1, at - 1))) return false;
    const bool tail_fits = fits(inner, node, at, node.words.size(), node.kind);
    const bool whole_fits = fits(&row, node, 0, node.words.size(), node.kind);
    return starts_line(node.words, at) ? tail_fits || !whole_fits : tail_fits && !whole_fits;
  }

  [[nodiscard]] bool begins_statement(const Row* row, const Node& node, std::size_t at, Contexts contexts,
                                      bool whole_fits) const {
    if (node.words[at].value == "include") return begins_include(row, node, at);
    const Row* next = vocabulary_->row_in(node.words[at].value, contexts);
    const bool new_line = starts_line(node.words, at);
    if (next == nullptr) return new_line && !whole_fits && begins_unknown(row, node, at);
    if (new_line && whole_fits && continues(node, at)) return false;
    const bool tail_fits = fits(next, node, at, node.words.size(), node.kind);
    if (row == nullptr) return new_line && tail_fits;
    const bool head_fits = fits(row, node, 0, at, NodeKind::simple);
    if (new_line) return head_fits ? tail_fits || !whole_fits : !whole_fits && tail_fits;
    return !whole_fits && head_fits && tail_fits;
  }

  /// Is the line of words[at] further in than the line of its directive?
  [[nodiscard]] bool continues(const Node& node, std::size_t at) const {
    const std::size_t own = indentation(text_, node.span.begin), line = indentation(text_, node.words[at].span.begin);
    return own != std::string::npos && line != std::string::npos && line > own;
  }

  /// A name that is not in the table, at the indentation of the directive above it.
  [[nodiscard]] bool begins_unknown(const Row* row, const Node& node, std::size_t at) const {
    const std::size_t indent = indentation(text_, node.span.begin);
    return row != nullptr && indent != std::string::npos && indentation(text_, node.words[at].span.begin) == indent &&
           fits(row, node, 0, at, NodeKind::simple);
  }

  /// `include` is no row of the table: legal everywhere, with one path.
  [[nodiscard]] bool begins_include(const Row* row, const Node& node, std::size_t at) const {
    const bool alone = node.kind == NodeKind::simple && starts_line(node.words, at) && node.words.size() == at + 2;
    return alone && (row == nullptr || fits(row, node, 0, at, NodeKind::simple));
  }

  /// A `;` is missing before words[at]: two nodes instead of one.
  bool end_statement(Nodes& list, std::size_t i, std::size_t at) {
    Node& head = list[i];
    const std::uint32_t end = head.words[at - 1].span.end;
    report_missing_semicolon(diagnostics_, file_, end);
    Node tail = split_off(head, at);
    head.span.end = end;
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(tail));
    return true;
  }

  /// What follows words[at) leaves `head`, with its block.
  Node split_off(Node& head, std::size_t at) {
    Node tail;
    tail.kind = head.kind;
    tail.words = head.words.subspan(at);
    head.words = head.words.first(at);
    tail.children = std::move(head.children);
    tail.span = {file_, tail.words.front().span.begin, head.span.end};
    tail.body = head.body;
    for (Parsed::Unended& u : parsed_.unended) {
      if (u.node_begin == head.span.begin) u.node_begin = tail.span.begin;
    }
    head.kind = NodeKind::simple;
    head.children.clear();
    return tail;
  }

  /// A "{" is missing behind the first `at` words of the node at `path`.
  bool open_block(const Path& path, std::size_t at, const Row* row) {
    Node& node = node_at(parsed_.nodes, path, path.size() - 1);
    const std::uint32_t end = node.words[at - 1].span.end;
    diagnostics_.error(code::missing_open, {file_, end, end}, "a `{` is missing")
        .with_label(std::string("`{` expected here, `") + std::string(row->name) + "` is a block")
        .with_help("open the block with `{`")
        .with_fix({file_, end, end}, " {");
    Nodes children;
    if (at < node.words.size()) children.push_back(split_off(node, at));
    else forget_unended(node);
    node.kind = NodeKind::block;
    node.children = std::move(children);
    node.body = {file_, end, node.span.end};
    absorb(path);
    return true;
  }

  void forget_unended(const Node& node) {
    std::erase_if(parsed_.unended, [&](const Parsed::Unended& u) { return u.node_begin == node.span.begin; });
  }

  /// Lines of a data block: no names to go by, so a word that starts a line at the item's own indentation, behind a key
  /// and a value, begins an item.
  bool split_data(Nodes& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const Node& node = list[i];
      if (node.kind != NodeKind::simple || node.words.size() < 3) continue;
      const std::size_t indent = indentation(text_, node.span.begin);
      if (indent == std::string::npos) continue;
      for (std::size_t at = node.words.size() - 1; at >= 2; --at) {
        if (starts_line(node.words, at) && indentation(text_, node.words[at].span.begin) == indent) {
          return end_statement(list, i, at);
        }
      }
    }
    return false;
  }

  const Sources& sources_;
  std::string_view text_;
  std::uint32_t file_;
  Parsed& parsed_;
  Diagnostics& diagnostics_;
  const Vocabulary* vocabulary_ = nullptr;
  Contexts top_ = 0;
};

}  // namespace

void repair_by_indentation(const Sources& sources, std::uint32_t file, Parsed& parsed, Diagnostics& diagnostics) {
  Repair(sources, file, parsed, diagnostics).by_indentation();
}

void repair_by_names(const Sources& sources, std::uint32_t file, Parsed& parsed, const Vocabulary& vocabulary,
                     Contexts contexts, Diagnostics& diagnostics) {
  Repair(sources, file, parsed, diagnostics).by_names(vocabulary, contexts);
}

void report_rest(const Sources& sources, std::uint32_t file, Parsed& parsed, Diagnostics& diagnostics) {
  Repair(sources, file, parsed, diagnostics).report_rest();
}

}  // namespace gh::config
