// sub_filter: strings in the body of an answer are replaced while it passes. The search is response/sub_filter_matcher.
#include "policy/response/sub_filter.h"

#include <algorithm>
#include <array>
#include <optional>

#include "policy/body_headers.h"
#include "policy/response/sub_filter_matcher.h"
#include "proxy/body_filter.h"
#include "proxy/exchange.h"
#include "table/codes.h"
#include "table/plan.h"

namespace gh::policy {

using http::Field;
using http::HeaderId;
using proxy::Exchange;
using table::Verdict;

namespace {

constexpr std::size_t high_water_bytes = 128 * 1024;  // substituted and not yet taken: then the rest waits
constexpr std::size_t slice_bytes = 4 * 1024;         // looked at between two looks at the high-water mark
constexpr std::size_t pass_bytes = 64 * 1024;         // gathered before it is passed on
constexpr std::size_t max_parts = 8;

struct Plan {
  std::shared_ptr<const Substitutions> substitutions;
  std::optional<SubPatterns> patterns;  // none: they hold variables
  SubFilterSettings settings;
  MimeTypes types;
};

class SubFilter final : public proxy::BodyFilter, private SubMatcher::Sink {
 public:
  /// `own`: patterns of this answer alone, with the place in the list of each.
  SubFilter(Exchange& exchange, const Plan& plan, std::unique_ptr<SubPatterns> own, std::vector<std::uint32_t> places)
      : BodyFilter(exchange),
        plan_(plan),
        own_(std::move(own)),
        places_(std::move(places)),
        matcher_(own_ ? *own_ : *plan.patterns, plan.settings.once),
        replacements_(plan.substitutions->list.size()) {}

  void put(std::span<const iovec> parts, bool last) override {
    last_ = last;
    for (const iovec& part : parts) {
      std::string_view bytes(static_cast<const char*>(part.iov_base), part.iov_len);
      if (held_.empty()) substitute(bytes);
      held_.append(bytes);
    }
    finish();
    flush(false);
  }

  [[nodiscard]] std::size_t held_bytes() const override { return held_.size(); }

  void on_drained() override {
    if (held_.empty() || done_) return;
    std::string_view bytes = held_;
    substitute(bytes);
    flush(false);
    const std::size_t taken = held_.size() - bytes.size();
    held_.erase(0, taken);
    finish();
    if (taken > 0) x_.on_filter_drained();  // else what is ahead wakes it
  }

 private:
  /// Takes from `bytes` what may be looked at now.
  void substitute(std::string_view& bytes) {
    while (!bytes.empty() && bytes_ahead() < high_water_bytes) {
      const std::string_view slice = bytes.substr(0, slice_bytes);
      bytes.remove_prefix(slice.size());
      const bool had_some = matcher_.held_bytes() > 0;
      matcher_.feed(slice, *this);
      if (had_some) join();  // some of the text lies in the matcher, until the next slice
    }
  }

  void finish() {
    if (!last_ || !held_.empty() || done_) return;
    done_ = true;
    matcher_.end(*this);
    flush(true);
  }

  // SubMatcher::Sink
  void on_text(std::string_view text) override {
    if (!is_joined_) {
      if (count_ > 0 && end_of(parts_[count_ - 1]) == text.data()) {
        parts_[count_ - 1].iov_len += text.size();
        return;
      }
      if (count_ < max_parts) {
        parts_[count_++] = {const_cast<char*>(text.data()), text.size()};
        return;
      }
      join();
    }
    joined().append(text);
    if (joined().size() >= pass_bytes) flush(false);
  }

  void on_match(std::uint32_t number) override {
    const std::uint32_t place = places_.empty() ? number : places_[number];
    std::optional<std::string_view>& replacement = replacements_[place];
    if (!replacement) replacement = plan_.substitutions->list[place].replacement.render(x_, x_.arena);
    join();
    joined().append(*replacement);
    if (joined().size() >= pass_bytes) flush(false);
  }

  static const char* end_of(const iovec& part) { return static_cast<const char*>(part.iov_base) + part.iov_len; }
  static std::string& joined() {
    thread_local std::string text;
    return text;
  }

  /// From here on the output is gathered in one text: many small parts would be many writes.
  void join() {
    if (is_joined_) return;
    is_joined_ = true;
    joined().clear();
    for (std::size_t i = 0; i < count_; ++i) {
      joined().append(static_cast<const char*>(parts_[i].iov_base), parts_[i].iov_len);
    }
    count_ = 0;
  }

