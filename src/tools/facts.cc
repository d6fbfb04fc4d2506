#include "tools/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/text.h"

namespace gh::tools {
namespace {

using config::ArgSpec;
using config::ArgType;
using config::Block;
using config::Inherit;
using config::Phase;
using config::Presence;
using config::Row;

/// What a user fills in, in capitals; words to be written as they are stay small.
std::string placeholder(std::string_view name) {
  constexpr std::array<std::string_view, 3> literal = {"on", "off", "auto"};
  std::string out;
  for (std::string_view part : split(name, '|')) {
    if (!out.empty()) out += '|';
    const bool is_literal = std::find(literal.begin(), literal.end(), part) != literal.end();
    for (char c : part) out += is_literal ? c : upper(c);
  }
  return out;
}

/// The value of a `NAME=` parameter.
std::string_view value_name(const ArgSpec& spec) {
  switch (spec.type) {
    case ArgType::count:
    case ArgType::integer:
      return "NUMBER";
    case ArgType::bytes:
    case ArgType::offset:
      return "SIZE";
    case ArgType::msec:
    case ArgType::sec:
      return "TIME";
    case ArgType::rate:
      return "RATE";
    case ArgType::ratio:
      return "RATIO";
    case ArgType::status:
      return "CODE";
    case ArgType::on_off:
      return "on|off";
    case ArgType::one_of:
      return spec.choices;
    case ArgType::zone:
      return "NAME";
    case ArgType::word:
      return spec.name == "zone=" ? "NAME:SIZE" : "VALUE";  // where a zone is defined
    default:
      return "VALUE";
  }
}

std::string argument(const ArgSpec& spec) {
  if (spec.type == ArgType::flag) return std::string(spec.name);
  if (spec.name.ends_with('=')) return fmt::format("{}{}", spec.name, value_name(spec));
  if (spec.type == ArgType::on_off) return "on|off";
  return spec.type == ArgType::one_of ? std::string(spec.choices) : placeholder(spec.name);
}

std::string with_presence(const ArgSpec& spec) {
  const std::string text = argument(spec);
  switch (spec.presence) {
    case Presence::required:
      return text;
    case Presence::optional:
      return "[" + text + "]";
    case Presence::repeat:
      return "[" + text + " ...]";
    case Presence::repeat_one:
      return text + " ...";
  }
  return text;
}

std::string_view inheritance(const Row& row) {
  switch (row.inherit) {
    case Inherit::none:
      return "stays in its block";
    case Inherit::scalar:
      return "the innermost value holds";
    case Inherit::replace:
      return "a block that states it drops all outer ones";
    case Inherit::append:
      return "adds to the outer ones";
  }
  return {};
}

/// Blocks around others are what a value can come from: nothing comes down into `events`, `upstream` or the top level.
bool has_inheritance(const Row& row) { return row.block == Block::no && std::popcount(row.contexts) > 1; }

std::string bounds(const Row& row) {
  std::string out;
  for (const ArgSpec& spec : row.args) {
    if (spec.name.empty() || (spec.least == 0 && spec.most == INT64_MAX)) continue;
    if (!out.empty()) out += "; ";
    const std::string name =
        spec.name.ends_with('=') ? std::string(spec.name.substr(0, spec.name.size() - 1)) : placeholder(spec.name);
    out += spec.most == INT64_MAX ? fmt::format("{} at least {}", name, spec.least)
                                  : fmt::format("{} from {} to {}", name, spec.least, spec.most);
  }
  return out;
}

struct PhaseWords {
  std::string_view name, text;
};
constexpr std::array<PhaseWords, 16> phases = {{
    {"none", ""},
    {"address", "the client's address is decided"},
    {"server rewrite", "`return` at server level"},
    {"route", "the server by name, then the location"},
    {"rewrite", "`return` in the location"},
    {"cors", "preflight requests are answered"},
    {"limit", "limits whose key is known by now"},
    {"access", "who may pass"},
    {"authorize", "what an identity may do"},
    {"limit by identity", "limits whose key is an identity"},
    {"request", "checks and changes of the request"},
    {"precontent", "what is tried before the content"},
    {"cache", "the answer of before"},
    {"content", "a file, an upstream, a status page"},
    {"response", "fields and body of the answer are changed"},
    {"log", "the request is written down"},
}};

}  // namespace

std::string syntax_line(const Row& row) {
  std::string out(row.name);
  for (const ArgSpec& spec : row.args) {
    if (!spec.name.empty()) out += " " + with_presence(spec);
  }
  switch (row.block) {
    case Block::no:
      return out + ";";
    case Block::optional:
      return out + "; | { ... }";
    default:
      return out + " { ... }";
  }
}

std::vector<Fact> facts(const Row& row) {
  std::vector<Fact> out;
  out.push_back({"Syntax", syntax_line(row), true});
  if (!row.fallback.empty()) out.push_back({"Default", std::string(row.fallback), true});
  out.push_back({"Context", config::contexts_text(row.contexts)});
  if (std::string text = bounds(row); !text.empty()) out.push_back({"Bounds", std::move(text)});
  if (has_inheritance(row)) out.push_back({"Inherited", std::string(inheritance(row))});
  if (row.repeatable) out.push_back({"Repeated", "may stand several times in a block"});
  if (row.phase != Phase::none) out.push_back({"Phase", std::string(phase_name(row.phase))});
  if (row.since != "0.1") out.push_back({"Since", std::string(row.since)});
  return out;
}

std::string_view phase_name(Phase phase) { return phases[static_cast<std::size_t>(phase)].name; }
std::string_view phase_text(Phase phase) { return phases[static_cast<std::size_t>(phase)].text; }

std::vector<Section> sections(const config::Language& language) {
  std::vector<Section> out;
  for (const Row* row : language.rows) {
    const auto named = [&](const Section& s) { return s.row.name == row->name; };
    const auto same = [&](const Section& s) { return named(s) && s.row.doc == row->doc && !row->doc.empty(); };
    if (const auto it = std::find_if(out.begin(), out.end(), same); it != out.end()) {
      it->row.contexts |= row->contexts;
      continue;
    }
    const bool is_first = std::none_of(out.begin(), out.end(), named);
    out.push_back({is_first ? std::string(row->name)
                            : fmt::format("{} in {}", row->name, config::contexts_text(row->contexts)),
                   *row});
  }
  return out;
}

}  // namespace gh::tools
