// One value against its type: spelling, bounds, choices, regular expressions, paths made absolute, environment put in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/diagnostic.h"
#include "config/directive.h"

namespace gh::config {

struct ArgumentPlace {
  std::string main_dir;  // of the main file, ends with "/": conf_path
  std::string prefix;    // ends with "/": path
};

/// Fills in Value::number and changes Value::text as its spec says. False when an error was reported.
bool type_value(Value& value, const ArgumentPlace& place, Sources& sources, Diagnostics& diagnostics);

/// W706 when the word at `span` is a regular expression whose escapes the lexer changes (\n \t \r \\, LANGUAGE.md 1.6).
void warn_of_escapes(Span span, const Sources& sources, Diagnostics& diagnostics);

/// "10.1.2.3/8" as "10.0.0.0/8"; nothing when it is no network at all.
std::optional<std::string> without_low_bits(std::string_view text);
/// W707, for a network whose address has bits set behind its prefix.
void warn_of_low_bits(std::string_view text, Span span, Diagnostics& diagnostics);

/// ${env:NAME} and ${env:NAME:-default}, once, in place. `double_dollar`: what is put in is text for a template, where
/// "$" must be written "$$". False when a variable is unset (reported) or the form is wrong.
bool substitute_environment(std::string& text, Span span, bool double_dollar, Diagnostics& diagnostics);

}  // namespace gh::config
