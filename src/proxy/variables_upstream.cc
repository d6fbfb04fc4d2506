// Variables of proxying: one value for each try, "a, b", and " : " where an internal redirect began a new row of tries.
#include <charconv>
#include <cstring>

#include "base/text.h"
#include "proxy/exchange.h"
#include "proxy/variables.h"

namespace gh::proxy {

using config::Phase;
using table::not_found;
using table::VariableParam;

namespace {

/// `one(record, to)` writes one value of at most `most(record)` bytes and returns its end.
template <class Most, class One>
std::string_view for_each_try(Exchange& x, Most&& most, One&& one) {
  if (!x.attempts) return not_found;
  std::size_t bytes = 0;
  for (const AttemptRecord* r = x.attempts; r; r = r->next) bytes += most(*r) + 3;
  char* const to = x.arena.chars(bytes);
  char* end = to;
  for (const AttemptRecord* r = x.attempts; r; r = r->next) {
    if (r != x.attempts) {
      const std::string_view separator = r->new_group ? " : " : ", ";
      std::memcpy(end, separator.data(), separator.size());
      end += separator.size();
    }
    end = one(*r, end);
  }
  return {to, static_cast<std::size_t>(end - to)};
}

char* write_number(std::uint64_t number, char* to) {
  return std::to_chars(to, to + 20, number).ptr;
}

std::string_view upstream_addr(Exchange& x, const VariableParam&) {
  return for_each_try(
      x, [](const AttemptRecord& r) { return r.address.size(); },
      [](const AttemptRecord& r, char* to) {
        if (!r.address.empty()) std::memcpy(to, r.address.data(), r.address.size());
        return to + r.address.size();
      });
}

std::string_view upstream_status(Exchange& x, const VariableParam&) {
  return for_each_try(
      x, [](const AttemptRecord&) { return std::size_t{20}; },
      [](const AttemptRecord& r, char* to) {
        if (r.status != 0) return write_number(r.status, to);
        *to++ = '-';
        return to;
      });
}

/// Times that were not reached are "-".
template <std::int64_t AttemptRecord::*Member>
std::string_view upstream_time(Exchange& x, const VariableParam&) {
  return for_each_try(
      x, [](const AttemptRecord&) { return seconds_text_bytes; },
      [](const AttemptRecord& r, char* to) {
        if (r.*Member >= 0) return write_seconds(r.*Member, to);
        *to++ = '-';
        return to;
      });
}

template <std::uint64_t AttemptRecord::*Member>
std::string_view upstream_bytes(Exchange& x, const VariableParam&) {
  return for_each_try(
      x, [](const AttemptRecord&) { return std::size_t{20}; },
      [](const AttemptRecord& r, char* to) { return write_number(r.*Member, to); });
}

}  // namespace

namespace variable {

std::string_view upstream_response_time(Exchange& x, const VariableParam& param) {
  return upstream_time<&AttemptRecord::response_ms>(x, param);
}
std::string_view upstream_bytes_received(Exchange& x, const VariableParam& param) {
  return upstream_bytes<&AttemptRecord::bytes_received>(x, param);
}
std::string_view upstream_bytes_sent(Exchange& x, const VariableParam& param) {
  return upstream_bytes<&AttemptRecord::bytes_sent>(x, param);
}

}  // namespace variable

namespace {

/// As its `server` line has it: for proxy_ssl_name, which leaves the port away.
std::string_view upstream_last_server_name(Exchange& x, const VariableParam&) {
  if (!x.last_attempt || x.last_attempt->server.empty()) return not_found;
  return x.last_attempt->server;
}

std::string_view upstream_http(Exchange& x, const VariableParam& param) {
  if (!x.upstream_head) return not_found;
  return joined_fields(x.arena, x.upstream_head->fields, param.text, ", ");
}

std::string_view upstream_trailer(Exchange& x, const VariableParam& param) {
  return joined_fields(x.arena, x.upstream_trailers, param.text, ", ");
}

/// The value of a Set-Cookie field (RFC 6265 4.1.1), up to its first attribute.
std::string_view upstream_cookie(Exchange& x, const VariableParam& param) {
  if (!x.upstream_head) return not_found;
  for (const http::Field& field : x.upstream_head->fields) {
    if (field.id != http::HeaderId::set_cookie) continue;
    if (field.value.size() <= param.text.size() || !iequals(field.value.substr(0, param.text.size()), param.text))
      continue;
    const std::string_view value = without_blanks(field.value.substr(param.text.size()));
    if (value.starts_with('=')) return without_blanks(value.substr(1, value.find(';') - 1));
  }
  return not_found;
}

std::string_view proxy_host(Exchange& x, const VariableParam&) {
  if (!x.proxy_host.empty()) return x.proxy_host;
  return x.proxy_target ? std::string_view(x.proxy_target->host) : not_found;
}

/// As written, else the scheme's own.
std::string_view proxy_port(Exchange& x, const VariableParam&) {
  if (!x.proxy_target) return not_found;
  if (x.proxy_host.empty() && !x.proxy_target->port.empty()) return x.proxy_target->port;
  const std::size_t colon = x.proxy_host.rfind(':');
  if (colon != std::string_view::npos && x.proxy_host.find(']', colon) == std::string_view::npos)
    return x.proxy_host.substr(colon + 1);
  return x.proxy_target->tls ? "443" : "80";
}

std::string_view absent(Exchange&, const VariableParam&) { return not_found; }

constexpr table::VariableRow rows[] = {
    {"upstream_http_", upstream_http, Phase::response, true, "a field of the upstream's answer"},
    {"upstream_trailer_", upstream_trailer, Phase::log, true, "a field behind the body of the upstream's answer"},
    {"upstream_cookie_", upstream_cookie, Phase::response, true, "a cookie that the upstream's answer sets"},
    {"upstream_addr", upstream_addr, Phase::response, false, "addresses of the peers that were tried"},
    {"upstream_last_server_name", upstream_last_server_name, Phase::content, false,
     "the server of the last try, as the upstream block names it"},
    {"upstream_status", upstream_status, Phase::response, false,
     "statuses of the peers that were tried; \"-\": none came"},
    {"upstream_connect_time", upstream_time<&AttemptRecord::connect_ms>, Phase::response, false, "seconds to connect"},
    {"upstream_header_time", upstream_time<&AttemptRecord::header_ms>, Phase::response, false,
     "seconds to the answer's head"},
    {"upstream_response_time", variable::upstream_response_time, Phase::log, false,
     "seconds to the answer's last byte"},
    {"upstream_response_length", upstream_bytes<&AttemptRecord::response_length>, Phase::log, false,
     "bytes of the answers' bodies"},
    {"upstream_bytes_received", variable::upstream_bytes_received, Phase::log, false,
     "bytes read from the peers"},
    {"upstream_bytes_sent", variable::upstream_bytes_sent, Phase::log, false, "bytes sent to the peers"},
    {"upstream_cache_status", absent, Phase::response, false, "what the cache did; absent without a cache"},
    {"proxy_host", proxy_host, Phase::content, false, "host of proxy_pass, with its port when it has one"},
    {"proxy_port", proxy_port, Phase::content, false, "port of proxy_pass, or the scheme's own"},
};

}  // namespace

std::span<const table::VariableRow> upstream_variables() { return rows; }

}  // namespace gh::proxy
