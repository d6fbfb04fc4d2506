#include "table/secret_value.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/text.h"
#include "table/build.h"

namespace gh::table {

namespace {

constexpr std::string_view env_scheme = "env:", file_scheme = "file:";

using Failed = Unexpected<SecretFault>;

Failed cannot_read(std::string_view path, int number) {
  return Failed({number == ENOENT ? code::file_missing : code::unreadable,
                 fmt::format("cannot read `{}`: {}", printable(path), std::strerror(number)), "needed here",
                 number == EACCES ? "the user that starts the gateway must be able to read it"
                                  : "name the file that holds the secret, and nothing else"});
}

/// The number of bytes, or -1 with errno. Stops when `to` is full.
ssize_t read_into(int fd, Secret& to) {
  std::size_t size = 0;
  while (size < to.size()) {
    const ssize_t got = ::read(fd, to.data() + size, to.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(size);
}

std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

Result<SecretValue, SecretFault> from_file(std::string_view reference, const std::string& path) {
  const auto content = read_small_file(path, most_secret_bytes);
  if (!content) return cannot_read(path, content.error().code);
  const std::string_view text = without_line_end(content->view());
  if (text.empty()) {
    return Failed({code::empty_value, fmt::format("`{}` is empty", printable(path)), "the secret should be there",
                   "write the secret into it, and nothing else"});
  }
  return SecretValue(std::string(reference), Secret(text));
}

Result<SecretValue, SecretFault> from_environment(std::string_view reference) {
  const std::string name(reference.substr(env_scheme.size()));
  const char* const value = name.empty() ? nullptr : std::getenv(name.c_str());
  if (value && *value) return SecretValue(std::string(reference), Secret(std::string_view(value)));
  return Failed({value ? code::empty_value : code::unset_environment,
                 fmt::format("environment variable `{}` is {}", printable(name, 60), value ? "empty" : "not set"),
                 "the secret should be there",
                 "set it in the environment of the gateway, or name a file: `file:PATH`"});
}

}  // namespace

Result<Secret> read_small_file(const std::string& path, std::size_t most) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return fail(std::strerror(errno), errno);
  struct stat status {};
  Secret room(most + 1);
  const bool is_file = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  const ssize_t size = is_file ? read_into(fd, room) : -1;
  int number = is_file ? errno : S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
  ::close(fd);
  if (size >= 0 && static_cast<std::size_t>(size) <= most) {
    room.shrink(static_cast<std::size_t>(size));
    return room;
  }
  if (size >= 0) number = EFBIG;
  return fail(std::strerror(number), number);
}

Result<SecretValue, SecretFault> read_secret(std::string_view reference, std::string_view folder) {
  if (reference.starts_with(env_scheme)) return from_environment(reference);
  if (reference.starts_with(file_scheme) && reference.size() > file_scheme.size()) {
    const std::string_view path = reference.substr(file_scheme.size());
    return from_file(reference, path.starts_with('/') ? std::string(path) : std::string(folder).append(path));
  }
  if (reference.starts_with("vault:")) {
    return Failed({code::plain_secret, "`vault:` is not served yet", "no way to get it",
                   "have the secret written to a file, and name that: `file:PATH`"});
  }
  return Failed({code::plain_secret, "a secret does not stand in a configuration", "neither `env:` nor `file:`",
                 "say where it is: `env:NAME` (of the environment) or `file:PATH`"});
}

std::shared_ptr<const SecretValue> read_secret(Scope& scope, const config::Value& value) {
  auto read = read_secret(value.text, scope.builder.loaded.main_dir);
  if (read) return std::make_shared<const SecretValue>(std::move(*read));
  SecretFault& fault = read.error();
  scope.error(fault.code, value.span, std::move(fault.message))
      .with_label(std::move(fault.label))
      .with_help(std::move(fault.help));
  return nullptr;
}

}  // namespace gh::table
