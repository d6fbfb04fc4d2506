// Variables of the answer: what is sent, how much of it, why.
#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "base/clock.h"
#include "base/text.h"
#include "config/values.h"
#include "proxy/exchange.h"
#include "proxy/variables.h"

namespace gh::proxy {

using config::Phase;
using table::not_found;
using table::VariableParam;

namespace variable {

std::string_view status(Exchange& x, const VariableParam&) {
  if (x.reply.status < 100) return "000";
  return number_text(x.arena, x.reply.status);
}

std::string_view bytes_sent(Exchange& x, const VariableParam&) { return number_text(x.arena, x.client->bytes_sent()); }
std::string_view body_bytes_sent(Exchange& x, const VariableParam&) { return number_text(x.arena, x.body_bytes_sent); }

}  // namespace variable

namespace {

std::string_view text_or_absent(std::string_view text) { return text.empty() ? not_found : text; }

bool has_chunks(const Exchange& x) {
  const Reply& reply = x.reply;
  return reply.head_sent && !reply.has_content_length && x.request.version_minor >= 1 && x.sends_body() &&
         x.core().chunked_transfer_encoding;
}

/// As head_writer.cc states it.
std::string_view keep_alive_field(Exchange& x) {
  const std::int64_t seconds = x.core().keepalive_header_s;
  if (seconds <= 0 || !x.client->keeps_alive() || x.reply.close_connection) return not_found;
  const std::string_view number = number_text(x.arena, static_cast<std::uint64_t>(seconds));
  char* const to = x.arena.chars(8 + number.size());
  std::memcpy(to, "timeout=", 8);
  std::memcpy(to + 8, number.data(), number.size());
  return {to, 8 + number.size()};
}

/// Fields that the reply keeps apart from its list; false when `name` is none of them.
bool special_field(Exchange& x, std::string_view name, std::string_view& value) {
  const Reply& reply = x.reply;
  value = not_found;
  if (name == "content_type") value = text_or_absent(reply.content_type);
  else if (name == "content_length")
    value = reply.has_content_length ? number_text(x.arena, reply.content_length) : not_found;
  else if (name == "location") value = text_or_absent(reply.location);
  else if (name == "transfer_encoding") value = has_chunks(x) ? std::string_view("chunked") : not_found;
  else if (name == "connection" && reply.status == 101) value = "upgrade";
  else if (name == "connection") value = x.client->keeps_alive() && !reply.close_connection ? "keep-alive" : "close";
  else if (name == "keep_alive") value = keep_alive_field(x);
  else if (name == "last_modified" && reply.last_modified >= 0) {
    char* const to = x.arena.chars(32);
    write_http_date(reply.last_modified, to);
    value = {to, 29};
  } else {
    return false;
  }
  return value.data() != nullptr;
}

std::string_view sent_http(Exchange& x, const VariableParam& param) {
  std::string_view value;
  if (special_field(x, param.text, value)) return value;
  return joined_fields(x.arena, x.reply.fields.view(), param.text, ", ");
}

std::string_view sent_trailer(Exchange& x, const VariableParam& param) {
  return joined_fields(x.arena, x.reply.trailers.view(), param.text, ", ");
}

std::string_view request_completion(Exchange& x, const VariableParam&) { return x.reply.complete ? "OK" : ""; }
std::string_view limit_rate(Exchange& x, const VariableParam&) {
  return number_text(x.arena, x.limit_rate > 0 ? static_cast<std::uint64_t>(x.limit_rate) : 0);
}

void set_limit_rate(Exchange& x, std::string_view value) {
  if (const auto bytes = config::parse_size(value, false)) x.limit_rate = *bytes;
  else x.log(LogLevel::error, fmt::format("invalid $limit_rate \"{}\"", value));
}

/// nginx's $gzip_ratio: two digits behind the point, rounded; null when the body is not in this coding.
std::string_view ratio(Exchange& x, std::string_view coding) {
  if (x.coding != coding || x.coding_out == 0) return not_found;
  std::uint64_t whole = x.coding_in / x.coding_out, hundredths = x.coding_in * 100 / x.coding_out % 100;
  if (x.coding_in * 1000 / x.coding_out % 10 > 4 && ++hundredths == 100) {
    ++whole;
    hundredths = 0;
  }
  return x.arena.copy(fmt::format("{}.{:02}", whole, hundredths));
}

std::string_view gzip_ratio(Exchange& x, const VariableParam&) { return ratio(x, "gzip"); }
std::string_view brotli_ratio(Exchange& x, const VariableParam&) { return ratio(x, "br"); }
std::string_view zstd_ratio(Exchange& x, const VariableParam&) { return ratio(x, "zstd"); }
std::string_view pipe(Exchange& x, const VariableParam&) { return x.client->is_pipelined() ? "p" : "."; }
std::string_view reason(Exchange& x, const VariableParam&) { return text_or_absent(gateway_reason(x)); }

constexpr table::VariableRow rows[] = {
    {"sent_http_", sent_http, Phase::response, true, "a field of the answer"},
    {"sent_trailer_", sent_trailer, Phase::response, true, "a field sent behind the body of the answer"},
    {"status", variable::status, Phase::response, false, "status of the answer"},
    {"bytes_sent", variable::bytes_sent, Phase::response, false, "bytes sent for this request, head and body"},
    {"body_bytes_sent", variable::body_bytes_sent, Phase::response, false, "bytes sent behind the head"},
    {"request_completion", request_completion, Phase::response, false,
     "\"OK\" when the answer was sent whole, else empty"},
    {"limit_rate", limit_rate, Phase::address, false, "bytes per second of the answer; 0: no limit", set_limit_rate},
    {"pipe", pipe, Phase::address, false, "\"p\" for a pipelined request, else \".\""},
    {"gzip_ratio", gzip_ratio, Phase::response, false, "how many times smaller gzip made the answer"},
    {"brotli_ratio", brotli_ratio, Phase::response, false, "the same for brotli"},
    {"zstd_ratio", zstd_ratio, Phase::response, false, "the same for zstd"},
    {"gateway_reason", reason, Phase::response, false,
     "why the gateway itself answered: the directive, file:line and what it found"},
};

}  // namespace

std::span<const table::VariableRow> reply_variables() { return rows; }

}  // namespace gh::proxy
