#include "table/scope.h"

#include <algorithm>

#include "table/build.h"

namespace gh::table {

Scope::Scope(Builder& owner, Scope* outer, config::Context kind) : builder(owner), parent(outer), context(kind) {
  if (!outer) return;
  slots_.reserve(outer->slots_.size() + 4);
  for (const Slot& s : outer->slots_) {
    if (!s.is_local) slots_.push_back({s.key, s.value, false, s.stated, false});
  }
}

const Scope::Slot* Scope::find(const void* key) const {
  for (const Slot& s : slots_) {
    if (s.key == key) return &s;
  }
  return nullptr;
}

Scope::Slot& Scope::slot(const void* key, Make create) {
  if (const Slot* s = find(key)) return const_cast<Slot&>(*s);
  if (!parent) return slots_.emplace_back(Slot{key, create(), false, false, false});
  const Slot outer = parent->slot(key, create);
  return slots_.emplace_back(Slot{key, outer.value, false, outer.stated, false});
}

Scope::Slot& Scope::local_slot(const void* key, Make create) {
  if (const Slot* s = find(key)) return const_cast<Slot&>(*s);
  return slots_.emplace_back(Slot{key, create(), true, true, true});
}

config::Diagnostic& Scope::error(std::string_view code, config::Span span, std::string message) {
  return builder.diagnostics.error(code, span, std::move(message));
}

config::Diagnostic& Scope::warning(std::string_view code, config::Span span, std::string message) {
  return builder.diagnostics.warning(code, span, std::move(message));
}

config::Diagnostic& Scope::note(std::string_view code, config::Span span, std::string message) {
  return builder.diagnostics.note(code, span, std::move(message));
}

Template Scope::compile(const config::Value& value) { return compile(value.text, value.span); }

namespace {

/// The faulty bytes themselves, when the word stands in the file as it is (perhaps in quotes, but without escapes).
config::Span narrowed(config::Span word, std::size_t text_bytes, const TemplateFault& fault) {
  const std::size_t bytes = word.end - word.begin;
  if (!word.is_set() || (bytes != text_bytes && bytes != text_bytes + 2)) return word;
  const auto begin = static_cast<std::uint32_t>(word.begin + fault.begin + (bytes - text_bytes) / 2);
  return {word.file, begin, static_cast<std::uint32_t>(begin + (fault.end - fault.begin))};
}

}  // namespace

Template Scope::compile(std::string_view text, config::Span span) {
  Template out;
  std::string rest;  // the text with unknown variables blanked, so that all of them are told
  for (TemplateFault fault; !Template::compile(rest.empty() ? text : rest, builder.variables, out, fault); fault = {}) {
    error(fault.unknown_variable ? code::unknown_variable : code::bad_variable, narrowed(span, text.size(), fault),
          fault.message)
        .with_help(!fault.help.empty() || !fault.unknown_variable ? fault.help
                                                                  : "gateway.conf(5) lists all variables");
    if (rest.empty()) rest = text;
    if (!fault.unknown_variable || fault.end <= fault.begin || fault.end > rest.size()) break;
    std::fill(rest.begin() + static_cast<std::ptrdiff_t>(fault.begin),
              rest.begin() + static_cast<std::ptrdiff_t>(fault.end), ' ');
    out = Template();
  }
  return rest.empty() ? out : Template::constant(std::string(text));
}

void add_step(Route& route, config::Phase phase, StepFn run, std::shared_ptr<const void> params,
              std::string_view name) {
  Program& program = route.program;
  std::vector<Step>& steps = phase == Phase::response ? program.response
                             : phase == Phase::log    ? program.log
                                                      : program.steps;
  const auto after = std::upper_bound(steps.begin(), steps.end(), phase,
                                      [](Phase p, const Step& s) { return p < s.phase; });
  steps.insert(after, Step{run, params.get(), phase, name});
  if (params) route.owned.push_back(std::move(params));
}

}  // namespace gh::table
