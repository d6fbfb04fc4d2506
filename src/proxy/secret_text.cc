#include "proxy/secret_text.h"

#include "http/query.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace gh::proxy {

std::string_view without_secrets(const Exchange& x, std::string_view text, std::string& held) {
  if (!x.snapshot || x.table().secret_arguments.empty()) return text;
  return http::mask_arguments(text, x.table().secret_arguments, held) ? std::string_view(held) : text;
}

std::string without_secrets(const Exchange& x, std::string_view text) {
  std::string held;
  return std::string(without_secrets(x, text, held));
}

}  // namespace gh::proxy
