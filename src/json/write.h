// Writes JSON text, piece by piece, to the end of a string. What is written is always valid: the caller puts the commas
// and brackets. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "json/document.h"

namespace gh::json {

/// With its quotes. Escaped: `"`, `\` and control characters; what is no valid UTF-8 becomes U+FFFD.
void append_text(std::string& out, std::string_view text);
void append_number(std::string& out, std::int64_t number);
void append_number(std::string& out, std::uint64_t number);
/// The shortest form that reads back as the same double; no exponent from 1e-6 up to 1e21, as JavaScript writes; what
/// is no number in JSON (not a number, infinite) becomes null.
void append_number(std::string& out, double number);
inline void append_bool(std::string& out, bool value) { out += value ? "true" : "false"; }
/// A value as it was read, byte for byte; null when absent.
inline void append_value(std::string& out, Value value) { out += value ? value.raw() : std::string_view("null"); }
/// `"name":`
void append_name(std::string& out, std::string_view name);

}  // namespace gh::json
