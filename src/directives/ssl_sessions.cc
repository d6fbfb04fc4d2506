// Resumption of clients' TLS sessions: where they are kept, for how long, and under which keys.
#include <fmt/format.h>

#include "directives/directives.h"
#include "directives/setters.h"
#include "state/tls_sessions.h"
#include "table/build.h"
#include "table/tls_plan.h"

namespace gh::directives {
namespace {

using table::TlsSessionCache;
using table::TlsSettings;
namespace code = table::code;

constexpr std::int64_t most_builtin = 10'000'000;

void not_a_cache(Scope& scope, const Value& value) {
  scope.error(code::bad_choice, value.span, "invalid value `" + std::string(value.text) + "`")
      .with_label("not a session cache")
      .with_help("write `off`, `none`, `builtin` or `shared:NAME:SIZE`");
}

/// The zone outlives reloads that name it with the same size. All lines that name it mean the same one.
std::shared_ptr<state::TlsSessions> shared_cache(Scope& scope, const Value& value, const std::string& name,
                                                 std::size_t bytes) {
  const std::string id = "ssl_session_cache/" + name;
  auto& entry = scope.builder.zones[id];
  if (entry.object) {
    auto before = std::static_pointer_cast<state::TlsSessions>(entry.object);
    if (before->bytes() == bytes) return before;
    scope.error(code::duplicate_name, value.span, "session cache `" + name + "` has another size here")
        .with_related(entry.where, "first defined here")
        .with_help("write the same size, or give one of them another name");
    return nullptr;
  }
  const auto make = [bytes](const auto&) { return std::make_shared<state::TlsSessions>(bytes); };
  auto adoption = scope.builder.registry().adopt_or_create<state::TlsSessions>(id, fmt::format("size={}", bytes), make);
  if (!adoption.reason.empty()) {
    scope.note(code::no_effect, value.span, "session cache `" + name + "` starts empty: " + adoption.reason);
  }
  entry = {adoption.object, value.span, true};
  return adoption.object;
}

bool add_shared(Scope& scope, const Value& value, TlsSessionCache& cache) {
  const std::string_view text = std::string_view(value.text).substr(7);
  const std::size_t colon = text.rfind(':');
  const auto size = colon == std::string_view::npos ? std::nullopt : config::parse_size(text.substr(colon + 1), false);
  if (colon == 0 || !size) return not_a_cache(scope, value), false;
  if (*size < static_cast<std::int64_t>(state::TlsSessions::min_bytes)) {
    scope.error(code::out_of_bounds, value.span, "session cache `" + std::string(text.substr(0, colon)) +
                                                     "` is too small")
        .with_help("at least 32k; 1m keeps about 4000 sessions");
    return false;
  }
  cache.kind = TlsSessionCache::Kind::shared;
  cache.zone = shared_cache(scope, value, std::string(text.substr(0, colon)), static_cast<std::size_t>(*size));
  return cache.zone != nullptr;
}

/// off, none, builtin[:SIZE], shared:NAME:SIZE. Of `builtin` and `shared` together the shared one is used.
bool add_cache(Scope& scope, const Value& value, TlsSessionCache& cache) {
  using Kind = TlsSessionCache::Kind;
  const std::string_view text = value.text;
  if (text.starts_with("shared:")) return add_shared(scope, value, cache);
  if (text == "off" || text == "none") {
    cache = {};
    cache.kind = text == "off" ? Kind::off : Kind::none;
    return true;
  }
  if (!text.starts_with("builtin")) return not_a_cache(scope, value), false;
  if (text.size() > 7) {
    const auto most = text[7] == ':' ? config::parse_signed(text.substr(8)) : std::nullopt;
    if (!most || *most < 0 || *most > most_builtin) return not_a_cache(scope, value), false;
    if (*most > 0) cache.builtin_sessions = *most;
  }
  if (cache.kind != Kind::shared) cache.kind = Kind::builtin;
  return true;
}

void set_session_cache(Scope& scope, const Bound& directive) {
  TlsSessionCache cache;
  for (const Value& value : directive.values) {
    if (!add_cache(scope, value, cache)) return;
  }
  scope.edit<TlsSettings>().session_cache = std::move(cache);
}

void add_ticket_key(Scope& scope, const Bound& directive) {
  const Value& value = directive.at(0);
  scope.edit_list<table::TlsTicketFiles>().list.push_back({std::string(value.text), value.span});
}

constexpr Row repeatable(Row row, Inherit inherit) {
  row.repeatable = true;
  row.inherit = inherit;
  return row;
}

constexpr Row rows[] = {
    repeatable(setting("ssl_session_cache", hs, {"cache", ArgType::word, Presence::repeat_one}, "none",
                       set_session_cache,
                       "Where sessions are kept for clients that come again: `off`, `none`, `builtin[:SESSIONS]` or "
                       "`shared:NAME:SIZE`."),
               Inherit::replace),
    setting("ssl_session_timeout", hs, {"time", ArgType::sec}, "5m", set<&TlsSettings::session_timeout_s>,
            "How long a session may be resumed."),
    setting("ssl_session_tickets", hs, on_off, "on", set<&TlsSettings::has_tickets>,
            "Clients keep their session themselves, encrypted for us."),
    repeatable(setting("ssl_session_ticket_key", hs, {"file", ArgType::conf_path}, "", add_ticket_key,
                       "A key of tickets, of 48 or 80 bytes: the first encrypts, all decrypt."),
               Inherit::replace),
};

}  // namespace

constinit const table::Module ssl_sessions_module{"ssl_sessions", rows};

}  // namespace gh::directives
