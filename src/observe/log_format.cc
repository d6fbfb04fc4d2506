#include "observe/log_format.h"

#include "proxy/exchange.h"
#include "proxy/variables.h"

namespace gh::observe {

namespace variable = proxy::variable;

LogFormat::Kind LogFormat::kind_of(table::Getter get) {
  struct Known {
    table::Getter get;
    Kind kind;
  };
  static constexpr Known known[] = {
      {variable::remote_addr, Kind::remote_addr},       {variable::time_local, Kind::time_local},
      {variable::time_iso8601, Kind::time_iso8601},     {variable::msec, Kind::msec},
      {variable::status, Kind::status},                 {variable::bytes_sent, Kind::bytes_sent},
      {variable::body_bytes_sent, Kind::body_bytes_sent}, {variable::request_length, Kind::request_length},
      {variable::request_time, Kind::request_time},     {variable::connection, Kind::connection},
      {variable::connection_requests, Kind::connection_requests},
  };
  for (const Known& one : known) {
    if (one.get == get) return one.kind;
  }
  return get ? Kind::value : Kind::literal;
}

bool LogFormat::compile(std::string_view text, Escape escape, table::VariableTable& variables,
                        table::TemplateFault& fault) {
  table::Template compiled;
  if (!table::Template::compile(text, variables, compiled, fault)) return false;
  escape_ = escape;
  pieces_.clear();
  if (compiled.pieces().empty() && !compiled.is_empty()) {
    pieces_.push_back({Kind::literal, compiled.source(), nullptr, {}});
  }
  for (const table::Template::Piece& piece : compiled.pieces()) {
    pieces_.push_back({kind_of(piece.get), piece.literal, piece.get, piece.param});
  }
  return true;
}

namespace {

void write_three_decimals(std::int64_t ms, proxy::Output& out) {
  char* const to = out.room(proxy::seconds_text_bytes);
  out.add(static_cast<std::size_t>(proxy::write_seconds(ms, to) - to));
}

void write_address(const Address& address, proxy::Output& out) {
  char* const to = out.room(proxy::ip_text_bytes);
  out.add(static_cast<std::size_t>(proxy::write_ip(address, to) - to));
}

}  // namespace

// None of these can hold a byte that needs an escape.
void LogFormat::write_known(Kind kind, proxy::Exchange& x, proxy::Output& out) {
  switch (kind) {
    case Kind::literal: case Kind::value: break;
    case Kind::remote_addr: write_address(x.client_address(), out); break;
    case Kind::time_local: out << x.clock().time_local(); break;
    case Kind::time_iso8601: out << x.clock().time_iso8601(); break;
    case Kind::msec: write_three_decimals(x.clock().unix_ms(), out); break;
    case Kind::status:
      if (x.reply.status < 100) out << "000";
      else out.number(x.reply.status);
      break;
    case Kind::bytes_sent: out.number(x.client->bytes_sent()); break;
    case Kind::body_bytes_sent: out.number(x.body_bytes_sent); break;
    case Kind::request_length: out.number(x.request_bytes); break;
    case Kind::request_time: write_three_decimals(proxy::request_ms(x), out); break;
    case Kind::connection: out.number(x.client->serial()); break;
    case Kind::connection_requests: out.number(x.client->requests()); break;
  }
}

void LogFormat::write(proxy::Exchange& x, proxy::Output& out) const {
  for (const Piece& piece : pieces_) {
    if (piece.kind == Kind::literal) out << piece.literal;
    else if (piece.kind == Kind::value) write_value(out, piece.get(x, piece.param), escape_);
    else write_known(piece.kind, x, out);
  }
}

}  // namespace gh::observe
