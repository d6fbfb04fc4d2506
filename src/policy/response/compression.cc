// gzip, brotli, zstd: which answers are encoded, in which coding, and what that does to their fields. Conditions and
// their order are those of nginx's gzip filter; brotli and zstd behave as the modules that bring those names to nginx.
#include "policy/response/compression.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/text.h"
#include "http/accept_encoding.h"
#include "policy/body_headers.h"
#include "policy/gzip_rules.h"
#include "policy/response/compression_filter.h"
#include "proxy/exchange.h"
#include "table/plan.h"

namespace gh::policy {

using http::Field;
using http::HeaderId;
using proxy::Exchange;
using table::Verdict;

namespace {

struct Choice {
  CompressorSettings compressor;
  std::int64_t min_length = 0;
  MimeTypes types;
  bool flushes = false;
};

/// Those that are on, in the order in which they are preferred: br, zstd, gzip.
struct Plan {
  std::vector<Choice> choices;
  GzipRules rules;
};

bool is_encoded(const Exchange& x) {
  const Field* field = reply_field(x, HeaderId::content_encoding);
  return field && !field->value.empty();
}

bool suits(const Exchange& x, const Choice& choice) {
  const auto least = static_cast<std::uint64_t>(choice.min_length);
  const bool is_short = x.reply.has_content_length && x.reply.content_length < least;
  return !is_short && choice.types.has(x.reply.content_type);
}

/// The client's first choice by q; between equals, the plan's order.
const Choice* choose(const Exchange& x, const Plan& plan, std::string_view accept) {
  const Choice* best = nullptr;
  unsigned best_q = 0;
  for (const Choice& choice : plan.choices) {
    const unsigned q = http::accepted_q(accept, coding_name(choice.compressor.coding));
    if (q <= best_q || !suits(x, choice)) continue;
    if (choice.compressor.coding == Coding::gzip && !gzip_ok(x, plan.rules)) continue;
    best = &choice;
    best_q = q;
  }
  return best;
}

/// Someone waits for each piece: the proxy was told not to buffer, or these are events.
bool is_streaming(const Exchange& x) {
  if (!x.reply.from_upstream) return false;
  if (iequals(std::string_view(x.reply.content_type).substr(0, 17), "text/event-stream")) return true;
  if (x.route->proxy && !x.route->proxy->buffering) return true;
  const Field* wish = x.upstream_head ? http::find(x.upstream_head->fields, HeaderId::x_accel_buffering) : nullptr;
  return wish && iequals(wish->value, "no");
}

Verdict compress(Exchange& x, const void* params) {
  const auto& plan = *static_cast<const Plan*>(params);
  const unsigned status = x.reply.status;
  if ((status != 200 && status != 403 && status != 404) || x.parent || is_encoded(x)) return Verdict::next;
  if (std::none_of(plan.choices.begin(), plan.choices.end(), [&](const Choice& c) { return suits(x, c); })) {
    return Verdict::next;
  }
  note_vary(x, plan.rules);
  const Field* accept = http::find(x.request.fields, HeaderId::accept_encoding);
  const Choice* choice = accept ? choose(x, plan, accept->value) : nullptr;
  if (!choice) return Verdict::next;
  const std::uint64_t length = x.reply.has_content_length ? x.reply.content_length : 0;
  x.reply.fields.remove_if([](const Field& field) { return field.id == HeaderId::content_encoding; });
  x.reply.fields.add(x.arena, "Content-Encoding", coding_name(choice->compressor.coding), HeaderId::content_encoding);
  body_changes(x);
  if (!x.sends_body()) return Verdict::next;
  x.coding = coding_name(choice->compressor.coding);
  x.add_body_filter(make_compress_filter(x, {choice->compressor, length, choice->flushes || is_streaming(x)}));
  return Verdict::next;
}

int log2_of(std::int64_t bytes) { return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(bytes))) - 1; }

template <Coding Which>
void add_choice(table::Scope& scope, Plan& plan) {
  const auto& settings = scope.get<CodingSettings<Which>>();
  if (!settings.on) return;
  plan.choices.push_back({{Which, settings.level, log2_of(settings.window_bytes), log2_of(settings.hash_bytes) - 8},
                          settings.min_length,
                          scope.get<CodingTypes<Which>>().types,
                          settings.no_buffer});
}

}  // namespace

void finish_compression(table::Scope& scope, table::Route& route) {
  auto plan = std::make_shared<Plan>();
  add_choice<Coding::brotli>(scope, *plan);
  add_choice<Coding::zstd>(scope, *plan);
  add_choice<Coding::gzip>(scope, *plan);
  if (plan->choices.empty()) return;
  plan->rules = scope.get<GzipRules>();
  table::add_step(route, config::Phase::response, compress, std::move(plan), "gzip");
}

}  // namespace gh::policy
