#include "config/typing.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/address.h"
#include "base/regex.h"
#include "base/text.h"
#include "config/codes.h"
#include "config/suggest.h"
#include "config/values.h"

namespace gh::config {
namespace {

/// Types and bounds of one value.
class Typing {
 public:
  Typing(const ArgumentPlace& place, Sources& sources, Diagnostics& diagnostics)
      : place_(place), sources_(sources), diagnostics_(diagnostics) {}

  bool check(Value& v) {
    if (v.spec->type != ArgType::expr && v.text.find("${env:") != std::string_view::npos && !environment(v)) {
      return false;
    }
    switch (v.spec->type) {
      case ArgType::count: return number(v, false);
      case ArgType::integer: return number(v, true);
      case ArgType::bytes: return sized(v, false);
      case ArgType::offset: return sized(v, true);
      case ArgType::msec: return timed(v, false);
      case ArgType::sec: return timed(v, true);
      case ArgType::rate:
        return store(v, parse_rate(v.text), code::bad_rate, "rate", "like `10r/s`, `60r/m` or `100r/15m`");
      case ArgType::ratio: return store(v, parse_ratio(v.text), code::bad_ratio, "share", "like `60%` or `0.6`");
      case ArgType::status: return status(v);
      case ArgType::on_off: return on_off(v);
      case ArgType::one_of: return one_of(v);
      case ArgType::cidr: return cidr(v);
      case ArgType::regex: return regex(v);
      case ArgType::variable: return variable(v);
      case ArgType::templ: return templ(v);
      case ArgType::conf_path: return path(v, place_.main_dir);
      case ArgType::path: return path(v, place_.prefix);
      case ArgType::address:
      case ArgType::upstream:
      case ArgType::zone:
      case ArgType::log_format:
      case ArgType::store: return not_empty(v);
      case ArgType::word:
      case ArgType::flag:
      case ArgType::expr: return true;
    }
    return true;
  }

 private:
  bool environment(Value& v) {
    std::string text(v.text);
    if (!substitute_environment(text, v.span, v.spec->type == ArgType::templ, diagnostics_)) return false;
    v.text = sources_.keep(text);
    return true;
  }

  bool wrong(const Value& v, std::string_view which, std::string message, std::string label, std::string help) {
    diagnostics_.error(which, v.span, std::move(message)).with_label(std::move(label)).with_help(std::move(help));
    return false;
  }

  bool store(Value& v, std::optional<std::int64_t> number, std::string_view which, std::string_view kind,
             std::string_view help, const std::string& meant = {}) {
    if (!number) {
      return wrong(v, which, fmt::format("invalid {} `{}`", kind, printable(v.text, 60)), fmt::format("not a {}", kind),
                   meant.empty() ? fmt::format("write it {}", help) : fmt::format("did you mean `{}`?", meant));
    }
    v.number = *number;
    return bounded(v);
  }

  bool bounded(const Value& v) {
    if (v.number >= v.spec->least && v.number <= v.spec->most) return true;
    const std::string range = v.spec->most == INT64_MAX ? fmt::format("at least {}", v.spec->least)
                                                        : fmt::format("from {} to {}", v.spec->least, v.spec->most);
    return wrong(v, code::out_of_bounds, fmt::format("`{}` is out of bounds", printable(v.text, 60)),
                 fmt::format("must be {}", range), "");
  }

