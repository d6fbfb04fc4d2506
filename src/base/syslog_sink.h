// SyslogSink: log lines as datagrams to a syslog server, in the form of RFC 3164:
//
//   <190>Nov  6 08:49:37 host nginx: text
//
// One unconnected socket for all threads; each line is one sendto() that never waits. A line that the server does not
// take is lost, the next one finds the server again when it is back: there is nothing to reopen.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/address.h"
#include "base/log.h"

namespace gh {

/// What stands behind "syslog:". Numbers as in RFC 3164 4.1.1.
struct SyslogOptions {
  std::string server;          // "host", "host:port", "[::1]:514", "unix:/path"
  unsigned facility = 23;      // local7
  unsigned severity = 6;       // info; error logs use the severity of each line
  std::string tag = "nginx";   // nginx's default, as filters of log servers know it
  bool host_name = true;
};

/// "server=...,facility=...,severity=...,tag=...,nohostname", without "syslog:". Pure.
Result<SyslogOptions> parse_syslog(std::string_view text);
/// "Nov  6 08:49:37" in local time; writes 15 bytes.
void write_syslog_time(std::int64_t unix_seconds, char* to);

class SyslogSink final : public LogSink {
 public:
  /// Looks a name up, which may take its time: for the build thread.
  static Result<std::shared_ptr<SyslogSink>> open(const SyslogOptions& options);
  ~SyslogSink() override;
  void write(LogLevel level, std::string_view line) override;
  /// A line of an access log: with the severity of the options.
  void send(std::string_view line) { send(options_.severity, line); }

 private:
  SyslogSink(const SyslogOptions& options, const Address& server, int fd);
  void send(unsigned severity, std::string_view line);
  void sent(bool ok);

  const SyslogOptions options_;
  const Address server_;
  const std::string behind_time_;     // " host nginx: "
  const int fd_;
  std::atomic<bool> failing_{false};  // said once in the process log
};

}  // namespace gh
