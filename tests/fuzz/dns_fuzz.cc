// DNS answers: whatever comes, names stay names, addresses are addresses, and nothing is read twice.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/dns_message.h"

using namespace gh::net;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_name(const std::string& name) {
  require(name.size() <= most_name_chars);
  require(name.find("..") == std::string::npos && !name.starts_with('.') && !name.ends_with('.'));
  for (const char c : name) require(c > ' ' && c < 127 && !(c >= 'A' && c <= 'Z'));
}

void check(const std::string& message, const std::string& name, DnsType type) {
  const auto answer = read_dns_answer(message, name, type);
  if (!answer) return;
  require(answer->code >= 0 && answer->code <= 15);
  if (answer->code != 0) return require(answer->addresses.empty() && answer->services.empty());
  check_name(answer->alias);
  for (const auto& address : answer->addresses) require(address.is_set() && address.port() == 0);
  for (const auto& service : answer->services) check_name(service.target);
  // Each record has at least eleven bytes.
  require((answer->addresses.size() + answer->services.size()) * 11 <= message.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const DnsType type : {DnsType::a, DnsType::aaaa, DnsType::srv}) {
    check(text, "a.test", type);
    check(text, "_http._tcp.a.test", type);
  }
  const std::string question = write_dns_question(7, text, DnsType::srv);
  if (!question.empty()) check(question, text, DnsType::srv);
  return 0;
}
