#include "proxy/blame.h"

#include <fmt/format.h>

#include <algorithm>

#include "proxy/exchange.h"

namespace gh::proxy {

namespace {

using table::Origin;

/// Steps that several directives make are called by none of them.
std::string_view directive_of(const table::Step& step, const table::Route& route) {
  if (step.name == "access") return {};
  if (step.name != "static") return step.name;
  return route.files->is_alias ? "alias" : "root";
}

/// The step that is running, or that was the last to: a content step that waits is passed already.
Origin last_step(const table::Route& route, std::size_t at) {
  const auto& steps = route.program.steps;
  if (steps.empty()) return {};
  return {directive_of(steps[std::min(at, steps.size() - 1)], route), {}};
}

std::string text_of(const Exchange& x, const Blame& blame) {
  const table::Table& table = x.table();
  std::string text(blame.by.directive);
  if (!text.empty()) {
    config::Span where = blame.by.where;
    if (!where.is_set() && blame.route && blame.route->stated) where = blame.route->stated->find(text);
    text += where.is_set() ? " at " + table.where(table, where) : std::string(" (default)");
  }
  if (blame.detail.empty() || blame.detail == blame.by.directive) return text;
  if (!text.empty()) text += ": ";
  return text.append(blame.detail);
}

}  // namespace

void Exchange::refused_by(const table::Origin& by, std::string_view detail) {
  blame = arena.make<Blame>(by, detail, route, false);
  reason = {};
}

void Exchange::answered_by(const table::Origin& by) {
  if (!blame) blame = arena.make<Blame>(by, std::string_view(), route, false);
}

void Exchange::blame_step() { refused_by(last_step(*route, pc_), reason); }

std::string_view gateway_reason(Exchange& x) {
  if (x.reply.status == 0) return {};
  if (x.reply.from_upstream && (!x.blame || x.blame->gives_way)) return {};
  return x.arena.copy(text_of(x, x.blame ? *x.blame : Blame{x.answering_step(), {}, x.route, false}));
}

table::Origin limit_behind(const http::HeadError& refused) {
  const std::string_view why = refused.reason;
  if (refused.status == 408) return {"client_header_timeout", {}};
  if (why == "too large a number of header fields") return {"max_headers", {}};
  for (const std::string_view part : {"request line", "header line", "request head"}) {
    if (why.starts_with(part) && why.ends_with("too large")) return {"large_client_header_buffers", {}};
  }
  return {};
}

table::Origin Exchange::answering_step() const { return last_step(*route, pc_); }

}  // namespace gh::proxy
