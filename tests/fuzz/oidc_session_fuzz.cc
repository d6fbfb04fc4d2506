// Any bytes as a cookie of a login: nothing opens but what was sealed, and what is read can be written again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/oidc_session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gh::policy;
  static const Sealer sealer({"a key of the fuzzer"}, "fuzz");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto kind : {Sealer::Kind::session, Sealer::Kind::login}) {
    if (sealer.open(kind, text)) std::abort();
    const auto opened = sealer.open(kind, sealer.seal(kind, text));
    if (size < 40'000 && (!opened || *opened != text)) std::abort();
  }
  if (const auto session = read_session(text)) {
    const auto again = read_session(write_session(*session));
    if (!again || again->claims != session->claims || again->access_token != session->access_token) std::abort();
  }
  if (const auto login = read_login(text)) {
    const auto again = read_login(write_login(*login));
    if (!again || again->state != login->state || again->target != login->target) std::abort();
  }
  const std::string back = safe_return(text);
  if (!back.starts_with('/') || back.starts_with("//") || back.find('\\') != std::string::npos) std::abort();
  return 0;
}
