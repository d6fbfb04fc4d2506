#include "observe/log_format.h"

#include "proxy/exchange.h"
#include "proxy/secret_text.h"
#include "proxy/variables.h"
#include "proxy/worker.h"

namespace gh::observe {

namespace variable = proxy::variable;

LogFormat::Kind LogFormat::kind_of(table::Getter get, const table::VariableParam& param) {
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
      {variable::request, Kind::asked},                 {variable::request_uri, Kind::asked},
      {variable::args, Kind::asked},
  };
  for (const Known& one : known) {
    if (one.get == get) return one.kind;
  }
  if (get == variable::http && param.text == "referer") return Kind::asked;  // a page of ours has its URL, too
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
    pieces_.push_back({kind_of(piece.get, piece.param), piece.literal, piece.get, piece.param});
  }
  return true;
}

namespace {

void write_address(const Address& address, proxy::Output& out) {
  char* const to = out.room(proxy::ip_text_bytes);
  out.add(static_cast<std::size_t>(proxy::write_ip(address, to) - to));
}

}  // namespace

// None of these can hold a byte that needs an escape.
void LogFormat::write_known(Kind kind, proxy::Exchange& x, proxy::Output& out) {
  switch (kind) {
    case Kind::literal: case Kind::value: case Kind::asked: break;
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
  for (const Piece& piece : pieces_) write_piece(piece, x, out);
}

void LogFormat::write_piece(const Piece& piece, proxy::Exchange& x, proxy::Output& out) const {
  if (piece.kind == Kind::literal) out << piece.literal;
  else if (piece.kind == Kind::value) write_value(out, piece.get(x, piece.param), escape_);
  else if (piece.kind == Kind::asked) write_asked(piece, x, out);
  else write_known(piece.kind, x, out);
}

void LogFormat::write_asked(const Piece& piece, proxy::Exchange& x, proxy::Output& out) const {
  std::string held;
  write_value(out, proxy::without_secrets(x, piece.get(x, piece.param), held), escape_);
}

// ---- tunnels -------------------------------------------------------------------------------------------------------

/// Is it one of those values that only a tunnel's end decides?
bool LogFormat::late_value(const Piece& piece, FrozenLine::Late& late) {
  using Late = FrozenLine::Late;
  switch (piece.kind) {
    case Kind::time_local: late = Late::time_local; return true;
    case Kind::time_iso8601: late = Late::time_iso8601; return true;
    case Kind::msec: late = Late::msec; return true;
    case Kind::bytes_sent: late = Late::bytes_sent; return true;
    case Kind::body_bytes_sent: late = Late::body_bytes_sent; return true;
    case Kind::request_time: late = Late::request_time; return true;
    case Kind::value: break;
    default: return false;
  }
  if (piece.get == variable::upstream_response_time) late = Late::upstream_response_time;
  else if (piece.get == variable::upstream_bytes_received) late = Late::upstream_bytes_received;
  else if (piece.get == variable::upstream_bytes_sent) late = Late::upstream_bytes_sent;
  else if (piece.get == variable::connection_time) late = Late::connection_time;
  else return false;
  return true;
}

FrozenLine LogFormat::freeze(proxy::Exchange& x) const {
  FrozenLine line;
  proxy::Output& out = x.worker.out;
  for (const Piece& piece : pieces_) {
    FrozenLine::Late late{};
    out.clear();
    if (!late_value(piece, late)) {
      write_piece(piece, x, out);
      // The tunnel itself keeps the request line, which may be long.
      const std::string_view kept = x.tunnel->context.request_line();
      if (piece.kind == Kind::asked && !kept.empty() && out.view() == kept) line.add(FrozenLine::Late::request);
      else line.add(out.view());
      continue;
    }
    if (FrozenLine::has_earlier_tries(late)) {  // "0.001, 0.002": the last one is the tunnel's
      const std::string_view all = piece.get(x, piece.param);
      line.add(all.substr(0, all.rfind(' ') + 1));
    }
    line.add(late);
  }
  line.shrink();
  return line;
}

}  // namespace gh::observe
