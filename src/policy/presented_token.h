// Which token a request brings: that of `Authorization: Bearer`, or of the variable that `token=` names. Two at once,
// and it would not be clear which one counts: what the gateway looks at need not be what a service behind it does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "table/template.h"

namespace gh::proxy {
class Exchange;
}

namespace gh::policy {

struct PresentedToken {
  std::string_view token;      // empty: none
  std::string_view malformed;  // what is wrong with how it is sent; empty: nothing
};

/// RFC 6750 2.1. Other schemes are none of our business.
PresentedToken bearer_token(const proxy::Exchange& x);

class TokenSource {
 public:
  explicit TokenSource(table::Template text);
  [[nodiscard]] PresentedToken find(proxy::Exchange& x) const;
  [[nodiscard]] const std::string& source() const { return text_.source(); }

 private:
  enum class Place : std::uint8_t { anywhere, argument, cookie, field };
  table::Template text_;
  Place place_ = Place::anywhere;
  std::string name_;           // of the argument, cookie or field
};

}  // namespace gh::policy
