// Which origins `cors` lets in. An origin is what browsers send in the field of that name (Fetch, "serializing a
// request origin"): scheme, host and port as they normalise them, or "null". Compared byte for byte.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/regex.h"

namespace gh::policy {

class Origins {
 public:
  struct Fault {
    std::string message, help;
    bool is_regex = false;
  };
  /// `*`, `null`, `https://shop.example[:8443]`, `https://*.shop.example` (its subdomains, not itself),
  /// `http://localhost:*` (any port), `~REGEX`, `~*REGEX`. Nothing: it is one of these.
  std::optional<Fault> add(std::string_view word);

  [[nodiscard]] bool allows(std::string_view origin) const;
  /// Whatever the origin is: the answer does not depend on it.
  [[nodiscard]] bool any() const { return any_; }
  [[nodiscard]] bool empty() const {
    return !any_ && !null_ && exact_.empty() && patterns_.empty() && regexes_.empty();
  }

 private:
  struct Pattern {
    std::string before, behind;   // "https://" and ".shop.example", around the hosts; without a `*` there: all of it
    bool any_host = false, any_port = false;
  };
  std::optional<Fault> add_regex(std::string_view word);
  std::optional<Fault> add_pattern(std::string_view word);
  static bool fits(const Pattern& pattern, std::string_view origin);

  std::vector<std::string> exact_;
  std::vector<Pattern> patterns_;
  std::vector<std::shared_ptr<const Regex>> regexes_;
  bool any_ = false, null_ = false;
};

}  // namespace gh::policy
