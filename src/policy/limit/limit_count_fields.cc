#include "policy/limit/limit_count_fields.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "proxy/limit_report.h"

namespace gh::policy {

using Draft = CountForms::Draft;

namespace {

constexpr std::size_t digits = 20;

/// RFC 8941 3.3.3: a string of printable ASCII; a zone's or plan's name has nothing else that matters.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c >= ' ' && c <= '~' ? c : '?';
  }
  return out + '"';
}

/// `before`, a number, and, when `between` is not empty, that and another number.
std::string_view numbers(Arena& arena, std::string_view before, std::uint64_t first, std::string_view between = {},
                         std::uint64_t second = 0) {
  char* const begin = arena.chars(before.size() + between.size() + 2 * digits);
  char* at = begin + before.copy(begin, before.size());
  at = std::to_chars(at, at + digits, first).ptr;
  if (!between.empty()) {
    at += between.copy(at, between.size());
    at = std::to_chars(at, at + digits, second).ptr;
  }
  return {begin, static_cast<std::size_t>(at - begin)};
}

void remove_fields(proxy::Exchange& x, std::string_view prefix) {
  x.reply.fields.remove_if([&](const http::Field& field) {
    return field.name.size() >= prefix.size() && iequals(field.name.substr(0, prefix.size()), prefix);
  });
}

}  // namespace

std::optional<CountForms> read_count_forms(std::string_view text) {
  CountForms forms{Draft::none, false};
  if (text == "off") return forms;
  bool more = true;
  while (more) {
    const std::size_t comma = text.find(',');
    const std::string_view word = text.substr(0, comma);
    more = comma != std::string_view::npos;
    text.remove_prefix(more ? comma + 1 : text.size());
    const Draft draft = word == "draft-6"   ? Draft::six
                        : word == "draft-7" ? Draft::seven
                        : word == "draft-8" ? Draft::eight
                                            : Draft::none;
    if (draft != Draft::none && forms.draft == Draft::none) forms.draft = draft;
    else if (word == "legacy" && !forms.legacy) forms.legacy = true;
    else return std::nullopt;
  }
  return forms;
}

CountTexts make_count_texts(CountForms forms, const CountTier& tier) {
  const state::CountAmount& amount = tier.limit.amount;
  CountTexts texts;
  texts.forms = forms;
  texts.limit = std::to_string(amount.most);
  const bool bucket = tier.limit.window.kind() == state::CountWindow::Kind::bucket;
  texts.policy = fmt::format("{};w={}", amount.count, tier.window_seconds);
  if (bucket) texts.policy += fmt::format(";burst={}", amount.most);
  if (forms.draft == Draft::seven) texts.before_remaining = fmt::format("limit={}, remaining=", texts.limit);
  if (forms.draft == Draft::eight) {
    texts.policy = fmt::format("{};q={};w={}", quoted(tier.name), amount.count, tier.window_seconds);
    if (bucket) texts.policy += fmt::format(";burst={}", amount.most);
    texts.before_remaining = quoted(tier.name) + ";r=";
  }
  return texts;
}

void add_count_fields(proxy::Exchange& x, const CountTexts& texts, std::uint32_t remaining, std::int64_t reset_ms) {
  const std::int64_t seconds = proxy::LimitReport::seconds(reset_ms);
  const auto reset = static_cast<std::uint64_t>(seconds);
  proxy::Fields& fields = x.reply.fields;
  if (texts.forms.draft != Draft::none) {
    if (x.reply.from_upstream) remove_fields(x, "RateLimit");
    if (texts.forms.draft == Draft::six) {
      fields.add(x.arena, "RateLimit-Limit", texts.limit);
      fields.add(x.arena, "RateLimit-Remaining", numbers(x.arena, {}, remaining));
      fields.add(x.arena, "RateLimit-Reset", numbers(x.arena, {}, reset));
    } else {
      const std::string_view between = texts.forms.draft == Draft::seven ? ", reset=" : ";t=";
      fields.add(x.arena, "RateLimit", numbers(x.arena, texts.before_remaining, remaining, between, reset));
    }
    fields.add(x.arena, "RateLimit-Policy", texts.policy);
  }
  if (!texts.forms.legacy) return;
  if (x.reply.from_upstream) remove_fields(x, "X-RateLimit");
  fields.add(x.arena, "X-RateLimit-Limit", texts.limit);
  fields.add(x.arena, "X-RateLimit-Remaining", numbers(x.arena, {}, remaining));
  fields.add(x.arena, "X-RateLimit-Reset",  // there, a point in time
             numbers(x.arena, {}, static_cast<std::uint64_t>(x.clock().unix_seconds() + seconds)));
}

void add_retry_after(proxy::Exchange& x, std::int64_t retry_ms) {
  remove_fields(x, "Retry-After");
  x.reply.fields.add(x.arena, "Retry-After",
                     numbers(x.arena, {}, static_cast<std::uint64_t>(proxy::LimitReport::seconds(retry_ms))));
}

}  // namespace gh::policy
