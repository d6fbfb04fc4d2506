#include "table/scope.h"

#include <algorithm>

#include "table/build.h"

namespace gh::table {

std::size_t detail::next_group() {
  static std::size_t count = 0;
  return count++;
}

Scope::Scope(Builder& owner, Scope* outer, config::Context kind) : builder(owner), parent(outer), context(kind) {
  if (!outer) return;
  slots_ = outer->slots_;
  for (Slot& s : slots_) {
    if (s.is_local) s = {};
    s.owner = inherited;
    s.own = false;
  }
  owners_.reserve(8);
}

Scope::Slot& Scope::slot_at(std::size_t number) {
  if (number >= slots_.size()) slots_.resize(number + 1);
  return slots_[number];
}

Scope::Slot& Scope::first_look(std::size_t number, Make create) {
  Slot& s = slot_at(number);
  if (parent) {
    const Slot* outer = parent->find(number);
    if (!outer) outer = &parent->first_look(number, create);
    s.value = outer->value;
    s.stated = outer->stated;
  } else {
    put(s, create());
  }
  return s;
}

void Scope::put(Slot& slot, std::shared_ptr<void> group) {
  slot.value = group.get();
  slot.owner = static_cast<std::uint32_t>(owners_.size());
  owners_.push_back(std::move(group));
}

const std::shared_ptr<void>& Scope::owner(std::size_t number) const {
  const Scope* scope = this;
  while (scope->slots_[number].owner == inherited) scope = scope->parent;
  return scope->owners_[scope->slots_[number].owner];
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

void Scope::note_stated(const config::Bound& directive) {
  if (!stated) {
    stated = std::make_shared<Stated>();
    if (parent) stated->outer = parent->all_stated();
  }
  stated->list.push_back({directive.row->name, directive.span()});
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
