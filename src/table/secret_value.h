// SecretValue: what may not stand in a configuration itself (a password, a key), only where it is: `env:NAME` or
// `file:PATH` (DSL rule 7). Read when the table is made, so a reload reads it anew. Only the reference is ever shown
// (in dumps, logs, diagnostics); the value is wiped when the last table that holds it goes. Made by the build thread,
// immutable then.
//
//   {.name = "auth_jwt_secret", .args = {{{"env:NAME|file:PATH", ArgType::word}}} ...}
//   if (auto secret = table::read_secret(scope, directive.at(0))) use(secret->view());
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "config/directive.h"

namespace gh::table {

class Scope;

inline constexpr std::size_t most_secret_bytes = 64 * 1024;

class SecretValue {
 public:
  SecretValue(std::string reference, Secret value) : reference_(std::move(reference)), value_(std::move(value)) {}
  [[nodiscard]] std::string_view view() const { return value_.view(); }  // never empty
  [[nodiscard]] const std::string& reference() const { return reference_; }

 private:
  std::string reference_;
  Secret value_;
};

/// What is wrong with a reference; nothing of a value, and nothing of a text that may be the secret itself.
struct SecretFault {
  std::string_view code;
  std::string message, label, help;
};

/// The whole of a regular file. Error::code is an errno: EFBIG when it has more than `most` bytes.
Result<Secret> read_small_file(const std::string& path, std::size_t most);

/// Relative paths are those below `folder`, which ends with a slash. One line end at the end of a file is not part of
/// the value.
Result<SecretValue, SecretFault> read_secret(std::string_view reference, std::string_view folder);
/// Of an argument of type `word`; paths are relative to the main configuration. Null after a diagnostic at its place.
std::shared_ptr<const SecretValue> read_secret(Scope& scope, const config::Value& value);

}  // namespace gh::table
