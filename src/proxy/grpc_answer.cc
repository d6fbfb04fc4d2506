#include "proxy/grpc_answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "proxy/exchange.h"
#include "proxy/forwarder.h"

namespace gh::proxy {

bool is_grpc_call(const Exchange& x) {
  const http::Field* type = http::find(x.request.fields, http::HeaderId::content_type);
  if (!type || !http::is_grpc_type(type->value) || !http::is_grpc_path(x.target.path)) return false;
  const auto& steps = x.route->program.steps;
  return std::any_of(steps.begin(), steps.end(), [](const table::Step& s) { return s.name == grpc_step_name; });
}

void make_grpc_error(Exchange& x, unsigned http_status) {
  const bool late = x.deadline_exceeded;
  const http::GrpcStatus status = late ? http::GrpcStatus::deadline_exceeded : http::grpc_status_of(http_status);
  const std::string_view text = late ? "deadline exceeded" : http::reason_phrase(http_status);
  make_grpc_answer(x, status, text, x.forwarder ? x.forwarder->web_type() : std::string_view());
}

void make_grpc_answer(Exchange& x, http::GrpcStatus status, std::string_view text, std::string_view web_type) {
  x.reply.status = 200;
  x.reply.reason = {};
  x.reply.content_type = web_type.empty() ? "application/grpc" : web_type;
  x.reply.has_content_length = !x.request.http2;
  x.reply.content_length = 0;
  x.reply.fields.add(x.arena, "grpc-status", x.arena.copy(fmt::format("{}", static_cast<unsigned>(status))));
  x.reply.fields.add(x.arena, "grpc-message", x.arena.copy(http::encode_grpc_message(text)));
}

}  // namespace gh::proxy
