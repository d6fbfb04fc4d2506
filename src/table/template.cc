#include "table/template.h"

#include "base/text.h"
#include "table/variable_table.h"

namespace gh::table {
namespace {

bool is_name_char(char c) { return is_digit(c) || is_alpha(c) || c == '_'; }

/// One compile: walks the text once, collecting literal bytes until a variable ends them.
class Compiler {
 public:
  Compiler(std::string_view text, VariableTable& variables, std::vector<Template::Piece>& pieces, TemplateFault& fault)
      : text_(text), variables_(variables), pieces_(pieces), fault_(fault) {}

  bool run() {
    while (at_ < text_.size()) {
      const std::size_t dollar = text_.find('$', at_);
      literal_.append(text_.substr(at_, dollar - at_));
      if (dollar == std::string_view::npos) break;
      at_ = dollar;
      if (!variable()) return false;
    }
    flush();
    return true;
  }

  config::Phase known_from = config::Phase::none;
  bool uses_captures = false;

 private:
  bool variable() {
    const std::size_t begin = at_++;
    if (at_ < text_.size() && text_[at_] == '$') {  // $$ is a dollar (LANGUAGE 3.7)
      literal_ += '$';
      ++at_;
      return true;
    }
    const bool braces = at_ < text_.size() && text_[at_] == '{';
    if (braces) ++at_;
    const std::size_t name_begin = at_;
    // $1abc is the capture $1 and "abc", as captures have one digit.
    if (!braces && at_ < text_.size() && text_[at_] >= '1' && text_[at_] <= '9') ++at_;
    else while (at_ < text_.size() && is_name_char(text_[at_])) ++at_;
    const std::string_view name = text_.substr(name_begin, at_ - name_begin);
    if (braces) {
      if (at_ >= text_.size() || text_[at_] != '}') return bad_braces(begin, name);
      ++at_;
    }
    return name.empty() ? bad_name(begin) : use(name, begin);
  }

  bool use(std::string_view name, std::size_t begin) {
    const auto found = variables_.find(name);
    if (!found) return unknown(name, begin);
    flush();
    pieces_.push_back({std::string(), found->get, found->param});
    if (found->known_from > known_from) known_from = found->known_from;
    if (name.size() == 1 && is_digit(name[0])) uses_captures = true;
    return true;
  }

  void flush() {
    if (literal_.empty()) return;
    pieces_.push_back({std::move(literal_), nullptr, {}});
    literal_.clear();
  }

  bool bad_name(std::size_t begin) {
    fault_ = {begin, begin + 1, "`$` is not followed by a variable name",
              "names are letters, digits and `_`; write `$$` for a dollar sign", false};
    return false;
  }

  bool bad_braces(std::size_t begin, std::string_view name) {
    if (name == "env" && at_ < text_.size() && text_[at_] == ':') {
      fault_ = {begin, at_, "`${env:...}` is not served yet", "write the value itself", false};
      return false;
    }
    fault_ = {begin, at_, fmt_name("`${", name, "` is not closed"), "write `${name}`", false};
    return false;
  }

  bool unknown(std::string_view name, std::size_t begin) {
    fault_ = {begin, at_, fmt_name("unknown variable `$", name, "`"), {}, true};
    const std::string near = variables_.nearest(name);
    if (!near.empty()) fault_.help = "did you mean `$" + near + "`?";
    else if (is_environment_name(name))
      fault_.help = "this looks like a template for `envsubst`: put the values in first, or write `${env:NAME}`";
    return false;
  }

  /// ${UPPER_CASE}: a file meant for envsubst (LANGUAGE 2.8).
  static bool is_environment_name(std::string_view name) {
    for (char c : name) {
      if (c >= 'a' && c <= 'z') return false;
    }
    return !name.empty();
  }

  static std::string fmt_name(std::string_view before, std::string_view name, std::string_view after) {
    std::string out(before);
    out.append(name).append(after);
    return out;
  }

  std::string_view text_;
  VariableTable& variables_;
  std::vector<Template::Piece>& pieces_;
  TemplateFault& fault_;
  std::string literal_;
  std::size_t at_ = 0;
};

}  // namespace

Template Template::constant(std::string text) {
  Template out;
  out.source_ = std::move(text);
  return out;
}

bool Template::compile(std::string_view text, VariableTable& variables, Template& out, TemplateFault& fault) {
  if (text.find('$') == std::string_view::npos) {
    out = constant(std::string(text));
    return true;
  }
  out = Template();
  out.source_ = text;
  Compiler compiler(text, variables, out.pieces_, fault);
  if (!compiler.run()) return false;
  out.known_from_ = compiler.known_from;
  out.uses_captures_ = compiler.uses_captures;
  return true;
}

std::string_view Template::render_or_missing(proxy::Exchange& exchange, Arena& arena) const {
  if (pieces_.empty()) return source_;
  if (pieces_.size() == 1) return pieces_[0].get ? pieces_[0].get(exchange, pieces_[0].param) : pieces_[0].literal;
  static constexpr std::size_t few = 16;
  std::string_view parts_on_stack[few];
  std::string_view* parts = pieces_.size() <= few ? parts_on_stack : arena.array<std::string_view>(pieces_.size());
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const Piece& piece = pieces_[i];
    parts[i] = piece.get ? piece.get(exchange, piece.param) : std::string_view(piece.literal);
    bytes += parts[i].size();
  }
  if (bytes == 0) return "";
  char* to = arena.chars(bytes);
  char* end = to;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    if (!parts[i].empty()) std::memcpy(end, parts[i].data(), parts[i].size());
    end += parts[i].size();
  }
  return {to, bytes};
}

std::string_view Template::render(proxy::Exchange& exchange, Arena& arena) const {
  const std::string_view text = render_or_missing(exchange, arena);
  return text.data() ? text : std::string_view("");
}

}  // namespace gh::table
