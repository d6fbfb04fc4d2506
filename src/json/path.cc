#include "json/path.h"

#include <limits>
#include <optional>

#include "base/text.h"

namespace gh::json {

namespace {

constexpr bool starts_name(char c) { return is_alpha(c) || c == '_'; }
constexpr bool goes_on_name(char c) { return starts_name(c) || is_digit(c); }

class Reader {
 public:
  Reader(std::string_view text, Path::Hyphens hyphens) : text_(text), hyphens_(hyphens) {}

  /// Reads as far as the path goes. Nothing, or the error.
  std::optional<Error> read(std::vector<Path::Step>& steps) {
    while (at_ < text_.size() && steps.size() <= Path::most_steps) {
      const std::size_t before = at_;
      if (text_[at_] == '.' && !steps.empty()) ++at_;
      const bool is_after_dot = at_ > before;
      if (text_[at_ < text_.size() ? at_ : before] == '[' && !is_after_dot) {
        if (!read_bracket(steps)) return error_;
        continue;
      }
      if (!is_after_dot && !steps.empty()) break;
      if (!read_name(steps)) {
        if (error_) return error_;
        at_ = before;
        break;
      }
    }
    if (steps.size() > Path::most_steps) fault("a path of more than " + std::to_string(Path::most_steps) + " steps", 0);
    if (steps.empty()) fault("a path begins with a name or with `[`", 0);
    return error_;
  }
  [[nodiscard]] std::size_t used() const { return at_; }

 private:
  bool fault(std::string text, std::size_t offset) {
    error_ = Error{std::move(text), static_cast<int>(offset)};
    return false;
  }

  bool read_bracket(std::vector<Path::Step>& steps) {
    const std::size_t begin = at_++;
    const std::size_t digits = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    if (at_ >= text_.size() || text_[at_] != ']') return fault("`[` is followed by a number, if any, and `]`", begin);
    const std::string_view number = text_.substr(digits, at_++ - digits);
    if (number.empty()) {
      steps.emplace_back(Path::Each{});
      return true;
    }
    const auto index = parse_uint(number);
    if (!index || *index > std::numeric_limits<std::uint32_t>::max()) return fault("the index is too large", digits);
    steps.emplace_back(Path::Index{static_cast<std::uint32_t>(*index)});
    return true;
  }

  /// False without an error: no name stands here.
  bool read_name(std::vector<Path::Step>& steps) {
    if (at_ >= text_.size()) return false;
    if (text_[at_] == '"') return read_quoted(steps);
    if (!starts_name(text_[at_])) return false;
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (goes_on_name(text_[at_]) || (text_[at_] == '-' && hyphens_ == Path::Hyphens::are_letters))) {
      ++at_;
    }
    steps.emplace_back(Path::Name{std::string(text_.substr(begin, at_ - begin))});
    return true;
  }

  bool read_quoted(std::vector<Path::Step>& steps) {
    const std::size_t begin = at_++;
    std::string name;
    for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
        if (at_ >= text_.size() || (text_[at_] != '"' && text_[at_] != '\\')) {
          return fault("in a quoted name `\\` stands before `\"` or `\\` only", at_ - 1);
        }
      }
      name.push_back(text_[at_]);
    }
    if (at_ >= text_.size()) return fault("a quoted name without its closing quote", begin);
    ++at_;
    steps.emplace_back(Path::Name{std::move(name)});
    return true;
  }

  std::string_view text_;
  Path::Hyphens hyphens_;
  std::size_t at_ = 0;
  std::optional<Error> error_;
};

/// One step from a value to the one place it can lead to.
Value follow(Value from, const Path::Step& step) {
  if (const auto* name = std::get_if<Path::Name>(&step)) return from.find(name->text);
  if (const auto* index = std::get_if<Path::Index>(&step)) return from.at(index->number);
  return {};
}

/// `most` is counted down. The depth is that of the path.
bool collect(Value from, const Path::Step* step, const Path::Step* end, std::vector<Value>& out, std::size_t& most) {
  for (; step != end && from; ++step) {
    if (!std::holds_alternative<Path::Each>(*step)) {
      from = follow(from, *step);
      continue;
    }
    for (const Value element : from.elements()) {
      if (!collect(element, step + 1, end, out, most)) return false;
    }
    return true;
  }
  if (!from) return true;
  if (most == 0) return false;
  --most;
  out.push_back(from);
  return true;
}

void append_name(std::string& out, const std::string& name) {
  bool is_plain = !name.empty() && starts_name(name.front());
  for (const char c : name) is_plain = is_plain && goes_on_name(c);
  if (is_plain) {
    out += name;
    return;
  }
  out += '"';
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace

Result<Path> Path::take(std::string_view text, Hyphens hyphens, std::size_t& used) {
  Path path;
  Reader reader(text, hyphens);
  if (auto error = reader.read(path.steps_)) return fail(std::move(error->text), error->code);
  for (const Step& step : path.steps_) path.is_single_ = path.is_single_ && !std::holds_alternative<Each>(step);
  used = reader.used();
  return path;
}

Result<Path> Path::compile(std::string_view text, Hyphens hyphens) {
  std::size_t used = 0;
  auto path = take(text, hyphens, used);
  if (path && used < text.size()) {
    return fail("a path is names joined by `.`, and `[]` or `[0]` behind them", static_cast<int>(used));
  }
  return path;
}

std::string Path::text() const {
  std::string out;
  for (const Step& step : steps_) {
    if (const auto* name = std::get_if<Name>(&step)) {
      if (!out.empty()) out += '.';
      append_name(out, name->text);
    } else if (const auto* index = std::get_if<Index>(&step)) {
      out += '[' + std::to_string(index->number) + ']';
    } else {
      out += "[]";
    }
  }
  return out;
}

Value Path::first(Value root, std::size_t skip) const {
  if (is_single_) {
    for (std::size_t i = skip; i < steps_.size() && root; ++i) root = follow(root, steps_[i]);
    return root;
  }
  std::vector<Value> found;
  all(root, found, 1, skip);
  return found.empty() ? Value() : found.front();
}

bool Path::all(Value root, std::vector<Value>& out, std::size_t most, std::size_t skip) const {
  const Step* end = steps_.data() + steps_.size();
  return collect(root, steps_.data() + std::min(skip, steps_.size()), end, out, most);
}

void append_pointer(std::string& pointer, std::string_view name) {
  pointer += '/';
  for (const char c : name) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

void append_pointer(std::string& pointer, std::size_t index) { pointer += '/' + std::to_string(index); }

bool next_pointer_token(std::string_view& pointer, std::string& token) {
  token.clear();
  if (pointer.empty() || pointer.front() != '/') return false;
  pointer.remove_prefix(1);
  const std::size_t end = std::min(pointer.find('/'), pointer.size());
  for (std::size_t at = 0; at < end; ++at) {
    if (pointer[at] != '~') {
      token += pointer[at];
      continue;
    }
    ++at;
    if (at >= end || (pointer[at] != '0' && pointer[at] != '1')) return false;
    token += pointer[at] == '0' ? '~' : '/';
  }
  pointer.remove_prefix(end);
  return true;
}

Value find_pointer(Value root, std::string_view pointer) {
  std::string token;
  while (!pointer.empty() && root) {
    if (!next_pointer_token(pointer, token)) return {};
    if (root.is_array()) {
      const bool is_padded = token.size() > 1 && token.front() == '0';
      const auto index = parse_uint(token);
      root = index && !is_padded ? root.at(static_cast<std::size_t>(*index)) : Value();
    } else {
      root = root.find(token);
    }
  }
  return root;
}

}  // namespace gh::json