  bool number(Value& v, bool negative) {
    const auto parsed = parse_signed(v.text);
    const bool usable = parsed && (negative || v.text.front() != '-');
    return store(v, usable ? parsed : std::nullopt, code::bad_number, "number", "in digits");
  }
  /// "10mb", "5 min", "5min": the number with the first letter of its unit.
  static std::string with_short_unit(std::string_view text) {
    const std::size_t digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos) return {};
    if (iequals(text.substr(digits, 2), "ms")) return std::string(text.substr(0, digits)) + "ms";
    return std::string(text.substr(0, digits)) + lower(text[digits]);
  }
  bool sized(Value& v, bool offset) {
    const auto size = parse_size(v.text, offset);
    std::string meant = size ? std::string() : with_short_unit(v.text);
    if (!parse_size(meant, offset)) meant.clear();
    const bool giga = !offset && !v.text.empty() && lower(v.text.back()) == 'g';
    return store(v, size, code::bad_size, "size",
                 giga ? "in `m`: this setting takes no `g`"
                      : offset ? "in digits, then `k`, `m` or `g`" : "in digits, then `k` or `m`",
                 meant);
  }
  bool timed(Value& v, bool seconds) {
    auto ms = parse_time_ms(v.text, seconds);
    std::string meant = ms ? std::string() : with_short_unit(v.text);
    if (!parse_time_ms(meant, seconds)) meant.clear();
    if (ms && seconds) ms = *ms / 1000;
    return store(v, ms, code::bad_time, "time",
                 seconds ? "like `30s`, `1m30s` or `2h`; this setting counts seconds, so no `ms`"
                         : "like `500ms`, `30s` or `1m30s`",
                 meant);
  }
  bool status(Value& v) {
    const bool three = v.text.size() <= 3;
    const auto parsed = three ? parse_signed(v.text) : std::nullopt;
    return store(v, parsed && *parsed >= 0 ? parsed : std::nullopt, code::bad_status, "status code", "as 0 to 999");
  }
  bool on_off(Value& v) {
    if (iequals(v.text, "on")) { v.number = 1; return true; }
    if (iequals(v.text, "off")) { v.number = 0; return true; }
    return wrong(v, code::bad_on_off, fmt::format("invalid value `{}`", printable(v.text, 60)),
                 "neither `on` nor `off`", "write `on` or `off`");
  }
  static bool is_choice(std::string_view text, std::string_view choices) {
    for (std::size_t at = 0; at <= choices.size();) {
      const std::size_t end = std::min(choices.find('|', at), choices.size());
      if (choices.substr(at, end - at) == text) return true;
      at = end + 1;
    }
    return false;
  }
  /// The choice that says the same in other words, "2.0" for 2; and what is on where there is only one way to be it.
  static std::string_view meant_by(std::string_view text, const std::vector<std::string_view>& choices) {
    constexpr std::string_view zero = ".0", switched_on[] = {"on", "yes", "true", "1"};
    for (const std::string_view choice : choices) {
      if (text.ends_with(zero) && text.substr(0, text.size() - zero.size()) == choice) return choice;
    }
    const bool is_switch = choices.size() == 2 && (choices[0] == "off" || choices[1] == "off");
    const auto same = [&](std::string_view word) { return iequals(word, text); };
    if (!is_switch || std::none_of(std::begin(switched_on), std::end(switched_on), same)) return {};
    return choices[0] == "off" ? choices[1] : choices[0];
  }
  bool one_of(Value& v) {
    if (is_choice(v.text, v.spec->choices)) return true;
    const std::vector<std::string_view> choices = split(v.spec->choices, '|');
    std::string_view near = meant_by(v.text, choices);
    if (near.empty()) near = nearest(v.text, choices);
    std::string list;
    for (std::string_view choice : choices) list += (list.empty() ? "`" : ", `") + std::string(choice) + "`";
    return wrong(v, code::bad_choice, fmt::format("invalid value `{}`", printable(v.text, 60)),
                 fmt::format("must be one of {}", list), near.empty() ? "" : fmt::format("did you mean `{}`?", near));
  }
  bool cidr(Value& v) {
    if (v.text == "all" || v.text == "unix:") return true;
    const auto parsed = Cidr::parse(v.text);
    if (parsed) return true;
    if (const auto meant = without_low_bits(v.text)) {  // nginx takes it with a warning too
      warn_of_low_bits(v.text, v.span, diagnostics_);
      v.text = sources_.keep(*meant);
      return true;
    }
    return wrong(v, code::bad_address, fmt::format("invalid address `{}`", printable(v.text, 60)), parsed.error().text,
                 "write an address, a network like `10.0.0.0/8`, `all` or `unix:`");
  }
  bool regex(Value& v) {
    const auto compiled = Regex::compile(v.text, false);
    if (!compiled) {
      return wrong(v, code::bad_regex, "invalid regular expression", compiled.error().text,
                   fmt::format("byte {} of the expression is not understood", compiled.error().code + 1));
    }
    warn_of_escapes(v.span, sources_, diagnostics_);
    return true;
  }
  bool variable(Value& v) {
    const auto name_byte = [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; };
    const bool good =
        v.text.size() > 1 && v.text.front() == '$' && std::all_of(v.text.begin() + 1, v.text.end(), name_byte);
    if (!good) {
      return wrong(v, code::not_a_variable, fmt::format("`{}` is not a variable", printable(v.text, 60)),
                   "a variable is expected here", "write `$` and a name of letters, digits and `_`");
    }
    v.text.remove_prefix(1);
    return true;
  }
  bool templ(const Value& v) {
    const std::size_t at = bad_dollar(v.text);
    if (at == std::string_view::npos) return true;
    Value part = v;
    const std::string_view raw = sources_.text(v.span);
    if (std::size_t in_source = bad_dollar(raw); in_source != std::string_view::npos) {
      part.span = {v.span.file, v.span.begin + static_cast<std::uint32_t>(in_source),
                   v.span.begin + static_cast<std::uint32_t>(in_source) + 1};
    }
    const std::string_view rest = v.text.substr(at);
    if (rest.starts_with("${") && rest.find('}') == std::string_view::npos) {
      return wrong(part, code::bad_variable, "invalid variable name", "this `${` is never closed", "write `${name}`");
    }
    return wrong(part, code::bad_variable, "invalid variable name", "no name follows this `$`",
                 "write `$$` for a dollar sign");
  }
  bool not_empty(const Value& v) {
    if (!v.text.empty()) return true;
    return wrong(v, code::empty_value, "an empty value", "must not be empty",
                 fmt::format("write the {}", v.spec->name.ends_with('=') ? "value behind the `=`" : v.spec->name));
  }