  void flush(bool last) {
    if (is_joined_) {
      parts_[0] = {joined().data(), joined().size()};
      count_ = 1;
    }
    if (count_ > 0 || last) pass({parts_.data(), count_}, last);
    if (is_joined_) joined().clear();
    is_joined_ = false;
    count_ = 0;
  }

  const Plan& plan_;
  const std::unique_ptr<SubPatterns> own_;
  const std::vector<std::uint32_t> places_;
  SubMatcher matcher_;
  std::vector<std::optional<std::string_view>> replacements_;  // made at the first match of each
  std::string held_;
  std::array<iovec, max_parts> parts_;
  std::size_t count_ = 0;
  bool is_joined_ = false, last_ = false, done_ = false;
};

void change_fields(Exchange& x, const Plan& plan) {
  body_changes(x);
  if (plan.settings.last_modified) return;
  x.reply.last_modified = -1;
  x.reply.fields.remove_if(
      [](const Field& field) { return field.id == HeaderId::last_modified || field.id == HeaderId::etag; });
}

/// Strings with variables, as they are for this request; empty ones match nothing.
std::unique_ptr<SubPatterns> patterns_now(Exchange& x, const Plan& plan, std::vector<std::uint32_t>& places) {
  std::vector<std::string> strings;
  const auto& list = plan.substitutions->list;
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    const std::string_view text = list[i].string.render(x, x.arena);
    if (text.empty()) continue;
    strings.emplace_back(text);
    places.push_back(i);
  }
  return strings.empty() ? nullptr : std::make_unique<SubPatterns>(strings);
}

Verdict substitute(Exchange& x, const void* params) {
  const auto& plan = *static_cast<const Plan*>(params);
  if (x.parent || x.reply.status == 304 || x.reply.status == 204 || !plan.types.has(x.reply.content_type) ||
      (x.reply.has_content_length && x.reply.content_length == 0)) {
    return Verdict::next;
  }
  std::vector<std::uint32_t> places;
  std::unique_ptr<SubPatterns> own;
  if (!plan.patterns) {
    own = patterns_now(x, plan, places);
    if (!own) return Verdict::next;
  }
  change_fields(x, plan);
  if (x.sends_body()) x.add_body_filter(std::make_unique<SubFilter>(x, plan, std::move(own), std::move(places)));
  return Verdict::next;
}

/// A part of a file would be searched without what is before it, and a client could choose parts in which nothing is
/// found. As in nginx the whole is sent.
Verdict ignore_range(Exchange& x, const void*) {
  for (Field& field : x.request.fields) {
    if (field.id == HeaderId::range) field.id = HeaderId::other;
  }
  return Verdict::next;
}

}  // namespace

void apply_sub_filter(table::Scope& scope, const config::Bound& directive) {
  const config::Value& string = directive.at(0);
  auto& list = scope.edit_list<Substitutions>().list;
  if (string.text.empty()) {
    scope.error(table::code::empty_value, string.span, "`sub_filter` has nothing to search for")
        .with_help("write the text to replace, and then the text to put in its place");
    return;
  }
  list.push_back({scope.compile(string), scope.compile(directive.at(1))});
}

void apply_sub_filter_types(table::Scope& scope, const config::Bound& directive) {
  scope.edit_list<SubFilterTypes>().types.add(scope, directive);
}

void finish_sub_filter(table::Scope& scope, table::Route& route) {
  auto substitutions = scope.shared<Substitutions>();
  if (substitutions->list.empty()) return;
  auto plan = std::make_shared<Plan>();
  plan->settings = scope.get<SubFilterSettings>();
  plan->types = scope.get<SubFilterTypes>().types;
  const auto& list = substitutions->list;
  if (std::all_of(list.begin(), list.end(), [](const Substitution& s) { return s.string.is_constant(); })) {
    std::vector<std::string> strings;
    for (const Substitution& s : list) strings.emplace_back(s.string.constant_text());
    plan->patterns.emplace(strings);
  }
  plan->substitutions = std::move(substitutions);
  table::add_step(route, config::Phase::response, substitute, std::move(plan), "sub_filter");
  const auto& steps = route.program.steps;
  const bool serves_files = std::none_of(steps.begin(), steps.end(), [](const table::Step& step) {
    return step.phase == config::Phase::content && step.name != "static";
  });
  if (serves_files) table::add_step(route, config::Phase::precontent, ignore_range, nullptr, "sub_filter");
}

}  // namespace gh::policy
