// What `sticky` of an upstream block says. Immutable, part of the table; proxy/forwarder_sticky.cc acts on it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "table/template.h"

namespace gh::state {
class StickyZone;
}

namespace gh::table {

struct StickyPlan {
  enum class Kind : std::uint8_t { cookie, route, learn } kind = Kind::cookie;
  static constexpr std::int64_t no_expires = -1, expires_max = -2;

  // cookie
  std::string cookie;             // its name
  std::int64_t expires_s = no_expires;
  Template domain, path, same_site;
  bool has_domain = false, has_path = false, has_same_site = false;
  bool secure = false, http_only = false;

  std::vector<Template> lookup;   // route, learn: the first that is not empty says where the request goes
  std::vector<Template> create;   // learn: the first that is not empty names the session of an answer
  std::shared_ptr<state::StickyZone> zone;
  std::int64_t timeout_ms = 600000;
  bool at_header = false;         // learn: a session begins with the answer's head, not with its end
};

}  // namespace gh::table
