#include "policy/variable_uses.h"

#include "base/text.h"

namespace gh::policy {

namespace {

using config::Bound;
using NameSet = std::set<std::string, std::less<>>;

bool is_name_char(char c) { return is_digit(c) || is_alpha(c) || c == '_'; }

void add_text(std::string_view text, NameSet& to) {
  for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    std::size_t begin = at + 1;
    if (begin < text.size() && text[begin] == '{') ++begin;
    std::size_t end = begin;
    while (end < text.size() && is_name_char(text[end])) ++end;
    if (end > begin) to.emplace(text.substr(begin, end - begin));
  }
}

void add_words(const config::Node& node, NameSet& to) {
  for (const config::Word& word : node.words) add_text(word.value, to);
}

/// With the items of a block of data.
void add_node(const config::Node& node, NameSet& to) {
  add_words(node, to);
  config::for_each_directive(node.children, [&](const config::Node& item) { add_node(item, to); });
}

bool is_block_of_requests(const Bound& directive) {
  return directive.row->name == "server" || directive.row->name == "location" || directive.row->name == "route";
}

/// "limit_req/NAME"; of `limit_req_zone` as well.
std::string zone_id(std::string_view directive, std::string_view name) {
  if (directive.ends_with("_zone")) directive.remove_suffix(5);
  return std::string(directive).append("/").append(name.substr(0, name.find(':')));
}

}  // namespace

VariableUses::VariableUses(const std::vector<Bound>& file) {
  read_outer(file);
  read_blocks(file);
}

void VariableUses::read_outer(const std::vector<Bound>& directives) {
  for (const Bound& directive : directives) {
    const std::string_view name = directive.row->name;
    if (name == "http") read_outer(directive.children);
    else if (name == "upstream") upstreams_.emplace(directive.values.front().text, &directive);
    else if (!is_block_of_requests(directive)) read_definition(directive);
  }
}

void VariableUses::read_definition(const Bound& directive) {
  const std::string_view name = directive.row->name;
  if (directive.row->declare && directive.row->block == config::Block::data) {
    add_node(*directive.node, parts_[std::string(directive.values.back().text)]);
  } else if (name == "keyval") {
    add_text(directive.text("key"), parts_[std::string(directive.text("$variable"))]);
  } else if (name.ends_with("_zone")) {
    add_words(*directive.node, zones_[zone_id(name, directive.text("zone="))]);
  } else if (name == "log_format") {
    add_words(*directive.node, formats_[std::string(directive.text("name"))]);
  } else {
    outer_.push_back(&directive);
  }
}

void VariableUses::read_blocks(const std::vector<Bound>& directives) {
  for (const Bound& directive : directives) {
    const config::Span at = directive.span();
    if (is_block_of_requests(directive)) blocks_.emplace(Place{at.file, at.begin}, &directive);
    read_blocks(directive.children);
  }
}

void VariableUses::add_all(const std::vector<Bound>& directives, Names& to) const {
  for (const Bound& directive : directives) add(directive, to);
}

/// A block that requests enter by themselves says for itself what it uses, but for what it is chosen by.
void VariableUses::add(const Bound& directive, Names& to) const {
  if (directive.row->name == "access_log") {
    add_words(*directive.node, to.logs);
    if (const auto format = formats_.find(std::string(directive.text("format"))); format != formats_.end()) {
      to.logs.insert(format->second.begin(), format->second.end());
    }
    return;
  }
  if (directive.row->block == config::Block::directives || directive.row->block == config::Block::optional) {
    add_words(*directive.node, to.answers);
    if (!is_block_of_requests(directive)) add_all(directive.children, to);
  } else {
    add_node(*directive.node, to.answers);
  }
  add_named(directive, to);
}

/// Zones and upstreams are defined elsewhere.
void VariableUses::add_named(const Bound& directive, Names& to) const {
  const std::string_view name = directive.row->name;
  for (const config::Value& value : directive.values) {
    if (value.spec->type != config::ArgType::zone) continue;
    const auto zone = zones_.find(zone_id(name, value.text));
    if (zone != zones_.end()) to.answers.insert(zone->second.begin(), zone->second.end());
  }
  if (!name.ends_with("_pass") || directive.values.empty()) return;
  const std::string_view target = directive.values.front().text;
  for (const auto& [upstream, block] : upstreams_) {
    const bool is_named = target.find('$') != std::string_view::npos || target.find(upstream) != std::string_view::npos;
    if (is_named) add_all(block->children, to);
  }
}

void VariableUses::close(Set& names) const {
  std::vector<std::string> left(names.begin(), names.end());
  while (!left.empty()) {
    const auto parts = parts_.find(left.back());
    left.pop_back();
    if (parts == parts_.end()) continue;
    for (const std::string& part : parts->second) {
      if (names.insert(part).second) left.push_back(part);
    }
  }
}

void VariableUses::add_block(const table::Scope& scope, Names& to) const {
  const auto block = blocks_.find({scope.where.file, scope.where.begin});
  if (block != blocks_.end()) add_all(block->second->children, to);
}

VariableUses::Names VariableUses::of_server(const table::Scope& server) const {
  Names names;
  for (const Bound* directive : outer_) add(*directive, names);
  add_block(server, names);
  close(names.answers);
  close(names.logs);
  return names;
}

VariableUses::Names VariableUses::of_location(const table::Scope& location) const {
  Names names;
  for (const table::Scope* s = &location; s && s->context == config::in_location; s = s->parent) add_block(*s, names);
  close(names.answers);
  close(names.logs);
  return names;
}

}  // namespace gh::policy
