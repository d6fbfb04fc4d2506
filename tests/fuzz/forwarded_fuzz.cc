// Any bytes as the values of X-Forwarded-For: nothing is believed that an untrusted peer says.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "http/forwarded.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gh;
  const auto values = split({reinterpret_cast<const char*>(data), size}, '\n');
  http::TrustedProxies trusted;
  trusted.networks.push_back(*Cidr::parse("10.0.0.0/8"));
  for (const bool recursive : {false, true}) {
    Address stranger = *Address::parse_ip("192.0.2.1", 80);
    if (http::find_client_address(values, trusted, recursive, stranger)) std::abort();
    Address proxy = *Address::parse_ip("10.0.0.1", 80);
    const bool found = http::find_client_address(values, trusted, recursive, proxy);
    if (!found && !(proxy == *Address::parse_ip("10.0.0.1", 80))) std::abort();
    if (found && proxy.family() != AF_INET && proxy.family() != AF_INET6) std::abort();
  }
  return 0;
}
