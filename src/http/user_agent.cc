#include "http/user_agent.h"

namespace gh::http {

namespace {

bool names(std::string_view agent, std::string_view word) { return agent.find(word) != std::string_view::npos; }

bool is_msie(std::string_view agent) {
  const std::size_t at = agent.find("MSIE ");
  return at != std::string_view::npos && at + 7 < agent.size();
}

}  // namespace

bool is_msie6(std::string_view agent) {
  if (!is_msie(agent)) return false;
  const std::size_t at = agent.find("MSIE ");
  if (agent[at + 6] != '.') return false;
  const char major = agent[at + 5];
  return major == '4' || major == '5' || (major == '6' && agent.find("SV1", at + 8) == std::string_view::npos);
}

bool is_mac_safari(std::string_view agent) {
  return !is_msie(agent) && !names(agent, "Opera") && !names(agent, "Gecko/") && !names(agent, "Chrome/") &&
         names(agent, "Safari/") && names(agent, "Mac OS X");
}

}  // namespace gh::http
