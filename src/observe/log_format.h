// LogFormat: a log_format, compiled: a flat list of pieces that write themselves into a line. Immutable once compiled;
// read by all workers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "observe/frozen_line.h"
#include "observe/log_text.h"
#include "table/template.h"

namespace gh::observe {

class LogFormat {
 public:
  static constexpr std::string_view combined =
      "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" "
      "\"$http_user_agent\"";

  /// False: `fault` says why; the format stays empty.
  bool compile(std::string_view text, Escape escape, table::VariableTable& variables, table::TemplateFault& fault);
  /// One line without its line feed.
  void write(proxy::Exchange& exchange, proxy::Output& out) const;
  /// The same line for an exchange that becomes a tunnel: all is written that its end cannot change.
  [[nodiscard]] FrozenLine freeze(proxy::Exchange& exchange) const;

 private:
  /// What is written straight into the line; `value`: any variable, through its getter; `asked`: one that shows what
  /// was asked for, with its arguments.
  enum class Kind : std::uint8_t {
    literal, value, asked, remote_addr, time_local, time_iso8601, msec, status, bytes_sent, body_bytes_sent,
    request_length, request_time, connection, connection_requests
  };
  struct Piece {
    Kind kind;
    std::string literal;
    table::Getter get = nullptr;
    table::VariableParam param;
  };
  static Kind kind_of(table::Getter get, const table::VariableParam& param);
  void write_piece(const Piece& piece, proxy::Exchange& exchange, proxy::Output& out) const;
  void write_asked(const Piece& piece, proxy::Exchange& exchange, proxy::Output& out) const;
  static bool late_value(const Piece& piece, FrozenLine::Late& late);
  static void write_known(Kind kind, proxy::Exchange& exchange, proxy::Output& out);

  std::vector<Piece> pieces_;
  Escape escape_ = Escape::standard;
};

}  // namespace gh::observe
