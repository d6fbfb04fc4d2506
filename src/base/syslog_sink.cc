#include "base/syslog_sink.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/text.h"

namespace gh {

namespace {

constexpr std::size_t longest_tag = 32;
constexpr std::size_t longest_error = 2048;  // as nginx cuts them
constexpr std::uint16_t syslog_port = 514;

constexpr std::array<std::string_view, 24> facilities = {
    "kern",     "user", "mail", "daemon", "auth",  "intern", "lpr",    "news",   "uucp",   "clock",  "authpriv", "ftp",
    "ntp",      "audit", "alert", "cron", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7"};
constexpr std::array<std::string_view, 8> severities = {"emerg", "alert",  "crit", "error",
                                                        "warn",  "notice", "info", "debug"};

template <std::size_t N>
bool find_name(const std::array<std::string_view, N>& names, std::string_view name, unsigned& number) {
  const auto it = std::find(names.begin(), names.end(), name);
  number = static_cast<unsigned>(it - names.begin());
  return it != names.end();
}

bool is_tag(std::string_view text) {
  return !text.empty() && text.size() <= longest_tag &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

/// One parameter; empty text: taken.
std::string take(SyslogOptions& options, std::string_view key, std::string_view value) {
  if (key == "server") {
    if (value.empty()) return "syslog `server=` is empty";
    options.server = value;
  } else if (key == "facility") {
    if (!find_name(facilities, value, options.facility)) return fmt::format("unknown syslog facility `{}`", value);
  } else if (key == "severity") {
    if (!find_name(severities, value, options.severity)) return fmt::format("unknown syslog severity `{}`", value);
  } else if (key == "tag") {
    if (!is_tag(value)) return "a syslog tag is 1 to 32 letters, digits and `_`";
    options.tag = value;
  } else {
    return fmt::format("unknown syslog parameter `{}`", key);
  }
  return {};
}

Result<Address> look_up(const std::string& text) {
  if (text.starts_with("unix:")) return Address::unix_path(std::string_view(text).substr(5));
  if (auto plain = Address::parse(text, syslog_port); plain && plain->port() != 0) return plain;
  const std::size_t colon = text.rfind(':');
  const std::string host = text.substr(0, colon);
  const auto port =
      colon == std::string::npos ? std::optional<std::uint64_t>(syslog_port) : parse_uint(text.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) return fail("`" + text + "` has no valid port");
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); code != 0)
    return fail(fmt::format("host not found in syslog server `{}`: {}", text, ::gai_strerror(code)));
  Address address = Address::from_sockaddr(found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  address.set_port(static_cast<std::uint16_t>(*port));
  return address;
}

std::string behind_time(const SyslogOptions& options) {
  if (!options.host_name) return " " + options.tag + ": ";
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return " " + to_lower(host) + " " + options.tag + ": ";
}

}  // namespace

Result<SyslogOptions> parse_syslog(std::string_view text) {
  SyslogOptions options;
  std::string seen = ",";
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t equals = part.find('=');
    const std::string_view key = part.substr(0, equals);
    const std::string mark = "," + std::string(key) + ",";
    if (seen.find(mark) != std::string::npos) return fail(fmt::format("duplicate syslog `{}`", key));
    seen += mark.substr(1);
    if (part == "nohostname") options.host_name = false;
    else if (const std::string fault = take(options, key, equals == part.npos ? "" : part.substr(equals + 1));
             !fault.empty())
      return fail(fault);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  if (options.server.empty()) return fail("no syslog server specified");
  return options;
}

void write_syslog_time(std::int64_t unix_seconds, char* to) {
  static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::time_t seconds = unix_seconds;
  tm t;
  localtime_r(&seconds, &t);
  fmt::format_to_n(to, 15, "{} {:2} {:02}:{:02}:{:02}", months.substr(static_cast<std::size_t>(t.tm_mon) * 3, 3),
                   t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

SyslogSink::SyslogSink(const SyslogOptions& options, const Address& server, int fd)
    : options_(options), server_(server), behind_time_(behind_time(options)), fd_(fd) {}

SyslogSink::~SyslogSink() { ::close(fd_); }

Result<std::shared_ptr<SyslogSink>> SyslogSink::open(const SyslogOptions& options) {
  const Result<Address> server = look_up(options.server);
  if (!server) return Unexpected<Error>(server.error());
  const int fd = ::socket(server->family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return fail(fmt::format("cannot make a socket for syslog: {}", std::strerror(errno)), errno);
  return std::shared_ptr<SyslogSink>(new SyslogSink(options, *server, fd));
}

void SyslogSink::write(LogLevel level, std::string_view line) {
  if (line.ends_with("\n")) line.remove_suffix(1);
  line = line.substr(0, longest_error);
  send(static_cast<unsigned>(level), line);
}

void SyslogSink::send(unsigned severity, std::string_view line) {
  char head[24];
  char* end = fmt::format_to_n(head, 6, "<{}>", options_.facility * 8 + severity).out;
  write_syslog_time(std::time(nullptr), end);
  end += 15;
  iovec parts[] = {{head, static_cast<std::size_t>(end - head)},
                   {const_cast<char*>(behind_time_.data()), behind_time_.size()},
                   {const_cast<char*>(line.data()), line.size()}};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(server_.get());
  message.msg_namelen = server_.size();
  message.msg_iov = parts;
  message.msg_iovlen = std::size(parts);
  ssize_t n;
  do {
    n = ::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  sent(n >= 0);
}

/// The mark is set before the line is written: a process log that goes to this very server does not come by again.
void SyslogSink::sent(bool ok) {
  if (failing_.exchange(!ok, std::memory_order_relaxed) == !ok || ok) return;
  process_log()->write(LogLevel::alert, 0,
                       fmt::format("send() to syslog server {} failed: {}", server_.text(), std::strerror(errno)));
}

}  // namespace gh
