// TlsLoader's part for the resumption of sessions: caches and ticket keys, which outlive the table (state/registry.h).
#include <fmt/format.h>

#include "state/tls_sessions.h"
#include "state/tls_tickets.h"
#include "table/tls_loader.h"

namespace gh::table {

namespace {

constexpr std::size_t usual_session_bytes = 4096;

std::string hex(std::span<const unsigned char> bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace

std::shared_ptr<state::TlsTickets> TlsLoader::tickets_of(const Stated& stated) {
  std::vector<state::TlsTicketKey> keys;
  bool complete = true;
  for (const TlsWord& file : stated.ticket_files->list) {
    const Result<Secret> text = read_pem(file.text);
    if (!text) {
      complete = report(file, "ticket key", text.error());
      continue;
    }
    auto key = state::TlsTicketKey::parse(text->view());
    if (key) {
      keys.push_back(*key);
      continue;
    }
    diagnostics_
        .error(code::tls_content, file.where,
               fmt::format("cannot load ticket key \"{}\": {}", file.text, key.error().text))
        .with_help("make one: openssl rand 80 > FILE");
    complete = false;
  }
  if (!complete) return nullptr;
  if (!keys.empty()) return std::make_shared<state::TlsTickets>(std::move(keys));
  const std::int64_t lifetime_s = stated.settings->session_timeout_s;
  const auto make = [lifetime_s](const auto&) { return std::make_shared<state::TlsTickets>(lifetime_s); };
  return builder_->registry()
      .adopt_or_create<state::TlsTickets>(fmt::format("ssl_session_tickets/{}", lifetime_s), "", make)
      .object;
}

void TlsLoader::keep_resumption(TlsPlan& plan, const TlsPlan& before) {
  plan.session_timeout_s = before.session_timeout_s;
  plan.hides_session_id = before.hides_session_id;
  plan.sessions = before.sessions;
  plan.tickets = before.tickets;
}

bool TlsLoader::add_resumption(TlsPlan& plan, const Stated& stated) {
  const TlsSettings& settings = *stated.settings;
  const TlsSessionCache& cache = settings.session_cache;
  plan.session_timeout_s = static_cast<long>(settings.session_timeout_s);
  plan.hides_session_id = cache.kind == TlsSessionCache::Kind::off;
  plan.sessions = cache.zone;
  if (cache.kind == TlsSessionCache::Kind::builtin) {
    const auto most = static_cast<std::size_t>(cache.builtin_sessions);
    const auto make = [most](const auto&) {
      return std::make_shared<state::TlsSessions>(most * usual_session_bytes, most);
    };
    plan.sessions = builder_->registry()
                        .adopt_or_create<state::TlsSessions>("ssl_session_cache/builtin/" + hex(plan.session_context),
                                                             fmt::format("sessions={}", most), make)
                        .object;
  }
  if (!settings.has_tickets) return true;
  plan.tickets = tickets_of(stated);
  return plan.tickets != nullptr;
}

}  // namespace gh::table