  /// What is no path: absolute ones, values of another kind (DSL rule 7, nginx's log targets), and pure variables.
  static bool stays(std::string_view text) {
    static constexpr std::string_view prefixes[] = {
        "/", "$", "env:", "data:", "vault:", "engine:", "syslog:", "memory:"};
    if (text.empty() || text == "off" || text == "stderr" || text == "stdout") return true;
    return std::any_of(std::begin(prefixes), std::end(prefixes),
                       [&](std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; });
  }
  bool path(Value& v, std::string_view base) {
    if (stays(v.text) || v.text.starts_with("file:/")) return true;
    const std::size_t scheme = v.text.starts_with("file:") ? 5 : 0;  // DSL rule 7: the path behind it is relative too
    v.text = sources_.keep(std::string(v.text).insert(scheme, base));
    return true;
  }

  const ArgumentPlace& place_;
  Sources& sources_;
  Diagnostics& diagnostics_;
};

/// "\\\\n" is the way to hand "\\n" to the engine.
bool is_escaped_on_purpose(std::string_view raw, std::size_t second) {
  const char next = second + 1 < raw.size() ? raw[second + 1] : '\0';
  return next == 'n' || next == 't' || next == 'r' || next == '\\' || next == ']';
}

}  // namespace

std::optional<std::string> without_low_bits(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = Address::parse_ip(text.substr(0, slash), 0);
  const auto bits = parse_uint(text.substr(slash + 1));
  if (!address || !bits || address->is_unix()) return std::nullopt;
  std::string bytes(address->binary());
  if (*bits > bytes.size() * 8) return std::nullopt;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t keep = *bits > i * 8 ? std::min<std::size_t>(*bits - i * 8, 8) : 0;
    bytes[i] = static_cast<char>(bytes[i] & (0xff00 >> keep));
  }
  char out[INET6_ADDRSTRLEN] = {};
  if (::inet_ntop(address->family(), bytes.data(), out, sizeof out) == nullptr) return std::nullopt;
  return fmt::format("{}/{}", out, *bits);
}

void warn_of_low_bits(std::string_view text, Span span, Diagnostics& diagnostics) {
  const auto meant = without_low_bits(text);
  if (!meant) return;
  diagnostics
      .warning(code::low_bits, span, fmt::format("low address bits of `{}` are meaningless", printable(text, 60)))
      .with_label("read as " + *meant)
      .with_help(fmt::format("write `{}`", *meant))
      .with_fix(span, *meant);
}

void warn_of_escapes(Span span, const Sources& sources, Diagnostics& diagnostics) {
  const std::string_view raw = sources.text(span);
  for (std::size_t i = 0; i + 1 < raw.size(); ++i) {
    if (raw[i] != '\\') continue;
    const char next = raw[++i];
    const bool doubled = next == '\\';
    if (doubled ? is_escaped_on_purpose(raw, i) : next != 'n' && next != 't' && next != 'r') continue;
    const auto begin = span.begin + static_cast<std::uint32_t>(i) - 1;
    diagnostics
        .warning(code::escape_in_regex, {span.file, begin, begin + 2},
                 fmt::format("`\\{}` is changed before the regular expression is read", next))
        .with_label("becomes one byte")
        .with_help(doubled ? "write `[\\\\]` for a backslash, or a single backslash before a class such as `\\d`"
                           : fmt::format("write `\\\\{}` if the expression is to see `\\{}`", next, next));
    return;
  }
}

bool type_value(Value& value, const ArgumentPlace& place, Sources& sources, Diagnostics& diagnostics) {
  return Typing(place, sources, diagnostics).check(value);
}

bool substitute_environment(std::string& text, Span span, bool double_dollar, Diagnostics& diagnostics) {
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = text.find("${env:"); at != std::string::npos; at = text.find("${env:", from)) {
    const std::size_t close = text.find('}', at);
    const std::string inner = close == std::string::npos ? "" : text.substr(at + 6, close - at - 6);
    const std::size_t dash = inner.find(":-");
    const std::string name = inner.substr(0, dash);
    const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
    if (value == nullptr && (dash == std::string::npos || name.empty())) {
      diagnostics
          .error(code::unset_environment, span,
                 fmt::format("environment variable `{}` is not set", printable(name, 60)))
          .with_label("needed here")
          .with_help(fmt::format("set it, or give a default: `${{env:{}:-text}}`", name.empty() ? "NAME" : name));
      return false;
    }
    out.append(text, from, at - from);
    for (const char c : value != nullptr ? std::string_view(value) : std::string_view(inner).substr(dash + 2)) {
      out.append(c == '$' && double_dollar ? 2 : 1, c);
    }
    from = close + 1;
  }
  out.append(text, from, std::string::npos);
  text = std::move(out);
  return true;
}

}  // namespace gh::config
